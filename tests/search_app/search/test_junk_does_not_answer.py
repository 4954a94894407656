"""Tables of credits and licence texts do not answer everyday questions, and do answer those about them."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ingest.encoders.lite.lite_encoder import LiteEncoder
from ingest.readers.prose_quality import JUNK
from ingest.resources import sample_folder
from ingest.run.pipeline import ingest
from ingest.space.open import open_to_write
from search_app.search.passage_quality import JUNK_NEARNESS, qualities_of
from search_app.search.query import Query
from search_app.search.query_schema import Filters, Listing
from search_app.search.query_vectors import encode
from search_app.search.ranking import rank
from search_app.search.searcher import Answer, Searcher
from tests.search_app.search.everyday_questions import ABOUT_TERMS, EVERYDAY, is_junk
from tests.search_app.search.memory_ledger import ENCODER, ExactIndex, Facts, MemoryLedger, snapshot_of, texts

FIRST = 5


@pytest.fixture(scope="module")
def searcher(sample_home: Path, lite: LiteEncoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searcher]:
    """The sample with its table of credits and its licences."""
    home = tmp_path_factory.mktemp("everything")
    # Chroma's files may be in use, and are filled from the ledger again.
    shutil.copytree(sample_home / "sample", home / "sample", ignore=shutil.ignore_patterns("chroma", "server.json"))
    sample = sample_folder()
    with open_to_write(home, "sample", lite.info) as space:
        assert ingest(space, lite, [sample / "CREDITS.md", sample / "LICENSES"]).exit_status == 0
        yield Searcher(space)


def junk_among(answer: Answer, count: int) -> list[str]:
    hits = answer.ranking.hits[:count]
    return [answer.items[hit.id].path for hit in hits if is_junk(answer.items[hit.id].path)]


@pytest.mark.parametrize("question", EVERYDAY)
def test_an_everyday_question_has_no_junk_among_its_first_results(
    searcher: Searcher, lite: LiteEncoder, question: str
) -> None:
    assert not junk_among(searcher.ask(Query(question), lite), FIRST)
    passages = Query(question, filters=Filters(modality=("text",)), listing=Listing(good_only=True))
    assert not junk_among(searcher.ask(passages, lite), FIRST), "nor among the passages that match"


def test_without_the_deduction_many_everyday_questions_had_junk_among_them(
    searcher: Searcher, lite: LiteEncoder
) -> None:
    qualities = searcher.vectors.now().groups["text"].facets.qualities
    kept = qualities.copy()
    try:
        qualities[:] = 1.0
        answered = [bool(junk_among(searcher.ask(Query(question), lite), FIRST)) for question in EVERYDAY]
    finally:
        qualities[:] = kept
    assert sum(answered) > 10


def test_a_question_about_terms_is_answered_by_them(searcher: Searcher, lite: LiteEncoder) -> None:
    answers = [searcher.ask(Query(question), lite) for question in ABOUT_TERMS]
    first = [bool(junk_among(answer, 1)) and answer.ranking.hits[0].matches for answer in answers]
    assert sum(first) >= 5


def test_a_space_from_before_there_were_qualities_answers_the_same(searcher: Searcher, lite: LiteEncoder) -> None:
    def answers() -> list[list[str]]:
        asked = [searcher.ask(Query(question, count=10), lite) for question in EVERYDAY[:10]]
        return [[hit.id for hit in answer.ranking.hits] for answer in asked]

    expected = answers()
    qualities = searcher.vectors.now().groups["text"].facets.qualities
    qualities[:] = np.nan
    assert answers() == expected
    assert not np.isnan(qualities).all(), "what was measured is kept"


def told(ledger: MemoryLedger, words: str = "red thing") -> list[tuple[str, str, float]]:
    snapshot = snapshot_of(ledger)
    probe = encode(Query(words), ENCODER, snapshot)
    assert probe is not None
    hits = rank(Query(words), probe, snapshot, ExactIndex(ledger)).hits
    return [(hit.id, hit.closeness, hit.measure) for hit in hits]


def test_junk_ranks_below_prose_of_equal_closeness_and_its_word_is_no_better() -> None:
    ledger = MemoryLedger()
    ledger.add("text", texts("red thing", "red thing", "blue thing", "green thing", "black thing"))
    assert [item for item, _, _ in told(ledger)[:2]] == ["1", "2"]
    before = {item: measure for item, _, measure in told(ledger)}
    ledger.tell("1", Facts(quality=0.0))
    now = told(ledger)
    assert [item for item, _, _ in now].index("2") < [item for item, _, _ in now].index("1")
    assert {item: measure for item, _, measure in now}["1"] < before["1"]


def test_what_is_not_measured_counts_as_prose_where_nothing_can_measure_it() -> None:
    ledger = MemoryLedger()
    ledger.add("text", texts("red thing", "blue thing"))
    ledger.tell("1", Facts(quality=float("nan")))
    group = snapshot_of(ledger).groups["text"]
    rows = np.arange(2)
    assert qualities_of(group, rows).tolist() == [1.0, 1.0]
    assert qualities_of(group, rows, lambda ids: dict.fromkeys(ids, 0.25)).tolist() == [0.25, 1.0]
    assert group.facets.qualities.tolist() == [0.25, 1.0]
    assert 0 < JUNK < 1 < JUNK_NEARNESS
