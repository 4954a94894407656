"""Uploaded files, stored in the space's own folder under safe names, within limits on number and size."""

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
MAX_FILES = 500
"""How many files can be uploaded at a time."""
MAX_FILE_BYTES = 50_000_000
"""The size of the largest file that can be uploaded."""
MAX_STORED_FILES = 20_000
MAX_STORED_BYTES = 5_000_000_000
"""How many uploaded files and bytes a space stores."""

_MAX_NAME_LENGTH = 120  # characters; a file system allows 255 bytes
_NOT_IN_NAMES = re.compile(r'[<>:"|?*\x00-\x1f\x7f]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


@dataclass
class SavedUploads:
    """What became of uploaded files."""

    paths: list[Path] = field(default_factory=list)
    """Where they are stored now, each path once."""
    refused: list[tuple[str, str]] = field(default_factory=list)
    """The names of the files that were refused, each with the reason."""


def accepted_suffixes() -> list[str]:
    """The suffixes of files that can be uploaded, without the dot."""
    return sorted(suffix[1:] for suffix in IMAGE_SUFFIXES | DOCUMENT_SUFFIXES | VIDEO_SUFFIXES | ARCHIVE_SUFFIXES)


def save_uploads(space: Path, files: Iterable[tuple[str, bytes]]) -> SavedUploads:
    """Store uploaded files, each a name and its content, in the space's folder, which is created if necessary.

    A file whose name is in use gets a number, unless the content is the same.  Raises SpaceError if the folder
    cannot be written.
    """
    folder = space / UPLOAD_FOLDER
    saved = SavedUploads()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        sizes = _sizes(folder)
        count, size = len(sizes), sum(sizes)
        for number, (name, content) in enumerate(files):
            if reason := _refusal(name, len(content), number, count, size):
                saved.refused.append((name, reason))
                continue
            path, is_new = _store(folder, safe_name(name), content)
            if path not in saved.paths:
                saved.paths.append(path)
            count, size = count + is_new, size + is_new * len(content)
    except OSError as error:
        raise SpaceError(
            f"The files cannot be stored in {folder} ({error.strerror or error}). Check that the folder can be written "
            "and its disk has room."
        ) from error
    return saved


def safe_name(upload_name: str) -> str:
    """A file name close to `upload_name` that every file system accepts and that contains no path."""
    name = re.split(r"[/\\]", unicodedata.normalize("NFC", upload_name))[-1]
    name = name.encode("utf-8", "replace").decode("utf-8")
    name = _NOT_IN_NAMES.sub("_", "".join(each if each.isprintable() else "_" for each in name)).strip(" .")
    stem, suffix = PurePosixPath(name).stem, PurePosixPath(name).suffix.lower()
    stem = stem[: _MAX_NAME_LENGTH - len(suffix)].rstrip(" .") or "file"
    while len((stem + suffix).encode()) > 2 * _MAX_NAME_LENGTH:
        stem = stem[:-1]
    return f"_{stem}{suffix}" if _RESERVED.match(stem + suffix) else stem + suffix


def _sizes(folder: Path) -> list[int]:
    """The size of each stored file, without those that other sessions are writing."""
    sizes = []
    with os.scandir(folder) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):  # another session has just removed it
                if not entry.name.startswith(".") and entry.is_file():
                    sizes.append(entry.stat().st_size)
    return sizes


def _refusal(name: str, size: int, number: int, count: int, total: int) -> str:
    suffix = PurePosixPath(safe_name(name)).suffix.removeprefix(".")
    if suffix not in accepted_suffixes():
        return f"files of this format cannot be read ({suffix or 'no suffix'})"
    if size > MAX_FILE_BYTES:
        return f"too large: {size / 1e6:,.0f} MB, and {MAX_FILE_BYTES // 1_000_000} MB is the limit"
    if not size:
        return "it is empty"
    if number >= MAX_FILES:
        return f"only {MAX_FILES} files can be uploaded at a time; drop it again"
    if count >= MAX_STORED_FILES or total + size > MAX_STORED_BYTES:
        return "the uploads of this space are full; ingest a folder instead"
    return ""


def _store(folder: Path, name: str, content: bytes) -> tuple[Path, bool]:
    """Write the file under its name or the next free one; returns its path, and whether it is new."""
    with temporary_beside(folder / name) as temporary:
        temporary.write_bytes(content)
        for path in _candidate_paths(folder, name):
            if _has_content(path, content):
                return path, False
            with suppress(FileExistsError):
                _rename_if_free(temporary, path)
                return path, True
    raise AssertionError("names never end")


def _candidate_paths(folder: Path, name: str) -> Iterator[Path]:
    path = folder / name
    yield path
    number = 1
    while True:
        number += 1
        yield path.with_name(f"{path.stem} ({number}){path.suffix}")


def _has_content(path: Path, content: bytes) -> bool:
    try:
        return path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content
    except FileNotFoundError:  # another session has just removed it
        return False


def _rename_if_free(temporary: Path, path: Path) -> None:
    """Give the file its final name; raises FileExistsError if that is in use."""
    if not hasattr(os, "link"):
        if path.exists():
            raise FileExistsError
        temporary.rename(path)
        return
    try:
        os.link(temporary, path)  # unlike a rename, it never replaces an existing file
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if os.path.lexists(path):
            raise FileExistsError from None
        temporary.rename(path)
