"""Links to every page, with every parameter that they may have, show what they showed."""

from itertools import pairwise
from typing import Any

import pytest

from tests.compatibility import answers, cases
from tests.compatibility.differences import difference
from tests.compatibility.exported_map import embedded
from tests.compatibility.recorded_space import Recorded, record_of


def shown_now(recorded: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """What was recorded, in the order of now: good answers first, then the weaker ones, each in the recorded order.

    The cosines of results are in their details.
    """
    before = [hit for hit, _ in recorded["hits"]]
    maps = {name: dict(drawn) for name, drawn in recorded["maps"].items()}
    assert sorted(now["hits"]) == sorted(before)
    places = [before.index(hit) for hit in now["hits"]]
    if sum(later < sooner for sooner, later in pairwise(places)) <= 1:
        before = now["hits"]
        if "search_map" in maps and "search_map" in now["maps"]:
            numbered = now["maps"]["search_map"]["hits"]
            assert {hit for hit, _ in numbered} == {hit for hit, _ in maps["search_map"]["hits"]}
            maps["search_map"]["hits"] = numbered
    return {**recorded, "hits": before, "maps": maps}


@pytest.mark.parametrize("case", cases.LINKS)
def test_a_link_shows_what_it_showed(recorded: Recorded, case: str) -> None:
    now = answers.link(recorded, cases.LINKS[case])
    assert not (differs := difference(shown_now(record_of("links")[case], now), now)), differs


def test_a_link_names_its_space(recorded: Recorded) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(answers, "SPACE", "elsewhere")
        assert not difference(record_of("links")["the map"], answers.link(recorded, cases.LINKS["the map"]))


@pytest.mark.parametrize("case", cases.ROUND_TRIPS)
def test_a_link_that_the_page_writes_anew_shows_the_same(recorded: Recorded, case: str) -> None:
    for now in answers.link_and_written_anew(recorded, cases.ROUND_TRIPS[case]):
        assert not (differs := difference(shown_now(record_of("round_trips")[case], now), now)), differs


@pytest.mark.parametrize("case", answers.MAPS)
def test_an_exported_map_draws_what_it_drew(recorded: Recorded, case: str) -> None:
    now = embedded(answers.exported_map(recorded, answers.MAPS[case]))
    before = record_of("maps")[case]
    rows = zip(before.pop("rows"), now.pop("rows"), strict=True)
    assert not (differs := difference(before, now)), differs
    for row_before, row_now in rows:
        *words, x, y = row_before[:8]
        assert words == row_now[:6]
        assert row_now[6:] == pytest.approx(row_before[6:], abs=8), (words, x, y)  # of 65,535: 1e-4 of the map
