"""Ranks images and passages in one fair list, although their raw cosines cannot be compared.

Text and image vectors lie in two separate cones (the modality gap, Liang et al. 2022): to a text query, every
passage is closer than any picture.  So nothing is ever ordered by raw cosine across modalities.  Instead:

1.  Centring.  Each modality's mean is subtracted from its items, and the mean of the query's own modality from the
    query; both are brought back to unit length.  The cosine of two centred vectors, the *affinity*, no longer
    holds what is common to a whole modality.  The mean is the sum over the items divided by (n + MEAN_PRIOR), so that
    the one item of a modality is not moved onto nothing.
2.  Candidates.  Each modality gives its own: Chroma is asked for the nearest to the centred query (subtracting a mean
    from every item shifts all their inner products with a query alike, so the order is the same but for
    lengths); narrowed to folders, all items of those folders are scanned, as a metadata filter in Chroma is slower.
3.  Standardising.  For each query and modality, the affinities to a steady background sample of that modality (at most
    2,048 items, chosen by a hash of their id, so the same ones from query to query) give a mean and a standard
    deviation; a hit's score is how many of these deviations it lies above that mean.  A z-score, computed per query.
4.  Merging.  By default the encoder's calibration turns score, place and echo of a hit into the chance that it is
    relevant, and all candidates are ordered by that; without a calibration, by the score.  The other ways are in
    search_app.engine.methods.

A modality of few items has no background to speak of, and its deviation would be about nothing.  For texts, a fixed
list of everyday phrases in the encoder's own vectors fills both the mean and the background up.  Besides, the
background's mean is drawn towards 0 (what centring leads to) and its variance towards TYPICAL_SPREAD squared, with the
weight of MEAN_PRIOR and SPREAD_PRIOR further items; at a hundred items neither matters.

How close a hit really is, nearness tells: its cosine between what unrelated pairs reach and what pairs that belong
together have, as the encoder's calibration knows them.  Without one, its affinity is compared with the median of the
background, in deviations estimated from the median too, so that many good hits do not hide one another.

The percentile is simpler: the share of the modality's other items whose affinity is lower than the hit's.  Up to
COUNTED items all are counted.  Beyond that, a hit that the index gave is as far from the top as its place says, and
for others the background sample is counted, so that no question costs a look at every item.

Names and codes hardly move an encoder's vectors.  So items that say a question's rare words (see `said_rarely`) are
candidates as well, and the more of them they say, the more is added to their key, whatever the method.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.calibration import ECHOING, Calibration, Cell, echo
from ingest.readers.draft import MODALITIES, Modality
from search_app.engine.candidates import ASKING, Index, from_index, nearest_by_scan, shares_of
from search_app.engine.methods import STANDARDISED, Floats, Found, Method, method_for
from search_app.engine.query import Probe, Query
from search_app.engine.snapshot import Group, Snapshot

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

_SAID = 16 / 3
"""What saying all of a question's rare words adds to a key, in reaches: 8 deviations where keys are deviations."""

_LIKELY = 0.1  # a chance from which a hit is loosely related where others match
_HALF = 0.5  # of a question's rare words said, from which an item matches whatever its vector says

Closeness = Literal["very close", "close", "loosely related", "no real match"]

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


@dataclass(frozen=True)
class Hit:
    """An item found, and how close it is."""

    id: str
    modality: Modality
    rank: int
    """Place in the merged list, from 1."""
    score: float
    """Standard deviations above the affinity that is usual for this query and modality."""
    percentile: float
    """Percent of the modality's other items that are less close, 0 to 100."""
    others: int
    """How many other items that percentile was taken over."""
    sampled: bool
    """Whether there are more, so that it is an estimate."""
    cosine: float
    """Raw cosine of query and item; only comparable within one modality."""
    nearness: float = 0.0
    """0 at what unrelated items reach, 1 at what items that belong together have; below and above in proportion."""
    chance: float | None = None
    """The chance, 0 to 1, that the hit is relevant, by the encoder's calibration; None without one."""

    said: float = 0.0
    """How much of the question's rare words, such as names and codes, the item says: 0 to 1."""

    @property
    def distance(self) -> float:
        """Euclidean distance of query and item, both of unit length: 0 to 2."""
        return max(2.0 - 2.0 * self.cosine, 0.0) ** 0.5

    @property
    def closeness(self) -> Closeness:
        """How close the hit is, in words."""
        if self.nearness >= 1.0:
            return "very close"
        if self.nearness >= 0.5:
            return "close"
        return "loosely related" if self.nearness >= 0.0 else "no real match"


