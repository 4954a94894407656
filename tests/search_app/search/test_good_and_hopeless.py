"""Queries that the sample answers are told apart from those that it has nothing for."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from ingest.encoders.lite.lite_encoder import LiteEncoder
from ingest.space import open_space
from search_app.search.hits import Ranking
from search_app.search.query import Query
from search_app.search.searcher import Searcher
from tests.search_app.search.good_and_hopeless import GENERAL, GOOD, HOPELESS

Rankings = tuple[list[Ranking], list[Ranking], list[Ranking]]


@pytest.fixture(scope="module")
def reported(sample_home: Path, lite: LiteEncoder) -> Iterator[Rankings]:
    """What the queries at odd places find, good, hopeless and general ones: nothing was chosen by them."""
    with open_space(sample_home, "sample") as space:
        searcher = Searcher(space)

        def asked(queries: Sequence[str]) -> list[Ranking]:
            return [searcher.ask(Query(words), lite).ranking for words in queries[1::2]]

        yield asked(GOOD), asked(HOPELESS), asked(GENERAL)


def best(ranking: Ranking) -> float:
    return max(hit.nearness for hit in ranking.hits)


def test_there_are_at_least_forty_of_each_all_different() -> None:
    assert min(len(set(GOOD)), len(set(HOPELESS))) >= 40
    assert not set(GOOD) & set(HOPELESS)


def test_a_good_query_comes_closer_than_a_hopeless_one(reported: Rankings) -> None:
    good, hopeless = ([best(ranking) for ranking in rankings] for rankings in reported[:2])
    pairs = [(one > other) + 0.5 * (one == other) for one in good for other in hopeless]
    area = sum(pairs) / len(pairs)  # under the ROC curve
    print(f"area under the ROC curve: {area:.4f} on {len(good)} good and {len(hopeless)} hopeless queries")
    assert area >= 0.97


def test_the_page_is_told_when_nothing_matches_and_seldom_without_cause(reported: Rankings) -> None:
    good, hopeless, _ = reported
    told = sum(not ranking.matches for ranking in hopeless) / len(hopeless)
    wrongly = sum(not ranking.matches for ranking in good) / len(good)
    print(f"told of {told:.0%} of the hopeless queries, and of {wrongly:.0%} of the good ones")
    assert told >= 0.8
    assert wrongly <= 0.08
    assert all(ranking.hits for ranking in hopeless), "the nearest are shown all the same"


def test_a_general_word_seldom_finds_nothing_where_there_is_much_of_it(reported: Rankings) -> None:
    general = reported[2]
    wrongly = sum(not ranking.matches for ranking in general) / len(general)
    print(f"nothing is said to match {wrongly:.0%} of the general questions")
    assert wrongly <= 0.25
