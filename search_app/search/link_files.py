"""Small files that a space keeps for links, as many as agreed: written whole, and the ones not used for longest go."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

from ingest.atomic import atomic_file
from ingest.errors import SpaceError


def keep_file(path: Path, write: Callable[[IO[bytes]], object], *, what: str, most: int) -> None:
    """Have `write` write the file at `path`; of its folder's files of the same suffix the `most` last used stay.

    `what` is what it holds, as `The picture`.  Raises SpaceError when the folder cannot be written.
    """
    try:
        path.parent.mkdir(exist_ok=True)
        with atomic_file(path) as file:
            write(file)
        _forget_oldest(path.parent, path.suffix, most)
    except OSError as error:
        raise SpaceError(
            f"{what} cannot be kept in {path.parent} ({error.strerror or error}). "
            "Check that the folder can be written and its disk has room."
        ) from error


def _forget_oldest(folder: Path, suffix: str, most: int) -> None:
    aged = []
    for path in folder.glob(f"*{suffix}"):
        with suppress(FileNotFoundError):  # another session has just forgotten it
            aged.append((path.stat().st_mtime_ns, path))
    for _, path in sorted(aged)[: max(0, len(aged) - most)]:
        path.unlink(missing_ok=True)
