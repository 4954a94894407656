"""Which rows of a group are worth scoring: by the index, by a scan, and by the rare words they say."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ingest.readers.draft import Modality
from search_app.engine.group import Group

ASKING = ThreadPoolExecutor(8, thread_name_prefix="asking")
"""Asks the index of both modalities at one time."""


class Index(Protocol):
    """What a ranking needs of a space: its nearest neighbours in Chroma."""

    def query(self, modality: Modality, vectors: NDArray[np.float32], count: int) -> list[list[tuple[str, float]]]:
        """The `count` items nearest to each row of `vectors`, as (item id, cosine), nearest first."""
        ...


def from_index(group: Group, index: Index, centred: NDArray[np.float32], asked: int) -> NDArray[np.int64]:
    """The `asked` rows of the group that the index finds nearest, fewer where it knows others than the snapshot."""
    answer = index.query(group.modality, centred[np.newaxis], min(asked, len(group)))
    # Chroma may know items that the snapshot has not, and the other way round: only what both have is scored.
    return group.rows_of(np.array([int(item_id) for item_id, _ in answer[0]], dtype=np.int64))


def nearest_by_scan(
    group: Group,
    allowed: NDArray[np.bool_],
    mean: NDArray[np.float64] | None,
    looked_for: NDArray[np.float32],
    count: int,
) -> NDArray[np.int64]:
    """The `count` rows that are allowed and nearest, nearest first, by a scan; by raw cosine without a `mean`."""
    rows = np.flatnonzero(allowed)
    few = len(rows) < len(group) // 4  # then it is cheaper to gather them than to scan all
    closeness = (group.vectors[rows] if few else group.vectors) @ looked_for
    if not few:
        closeness = closeness[rows]
    if mean is not None:
        closeness = (closeness - np.float32(mean @ looked_for)) / group.lengths_without(mean)[rows]
    if len(rows) > count:
        best = np.argpartition(-closeness, count)[:count]
        best = best[np.lexsort((best, -closeness[best]))]
    else:
        best = np.argsort(-closeness, kind="stable")
    return rows[best]


def shares_of(group: Group, allowed: NDArray[np.bool_], said: Mapping[int, float]) -> dict[int, float]:
    """How much of the question's rare words the allowed items of the group say, by row."""
    ids = np.array(sorted(said), dtype=np.int64)
    rows = group.rows_of(ids)
    return {int(row): said[int(group.ids[row])] for row in rows[allowed[rows]]}
