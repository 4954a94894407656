"""What a search found: items, and how close they are."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ingest.readers.draft import Modality
from search_app.search.fusion import STANDARDISED

ENOUGH_RARE_WORDS = 0.5
"""The share of a question's rare words above which an item that contains them matches, whatever its vector."""

Closeness = Literal["very close", "close", "loosely related", "no real match"]


def closeness_of(nearness: float) -> Closeness:
    """A nearness in words; see `Hit.nearness`."""
    if nearness >= 1.0:
        return "very close"
    if nearness >= 0.5:
        return "close"
    return "loosely related" if nearness >= 0.0 else "no real match"


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

    measure: float = 0.0
    """What the hit's place and word both come from, on the scale of `nearness`; see `search_app.search.measure`."""
    rare_words: float = 0.0
    """How much of the question's rare words, such as names and codes, the item says: 0 to 1."""
    lift: str = ""
    """What lifted the hit above where its closeness alone would put it, such as `contains *red*`; '' for nothing."""

    @property
    def distance(self) -> float:
        """Euclidean distance of query and item, both of unit length: 0 to 2."""
        return math.sqrt(max(2.0 - 2.0 * self.cosine, 0.0))

    @property
    def closeness(self) -> Closeness:
        """How close the hit is, in words."""
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
