"""What a run has to do about a source: the results of classifying it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.outcomes import Outcome
from ingest.readers.draft import Draft
from ingest.sources.found import FoundSource
from ingest.sources.read_state import ReadState
from ingest.space.ledger.duplicates import Content
from ingest.space.ledger.item import Item
from ingest.space.ledger.records import Source


@dataclass(frozen=True)
class Unchanged:
    """The space has the source as it is."""

    found: FoundSource
    source: Source


@dataclass(frozen=True)
class Recaptioned:
    """The space has the picture, and its caption sidecar changed."""

    found: FoundSource
    source: Source
    read_state: ReadState
    caption: str


@dataclass(frozen=True)
class Moved:
    """The space has the content, read as the source would be, under a path that no longer exists."""

    found: FoundSource
    source: Source
    recaptioned: Recaptioned | None = None
    """Set if the caption beside the new path is another one."""


@dataclass(frozen=True)
class New:
    """The source is new or has new content; its drafts are to be encoded."""

    found: FoundSource
    sha256: str
    read_state: ReadState
    drafts: Sequence[Draft]
    is_update: bool
    """Whether the space has an older content of this path."""
    same_as: Item | None = None
    """The first item of another source with the same pictures, if there is one."""
    thumbnails: Sequence[str] = ()
    """The thumbnails of those items, one for each draft, which serve these drafts too."""
    vectors: NDArray[np.float32] | None = None
    """One for each draft: set by the engine, or already known as the space has the same pictures."""
    gaps: str = ""
    """What of the source could not be read; '' if all was."""
    content: Content | None = None
    """What duplicates of the source would share; None if its items are its own."""


@dataclass(frozen=True)
class Duplicate:
    """The space has items of this content, or gets them from another source of this run, and the source shares them."""

    found: FoundSource
    content: Content
    read_state: ReadState
    is_update: bool
    """Whether the space has an older content of this path."""
    holder_path: str
    """The ledger path of the source that has the items, or gets them; '' if only the writer can tell."""


@dataclass(frozen=True)
class LeftOut:
    """The source is not in the space: it was skipped, or it failed."""

    found: FoundSource
    outcome: Outcome
    reason: str
    sha256: str = ""
    """'' if the content could not be read at all."""
    source: Source | None = None


Classified = Unchanged | Moved | Recaptioned | New | Duplicate | LeftOut


def duplicate_reason(found: FoundSource, holder_path: str) -> str:
    """Why `found` has no items of its own: those of the source at `holder_path` are its as well."""
    return f"same content as {holder_path}" if holder_path != found.ledger_path else ""
