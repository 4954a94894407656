"""The growing arrays that snapshots are made of."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ingest.readers.draft import Modality
from search_app.search.modality_items import Facets, ModalityItems

Number = TypeVar("Number", bound=np.generic)


class Column:
    """Growing arrays of one modality; what a snapshot refers to is never written again."""

    def __init__(self, dimension: int) -> None:
        """No items yet, of vectors of this dimension."""
        self.used = 0
        self.ids = np.empty(0, np.int64)
        self.folders = np.empty(0, np.int32)
        self.vectors = np.empty((0, dimension), np.float32)
        self.total = np.zeros(dimension)  # kept as items come and go, so that no search sums all of them up
        self.facets = _unknown(0)

    def keep(self, mask: NDArray[np.bool_]) -> None:
        """Drop the items where `mask`, shape (used,), is false."""
        if not mask.all():
            self.total = self.total - self.vectors[: self.used][~mask].sum(axis=0, dtype=np.float64)
            self.ids = self.ids[: self.used][mask]
            self.folders = self.folders[: self.used][mask]
            self.vectors = self.vectors[: self.used][mask]
            self.facets = _each(self.facets, lambda array: array[mask])
            self.used = len(self.ids)

    def append(self, ids: NDArray[np.int64], folders: NDArray[np.int32], vectors: NDArray[np.float32]) -> None:
        """Add items whose ids are greater than all there are; their facets come by `put_facets`."""
        start, end = self.used, self.used + len(ids)
        if end > len(self.ids):
            room = max(end, len(self.ids) * 3 // 2)
            self.ids = _with_room(self.ids, start, room)
            self.folders = _with_room(self.folders, start, room)
            self.vectors = _with_room(self.vectors, start, room)
        self.ids[start:end], self.folders[start:end], self.vectors[start:end] = ids, folders, vectors
        self.total = self.total + vectors.sum(axis=0, dtype=np.float64)
        self.used = end

    def group(self, modality: Modality) -> ModalityItems:
        """The items as they are now."""
        used = self.used
        return ModalityItems(
            modality, self.ids[:used], self.folders[:used], self.vectors[:used], self.total, self.facets
        )

    def put_facets(self, after: int, ids: NDArray[np.int64], read: Facets) -> None:
        """Take the facets of the items newer than `after` from what was `read` of `ids`; the others keep theirs."""
        mine = self.ids[: self.used]
        first = int(np.searchsorted(mine, after, side="right"))
        places = np.searchsorted(ids, mine[first:])
        there = places < len(ids)
        there[there] = ids[places[there]] == mine[first:][there]
        merged = _unknown(self.used)
        # A few numbers an item: cheaper to copy than to keep room for.
        for whole, old, new in zip(_arrays(merged), _arrays(self.facets), _arrays(read), strict=True):
            whole[:first] = old[:first]
            whole[first:][there] = new[places[there]]
        self.facets = merged


def _arrays(facets: Facets) -> list[NDArray[Any]]:
    return [getattr(facets, field.name) for field in fields(Facets)]


def _each(facets: Facets, change: Callable[[NDArray[Any]], NDArray[Any]]) -> Facets:
    return Facets(*map(change, _arrays(facets)))


def _unknown(count: int) -> Facets:
    """Facets of items of which nothing is known."""
    return Facets(
        np.full(count, -1, np.int16),
        np.zeros(count, np.int32),
        np.zeros(count, np.int64),
        np.zeros(count, np.int32),
        np.zeros(count, np.int8),
        np.zeros(count, np.int32),
        np.zeros(count, np.bool_),
        np.full(count, np.nan, np.float32),
    )


def _with_room(array: NDArray[Number], used: int, room: int) -> NDArray[Number]:
    larger = np.empty((room, *array.shape[1:]), array.dtype)
    larger[:used] = array[:used]
    return larger
