"""What is worth scoring of one modality: the rows nearest to a question, and how many others are less close.

Up to SCANNED items of a modality, all of them are compared: that is exact, as fast as querying a server, and the same
with and without filters.  Of more, Chroma returns the nearest, more of them than are needed, and their own vectors
order them; only with filters, the items that pass them are compared one by one.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from search_app.search.background_scores import Background, affinities_of, affinity, background_of, usual_cosine
from search_app.search.fusion import Floats
from search_app.search.modality_items import ModalityItems, products

if TYPE_CHECKING:
    from ingest.space import Space

SCANNED = 200_000
"""Items of a modality up to which a search compares all of them."""
DEPTH = 2_400
"""Items of such a modality that are ordered, however few hits are asked for, and as deep as pages go."""
OVERSAMPLED = 3
"""How many times the needed items the index is queried for, as it orders them by raw cosine."""
SEARCH_POOL = ThreadPoolExecutor(8, thread_name_prefix="search")
"""Searches both modalities at once."""


@dataclass(frozen=True)
class Target:
    """What the candidates of one modality are to be near."""

    raw: NDArray[np.float32]
    """As the encoder gave it, unit length, shape (dimension,)."""
    centred: NDArray[np.float32]
    """Without the mean of its own modality, unit length."""
    mean: NDArray[np.float64]
    """Of the modality that is searched."""
    phrases: NDArray[np.float32] | None
    """The vectors of PHRASES, where they may stand in for the items; shape (n, dimension)."""
    count: int
    """How many candidates to find."""
    by_cosine: bool
    """Whether the nearest are those of the greatest raw cosine, not of the greatest affinity."""


@dataclass(frozen=True)
class Candidates:
    """What is merged of one modality; each array has shape (k,)."""

    group: ModalityItems
    rows: NDArray[np.int64]
    """Closest first; then those that only say the question's rare words."""
    nearest_count: int
    """How many of them were found for their closeness."""
    vectors: NDArray[np.float32]
    """Unit rows, shape (k, dimension)."""
    cosines: Floats
    affinities: Floats
    shares: NDArray[np.float64]
    """How much of the question's rare words each says, 0 to 1."""
    lower: NDArray[np.int64]
    """How many of the `others` are less close."""
    others: NDArray[np.int64]
    """How many other items of the modality that was counted over."""
    usual: Background
    usual_cosine: tuple[float, float] | None
    """Mean and standard deviation of the sample's cosines, where the nearest by raw cosine were looked for."""
    every: NDArray[np.float32] | None = None
    """The affinities of all items of the modality, where all were looked at; shape (len(group),)."""


def find_candidates(
    group: ModalityItems,
    target: Target,
    allowed: NDArray[np.bool_],
    rare_words: Mapping[int, float],
    index: "Space | None",
) -> Candidates:
    """The items of the group nearest to `target` among those `allowed`, shape (len(group),).

    `rare_words` is the share of the question's rare words that items contain, by id.  Without an `index`, every allowed
    item is compared.  Raises ServerError when Chroma does not answer.
    """
    shares = shares_of(group, allowed, rare_words)
    if len(group) <= SCANNED:
        return _of_all(group, target, allowed, shares)
    rows = _by_scan(group, target, allowed) if index is None else _by_index(group, target, allowed, index)
    return _of_some(group, target, rows, shares, by_place=index is not None and not target.by_cosine)


def _of_all(
    group: ModalityItems, target: Target, allowed: NDArray[np.bool_], shares: Mapping[int, float]
) -> Candidates:
    every = affinities_of(group, target.mean, target.centred)
    cosines = products(group.vectors, target.raw) if target.by_cosine else None
    rows = nearest(every if cosines is None else cosines, allowed, target.count)
    nearest_count = len(rows)
    rows = with_shares(rows, shares)
    affinities, vectors = every[rows], group.vectors[rows]
    return Candidates(
        group,
        rows,
        nearest_count,
        vectors,
        np.clip(products(vectors, target.raw), -1.0, 1.0).astype(np.float64),
        affinities.astype(np.float64),
        _share_each(rows, shares),
        lower_than(affinities, every),
        np.full(len(rows), len(group) - 1, np.int64),
        background_of(every[group.background], target.mean, target.centred, target.phrases),
        None if cosines is None else usual_cosine(cosines[group.background]),
        every,
    )


