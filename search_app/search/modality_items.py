"""All items of one modality in a snapshot: their vectors, and what filters ask of them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ingest.readers.draft import Modality
from ingest.space.steady_sample import steady_sample

BACKGROUND = 2_048
"""Items of a modality that stand for all of them when a score is standardised."""


@dataclass(frozen=True)
class Facets:
    """What filters ask of the items of a group, in its order; each array has shape (len(group),)."""

    formats: NDArray[np.int16]
    """For each item, the place of its format in the snapshot's `format_names`; -1 if it is not known."""
    days: NDArray[np.int32]
    """Since 1970: when a photo was taken, else its file's."""
    bytes: NDArray[np.int64]
    """Of the file."""
    pixels: NDArray[np.int32]
    """0 for a text."""
    shapes: NDArray[np.int8]
    """Places in `ingest.space.ledger.search_index.SHAPES`."""
    colours: NDArray[np.int32]
    """A bit for each of COLOUR_NAMES."""
    captioned: NDArray[np.bool_]
    qualities: NDArray[np.float32]
    """Of passages, 0 to 1; NaN until it is measured, see `search_app.search.passage_quality`."""


@dataclass(frozen=True)
class ModalityItems:
    """All items of one modality, in the order of their ids."""

    modality: Modality
    ids: NDArray[np.int64]
    folders: NDArray[np.int32]
    """For each item, the place of its folder in the snapshot's `folder_names`."""
    vectors: NDArray[np.float32]
    """Unit rows, shape (len(ids), dimension)."""
    total: NDArray[np.float64]
    """The sum of the vectors, shape (dimension,)."""
    facets: Facets

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def background(self) -> NDArray[np.int64]:
        """Rows of at most BACKGROUND items, rising; mostly the same ones when the group grows."""
        return steady_sample(self.ids, BACKGROUND)

    @cached_property
    def sample(self) -> NDArray[np.float32]:
        """The vectors of `background`, shape (len(background), dimension)."""
        return self.vectors[self.background]

    def lengths_without(self, mean: NDArray[np.float64]) -> NDArray[np.float32]:
        """The length of each vector once it has lost `mean`; remembered, as questions to one snapshot ask the same."""
        known: tuple[bytes, NDArray[np.float32]] | None = self.__dict__.get("_lengths")
        if known is None or known[0] != mean.tobytes():
            known = mean.tobytes(), lengths_without(mean, self.vectors)
            self.__dict__["_lengths"] = known
        return known[1]

    def rows_of(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """The row of each id that is in the group; ids that are not are left out."""
        rows = np.searchsorted(self.ids, ids)
        inside = rows < len(self.ids)
        rows, ids = rows[inside], ids[inside]
        return np.asarray(rows[self.ids[rows] == ids], dtype=np.int64)


def products(rows: NDArray[np.float32], vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """The inner product of each row with `vector`, shape (len(rows),).

    By NumPy's own loop: bound by memory like BLAS's, but without threads, which wait for one another on a busy machine
    and would take the core that the other modality is looked at on.
    """
    return np.asarray(np.einsum("ij,j->i", rows, vector))


def lengths_without(mean: NDArray[np.float64], rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """The length of each unit row once it has lost `mean`, shape (len(rows),)."""
    # |x - m|^2 = 1 - 2 x.m + |m|^2 for a unit x: one pass over the rows, and no shifted copy of them.
    squares = 1.0 - 2.0 * products(rows, mean.astype(np.float32)).astype(np.float64) + float(mean @ mean)
    return np.sqrt(np.maximum(squares, 1e-12)).astype(np.float32)
