"""Looking at all items and asking the index find the same, in the same order."""

from dataclasses import replace

import numpy as np
import pytest

from search_app.search import candidates
from search_app.search.candidates import lower_than, nearest
from search_app.search.fusion import METHODS
from search_app.search.modality_items import lengths_without, products
from search_app.search.query import Query
from search_app.search.query_schema import Filters, Listing
from search_app.search.query_vectors import encode
from search_app.search.ranking import rank
from tests.search_app.search.memory_ledger import ENCODER, ExactIndex, MemoryLedger, snapshot_of


def in_two_cones(count: int) -> MemoryLedger:
    """`count` images and as many texts, each about a mean of its own."""
    chance = np.random.default_rng(4)
    ledger = MemoryLedger()
    for name in ("image", "text"):
        vectors = chance.standard_normal((count, ENCODER.info.dimension)) + 3.0 * chance.standard_normal(
            ENCODER.info.dimension
        )
        ledger.add(name, (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32))
    return ledger


@pytest.mark.parametrize("method", METHODS)
def test_the_index_gives_what_a_look_at_all_items_gives(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = in_two_cones(2_000)
    snapshot = snapshot_of(ledger)
    index = ExactIndex(ledger)
    query = Query("red", count=20, like=("7",), listing=Listing(method=method))
    probe = encode(query, ENCODER, snapshot)
    assert probe is not None
    whole = rank(query, probe, snapshot, index)
    assert not index.asked, "so few items are looked at"
    monkeypatch.setattr(candidates, "SCANNED", 0)
    asked = rank(query, probe, snapshot, index)
    assert {modality for modality, _ in index.asked} == {"image", "text"}
    assert [hit.id for hit in asked.hits] == [hit.id for hit in whole.hits]
    assert "7" not in [hit.id for hit in asked.hits]
    for one, other in zip(asked.hits, whole.hits, strict=True):
        assert one.score == pytest.approx(other.score, abs=1e-4)
        assert one.percentile == pytest.approx(other.percentile, abs=0.2)
    exact = rank(query, probe, snapshot, index, exact=True)
    assert [hit.id for hit in exact.hits] == [hit.id for hit in whole.hits]


@pytest.mark.parametrize("folders", [2, 20])
def test_filters_give_the_same_of_few_items_and_of_many(folders: int, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = in_two_cones(400)
    for number in ledger.rows:
        ledger.move(str(number), f"folder {number % folders}")
    snapshot = snapshot_of(ledger)
    query = Query("red", count=30, filters=Filters(folder=("folder 1",)))
    probe = encode(query, ENCODER, snapshot)
    assert probe is not None
    through = {name: snapshot.in_folders(group, query.filters.folder) for name, group in snapshot.groups.items()}
    whole = rank(query, probe, snapshot, ExactIndex(ledger), masks=through)
    unfiltered = rank(replace(query, filters=Filters(), count=800), probe, snapshot, ExactIndex(ledger))
    inside = [hit for hit in unfiltered.hits if int(hit.id) % folders == 1]
    assert [hit.id for hit in whole.hits] == [hit.id for hit in inside][:30]
    assert [hit.percentile for hit in whole.hits] == [hit.percentile for hit in inside][:30]
    monkeypatch.setattr(candidates, "SCANNED", 0)
    index = ExactIndex(ledger)
    narrowed = rank(query, probe, snapshot, index, masks=through)
    assert not index.asked
    assert [hit.id for hit in narrowed.hits] == [hit.id for hit in whole.hits]


def test_the_nearest_are_in_order_and_equals_in_that_of_their_rows() -> None:
    closeness = np.array([0.1, 0.9, 0.5, 0.9, 0.7, 0.5], np.float32)
    assert nearest(closeness, np.ones(6, np.bool_), 4).tolist() == [1, 3, 4, 2]
    assert nearest(closeness, np.array([1, 0, 1, 1, 0, 1], np.bool_), 9).tolist() == [3, 2, 5, 0]
    assert nearest(closeness, np.zeros(6, np.bool_), 3).tolist() == []


def test_what_is_lower_is_counted_without_equals() -> None:
    among = np.array([0.5, 0.2, 0.5, 0.9, 0.1], np.float32)
    assert lower_than(among, among).tolist() == [2, 1, 2, 4, 0]
    assert lower_than(among[:0], among).tolist() == []


def test_products_and_lengths_are_those_of_linear_algebra() -> None:
    chance = np.random.default_rng(2)
    rows = chance.standard_normal((50, 33)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    vector, mean = rows[3], rows.mean(axis=0, dtype=np.float64)
    np.testing.assert_allclose(products(rows, vector), rows @ vector, atol=1e-6)
    np.testing.assert_allclose(lengths_without(mean, rows), np.linalg.norm(rows - mean, axis=1), atol=1e-6)
