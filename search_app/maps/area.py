"""A selection drawn on a map with lasso or box: its form in a link, and which items it holds.

On a flat map the corners are positions on the map.  In a 3-D scene they are positions in the view, from -1 to 1 each
way, stored with the view's matrix, so that everything behind the drawn area is selected.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAX_CORNERS = 48
"""Corners that a link keeps."""
_TOLERANCE = 0.004  # share of the area's longer side by which its line is simplified
_CHUNK = 65_536  # items tested at a time


@dataclass(frozen=True)
class Area:
    """A polygon drawn on a map."""

    corners: tuple[tuple[float, float], ...]
    view_matrix: tuple[float, ...] = ()
    """Of a scene: the 16 numbers of the matrix, column by column, from positions on the map to the view."""

    def to_param(self) -> str:
        """The area as the value of a link's parameter."""
        parts = [_numbers(corner) for corner in self.corners]
        return ";".join(parts) + (f"@{_numbers(self.view_matrix)}" if self.view_matrix else "")


def parse_area(written: str) -> Area | None:
    """The area that a link's parameter names; None where it cannot be read."""
    corners, _, numbers = written.partition("@")
    try:
        read = [tuple(float(number) for number in corner.split()) for corner in corners.split(";")]
        matrix = tuple(float(number) for number in numbers.split())
    except ValueError:
        return None
    if not 3 <= len(read) <= MAX_CORNERS or any(len(corner) != 2 for corner in read) or len(matrix) not in (0, 16):
        return None
    if not np.isfinite([*matrix, *(number for corner in read for number in corner)]).all():
        return None
    return Area(tuple((corner[0], corner[1]) for corner in read), matrix)


def simplified_area(corners: Sequence[Sequence[float]], view_matrix: Sequence[float] = ()) -> Area | None:
    """The area inside a drawn line, with at most MAX_CORNERS corners; None where the line encloses none."""
    line = np.array([[corner[0], corner[1]] for corner in corners], np.float64).reshape(-1, 2)
    if len(line) < 3 or not np.isfinite(line).all():
        return None
    kept = _corners(line, _TOLERANCE * float(np.ptp(line, axis=0).max()))
    kept = kept[:: -(-len(kept) // MAX_CORNERS)]
    rounded = tuple((float(f"{x:.4g}"), float(f"{y:.4g}")) for x, y in kept)
    return parse_area(Area(rounded, tuple(view_matrix)).to_param())


def _corners(line: NDArray[np.float64], tolerance: float) -> NDArray[np.float64]:
    """The line simplified: without corners that lie within `tolerance` of the rest (Douglas & Peucker 1973)."""
    keep = np.zeros(len(line), np.bool_)
    # A closed line is simplified in two halves, since its ends may be the same position.
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


def inside(area: Area, positions: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Which of the positions, shape (n, 2) or (n, 3), lie in the area, shape (n,).

    An area of a flat map holds nothing of a scene, and vice versa.
    """
    if (positions.shape[1] == 3) != bool(area.view_matrix):
        return np.zeros(len(positions), np.bool_)
    chosen = np.zeros(len(positions), np.bool_)
    for start in range(0, len(positions), _CHUNK):
        chosen[start : start + _CHUNK] = _in_polygon(area.corners, _in_view(area, positions[start : start + _CHUNK]))
    return chosen


def _in_view(area: Area, positions: NDArray[np.floating]) -> NDArray[np.float64]:
    """The positions in the view, shape (n, 2); NaN behind the camera."""
    if not area.view_matrix:
        return np.asarray(positions, np.float64)
    matrix = np.reshape(area.view_matrix, (4, 4)).T
    seen = np.column_stack([positions, np.ones(len(positions))]) @ matrix.T
    depth = np.where(seen[:, 3:] > 1e-9, seen[:, 3:], np.nan)
    return np.asarray(seen[:, :2] / depth)


def _in_polygon(corners: Sequence[tuple[float, float]], positions: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which positions lie in the polygon, by the even-odd rule."""
    x, y = positions.T
    crossed = np.zeros(len(positions), np.bool_)
    for (ax, ay), (bx, by) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if ay == by:
            continue
        between = (ay > y) != (by > y)
        crossed ^= between & (x < (bx - ax) * (y - ay) / (by - ay) + ax)
    return crossed


def _numbers(numbers: Sequence[float]) -> str:
    return " ".join(f"{number:.6g}" for number in numbers)
