"""A timeline counts pictures by the day they were taken, in bars as fine as a few dozen of them allow."""

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest

from search_app.search.timeline import Timeline, timeline_of


def of(*days: date, pictures: int = 0) -> Timeline:
    return timeline_of(np.array([(day - date(1970, 1, 1)).days for day in days], np.int64), max(pictures, len(days)))


@pytest.mark.parametrize(
    ("years", "unit"), [(0.1, "day"), (2, "month"), (30, "year"), (90, "decade")], ids=lambda value: str(value)
)
def test_the_longer_the_time_the_coarser_the_bars(years: float, unit: str) -> None:
    first = date(1930, 6, 15)
    found = of(first, first + timedelta(days=round(365.25 * years)))
    assert found.unit == unit
    assert 2 <= len(found.bars) <= 48


def test_every_dated_picture_is_in_one_bar_and_the_others_are_counted() -> None:
    days = [date(2021, 12, 31), date(2022, 1, 1), date(2022, 1, 31), date(2022, 3, 1)]
    found = of(*days, pictures=9)
    assert [(bar.label, bar.count) for bar in found.bars] == [
        ("Dec 2021", 1),
        ("Jan 2022", 2),
        ("Feb 2022", 0),
        ("Mar 2022", 1),
    ]
    assert (found.dated, found.undated) == (4, 5)
    assert all(one.last + timedelta(days=1) == other.first for one, other in pairwise(found.bars))


def test_a_range_of_days_is_found_again_in_the_bars() -> None:
    found = of(date(2021, 1, 5), date(2022, 12, 5))
    for start, end in ((0, 23), (3, 3), (3, 20)):
        assert found.range_of(found.bars[start].first, found.bars[end].last) == (start, end)
    assert found.range_of(None, None) == (0, 23)
    assert found.range_of(date(2030, 1, 1), None) == (23, 23)
    assert found.range_of(None, date(1990, 1, 1)) == (0, 0)


def test_without_dates_there_are_no_bars_and_impossible_dates_are_none() -> None:
    assert timeline_of(np.empty(0, np.int64), 7) == Timeline((), "year", 7)
    found = of(date.min, date(2020, 2, 2), date.max)
    assert (found.dated, found.undated) == (1, 2)
