"""What is usual for a query and a modality: centring, affinity, and the background that scores are measured against."""

import numpy as np
from numpy.typing import NDArray

from ingest.readers.draft import MODALITIES, Modality
from search_app.engine.group import Group
from search_app.engine.methods import Floats
from search_app.engine.snapshot import Snapshot

MEAN_PRIOR = 3.0
SPREAD_PRIOR = 10.0
TYPICAL_SPREAD = 0.1
COUNTED = 10_000
"""In a modality of more items than this, percentiles are by place in the index, or over the sample, not counted."""
ENOUGH_TEXTS = 64
"""With fewer texts than this, the phrases join the background."""
NOTHING, MATCHING = 3.3, 6.0
"""Deviations above the median below which nothing matches, and from which a hit is very close, where no calibration
tells."""

PHRASES = (
    "a photo of a dog", "a bird on a branch", "a red car on the road", "a plate of food", "people at a table",
    "a child playing outside", "a house with a garden", "mountains and a lake", "a city street at night",
    "a close-up of a flower", "a cup of coffee", "a wooden chair", "a musical instrument", "a boat on the water",
    "a train at the station", "a woman reading a book", "a football match", "an old map", "snow on the trees",
    "a computer screen", "how it works", "the history of the town", "a short introduction", "instructions for use",
    "what to do first", "the results of the study", "a letter to a friend", "a list of parts", "the price of bread",
    "the weather in spring", "questions and answers", "a recipe with eggs and flour", "the law and the court",
    "a story about the sea", "health and exercise", "the stars and the planets", "money and trade",
    "learning a language", "music and dance", "repairing a machine",
)  # fmt: skip
"""What people might ask of anything: stands for texts where a space has few."""


def affinity(
    vectors: NDArray[np.float32], mean: NDArray[np.float64], centred: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Cosine of each unit row, once it has lost `mean`, with the centred query; shape (len(vectors),)."""
    # |x - m|^2 = 1 - 2 x.m + |m|^2 for a unit x: one pass over the rows, and no shifted copy of them.
    products = vectors @ np.stack([centred, mean.astype(np.float32)], axis=1)
    squares = 1.0 - 2.0 * products[:, 1].astype(np.float64) + float(mean @ mean)
    shifted = products[:, 0] - float(mean @ centred)
    return np.asarray(np.clip(shifted / np.sqrt(np.maximum(squares, 1e-12)), -1.0, 1.0), dtype=np.float32)


def modality_means(snapshot: Snapshot, phrases: NDArray[np.float32] | None) -> dict[Modality, NDArray[np.float64]]:
    """The mean vector of each modality, shape (dimension,), drawn towards 0 where there are few items."""
    means: dict[Modality, NDArray[np.float64]] = {}
    for modality in MODALITIES:
        group = snapshot.groups.get(modality)
        total = np.zeros(snapshot.dimension) if group is None else group.total
        count = 0 if group is None else len(group)
        if modality == "text" and phrases is not None:
            total = total + phrases.sum(axis=0, dtype=np.float64)
            count += len(phrases)
        means[modality] = np.asarray(total / (count + MEAN_PRIOR))
    return means


def centred_rows(vectors: NDArray[np.float32], mean: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each unit row once it has lost `mean`, brought back to unit length; the shape of `vectors`."""
    shifted = vectors - mean
    return np.asarray(shifted / np.maximum(np.linalg.norm(shifted, axis=1, keepdims=True), 1e-12))


class Background:
    """The affinities that are usual for one query and modality."""

    def __init__(
        self,
        group: Group,
        mean: NDArray[np.float64],
        centred: NDArray[np.float32],
        phrases: NDArray[np.float32] | None,
    ) -> None:
        """Compare the centred query with the group's sample, and with `phrases` where the group is small."""
        sample = affinity(group.sample, mean, centred).astype(np.float64)
        usual = sample
        if phrases is not None and len(usual) < ENOUGH_TEXTS:
            usual = np.concatenate([usual, affinity(phrases, mean, centred)])
        count = len(usual)
        self._mean = float(usual.sum() / (count + MEAN_PRIOR))
        variance = (count * float(usual.var()) + SPREAD_PRIOR * TYPICAL_SPREAD**2) / (count + SPREAD_PRIOR)
        self._spread = variance**0.5
        self._middle = float(np.median(usual)) * count / (count + MEAN_PRIOR)
        # The median of the deviations, as the standard deviation of a normal distribution that has it.
        typical = 1.4826 * float(np.median(np.abs(usual - np.median(usual))))
        self._steady = ((count * typical**2 + SPREAD_PRIOR * TYPICAL_SPREAD**2) / (count + SPREAD_PRIOR)) ** 0.5
        self._sample = group.sample
        if len(group) <= COUNTED:
            self._among: frozenset[int] | None = None
            self._rising = np.sort(affinity(group.vectors, mean, centred))
        else:
            self._among = group.sampled
            self._rising = np.sort(sample)

    @property
    def sampled(self) -> bool:
        """Whether percentiles are taken over the sample."""
        return self._among is not None

    def standardise(self, values: Floats) -> Floats:
        """How many deviations each of `values` lies above what is usual."""
        return (values - self._mean) / self._spread

    def nearness(self, values: Floats) -> Floats:
        """0 and 1 where the median is exceeded by NOTHING and MATCHING deviations."""
        return ((values - self._middle) / self._steady - NOTHING) / (MATCHING - NOTHING)

    def of_cosines(self, raw: NDArray[np.float32]) -> tuple[float, float]:
        """Mean and deviation of the background's cosines with the query as the encoder gave it."""
        cosines = (self._sample @ raw).astype(np.float64)
        count = len(cosines)
        variance = (count * float(cosines.var()) + SPREAD_PRIOR * TYPICAL_SPREAD**2) / (count + SPREAD_PRIOR)
        return float(cosines.mean()), float(variance**0.5)

    def percentile(self, row: int, value: float) -> tuple[float, int]:
        """Percent of the other items counted that are less close than the item of `row`; and how many there are."""
        itself = self._among is None or row in self._among
        others = len(self._rising) - int(itself)
        # The item's own value may differ from `value` in its last bits: neither it nor its equals count as less close.
        lower = int(np.searchsorted(self._rising, value - 1e-6))
        if self._among is not None:
            lower = min(lower, others - 1)  # a sample cannot tell that nothing else is closer
        return (100.0 * lower / others if others else 100.0), others
