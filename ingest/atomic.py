"""Writes files and folders whole or not at all: a reader sees what was there before or what is there now."""

import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO
from uuid import uuid4

_TEMPORARY_NAME = re.compile(r"\.nearspace-[0-9a-f]{32}\.tmp")  # hidden, so that an ingest leaves it out
_ABANDONED_SECONDS = 24 * 3600.0  # without a change: what wrote it was killed
_cleaned: set[Path] = set()


def atomic_write(path: Path, content: bytes | str, *, durable: bool = False) -> None:
    """Write the file at `path`, a text in UTF-8; `durable` content survives a power cut once this returns.

    Raises:
        OSError: it cannot be written; nothing has changed.
    """
    with atomic_file(path, durable=durable) as file:
        file.write(content.encode("utf-8") if isinstance(content, str) else content)


@contextmanager
def atomic_file(path: Path, *, durable: bool = False) -> Iterator[IO[bytes]]:
    """A file open for writing that takes the place of `path` at the end, unless an error is raised inside."""
    with atomic_path(path) as temporary, temporary.open("xb") as file:
        yield file
        if durable:
            file.flush()
            os.fsync(file.fileno())


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A free path where a file or folder is to be created, which takes the place of `path` at the end.

    If an error is raised inside, it is deleted and `path` stays as it was.
    """
    with temporary_beside(path) as temporary:
        yield temporary
        if temporary.is_dir() and path.exists():
            with temporary_beside(path) as replaced:  # a folder cannot replace one that is not empty
                path.rename(replaced)
                try:
                    temporary.rename(path)
                except BaseException:
                    replaced.rename(path)
                    raise
        else:
            temporary.replace(path)


@contextmanager
def temporary_beside(path: Path) -> Iterator[Path]:
    """A free path in the folder of `path` that no other process uses; whatever is there at the end is deleted.

    What a process that was killed left in that folder is deleted as well, once it is a day old.
    """
    _delete_abandoned(path.parent)
    temporary = path.with_name(f".nearspace-{uuid4().hex}.tmp")
    try:
        yield temporary
    finally:
        with suppress(OSError):  # an error from inside is the one that counts
            _delete(temporary)


def _delete_abandoned(folder: Path) -> None:
    if folder in _cleaned:
        return
    _cleaned.add(folder)  # once a process: a folder may have many files
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _TEMPORARY_NAME.fullmatch(entry.name):
                with suppress(OSError):
                    if time.time() - entry.stat(follow_symlinks=False).st_mtime > _ABANDONED_SECONDS:
                        _delete(Path(entry.path))


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
