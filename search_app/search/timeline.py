"""When the pictures of a space were taken: how many by day, month, year or decade, whichever gives a few dozen bars."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Unit = Literal["day", "month", "year", "decade"]
_MOST_BARS = 48
_EPOCH = date(1970, 1, 1)
_EARLIEST, _LATEST = date(1800, 1, 1), date(2200, 1, 1)  # of a photograph; other dates are mistakes of a camera


@dataclass(frozen=True)
class Bar:
    """A stretch of time and how many pictures were taken in it."""

    first: date
    last: date
    """The last day that belongs to it."""
    label: str
    count: int


@dataclass(frozen=True)
class Timeline:
    """The bars without a gap between the first and the last; none where no picture has a date."""

    bars: tuple[Bar, ...]
    unit: Unit
    undated: int
    """Pictures that do not say when they were taken, or give a day that no photo was taken on."""

    @property
    def dated(self) -> int:
        """Pictures that say when they were taken."""
        return sum(bar.count for bar in self.bars)

    def range_of(self, after: date | None, before: date | None) -> tuple[int, int]:
        """The first and the last bar that has a day from `after` to `before`, or else the nearest one."""
        last = len(self.bars) - 1
        start = next((place for place, bar in enumerate(self.bars) if after is None or bar.last >= after), last)
        inside = [place for place, bar in enumerate(self.bars) if before is None or bar.first <= before]
        return start, max(inside[-1] if inside else 0, start)


def timeline_of(days: NDArray[np.int64], pictures: int) -> Timeline:
    """The timeline of `days` since 1970, one for each dated picture of so many `pictures`."""
    days = days[(days >= (_EARLIEST - _EPOCH).days) & (days < (_LATEST - _EPOCH).days)]
    undated = max(pictures - len(days), 0)
    if not len(days):
        return Timeline((), "year", undated)
    first, last = (_EPOCH + timedelta(days=int(day)) for day in (days.min(), days.max()))
    unit, stretches = _stretches(first, last)
    edges = [(start - _EPOCH).days for start, _, _ in stretches] + [(stretches[-1][1] - _EPOCH).days + 1]
    counts, _ = np.histogram(days, bins=edges)
    bars = (Bar(start, end, label, int(count)) for (start, end, label), count in zip(stretches, counts, strict=True))
    return Timeline(tuple(bars), unit, undated)


def _stretches(first: date, last: date) -> tuple[Unit, list[tuple[date, date, str]]]:
    """The smallest unit that needs few enough bars, and the first and last day and the label of each."""
    units: tuple[Unit, ...] = ("day", "month", "year", "decade")
    for unit in units:
        found: list[tuple[date, date, str]] = []
        for stretch in _each(unit, first, last):
            found.append(stretch)
            if len(found) > _MOST_BARS and unit != "decade":
                break
        else:
            return unit, found
    raise AssertionError("decades always fit")


def _each(unit: Unit, first: date, last: date) -> Iterator[tuple[date, date, str]]:
    start = _start(unit, first)
    while start <= last:
        following = _following(unit, start)
        yield start, following - timedelta(days=1), _label(unit, start)
        start = following


def _start(unit: Unit, day: date) -> date:
    if unit == "day":
        return day
    if unit == "month":
        return day.replace(day=1)
    return date(day.year if unit == "year" else day.year // 10 * 10, 1, 1)


def _following(unit: Unit, start: date) -> date:
    if unit == "day":
        return start + timedelta(days=1)
    if unit == "month":
        return date(start.year + start.month // 12, start.month % 12 + 1, 1)
    return date(start.year + 1 if unit == "year" else start.year + 10, 1, 1)


def _label(unit: Unit, start: date) -> str:
    if unit == "day":
        return f"{start.day} {start:%b} {start.year}"
    if unit == "month":
        return f"{start:%b} {start.year}"
    return str(start.year) if unit == "year" else f"{start.year}s"
