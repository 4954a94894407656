"""What goes into the ledger and comes out of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.outcomes import IN_THE_SPACE
from ingest.readers.draft import Draft, Modality
from ingest.sources.read_state import ReadState

_NO_READ_STATE = ReadState()


@dataclass(frozen=True)
class Source:
    """A source as the ledger knows it."""

    id: int
    path: str
    root: str
    folder: str
    size: int
    mtime_ns: int
    sha256: str
    read_state: ReadState
    outcome: str
    reason: str
    has_items: bool = True
    """Whether it has live items, its own or those of the source that it is a copy of."""

    @property
    def in_the_space(self) -> bool:
        """Whether the space has it; what was read of one that failed later may still be there."""
        return self.has_items or self.outcome in IN_THE_SPACE


@dataclass(frozen=True)
class SourceRecord:
    """What a run writes about one source: its identity, its outcome, and its items if they are new."""

    path: str
    root: str
    folder: str
    size: int
    mtime_ns: int
    sha256: str
    outcome: str
    reason: str = ""
    read_state: ReadState = _NO_READ_STATE
    drafts: Sequence[Draft] = ()
    thumbnails: Sequence[str] = ()
    """One path within the space folder for each draft, '' for a passage."""
    vectors: "NDArray[np.float32] | None" = None
    """Shape (len(drafts), dimension); None keeps no items."""


@dataclass(frozen=True)
class FacetRows:
    """What filters ask of live items, in the order of their ids; each array has shape (n,)."""

    ids: NDArray[np.int64]
    formats: list[str]
    """The suffix without its dot."""
    days: NDArray[np.int32]
    """Since 1970: when a photo was taken, else its file's."""
    bytes: NDArray[np.int64]
    """Of the file."""
    pixels: NDArray[np.int32]
    """0 for a text."""
    shapes: NDArray[np.int8]
    """Indices in `search_index.SHAPES`."""
    colours: NDArray[np.int32]
    """A bit for each of `COLOUR_NAMES`."""
    captioned: NDArray[np.bool_]
    qualities: NDArray[np.float32]
    """Of passages, 0 to 1, see `ingest.readers.prose_quality`; NaN where it is not recorded, and for images."""


@dataclass(frozen=True)
class Vectors:
    """Vectors of live items, in the order of their ids."""

    ids: NDArray[np.int64]
    modalities: list[Modality]
    folders: list[str]
    vectors: NDArray[np.float32]
    """Shape (n, dimension)."""