def _of_some(
    group: ModalityItems, target: Target, rows: NDArray[np.int64], shares: Mapping[int, float], *, by_place: bool
) -> Candidates:
    nearest_count = len(rows)
    rows = with_shares(rows, shares)
    vectors = group.vectors[rows]
    affinities = affinity(vectors, target.mean, target.centred)
    sample = affinity(group.sample, target.mean, target.centred)
    others = len(sample) - np.isin(rows, group.background)
    lower = np.minimum(lower_than(affinities, sample), others - 1)  # a sample cannot tell that nothing else is closer
    if by_place:  # as far from the top as its place says
        lower[:nearest_count], others[:nearest_count] = len(group) - 1 - np.arange(nearest_count), len(group) - 1
    return Candidates(
        group,
        rows,
        nearest_count,
        vectors,
        np.clip(products(vectors, target.raw), -1.0, 1.0).astype(np.float64),
        affinities.astype(np.float64),
        _share_each(rows, shares),
        lower,
        others,
        background_of(sample, target.mean, target.centred, target.phrases),
        usual_cosine(products(group.sample, target.raw)) if target.by_cosine else None,
    )


def _by_index(group: ModalityItems, target: Target, allowed: NDArray[np.bool_], index: "Space") -> NDArray[np.int64]:
    looked_for = target.raw if target.by_cosine else target.centred
    asked = min(OVERSAMPLED * target.count, len(group))
    answer = index.query(group.modality, looked_for[np.newaxis], asked)
    # Chroma may know items that the snapshot has not, and the other way round: only what both have is scored.
    rows = group.rows_of(np.array([int(item_id) for item_id, _ in answer[0]], dtype=np.int64))
    rows = rows[allowed[rows]]
    return rows[nearest(_closeness(group, rows, target), np.ones(len(rows), np.bool_), target.count)]


def _by_scan(group: ModalityItems, target: Target, allowed: NDArray[np.bool_]) -> NDArray[np.int64]:
    rows = np.flatnonzero(allowed)
    if len(rows) < len(group) // 4:  # then it is cheaper to gather them than to look at all
        return rows[nearest(_closeness(group, rows, target), np.ones(len(rows), np.bool_), target.count)]
    every = (
        products(group.vectors, target.raw) if target.by_cosine else affinities_of(group, target.mean, target.centred)
    )
    return nearest(every, allowed, target.count)


def _closeness(group: ModalityItems, rows: NDArray[np.int64], target: Target) -> NDArray[np.float32]:
    vectors = group.vectors[rows]
    return products(vectors, target.raw) if target.by_cosine else affinity(vectors, target.mean, target.centred)


def nearest(closeness: NDArray[np.float32], allowed: NDArray[np.bool_], count: int) -> NDArray[np.int64]:
    """The `count` rows that are allowed and closest, closest first, and equals in the order of their rows."""
    rows = np.flatnonzero(allowed)
    values = closeness[rows]
    if len(rows) > count:
        chosen = values >= np.partition(values, len(rows) - count)[len(rows) - count]
        rows, values = rows[chosen], values[chosen]
    return rows[np.argsort(-values, kind="stable")[:count]]


def lower_than(values: NDArray[np.float32], among: NDArray[np.float32]) -> NDArray[np.int64]:
    """For each of `values` how many of `among` are lower, its equals not counted."""
    if not len(values):
        return np.empty(0, np.int64)
    # Where a modality has two equal items, neither is less close than the other: their last bits do not count.
    limits = values - np.float32(1e-6)
    high = np.sort(among[among >= limits.min()])  # of many items, few are above the lowest of the best
    return np.asarray(len(among) - len(high) + np.searchsorted(high, limits), dtype=np.int64)


def shares_of(group: ModalityItems, allowed: NDArray[np.bool_], rare_words: Mapping[int, float]) -> dict[int, float]:
    """How much of the question's rare words the allowed items of the group say, by row."""
    if not rare_words:
        return {}
    ids = np.array(sorted(rare_words), dtype=np.int64)
    rows = group.rows_of(ids)
    return {int(row): rare_words[int(group.ids[row])] for row in rows[allowed[rows]]}


def with_shares(rows: NDArray[np.int64], shares: Mapping[int, float]) -> NDArray[np.int64]:
    """`rows`, and behind them the others that say something of the question."""
    return np.concatenate([rows, np.setdiff1d(np.array([*shares], dtype=np.int64), rows)]) if shares else rows


def _share_each(rows: NDArray[np.int64], shares: Mapping[int, float]) -> NDArray[np.float64]:
    return np.array([shares.get(row, 0.0) for row in rows.tolist()]) if shares else np.zeros(len(rows))
