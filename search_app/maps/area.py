"""What is selected on a map by drawing around it: as a link keeps it, and as a choice among the items.

On a flat map the corners are places of the map.  In a scene they are places of the view, from -1 to 1 each way, and go
with the view's matrix, so that all that lies behind them is selected.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST_CORNERS = 48
"""Corners that a selection keeps."""
_SMOOTH = 0.004  # of the area's longer side: what its line may lose
_CHUNK = 65_536  # items tested at a time


@dataclass(frozen=True)
class Area:
    """A polygon drawn on a map."""

    corners: tuple[tuple[float, float], ...]
    lens: tuple[float, ...] = ()
    """Of a scene: the 16 numbers of the matrix, column by column, that brings a place of the map into the view."""

    def written(self) -> str:
        """The area as a link keeps it."""
        parts = [_numbers(corner) for corner in self.corners]
        return ";".join(parts) + (f"@{_numbers(self.lens)}" if self.lens else "")


def read_area(written: str) -> Area | None:
    """The area that a link keeps; None where it is not one."""
    corners, _, lens = written.partition("@")
    try:
        read = [tuple(float(number) for number in corner.split()) for corner in corners.split(";")]
        matrix = tuple(float(number) for number in lens.split())
    except ValueError:
        return None
    if not 3 <= len(read) <= MOST_CORNERS or any(len(corner) != 2 for corner in read) or len(matrix) not in (0, 16):
        return None
    if not np.isfinite([*matrix, *(number for corner in read for number in corner)]).all():
        return None
    return Area(tuple((corner[0], corner[1]) for corner in read), matrix)


def drawn(corners: Sequence[Sequence[float]], lens: Sequence[float] = ()) -> Area | None:
    """The area of a line that was drawn, with the corners that give it its shape; None where it is not one."""
    line = np.array([[corner[0], corner[1]] for corner in corners], np.float64).reshape(-1, 2)
    if len(line) < 3 or not np.isfinite(line).all():
        return None
    kept = _corners(line, _SMOOTH * float(np.ptp(line, axis=0).max()))
    kept = kept[:: -(-len(kept) // MOST_CORNERS)]
    rounded = tuple((float(f"{x:.4g}"), float(f"{y:.4g}")) for x, y in kept)
    return read_area(Area(rounded, tuple(lens)).written())


def _corners(line: NDArray[np.float64], tolerance: float) -> NDArray[np.float64]:
    """The corners of a line without those that lie within `tolerance` of it all the same (Douglas & Peucker 1973)."""
    keep = np.zeros(len(line), np.bool_)
    # A closed line is taken in two halves, since its ends may be one place.
    middle = int(np.argmax(np.linalg.norm(line - line[0], axis=1)))
    keep[[0, middle, -1]] = True
    parts = [(0, middle), (middle, len(line) - 1)]
    while parts:
        start, end = parts.pop()
        if end - start < 2:
            continue
        along = line[end] - line[start]
        away = line[start + 1 : end] - line[start]
        length = float(np.linalg.norm(along))
        across = np.abs(away[:, 0] * along[1] - away[:, 1] * along[0]) / length if length else np.hypot(*away.T)
        furthest = int(np.argmax(across))
        if across[furthest] > tolerance:
            keep[start + 1 + furthest] = True
            parts += [(start, start + 1 + furthest), (start + 1 + furthest, end)]
    return line[keep]


def inside(area: Area, spots: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Which of the places of a map, shape (n, 2) or (n, 3), lie in the area, shape (n,).

    A flat area holds nothing of a scene, and the other way round.
    """
    if (spots.shape[1] == 3) != bool(area.lens):
        return np.zeros(len(spots), np.bool_)
    chosen = np.zeros(len(spots), np.bool_)
    for start in range(0, len(spots), _CHUNK):
        chosen[start : start + _CHUNK] = _within(area.corners, _seen(area, spots[start : start + _CHUNK]))
    return chosen


def _seen(area: Area, spots: NDArray[np.floating]) -> NDArray[np.float64]:
    """Where the spots are in the view, shape (n, 2); NaN behind the eye."""
    if not area.lens:
        return np.asarray(spots, np.float64)
    matrix = np.reshape(area.lens, (4, 4)).T
    seen = np.column_stack([spots, np.ones(len(spots))]) @ matrix.T
    depth = np.where(seen[:, 3:] > 1e-9, seen[:, 3:], np.nan)
    return np.asarray(seen[:, :2] / depth)


def _within(corners: Sequence[tuple[float, float]], spots: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which spots a line to the right leaves the polygon from an odd number of times."""
    x, y = spots.T
    crossed = np.zeros(len(spots), np.bool_)
    for (ax, ay), (bx, by) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if ay == by:
            continue
        between = (ay > y) != (by > y)
        crossed ^= between & (x < (bx - ax) * (y - ay) / (by - ay) + ax)
    return crossed


def _numbers(numbers: Sequence[float]) -> str:
    return " ".join(f"{number:.6g}" for number in numbers)
