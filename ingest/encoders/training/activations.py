"""What enters the tower's last blocks, computed once for every view of the training pictures and kept on disk."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from ingest.encoders.base import Log
from ingest.encoders.lite.pixels import SQUEEZED
from ingest.encoders.runtime.onnx import open_session
from ingest.encoders.training.export import ENTRANCE
from ingest.encoders.training.views import batches, view

Activations = NDArray[np.float16]
"""Shape [n, 17, 17, 120]; 69 kB a picture."""


def cached_activations(files: Sequence[Path], name: str, model: bytes, cache: Path, log: Log) -> Activations:
    """The activations of one view of `files`, mapped from disk; `cache` keeps them by model, files and view."""
    key = hashlib.sha256(model)
    key.update("\n".join([SQUEEZED, name, *(file.name for file in files)]).encode())
    target = cache / f"activations-{name}-{key.hexdigest()[:16]}.npy"
    if not target.exists():
        log(f"showing {len(files)} pictures to the tower, view {name}")
        draft = target.with_suffix(".part")
        cache.mkdir(parents=True, exist_ok=True)
        _write(files, name, model, draft)
        draft.replace(target)
    loaded: Activations = np.load(target, mmap_mode="r")
    return loaded


def _write(files: Sequence[Path], name: str, model: bytes, target: Path) -> None:
    session = open_session(model)
    kept = open_memmap(target, mode="w+", dtype=np.float16, shape=(len(files), *ENTRANCE))
    start = 0
    for pixels in batches(lambda file: view(file, name), files):
        kept[start : start + len(pixels)] = session.run(["activations"], {"pixels": pixels})[0]
        start += len(pixels)
    kept.flush()
