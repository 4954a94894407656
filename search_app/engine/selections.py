"""Selections of a map that are kept in the space, so that a link can filter by them."""

import hashlib
import os
import re
import threading
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.errors import SpaceError

SELECTION_FOLDER = "selections"
KEPT = 100
"""How many selections a space keeps; the ones not used for longest go first."""

_NAME = re.compile(r"[0-9a-f]{32}")


def is_selection(name: str) -> bool:
    """Whether a selection can have this name."""
    return bool(_NAME.fullmatch(name))


def keep_selection(space: Path, ids: NDArray[np.int64]) -> str:
    """Keep the ids of items; returns the name of the selection: 32 hexadecimal digits that stand for them.

    Raises SpaceError when the space's folder cannot be written.
    """
    chosen = np.unique(ids.astype("<i8"))
    name = hashlib.sha256(chosen.tobytes()).hexdigest()[:32]
    path = _path(space, name)
    temporary = path.with_name(f"{name}.{os.getpid()}.{threading.get_ident()}.tmp")
    try:
        path.parent.mkdir(exist_ok=True)
        with temporary.open("wb") as file:
            np.save(file, chosen, allow_pickle=False)
        temporary.replace(path)
        _forget_oldest(path.parent)
    except OSError as error:
        raise SpaceError(
            f"The selection cannot be kept in {path.parent} ({error.strerror or error}). "
            "Check that the folder can be written and its disk has room."
        ) from error
    return name


def open_selection(space: Path, name: str) -> NDArray[np.int64]:
    """The ids of a selection, rising; none when the space does not keep it (any more)."""
    if not is_selection(name):
        return np.empty(0, np.int64)
    path = _path(space, name)
    try:
        kept = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):  # not there, or damaged
        return np.empty(0, np.int64)
    with suppress(OSError):  # in a space that cannot be written nothing is forgotten either
        path.touch()
    return np.asarray(kept, np.int64)


def _path(space: Path, name: str) -> Path:
    return space / SELECTION_FOLDER / f"{name}.npy"


def _forget_oldest(folder: Path) -> None:
    aged = sorted((path.stat().st_mtime_ns, path) for path in folder.glob("*.npy"))
    for _, path in aged[: max(0, len(aged) - KEPT)]:
        path.unlink(missing_ok=True)
