"""What is usual for a query and a modality: centring, affinity, and the background that scores are measured against."""

import numpy as np
from numpy.typing import NDArray

from ingest.readers.draft import MODALITIES, Modality
from search_app.search.fusion import Floats
from search_app.search.modality_items import ModalityItems, lengths_without, products
from search_app.search.snapshot import Snapshot

MEAN_PRIOR = 3.0
SPREAD_PRIOR = 10.0
TYPICAL_SPREAD = 0.1
ENOUGH_TEXTS = 64
"""With fewer texts than this, the phrases join the background."""
NOTHING, MATCHING = 3.3, 6.0
"""Deviations above the median below which nothing matches, and from which a hit is very close, where no calibration
tells."""

PHRASES = (
    "a photo of a dog",
    "a bird on a branch",
    "a red car on the road",
    "a plate of food",
    "people at a table",
    "a child playing outside",
    "a house with a garden",
    "mountains and a lake",
    "a city street at night",
    "a close-up of a flower",
    "a cup of coffee",
    "a wooden chair",
    "a musical instrument",
    "a boat on the water",
    "a train at the station",
    "a woman reading a book",
    "a football match",
    "an old map",
    "snow on the trees",
    "a computer screen",
    "how it works",
    "the history of the town",
    "a short introduction",
    "instructions for use",
    "what to do first",
    "the results of the study",
    "a letter to a friend",
    "a list of parts",
    "the price of bread",
    "the weather in spring",
    "questions and answers",
    "a recipe with eggs and flour",
    "the law and the court",
    "a story about the sea",
    "health and exercise",
    "the stars and the planets",
    "money and trade",
    "learning a language",
    "music and dance",
    "repairing a machine",
)
"""What people might ask of anything: stands for texts where a space has few."""


def affinity(
    vectors: NDArray[np.float32], mean: NDArray[np.float64], centred: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Cosine of each unit row, once it has lost `mean`, with the centred query; shape (len(vectors),)."""
    return _affinity(vectors, lengths_without(mean, vectors), mean, centred)


def affinities_of(group: ModalityItems, mean: NDArray[np.float64], centred: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same for all items of a group, whose lengths are remembered; shape (len(group),)."""
    return _affinity(group.vectors, group.lengths_without(mean), mean, centred)


def _affinity(
    vectors: NDArray[np.float32],
    lengths: NDArray[np.float32],
    mean: NDArray[np.float64],
    centred: NDArray[np.float32],
) -> NDArray[np.float32]:
    shifted = products(vectors, centred)
    shifted -= np.float32(mean @ centred)
    shifted /= lengths
    return np.clip(shifted, -1.0, 1.0, out=shifted)


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

    def __init__(self, sample: NDArray[np.floating], phrases: NDArray[np.floating] | None = None) -> None:
        """Take the affinities of a group's sample, and of the phrases where those stand in for texts."""
        usual = sample.astype(np.float64)
        if phrases is not None and len(usual) < ENOUGH_TEXTS:
            usual = np.concatenate([usual, phrases])
        count = len(usual)
        self._mean = float(usual.sum() / (count + MEAN_PRIOR))
        self._spread = _spread(usual, float(usual.var()))
        middle = float(np.median(usual))
        self._middle = middle * count / (count + MEAN_PRIOR)
        # The median of the deviations, as the standard deviation of a normal distribution that has it.
        self._steady = _spread(usual, (1.4826 * float(np.median(np.abs(usual - middle)))) ** 2)

    def standardise(self, values: Floats) -> Floats:
        """How many deviations each of `values` lies above what is usual."""
        return (values - self._mean) / self._spread

    def nearness(self, values: Floats) -> Floats:
        """0 and 1 where the median is exceeded by NOTHING and MATCHING deviations."""
        return ((values - self._middle) / self._steady - NOTHING) / (MATCHING - NOTHING)


def background_of(
    sample: NDArray[np.float32],
    mean: NDArray[np.float64],
    centred: NDArray[np.float32],
    phrases: NDArray[np.float32] | None,
) -> Background:
    """The background of a centred query: the affinities of a group's sample and, of texts, the phrases' vectors."""
    return Background(sample, None if phrases is None else affinity(phrases, mean, centred))


def usual_cosine(cosines: NDArray[np.floating]) -> tuple[float, float]:
    """Mean and standard deviation of the sample's cosines with the query as the encoder gave it."""
    usual = cosines.astype(np.float64)
    return float(usual.mean()), _spread(usual, float(usual.var()))


def _spread(usual: Floats, variance: float) -> float:
    """The standard deviation, drawn towards TYPICAL_SPREAD where there are few."""
    count = len(usual)
    return float(((count * variance + SPREAD_PRIOR * TYPICAL_SPREAD**2) / (count + SPREAD_PRIOR)) ** 0.5)
