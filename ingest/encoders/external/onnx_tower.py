"""A tower of an external encoder in ONNX Runtime."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.external.tower import BATCH, MAX_SINGLE_BATCH, Arrays
from ingest.encoders.runtime.onnx import open_session
from ingest.encoders.runtime.onnx_export import external_weights
from ingest.encoders.runtime.parallel import batch_size, map_in_threads

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

MAX_SECOND_SESSION_BYTES = 1_000_000_000
"""Size of the largest model that is opened a second time, for runs of one thread each.

A larger one would take too much memory, and is so slow that little would be gained."""


class OnnxTower:
    """A tower in ONNX Runtime; may be called from several threads at once.

    One batch has all cores.  Of several batches each has a core: no thread waits for another within a run, as it would
    while files are read.
    """

    def __init__(self, session: "InferenceSession", model: Path | None = None) -> None:
        """Run `session`, of the file `model`; without that, it runs one batch after the other."""
        self._session = session
        self._model = model
        self._names = [entry.name for entry in session.get_inputs()]
        self._single_thread_session: InferenceSession | None = None
        self._lock = threading.Lock()

    def __call__(self, arrays: Arrays) -> NDArray[np.float32]:
        """The rows of one batch."""
        return self._run(self._session, arrays)

    def batch_size(self, count: int) -> int:
        """How many of `count` inputs are best made one batch."""
        if count <= MAX_SINGLE_BATCH:
            return max(1, count)
        return batch_size(count, MAX_SINGLE_BATCH) if self._reopenable_model() else BATCH

    def run_batches(self, count: int, make_batch: Callable[[int], Arrays]) -> Iterator[NDArray[np.float32]]:
        """The rows of each of `count` batches, in order."""
        session = self._open_single_thread_session() if count > 1 else None
        if session is None:
            return (self(make_batch(number)) for number in range(count))
        return map_in_threads(lambda number: self._run(session, make_batch(number)), range(count))

    def _reopenable_model(self) -> Path | None:
        """The model, if it may be opened a second time."""
        if self._model is None:
            return None
        files = (self._model, external_weights(self._model))
        size = sum(file.stat().st_size for file in files if file.exists())
        return self._model if size <= MAX_SECOND_SESSION_BYTES else None

    def _open_single_thread_session(self) -> "InferenceSession | None":
        """The session whose runs have one thread each, opened when it is first needed; None where there is none."""
        with self._lock:
            if self._single_thread_session is None and (model := self._reopenable_model()):
                self._single_thread_session = open_session(model, threads=1)
            return self._single_thread_session

    def _run(self, session: "InferenceSession", arrays: Arrays) -> NDArray[np.float32]:
        inputs = {name: arrays[name] for name in self._names}
        return np.asarray(session.run(["vectors"], inputs)[0], dtype=np.float32)
