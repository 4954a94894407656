"""Towers of plugged-in encoders: what runs a batch, and how several batches are run together."""

import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.runtime.compile import weights_beside
from ingest.encoders.runtime.onnx import open_session, piece_of, side_by_side

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

MOST_SHARED = 1_000_000_000
"""Bytes of the largest model that is opened a second time, for runs of one thread each.

A larger one would take too much memory, and is so slow that what it would gain is little."""

ALONE = 8
"""Inputs that are one batch whatever the cores are: a question has few, and all cores answer it soonest."""
BATCH = 16
"""Inputs of a batch that has all cores, or a graphics card."""

Arrays = Mapping[str, NDArray[Any]]
"""Inputs of a tower by their names."""


class Tower(Protocol):
    """Inputs by name to rows (n, dimension)."""

    def __call__(self, arrays: Arrays) -> NDArray[np.float32]:
        """The rows of one batch."""
        ...

    def share(self, count: int) -> int:
        """How many of `count` inputs are best made one batch."""
        ...

    def each(self, count: int, batch: Callable[[int], Arrays]) -> Iterator[NDArray[np.float32]]:
        """The rows of each of `count` batches, in their order; `batch` makes their inputs, maybe in other threads."""
        ...


class OnnxTower:
    """A tower in ONNX Runtime; may be called from several threads at once.

    One batch has all cores.  Of several batches each has a core: no thread waits for another within a run, which files
    being read meanwhile would make it do.
    """

    def __init__(self, session: "InferenceSession", model: Path | None = None) -> None:
        """Run `session`, of the file `model`; without that, it runs one batch after the other."""
        self._session = session
        self._model = model
        self._names = [entry.name for entry in session.get_inputs()]
        self._shared: InferenceSession | None = None
        self._opening = threading.Lock()

    def __call__(self, arrays: Arrays) -> NDArray[np.float32]:
        """The rows of one batch."""
        return self._run(self._session, arrays)

    def share(self, count: int) -> int:
        """How many of `count` inputs are best made one batch."""
        if count <= ALONE:
            return max(1, count)
        return piece_of(count, ALONE) if self._to_share() else BATCH

    def each(self, count: int, batch: Callable[[int], Arrays]) -> Iterator[NDArray[np.float32]]:
        """The rows of each of `count` batches, in their order."""
        session = self._for_many() if count > 1 else None
        if session is None:
            return (self(batch(number)) for number in range(count))
        return side_by_side(lambda number: self._run(session, batch(number)), range(count))

    def _to_share(self) -> Path | None:
        """The model, if it may be opened a second time."""
        if self._model is None:
            return None
        files = (self._model, weights_beside(self._model))
        return self._model if sum(file.stat().st_size for file in files if file.exists()) <= MOST_SHARED else None

    def _for_many(self) -> "InferenceSession | None":
        """The session whose runs have one thread each, opened when it is first needed; None where there is none."""
        with self._opening:
            if self._shared is None and (model := self._to_share()):
                self._shared = open_session(model, threads=1)
            return self._shared

    def _run(self, session: "InferenceSession", arrays: Arrays) -> NDArray[np.float32]:
        inputs = {name: arrays[name] for name in self._names}
        return np.asarray(session.run(["vectors"], inputs)[0], dtype=np.float32)


class OneByOne:
    """A tower that runs one batch after the other, as what is on a graphics card does."""

    def __init__(self, run: Callable[[Arrays], NDArray[np.float32]]) -> None:
        """Run batches by `run`."""
        self._run = run

    def __call__(self, arrays: Arrays) -> NDArray[np.float32]:
        """The rows of one batch."""
        return self._run(arrays)

    def share(self, count: int) -> int:
        """How many of `count` inputs are best made one batch."""
        return max(1, min(count, BATCH))

    def each(self, count: int, batch: Callable[[int], Arrays]) -> Iterator[NDArray[np.float32]]:
        """The rows of each of `count` batches, in their order."""
        return (self._run(batch(number)) for number in range(count))
