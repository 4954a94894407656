"""Dates that a question names become days; words that only look like dates stay words."""

from datetime import date

import pytest

from search_app.search.dates_in_words import find_date

TODAY = date(2026, 6, 17)  # a Wednesday

NAMED = [
    ("beach July 2023", "beach", "2023-07-01", "2023-07-31"),
    ("July 2023 beach", "beach", "2023-07-01", "2023-07-31"),
    ("beach in july, 2023", "beach", "2023-07-01", "2023-07-31"),
    ("dogs taken in Sept. 2020 with children", "dogs with children", "2020-09-01", "2020-09-30"),
    ("a boat on 3 July 2023", "a boat", "2023-07-03", "2023-07-03"),
    ("a boat, July 3rd, 2023", "a boat", "2023-07-03", "2023-07-03"),
    ("a boat 3rd of July 2023", "a boat", "2023-07-03", "2023-07-03"),
    ("a boat 2023-07-03", "a boat", "2023-07-03", "2023-07-03"),
    ("a boat 3.7.2023", "a boat", "2023-07-03", "2023-07-03"),
    ("flowers in May 2020", "flowers", "2020-05-01", "2020-05-31"),
    ("March 2020 streets", "streets", "2020-03-01", "2020-03-31"),
    ("the garden in 2019", "the garden", "2019-01-01", "2019-12-31"),
    ("In 2019, a garden", "a garden", "2019-01-01", "2019-12-31"),
    ("pictures from 2019", "pictures", "2019-01-01", "2019-12-31"),
    ("lake in 2019 with a boat", "lake with a boat", "2019-01-01", "2019-12-31"),
    ("snow in winter 2021", "snow", "2021-12-01", "2022-02-28"),
    ("a tent summer of 2022", "a tent", "2022-06-01", "2022-08-31"),
    ("a tent last summer", "a tent", "2025-06-01", "2025-08-31"),
    ("last winter at the lake", "at the lake", "2025-12-01", "2026-02-28"),
    ("the party yesterday", "the party", "2026-06-16", "2026-06-16"),
    ("cake from today", "cake", "2026-06-17", "2026-06-17"),
    ("meeting notes last week", "meeting notes", "2026-06-08", "2026-06-14"),
    ("bills last month", "bills", "2026-05-01", "2026-05-31"),
    ("bills from last year", "bills", "2025-01-01", "2025-12-31"),
    ("bills this year", "bills", "2026-01-01", "2026-12-31"),
    ("the flat two years ago", "the flat", "2024-01-01", "2024-12-31"),
    ("a walk 3 days ago", "a walk", "2026-06-14", "2026-06-14"),
    ("a walk last monday", "a walk", "2026-06-15", "2026-06-15"),
    ("sunsets since 2019", "sunsets", "2019-01-01", None),
    ("sunsets before July 2019", "sunsets", None, "2019-06-30"),
    ("sunsets after 2019", "sunsets", "2020-01-01", None),
    ("sunsets until March 2019", "sunsets", None, "2019-03-31"),
    ("sunsets between 2018 and 2020", "sunsets", "2018-01-01", "2020-12-31"),
    ("sunsets from May 2018 to June 2018", "sunsets", "2018-05-01", "2018-06-30"),
    ("Strand im Juli 2023", "Strand", "2023-07-01", "2023-07-31"),
    ("plage juillet 2023", "plage", "2023-07-01", "2023-07-31"),
    ("playa julio de 2023", "playa", "2023-07-01", "2023-07-31"),
    ("spiaggia luglio 2023", "spiaggia", "2023-07-01", "2023-07-31"),
    ("praia março 2019", "praia", "2019-03-01", "2019-03-31"),
    ("July 2023", "", "2023-07-01", "2023-07-31"),
]

WORDS = [
    "",
    "2019",
    "a 2019 car",
    "blade runner 2049",
    "in 2049",
    "in 1066 a battle",
    "1984",
    "route 66",
    "42 apples",
    "may",
    "dogs may bite",
    "it may rain",
    "soldiers march",
    "a march through town",
    "women's march 2017",
    "children in may",
    "an august evening",
    "a june bride",
    "june",
    "monday",
    "sunday market",
    "a sun and a moon",
    "sat on a chair",
    "second hand",
    "spring flowers",
    "fall leaves",
    "summer",
    "a fall from a horse",
    "the last supper",
    "last train home",
    "yesterday's newspaper",
    "yesterday once more",
    "today's paper",
    "life today",
    "last year's model",
    "this year's harvest",
    "last week tonight",
    "players in 2018 world cup",
    "before 1900s houses",
    "the world since July 2019 elections",
    "mars 2020",
    "kodak 2010",
    "venice 2020",
    "iphone 12",
    "version 3.7.2023.1",
    "5/6/2020",
    "10 minutes ago",
    "a week in paris",
    "between 10 and 20 people",
    "from 10 to 20",
    'a sign that says "July 2023"',
    "part 2023-07-03-55",
    "decades of 1000 years",
    "hier und da",
    "an eight year old dog",
    "july 2031",
]


@pytest.mark.parametrize(("text", "rest", "first", "last"), NAMED)
def test_a_date_in_a_question_becomes_days(text: str, rest: str, first: str | None, last: str | None) -> None:
    found = find_date(text, TODAY)
    assert found is not None
    assert found.rest == rest
    assert found.words in " ".join(text.split())
    days = (found.first.isoformat() if found.first else None, found.last.isoformat() if found.last else None)
    assert days == (first, last)


@pytest.mark.parametrize("text", WORDS)
def test_words_that_only_look_like_a_date_stay_words(text: str) -> None:
    assert find_date(text, TODAY) is None


def test_a_season_that_runs_is_this_one_and_not_the_last() -> None:
    now = find_date("a tent this summer", date(2026, 7, 20))
    before = find_date("a tent last summer", date(2026, 7, 20))
    assert now is not None and now.first == date(2026, 6, 1)
    assert before is not None and before.first == date(2025, 6, 1)
    winter = find_date("snow this winter", date(2026, 1, 5))
    assert winter is not None and winter.first == date(2025, 12, 1)
