"""A look at a folder before it is ingested: what is in it, counted for a moment at most."""

import time
from dataclasses import dataclass
from pathlib import Path

from ingest.sources.selection import Selection
from ingest.sources.walk import walk

_SECONDS = 2.0
_LOOK_AT_CLOCK = 200  # files


@dataclass(frozen=True)
class Look:
    """What a folder holds that can be read."""

    images: int
    documents: int
    videos: int
    others: int
    """Files that nothing here reads."""
    bytes: int
    """Of those that can be read."""
    whole: bool
    """Whether all was counted in time."""

    @property
    def readable(self) -> int:
        """How many files can be read."""
        return self.images + self.documents + self.videos


def look(path: Path, selection: Selection, seconds: float = _SECONDS) -> Look:
    """Count the files at or below `path` that `selection` wants, for up to `seconds`.

    Raises SettingsError where a glob cannot be understood.
    """
    end = time.monotonic() + seconds
    found = dict.fromkeys(("image", "document", "video", None), 0)
    size, whole = 0, True
    for seen, file in enumerate(walk(path, on_error=lambda path, error: None, selection=selection), start=1):
        found[file.kind] += 1
        size += file.size if file.kind else 0
        if seen % _LOOK_AT_CLOCK == 0 and time.monotonic() > end:
            whole = False
            break
    return Look(found["image"], found["document"], found["video"], found[None], size, whole)