@dataclass(frozen=True)
class Ranking:
    """The hits of one query, best first."""

    hits: tuple[Hit, ...] = ()
    searched: int = 0
    """How many items the filters let through."""
    method: str = STANDARDISED
    """The method that ordered them: where the encoder has no calibration, not the calibrated one asked for."""

    @property
    def matches(self) -> bool:
        """Whether any hit really matches."""
        return any(hit.closeness != "no real match" or hit.said > _HALF for hit in self.hits)


def rank(
    query: Query,
    probe: Probe,
    snapshot: Snapshot,
    index: Index,
    phrases: NDArray[np.float32] | None = None,
    *,
    through: Mapping[Modality, NDArray[np.bool_]] | None = None,
    said: Mapping[int, float] | None = None,
    calibration: Calibration | None = None,
    exact: bool = False,
) -> Ranking:
    """Find the `query.count` items closest in meaning to `probe` among those that the query's filters let through.

    `phrases` are the vectors of PHRASES, shape (len(PHRASES), dimension); without them, spaces of few texts are ranked
    less fairly.  `through` says which items of each modality the query's filters let through, as `let_through`
    gives it; without it only its modalities hold.  `said` is how much of the question's rare words items say, by id, as
    `said_rarely` gives it.  `calibration` is that of the space's encoder, if it has one.
    `exact` looks at every item and asks no index.  Raises ServerError when Chroma does not answer.
    """
    method = method_for(query.method, calibrated=calibration is not None)
    means = modality_means(snapshot, phrases)
    centred = probe.centred(means)
    raw = probe.raw
    searched = 0
    candidates: list[_Candidates] = []
    narrow = exact or through is not None
    groups = [snapshot.groups[name] for name in query.filters.wanted if len(snapshot.groups.get(name, ()))]
    looked_for = raw if method.raw else centred
    if not narrow:
        asking = [
            ASKING.submit(from_index, group, index, looked_for, _asked(query) + len(query.named)) for group in groups
        ]
    for place, group in enumerate(groups):
        mean = means[group.modality]
        allowed = _allowed(query, group, through)
        searched += int(allowed.sum())
        if narrow:
            rows = nearest_by_scan(group, allowed, None if method.raw else mean, looked_for, _asked(query))
        else:
            rows = asking[place].result()
            rows = rows[allowed[rows]]
            near = (
                rows if method.raw else rows[np.argsort(-affinity(group.vectors[rows], mean, centred), kind="stable")]
            )
            rows = near[: _asked(query)]
        shares = shares_of(group, allowed, said or {})
        if shares:
            rows = np.concatenate([rows, np.setdiff1d(np.array([*shares], dtype=np.int64), rows)])
        vectors = group.vectors[rows]
        affinities, cosines = affinity(vectors, mean, centred), np.clip(vectors @ raw, -1.0, 1.0)
        usual = _Background(group, mean, centred, phrases if group.modality == "text" else None)
        by_place = not narrow and not method.raw
        candidates.append(_Candidates(group, rows, cosines, affinities, usual, shares, by_place))
    cells = {name: calibration.cell(_share_of_texts(probe), name) for name in MODALITIES} if calibration else {}
    echoing = _echoing(candidates, means)
    merged: list[tuple[float, Hit]] = []
    for one in candidates:
        found = one.found(raw, means[one.group.modality], echoing, cells.get(one.group.modality))
        merged += one.hits(method, query, found)
    merged.sort(key=lambda keyed: (-keyed[0], int(keyed[1].id)))
    best = _apart(merged, query.count) if query.separate else [hit for _, hit in merged[: query.count]]
    hits = tuple(replace(hit, rank=place) for place, hit in enumerate(best, start=1))
    return _in_company(Ranking(hits, searched, method.name))


def _in_company(ranking: Ranking) -> Ranking:
    """What is likely relevant is loosely related at least, where the question finds something at all.

    A long passage about what was asked stays far from a short question, and its chance of being relevant, which looks
    at the other hits too, tells so; alone it would tell so of the best hit of a hopeless question as well.
    """
    if not ranking.matches:
        return ranking
    lifted = (
        replace(hit, nearness=max(hit.nearness, 0.0)) if (hit.chance or 0.0) >= _LIKELY else hit for hit in ranking.hits
    )
    return replace(ranking, hits=tuple(lifted))


