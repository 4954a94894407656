"""A preview of a folder before it is ingested: what it holds, counted for a few seconds at most."""

import time
from dataclasses import dataclass
from pathlib import Path

from ingest.sources.selection import Selection
from ingest.sources.walk import walk

_SECONDS = 2.0
_CLOCK_INTERVAL = 200  # files


@dataclass(frozen=True)
class Preview:
    """What a folder holds that can be read."""

    images: int
    documents: int
    videos: int
    others: int
    """Files that no reader knows."""
    bytes: int
    """Of those that can be read."""
    complete: bool
    """Whether everything was counted in time."""

    @property
    def readable(self) -> int:
        """How many files can be read."""
        return self.images + self.documents + self.videos


def preview(path: Path, selection: Selection, seconds: float = _SECONDS) -> Preview:
    """Count the selected files at or below `path`, for up to `seconds`; raises SettingsError if a glob is invalid."""
    end = time.monotonic() + seconds
    counts = dict.fromkeys(("image", "document", "video", None), 0)
    size, complete = 0, True
    for number, found in enumerate(walk(path, on_error=lambda path, error: None, selection=selection), start=1):
        counts[found.kind] += 1
        size += found.size if found.kind else 0
        if number % _CLOCK_INTERVAL == 0 and time.monotonic() > end:
            complete = False
            break
    return Preview(counts["image"], counts["document"], counts["video"], counts[None], size, complete)
