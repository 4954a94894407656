"""What is computed once and kept beside a space, in its folder `projections`: arrays and a few facts a file.

A file is written whole or not at all, never pickled, and belongs to one encoder and one key of settings; one that is of
another, damaged or gone counts as not there.
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

from search_app.search.link_files import write_whole

PROJECTION_FOLDER = "projections"


@dataclass(frozen=True)
class Kept:
    """What a file holds."""

    arrays: Mapping[str, NDArray[Any]]
    facts: Mapping[str, Any]
    """What JSON has."""


def keep(path: Path, key: str, arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> None:
    """Write the file; a folder that cannot be written only costs the next start the work."""
    told = np.array(json.dumps({"key": key, "facts": facts}))
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, lambda file: np.savez(file, allow_pickle=False, told=told, **arrays))


def kept(path: Path, key: str) -> Kept | None:
    """What was kept under `key`; None when there is nothing."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            told = json.loads(str(file["told"]))
            if told["key"] != key:
                return None
            return Kept({name: file[name] for name in file.files if name != "told"}, dict(told["facts"]))
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        return None
