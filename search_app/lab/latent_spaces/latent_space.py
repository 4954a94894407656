"""A latent space of any kind: named points, their neighbours by either distance, and a map of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from search_app.search.neighbours import Measure

Floats = NDArray[np.float32]

_TINY = 1e-12
_AT_ONCE = 1_024  # rows whose distances to all others are held at a time


@dataclass(frozen=True)
class Neighbour:
    """A point near another."""

    row: int
    distance: float
    """Euclidean distance, or 1 minus the cosine."""


@dataclass(frozen=True)
class LatentSpace:
    """Points in a latent space of any kind."""

    names: tuple[str, ...]
    """What each point is called: a word, a file's name; untrusted."""
    vectors: Floats
    """Shape (len(names), d), of any length."""
    item_ids: tuple[str, ...] = ()
    """The item of each point, where points are items."""

    def __len__(self) -> int:
        return len(self.names)

    def neighbours(self, row: int, count: int, metric: Measure) -> list[Neighbour]:
        """The `count` points nearest to that of `row`, itself left out, nearest first."""
        return self.nearest(self.vectors[row], count, metric, without=(row,))

    def nearest(
        self, vector: NDArray[np.floating], count: int, metric: Measure, without: Sequence[int] = ()
    ) -> list[Neighbour]:
        """The `count` points nearest to `vector`, shape (d,), nearest first."""
        far = distances(np.asarray(vector, np.float32)[np.newaxis], self.vectors, metric)[0]
        far[list(without)] = np.inf
        order = np.argsort(far, kind="stable")[: max(0, min(count, len(self) - len(without)))]
        return [Neighbour(int(row), float(far[row])) for row in order]

    def nearest_rows(self, count: int, metric: Measure) -> NDArray[np.int64]:
        """The rows of each point's `count` nearest others, nearest first; shape (n, count)."""
        count = min(count, len(self) - 1)
        found = np.empty((len(self), max(count, 0)), np.int64)
        for start in range(0, len(self), _AT_ONCE):
            far = distances(self.vectors[start : start + _AT_ONCE], self.vectors, metric)
            own = np.arange(len(far))
            far[own, own + start] = np.inf
            found[start : start + _AT_ONCE] = np.argsort(far, axis=1, kind="stable")[:, :count]
        return found

    @cached_property
    def point_map(self) -> "PointMap":
        """The points on a map by their principal components."""
        return principal_map(self.vectors)


@dataclass(frozen=True)
class PointMap:
    """Points on a map."""

    positions: Floats
    """Shape (n, 3); zeros along axes that the points do not span."""
    kept: tuple[float, float, float]
    """The share of the variance along each axis, 0 to 1."""


def principal_map(vectors: Floats) -> PointMap:
    """The first three principal components of `vectors`, shape (n, d) (Pearson 1901)."""
    positions, kept = np.zeros((len(vectors), 3), np.float32), [0.0, 0.0, 0.0]
    centred = vectors.astype(np.float64) - (vectors.mean(axis=0, dtype=np.float64) if len(vectors) else 0.0)
    variance = float((centred**2).sum())
    if variance > _TINY:
        values, columns = np.linalg.eigh(centred.T @ centred)
        for axis, column in enumerate(columns.T[::-1][:3]):
            # The largest loading is positive, so that a map does not flip from one time to the next.
            direction = column if column[np.argmax(np.abs(column))] > 0 else -column
            positions[:, axis] = centred @ direction
            kept[axis] = max(0.0, float(values[len(values) - 1 - axis]) / variance)
    return PointMap(positions, (kept[0], kept[1], kept[2]))


def neighbours_kept(first: LatentSpace, second: LatentSpace, count: int = 10, metric: Measure = "cosine") -> Floats:
    """For each point of two spaces of the same points, the share of its `count` neighbours that both spaces agree on.

    Shape (n,), 0 to 1.
    """
    return shared(first.nearest_rows(count, metric), second.nearest_rows(count, metric))


def shared(ours: NDArray[np.int64], theirs: NDArray[np.int64]) -> Floats:
    """For each row of `ours`, shape (n, count), the share of it that the same row of `theirs` has too: shape (n,)."""
    if not ours.shape[1]:
        return np.ones(len(ours), np.float32)
    both = (ours[:, :, np.newaxis] == theirs[:, np.newaxis, :]).any(axis=2)
    return np.asarray(both.mean(axis=1), np.float32)


def distances(some: Floats, others: Floats, metric: Measure) -> Floats:
    """The distance of each of `some`, shape (m, d), to each of `others`, shape (n, d): shape (m, n)."""
    if metric == "cosine":
        return np.asarray(1.0 - _unit(some) @ _unit(others).T, np.float32)
    squares = (some**2).sum(axis=1)[:, np.newaxis] + (others**2).sum(axis=1) - 2.0 * (some @ others.T)
    return np.asarray(np.sqrt(np.maximum(squares, 0.0)), np.float32)


def _unit(rows: Floats) -> Floats:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), _TINY), np.float32)
