"""The Tower protocol of external encoders: what runs a batch, and how several batches are run."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

MAX_SINGLE_BATCH = 8
"""Inputs that are one batch, however many cores there are: a query has few, and all cores answer it soonest."""
BATCH = 16
"""Inputs of a batch that has all cores, or a graphics card."""

Arrays = Mapping[str, NDArray[Any]]
"""Inputs of a tower by their names."""


class Tower(Protocol):
    """Inputs by name to rows (n, dimension)."""

    def __call__(self, arrays: Arrays) -> NDArray[np.float32]:
        """The rows of one batch."""
        ...

    def batch_size(self, count: int) -> int:
        """How many of `count` inputs are best made one batch."""
        ...

    def run_batches(self, count: int, make_batch: Callable[[int], Arrays]) -> Iterator[NDArray[np.float32]]:
        """The rows of each of `count` batches, in order; `make_batch` makes their inputs, maybe in other threads."""
        ...


class SequentialTower:
    """A tower that runs one batch after the other, as a graphics card does."""

    def __init__(self, run: Callable[[Arrays], NDArray[np.float32]]) -> None:
        """Run batches by `run`."""
        self._run = run

    def __call__(self, arrays: Arrays) -> NDArray[np.float32]:
        """The rows of one batch."""
        return self._run(arrays)

    def batch_size(self, count: int) -> int:
        """How many of `count` inputs are best made one batch."""
        return max(1, min(count, BATCH))

    def run_batches(self, count: int, make_batch: Callable[[int], Arrays]) -> Iterator[NDArray[np.float32]]:
        """The rows of each of `count` batches, in order."""
        return (self._run(make_batch(number)) for number in range(count))
