"""Which caption belongs to which picture: the text beside it that has its name."""

import os
import stat
from pathlib import Path

from ingest.errors import ReadError
from ingest.readers.draft import MAX_CAPTION
from ingest.readers.formats import kind_of
from ingest.readers.text import decode_text, read_bytes, shortened
from ingest.sources.walk import archive_of


def caption_path(image: Path) -> Path | None:
    """Return the text file that holds the picture's caption, `a.jpg.txt` or `a.txt` beside `a.jpg`, if there is one."""
    whole = os.fspath(image)  # Strings, not paths: this is asked for every picture.
    archive = archive_of(image)
    for name in (whole, os.path.splitext(whole)[0]):  # noqa: PTH122
        for suffix in (".txt", ".TXT"):
            if archive and _has(archive, Path(name + suffix)):
                return Path(name + suffix)
            try:
                if not archive and stat.S_ISREG(os.lstat(name + suffix).st_mode):
                    return Path(name + suffix)
            except OSError:
                continue
    return None


def _has(archive: Path, path: Path) -> bool:
    from ingest.sources.archives import member

    try:
        return member(archive, path.relative_to(archive).as_posix()) is not None
    except ReadError:
        return False


def captioned_by(path: Path) -> list[Path]:
    """The pictures whose caption is in the file `path`, or was while it was there; none for most files."""
    if path.suffix not in (".txt", ".TXT"):
        return []
    try:
        names = os.listdir(path.parent)  # noqa: PTH208
    except OSError:
        return []
    beside = (path.parent / name for name in names if name.startswith(path.stem))
    return [each for each in beside if path.stem in (each.name, each.stem) and kind_of(each) == "image"]


def read_caption(path: Path) -> str:
    """Return the caption in `path` in one line, at most MAX_CAPTION characters; '' for an empty file.

    Raises ReadError where it cannot be read or is not a text.
    """
    return shortened(" ".join(decode_text(read_bytes(path)).split()), MAX_CAPTION)
