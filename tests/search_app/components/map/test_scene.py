"""What is drawn beside a map's points: the question as a star, and its hits numbered as in the list."""

from pathlib import Path

import numpy as np
import pytest

from search_app.components.map.scatter import drawing
from search_app.components.map.scene import marked, numbered, question_label, star
from search_app.maps.layout import Layout, MapSpec
from search_app.maps.space_maps import SpaceMaps
from search_app.search.projection import LiveProjections
from search_app.search.query import Query
from search_app.search.query_vectors import PartVector, Probe, encode
from search_app.search.ranking import Ranking, rank
from search_app.search.searcher import Answer
from tests.search_app.search.memory_ledger import (
    ENCODER,
    ExactIndex,
    MemoryLedger,
    colourful,
    pictures,
    snapshot_of,
    texts,
)

SPECS = [MapSpec(), MapSpec(dimensions=3), MapSpec(gap=True)]


def laid_out(ledger: MemoryLedger, spec: MapSpec, folder: Path) -> Layout:
    layout = SpaceMaps(folder, "fake-1", LiveProjections(folder, "fake-1")).layout(snapshot_of(ledger), spec)
    assert layout is not None
    return layout


def asked(ledger: MemoryLedger, words: str) -> tuple[Probe, Ranking]:
    snapshot = snapshot_of(ledger)
    query = Query(text=words, count=10)
    probe = encode(query, ENCODER, snapshot)
    assert probe is not None
    return probe, rank(query, probe, snapshot, ExactIndex(ledger))


@pytest.mark.parametrize("spec", SPECS)
def test_hits_have_the_numbers_of_the_list_and_lie_where_their_items_lie(spec: MapSpec, tmp_path: Path) -> None:
    ledger = colourful()
    picture = drawing(laid_out(ledger, spec, tmp_path))
    _, ranking = asked(ledger, "red")
    found = numbered(picture, ranking.hits)
    assert [(hit["id"], hit["rank"]) for hit in found] == [(hit.id, str(hit.rank)) for hit in ranking.hits]
    for hit in found:
        [row] = picture.layout.rows_of([hit["id"]])
        np.testing.assert_allclose(picture.spot(np.array(hit["at"])), picture.layout.spots[row], atol=1e-5)
        assert hit["kind"] == picture.layout.modalities[row]


@pytest.mark.parametrize("spec", SPECS)
def test_the_star_lies_where_the_question_lies(spec: MapSpec, tmp_path: Path) -> None:
    ledger = colourful()
    picture = drawing(laid_out(ledger, spec, tmp_path))
    probe, ranking = asked(ledger, "red")
    drawn = star(picture, Query(text="red"), Answer(snapshot_of(ledger), probe, ranking))
    assert drawn is not None and drawn["label"] == "red" and len(drawn["at"]) == spec.dimensions
    np.testing.assert_allclose(picture.spot(np.array(drawn["at"])), picture.layout.place_probe(probe), atol=1e-5)


def test_without_a_question_there_is_no_star(tmp_path: Path) -> None:
    assert star(drawing(laid_out(colourful(), MapSpec(), tmp_path)), Query(), None) is None


def test_an_item_that_has_gone_is_not_marked(tmp_path: Path) -> None:
    picture = drawing(laid_out(colourful(), MapSpec(), tmp_path))
    assert [mark["id"] for mark in marked(picture, ["1", "999999", "2"])] == ["1", "2"]


@pytest.mark.parametrize("count", [1, 2])
def test_a_space_of_one_or_two_items_has_a_map(count: int, tmp_path: Path) -> None:
    ledger = MemoryLedger()
    ledger.add("text", texts(*["red", "blue"][:count]))
    picture = drawing(laid_out(ledger, MapSpec(dimensions=3), tmp_path))
    _, ranking = asked(ledger, "red")
    assert len(numbered(picture, ranking.hits)) == len(picture.rows) == count


def test_a_composed_question_lies_between_its_parts(tmp_path: Path) -> None:
    layout = laid_out(colourful(), MapSpec(), tmp_path)
    both = Probe((PartVector("text", texts("red")[0]), PartVector("image", pictures("blue")[0])))
    ends = [layout.place_probe(Probe((part,))) for part in both.parts]
    np.testing.assert_allclose(layout.place_probe(both), np.mean(ends, axis=0), atol=1e-6)


def test_a_question_without_words_is_named_by_what_it_is_made_of() -> None:
    assert question_label(Query(image="0" * 32)) == "a picture"
    assert question_label(Query(like=("1",))) == "items"
