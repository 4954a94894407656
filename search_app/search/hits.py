"""What a search found: items, and how close they are."""

import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from ingest.readers.draft import Modality
from search_app.search.fusion import STANDARDISED

ENOUGH_RARE_WORDS = 0.5
"""The share of a question's rare words above which an item that contains them is a good answer, whatever its vector."""

Closeness = Literal["very close", "close", "loosely related", "no real match"]
CLOSENESS: tuple[Closeness, ...] = get_args(Closeness)[::-1]
"""The words by level, from 0."""
_STEPS = (0.0, 0.5, 1.0)
"""The measures or nearnesses from which the next better word holds."""


def closeness_of(measure: float) -> Closeness:
    """A measure in words, or a nearness, which is on the same scale; see `Hit`."""
    return CLOSENESS[bisect_right(_STEPS, measure)]


def levels_of(measures: NDArray[np.float64]) -> NDArray[np.int64]:
    """For each measure the level of its word: its place in CLOSENESS."""
    return np.searchsorted(_STEPS, measures, side="right")


def lifted(levels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which places of a list stand above one with a better word, by the levels of the words in its order."""
    return np.asarray(levels < np.maximum.accumulate(levels[::-1])[::-1])


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
    """The measure as the chance, 0 to 1, that the hit is relevant; None where the encoder has no calibration."""

    measure: float = 0.0
    """What the hit's place and word both come from, on the scale of `nearness`; see `search_app.search.measure`."""
    rare_words: float = 0.0
    """How much of the question's rare words, such as names and codes, the item says: 0 to 1."""
    lift: str = ""
    """What lifted the hit above where its closeness alone would put it, such as `contains *red*`; '' for nothing."""

    def at(self, rank: int) -> Self:
        """The hit at that place of the list."""
        return replace(self, rank=rank)

    def capped(self, measure: float) -> Self:
        """The hit, with no better word than that of `measure`."""
        better = bisect_right(_STEPS, self.measure) > bisect_right(_STEPS, measure)
        return replace(self, measure=measure) if better else self

    @property
    def distance(self) -> float:
        """Euclidean distance of query and item, both of unit length: 0 to 2."""
        return math.sqrt(max(2.0 - 2.0 * self.cosine, 0.0))

    @property
    def closeness(self) -> Closeness:
        """How close the hit is, in words, by its measure."""
        return closeness_of(self.measure)

    @property
    def matches(self) -> bool:
        """Whether the hit is a good answer: it really matches, by its meaning or by what it says."""
        return self.closeness != "no real match"


@dataclass(frozen=True)
class Ranking:
    """The hits of one query, best first."""

    hits: tuple[Hit, ...] = ()
    searched: int = 0
    """How many items pass the filters."""
    method: str = STANDARDISED
    """The method that ordered them: where the encoder has no calibration, not the calibrated one."""
    good: Mapping[Modality, int] = field(default_factory=dict)
    """How many good answers (see `Hit.matches`) there are of each modality among all that the filters let through."""
    estimated: bool = False
    """Whether `good` is an estimate."""

    @property
    def matches(self) -> bool:
        """Whether any hit really matches."""
        return any(hit.matches for hit in self.hits)
