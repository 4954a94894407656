"""The inputs of the tower's last blocks, computed once for every view of the training pictures and cached on disk."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from ingest.atomic import atomic_path
from ingest.encoders.base import Log
from ingest.encoders.lite.pixels import SQUEEZED
from ingest.encoders.runtime.onnx import open_session
from ingest.encoders.training.augmentation import load_batches, load_view
from ingest.encoders.training.export import ACTIVATION_SHAPE

Activations = NDArray[np.float16]
"""Shape [n, 17, 17, 120]; 69 kB a picture."""


def cached_activations(files: Sequence[Path], name: str, model: bytes, cache: Path, log: Log) -> Activations:
    """The activations of one view of `files`, mapped from disk; `cache` has them by model, files and view."""
    key = hashlib.sha256(model)
    key.update("\n".join([SQUEEZED, name, *(file.name for file in files)]).encode())
    target = cache / f"activations-{name}-{key.hexdigest()[:16]}.npy"
    if not target.exists():
        log(f"running {len(files)} pictures through the first blocks, view {name}")
        cache.mkdir(parents=True, exist_ok=True)
        with atomic_path(target) as temporary:
            _write_activations(files, name, model, temporary)
    loaded: Activations = np.load(target, mmap_mode="r")
    return loaded


def _write_activations(files: Sequence[Path], name: str, model: bytes, target: Path) -> None:
    session = open_session(model)
    activations = open_memmap(target, mode="w+", dtype=np.float16, shape=(len(files), *ACTIVATION_SHAPE))
    start = 0
    for pixels in load_batches(lambda file: load_view(file, name), files):
        activations[start : start + len(pixels)] = session.run(["activations"], {"pixels": pixels})[0]
        start += len(pixels)
    activations.flush()
