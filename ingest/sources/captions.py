"""Which caption belongs to which picture: the text beside it that has its name."""

import os
from dataclasses import dataclass
from pathlib import Path

from ingest.errors import ReadError
from ingest.readers.caption_filler import without_filler
from ingest.readers.draft import MAX_CAPTION
from ingest.readers.formats import kind_of
from ingest.readers.text import decode_text, read_bytes, shortened
from ingest.sources.location import SourceLocation

_SUFFIXES = (".txt", ".TXT")


def find_caption(image: SourceLocation) -> SourceLocation | None:
    """The text file with the picture's caption, `a.jpg.txt` or `a.txt` beside `a.jpg`; None if there is none."""
    for name in (image.path.name, image.path.stem):
        for suffix in _SUFFIXES:
            if found := image.beside(name + suffix):
                return found
    return None


@dataclass(frozen=True)
class Sidecar:
    """A file with the caption of a picture."""

    location: SourceLocation
    state: str
    """Identifies its version: `name:size:mtime`."""

    def caption(self) -> str:
        """The caption; '' if it cannot be read, of which its own outcome as a document tells."""
        try:
            with self.location.local_file() as file:
                return read_caption(file)
        except ReadError:
            return ""


def find_sidecar(image: SourceLocation) -> Sidecar | None:
    """The picture's sidecar and its state; None if there is none."""
    location = find_caption(image)
    if location is None:
        return None
    try:
        size, mtime_ns = location.state()
    except (OSError, ReadError):
        return None  # it was deleted between the two looks
    return Sidecar(location, f"{location.path.name}:{size}:{mtime_ns}")


def captioned_by(path: Path) -> list[Path]:
    """The pictures that have, or had until it was deleted, their caption in the file `path`; none for most files."""
    if path.suffix not in _SUFFIXES:
        return []
    try:
        names = os.listdir(path.parent)  # noqa: PTH208
    except OSError:
        return []
    beside = (path.parent / name for name in names if name.startswith(path.stem))
    return [each for each in beside if path.stem in (each.name, each.stem) and kind_of(each) == "image"]


def read_caption(file: Path) -> str:
    """Read the caption in `file` as one line of at most MAX_CAPTION characters; '' for an empty file and for filler.

    Raises ReadError if it cannot be read or is not a text.
    """
    return shortened(without_filler(" ".join(decode_text(read_bytes(file)).split())), MAX_CAPTION)
