"""Results of slow computations, cached beside a space in its folder `projections`: arrays and a few facts a file.

A file is written atomically, never pickled, and belongs to one key, such as an encoder's fingerprint with settings; a
file of another key, a damaged one and a missing one all count as missing.
"""

import json
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.atomic import atomic_file

PROJECTION_FOLDER = "projections"
_HEADER = "told"  # the array that holds the key and the facts, as JSON; part of the format on disk


@dataclass(frozen=True)
class CachedArrays:
    """What a file holds."""

    arrays: Mapping[str, NDArray[Any]]
    facts: Mapping[str, Any]
    """Values that JSON has."""


def save_arrays(path: Path, key: str, arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> None:
    """Write the file; in a folder that cannot be written nothing is saved, and the next start computes anew."""
    header = np.array(json.dumps({"key": key, "facts": facts}))
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_file(path) as file:
            np.savez(file, allow_pickle=False, **{_HEADER: header}, **arrays)


def load_arrays(path: Path, key: str) -> CachedArrays | None:
    """What was saved under `key`; None when there is nothing."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            header = json.loads(str(file[_HEADER]))
            if header["key"] != key:
                return None
            return CachedArrays({name: file[name] for name in file.files if name != _HEADER}, dict(header["facts"]))
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        return None
