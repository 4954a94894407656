"""Files dropped into the browser: kept in the space's own folder under safe names, as many and as large as agreed."""

import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from ingest.atomic import temporary_beside
from ingest.errors import SpaceError
from ingest.readers.formats import ARCHIVE_SUFFIXES, DOCUMENT_SUFFIXES, IMAGE_SUFFIXES, VIDEO_SUFFIXES

UPLOAD_FOLDER = "uploads"
MOST_FILES = 500
"""How many files are taken at one time."""
MOST_BYTES = 50_000_000
"""The largest file that is taken."""
MOST_KEPT_FILES = 20_000
MOST_KEPT_BYTES = 5_000_000_000
"""How many files and bytes a space keeps of them."""

_LONGEST_NAME = 120  # characters; a file system allows 255 bytes
_NOT_IN_NAMES = re.compile(r'[<>:"|?*\x00-\x1f\x7f]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


@dataclass
class Kept:
    """What became of dropped files."""

    paths: list[Path] = field(default_factory=list)
    """Where they are kept now, each once."""
    refused: list[tuple[str, str]] = field(default_factory=list)
    """The names of those that were not taken, each with the reason."""


def kept_suffixes() -> list[str]:
    """The suffixes of files that are taken, without the dot."""
    return sorted(suffix[1:] for suffix in IMAGE_SUFFIXES | DOCUMENT_SUFFIXES | VIDEO_SUFFIXES | ARCHIVE_SUFFIXES)


def keep_files(space: Path, files: Iterable[tuple[str, bytes]]) -> Kept:
    """Keep dropped files, each a name and its content, in the folder of the space, which is made if need be.

    A name that is taken gets a number, unless its file has the same content.  Raises SpaceError where the folder cannot
    be written.
    """
    folder = space / UPLOAD_FOLDER
    kept = Kept()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        there = _sizes(folder)
        count, size = len(there), sum(there)
        for number, (name, content) in enumerate(files):
            if reason := _why_not(name, len(content), number, count, size):
                kept.refused.append((name, reason))
                continue
            path, new = _put(folder, safe_name(name), content)
            if path not in kept.paths:
                kept.paths.append(path)
            count, size = count + new, size + new * len(content)
    except OSError as error:
        raise SpaceError(
            f"The files cannot be kept in {folder} ({error.strerror or error}). Check that the folder can be written "
            "and its disk has room."
        ) from error
    return kept


def safe_name(given: str) -> str:
    """A file name that every system takes and that leads nowhere else, as like `given` as can be."""
    name = re.split(r"[/\\]", unicodedata.normalize("NFC", given))[-1]
    name = name.encode("utf-8", "replace").decode("utf-8")
    name = _NOT_IN_NAMES.sub("_", "".join(each if each.isprintable() else "_" for each in name)).strip(" .")
    stem, suffix = PurePosixPath(name).stem, PurePosixPath(name).suffix.lower()
    stem = stem[: _LONGEST_NAME - len(suffix)].rstrip(" .") or "file"
    while len((stem + suffix).encode()) > 2 * _LONGEST_NAME:
        stem = stem[:-1]
    return f"_{stem}{suffix}" if _RESERVED.match(stem + suffix) else stem + suffix


def _sizes(folder: Path) -> list[int]:
    """The bytes of each file that is kept; without what other sessions are just writing."""
    sizes = []
    with os.scandir(folder) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):  # another session has just removed it
                if not entry.name.startswith(".") and entry.is_file():
                    sizes.append(entry.stat().st_size)
    return sizes


def _why_not(name: str, size: int, number: int, count: int, total: int) -> str:
    suffix = PurePosixPath(safe_name(name)).suffix.removeprefix(".")
    if suffix not in kept_suffixes():
        return f"no file that is read here ({suffix or 'it has no suffix'})"
    if size > MOST_BYTES:
        return f"too large: {size / 1e6:,.0f} MB, and {MOST_BYTES // 1_000_000} MB are taken at most"
    if not size:
        return "it is empty"
    if number >= MOST_FILES:
        return f"{MOST_FILES} files are taken at one time; drop it again"
    if count >= MOST_KEPT_FILES or total + size > MOST_KEPT_BYTES:
        return "the uploads of this space are full; ingest a folder instead"
    return ""


def _put(folder: Path, name: str, content: bytes) -> tuple[Path, bool]:
    """Write the file under its name, or the next free one; returns where it is, and whether it is new."""
    with temporary_beside(folder / name) as temporary:
        temporary.write_bytes(content)
        for path in _names(folder, name):
            if _has(path, content):
                return path, False
            with suppress(FileExistsError):
                _move(temporary, path)
                return path, True
    raise AssertionError("names never end")


def _names(folder: Path, name: str) -> Iterator[Path]:
    path = folder / name
    yield path
    number = 1
    while True:
        number += 1
        yield path.with_name(f"{path.stem} ({number}){path.suffix}")


def _has(path: Path, content: bytes) -> bool:
    try:
        return path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content
    except FileNotFoundError:  # another session has just removed it
        return False


def _move(temporary: Path, path: Path) -> None:
    """Give the file its name, where that is free; raises FileExistsError where it is not."""
    if not hasattr(os, "link"):
        if path.exists():
            raise FileExistsError
        temporary.rename(path)
        return
    try:
        os.link(temporary, path)  # unlike a rename, it never takes the place of what is there
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if os.path.lexists(path):
            raise FileExistsError from None
        temporary.rename(path)