@dataclass(frozen=True)
class _Candidates:
    """What is merged of one modality, closest first."""

    group: Group
    rows: NDArray[np.int64]
    cosines: NDArray[np.float32]
    affinities: NDArray[np.float32]
    usual: "_Background"
    shares: Mapping[int, float]
    """How much of the question's rare words the items of these rows say; these come last where they are far."""
    by_place: bool
    """Whether the rows are the closest there are, as the index has them."""

    def found(
        self, raw: NDArray[np.float32], mean: NDArray[np.float64], echoing: NDArray[np.float64], cell: Cell | None
    ) -> Found:
        texts = self.group.modality == "text"
        none = np.zeros(len(self.rows))
        centred = _centred(self.group.vectors[self.rows], mean)
        affinities = self.affinities.astype(np.float64)
        return Found(
            self.group.modality,
            self.cosines.astype(np.float64),
            self.usual.of_cosines(raw),
            affinities,
            self.usual.standardise(affinities),
            echo(centred, echoing, texts=texts) if cell is not None and len(echoing) > texts else none,
            cell,
        )

    def hits(self, method: Method, query: Query, found: Found) -> list[tuple[float, Hit]]:
        """The best hits of the modality with their keys."""
        modality = self.group.modality
        keys = method.keys(found) + method.reach * query.balance * (1.0 if modality == "image" else -1.0)
        keys = keys + _SAID * method.reach * np.array([self.shares.get(int(row), 0.0) ** 2 for row in self.rows])
        logits = found.logits
        chances = [None] * len(keys) if logits is None else (1.0 / (1.0 + np.exp(-logits))).tolist()
        near = found.cell.nearness(found.cosines) if found.cell else self.usual.nearness(found.affinities)
        answer = []
        # No more than `count` of each modality can be among the best.
        for place in np.argsort(-keys, kind="stable")[: query.count].tolist():
            row = int(self.rows[place])
            percentile, others = self.usual.percentile(row, float(self.affinities[place]))
            if self.usual.sampled and self.by_place and row not in self.shares:
                others = len(self.group) - 1
                percentile = 100.0 * (others - place) / others
            hit = Hit(
                str(self.group.ids[row]),
                modality,
                0,
                float(found.scores[place]),
                percentile,
                others,
                others < len(self.group) - 1,
                float(self.cosines[place]),
                float(near[place]),
                chances[place],
                self.shares.get(row, 0.0),
            )
            answer.append((float(keys[place]), hit))
        return answer


def _echoing(candidates: list[_Candidates], means: dict[Modality, NDArray[np.float64]]) -> NDArray[np.float64]:
    """The texts that hits are compared with, centred, closest first; none where no texts are searched."""
    for one in candidates:
        if one.group.modality == "text":
            return _centred(one.group.vectors[one.rows[: ECHOING + 1]], means["text"])
    return np.empty((0, 0))


def _apart(merged: list[tuple[float, Hit]], count: int) -> list[Hit]:
    """As many of each modality as there is room for, images first."""
    lists = [[hit for _, hit in merged if hit.modality == modality] for modality in MODALITIES]
    first, second = lists
    half = max(count - len(second), (count + 1) // 2)
    return [*first[:half], *second[: count - min(half, len(first))]]


def _share_of_texts(probe: Probe) -> float:
    """How much of what is asked is text, the rest being images."""
    wanted = [(part.modality, part.weight) for part in (*probe.parts, *probe.likes) if part.weight > 0]
    total = sum(weight for _, weight in wanted)
    # Of a question that only leaves something out, nothing is known: it counts as half and half.
    return sum(weight for modality, weight in wanted if modality == "text") / total if total else 0.5


def _centred(vectors: NDArray[np.float32], mean: NDArray[np.float64]) -> NDArray[np.float64]:
    shifted = vectors - mean
    return np.asarray(shifted / np.maximum(np.linalg.norm(shifted, axis=1, keepdims=True), 1e-12))


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


def _allowed(
    query: Query, group: Group, through: Mapping[Modality, NDArray[np.bool_]] | None
) -> NDArray[np.bool_]:  # fmt: skip
    """Which items of the group the filters let through; never one that the query names."""
    allowed = np.ones(len(group), np.bool_) if through is None else through[group.modality].copy()
    if query.named:
        allowed[group.rows_of(np.array([int(name) for name in query.named], dtype=np.int64))] = False
    return allowed


def _asked(query: Query) -> int:
    """How many candidates of each modality are worth merging."""
    return max(4 * query.count, 100)


class _Background:
    """The affinities that are usual for one query and modality."""

    def __init__(
        self,
        group: Group,
        mean: NDArray[np.float64],
        centred: NDArray[np.float32],
        phrases: NDArray[np.float32] | None,
    ) -> None:
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
