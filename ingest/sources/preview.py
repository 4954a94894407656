"""A preview of a folder before it is ingested: what it holds, counted for a few seconds at most."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from ingest.readers.formats import Kind
from ingest.sources.found import FoundSource
from ingest.sources.selection import Selection
from ingest.sources.walk import walk

_SECONDS = 2.0
_CLOCK_INTERVAL = 200  # files
_SAMPLED = 12  # files of each kind


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
    samples: dict[Kind, tuple[FoundSource, ...]] = field(default_factory=dict)
    """Some files of each kind that can be read, from all over the folder, to try what reading it takes."""

    @property
    def readable(self) -> int:
        """How many files can be read."""
        return self.images + self.documents + self.videos

    def count(self, kind: Kind) -> int:
        """How many files of a kind can be read."""
        return {"image": self.images, "document": self.documents, "video": self.videos}.get(kind, 0)


def preview(path: Path, selection: Selection, seconds: float = _SECONDS) -> Preview:
    """Count the selected files at or below `path`, for up to `seconds`; raises SettingsError if a glob is invalid."""
    end = time.monotonic() + seconds
    counts = dict.fromkeys(("image", "document", "video", None), 0)
    size, complete, random = 0, True, Random(0)  # noqa: S311
    samples: dict[Kind, list[FoundSource]] = {}
    for number, found in enumerate(walk(path, on_error=lambda path, error: None, selection=selection), start=1):
        counts[found.kind] += 1
        if found.kind:
            size += found.size
            _sample(samples.setdefault(found.kind, []), found, counts[found.kind], random)
        if number % _CLOCK_INTERVAL == 0 and time.monotonic() > end:
            complete = False
            break
    kept = {kind: tuple(files) for kind, files in samples.items()}
    return Preview(counts["image"], counts["document"], counts["video"], counts[None], size, complete, kept)


def _sample(kept: list[FoundSource], found: FoundSource, count: int, random: Random) -> None:
    """Keep each of the `count` files so far with the same chance (Vitter's algorithm R, 1985)."""
    if len(kept) < _SAMPLED:
        kept.append(found)
    elif (place := random.randrange(count)) < _SAMPLED:
        kept[place] = found
