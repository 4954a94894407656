"""What is worth scoring of one modality: the rows nearest to a question, and how many others are less close.

Up to SCANNED items of a modality, all of them are looked at: that is exact, as quick as asking a server, and the same
with filters and without.  Of more, Chroma names the nearest, more of them than are wanted, and their own vectors
put them in order; only where filters are to hold, the items that they let through are looked at one by one.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ingest.readers.draft import Modality
from search_app.search.background_scores import Background, affinities_of, affinity, background_of, usual_cosine
from search_app.search.fusion import Floats
from search_app.search.modality_items import Group, products

SCANNED = 200_000
"""Items of a modality up to which a question looks at all of them."""
OVERSAMPLED = 3
"""How many times as many items as are wanted the index is asked for, as it orders them by raw cosine."""
ASKING = ThreadPoolExecutor(8, thread_name_prefix="asking")
"""Looks at both modalities at one time."""


class Index(Protocol):
    """What a ranking needs of a space: its nearest neighbours in Chroma."""

    def query(self, modality: Modality, vectors: NDArray[np.float32], count: int) -> list[list[tuple[str, float]]]:
        """The `count` items nearest to each row of `vectors`, as (item id, cosine), nearest first."""
        ...


@dataclass(frozen=True)
class Sought:
    """A question as one modality is asked it."""

    raw: NDArray[np.float32]
    """As the encoder gave it, unit length, shape (dimension,)."""
    centred: NDArray[np.float32]
    """Without the mean of its own modality, unit length."""
    mean: NDArray[np.float64]
    """Of the modality that is asked."""
    phrases: NDArray[np.float32] | None
    """The vectors of PHRASES, where they may stand in for the items; shape (n, dimension)."""
    count: int
    """How many candidates are wanted."""
    by_cosine: bool
    """Whether the nearest are those of the greatest raw cosine, not of the greatest affinity."""


@dataclass(frozen=True)
class Candidates:
    """What is merged of one modality; each array has shape (k,)."""

    group: Group
    rows: NDArray[np.int64]
    """Closest first; then those that only say the question's rare words."""
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
    """Mean and standard deviation of the sample's cosines, where the nearest by raw cosine were sought."""


def look(
    group: Group,
    sought: Sought,
    allowed: NDArray[np.bool_],
    said: Mapping[int, float],
    index: Index | None,
) -> Candidates:
    """The items of the group nearest to what is sought among those `allowed`, shape (len(group),).

    `said` is how much of the question's rare words items say, by id.  Without an `index`, every item that is allowed
    is looked at.  Raises ServerError when Chroma does not answer.
    """
    shares = shares_of(group, allowed, said)
    if len(group) <= SCANNED:
        return _of_all(group, sought, allowed, shares)
    rows = _by_scan(group, sought, allowed) if index is None else _by_index(group, sought, allowed, index)
    return _of_some(group, sought, rows, shares, by_place=index is not None and not sought.by_cosine)


def _of_all(
    group: Group, sought: Sought, allowed: NDArray[np.bool_], shares: Mapping[int, float]
) -> Candidates:  # fmt: skip
    every = affinities_of(group, sought.mean, sought.centred)
    cosines = products(group.vectors, sought.raw) if sought.by_cosine else None
    rows = nearest(every if cosines is None else cosines, allowed, sought.count)
    rows = with_shares(rows, shares)
    affinities = every[rows]
    return Candidates(
        group,
        rows,
        _cosines(group, rows, sought),
        affinities.astype(np.float64),
        _share_each(rows, shares),
        lower_than(affinities, every),
        np.full(len(rows), len(group) - 1, np.int64),
        background_of(every[group.background], sought.mean, sought.centred, sought.phrases),
        None if cosines is None else usual_cosine(cosines[group.background]),
    )


def _of_some(
    group: Group, sought: Sought, rows: NDArray[np.int64], shares: Mapping[int, float], *, by_place: bool
) -> Candidates:
    nearest_count = len(rows)
    rows = with_shares(rows, shares)
    affinities = affinity(group.vectors[rows], sought.mean, sought.centred)
    sample = affinity(group.sample, sought.mean, sought.centred)
    others = len(sample) - np.isin(rows, group.background)
    lower = np.minimum(lower_than(affinities, sample), others - 1)  # a sample cannot tell that nothing else is closer
    if by_place:  # as far from the top as its place says
        lower[:nearest_count], others[:nearest_count] = len(group) - 1 - np.arange(nearest_count), len(group) - 1
    return Candidates(
        group,
        rows,
        _cosines(group, rows, sought),
        affinities.astype(np.float64),
        _share_each(rows, shares),
        lower,
        others,
        background_of(sample, sought.mean, sought.centred, sought.phrases),
        usual_cosine(products(group.sample, sought.raw)) if sought.by_cosine else None,
    )


def _by_index(group: Group, sought: Sought, allowed: NDArray[np.bool_], index: Index) -> NDArray[np.int64]:
    looked_for = sought.raw if sought.by_cosine else sought.centred
    asked = min(OVERSAMPLED * sought.count, len(group))
    answer = index.query(group.modality, looked_for[np.newaxis], asked)
    # Chroma may know items that the snapshot has not, and the other way round: only what both have is scored.
    rows = group.rows_of(np.array([int(item_id) for item_id, _ in answer[0]], dtype=np.int64))
    rows = rows[allowed[rows]]
    return rows[nearest(_closeness(group, rows, sought), np.ones(len(rows), np.bool_), sought.count)]


def _by_scan(group: Group, sought: Sought, allowed: NDArray[np.bool_]) -> NDArray[np.int64]:
    rows = np.flatnonzero(allowed)
    if len(rows) < len(group) // 4:  # then it is cheaper to gather them than to look at all
        return rows[nearest(_closeness(group, rows, sought), np.ones(len(rows), np.bool_), sought.count)]
    every = (
        products(group.vectors, sought.raw) if sought.by_cosine else affinities_of(group, sought.mean, sought.centred)
    )
    return nearest(every, allowed, sought.count)


def _closeness(group: Group, rows: NDArray[np.int64], sought: Sought) -> NDArray[np.float32]:
    vectors = group.vectors[rows]
    return products(vectors, sought.raw) if sought.by_cosine else affinity(vectors, sought.mean, sought.centred)


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


def shares_of(group: Group, allowed: NDArray[np.bool_], said: Mapping[int, float]) -> dict[int, float]:
    """How much of the question's rare words the allowed items of the group say, by row."""
    if not said:
        return {}
    ids = np.array(sorted(said), dtype=np.int64)
    rows = group.rows_of(ids)
    return {int(row): said[int(group.ids[row])] for row in rows[allowed[rows]]}


def with_shares(rows: NDArray[np.int64], shares: Mapping[int, float]) -> NDArray[np.int64]:
    """`rows`, and behind them the others that say something of the question."""
    return np.concatenate([rows, np.setdiff1d(np.array([*shares], dtype=np.int64), rows)]) if shares else rows


def _share_each(rows: NDArray[np.int64], shares: Mapping[int, float]) -> NDArray[np.float64]:
    return np.array([shares.get(row, 0.0) for row in rows.tolist()]) if shares else np.zeros(len(rows))


def _cosines(group: Group, rows: NDArray[np.int64], sought: Sought) -> Floats:
    return np.clip(products(group.vectors[rows], sought.raw), -1.0, 1.0).astype(np.float64)
