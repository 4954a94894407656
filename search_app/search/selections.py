"""Selections of a map that are kept in the space, so that a link can filter by them."""

import hashlib
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from search_app.search.link_files import keep_file
from search_app.search.query_schema import is_selection as is_selection

SELECTION_FOLDER = "selections"
KEPT = 100
"""How many selections a space keeps; the ones not used for longest go first."""


def keep_selection(space: Path, ids: NDArray[np.int64]) -> str:
    """Keep the ids of items; returns the name of the selection: 32 hexadecimal digits that stand for them.

    Raises SpaceError when the space's folder cannot be written.
    """
    chosen = np.unique(ids.astype("<i8"))
    name = hashlib.sha256(chosen.tobytes()).hexdigest()[:32]
    keep_file(
        _path(space, name),
        lambda file: np.save(file, chosen, allow_pickle=False),
        what="The selection",
        most=KEPT,
    )
    return name


def open_selection(space: Path, name: str) -> NDArray[np.int64]:
    """The ids of a selection, rising; none when the space does not keep it, or no longer."""
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
