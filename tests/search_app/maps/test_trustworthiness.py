import numpy as np
import pytest
from sklearn.manifold import trustworthiness

from search_app.maps.trustworthiness import NEIGHBOURS, SAMPLE, measure_trust, modality_gap, trust_of_positions
from search_app.search.projection import fit
from tests.search_app.search.clusters import clustered, vectors_of
from tests.search_app.search.memory_ledger import MemoryLedger, snapshot_of


def test_trustworthiness_agrees_with_scikit_learn() -> None:
    random = np.random.default_rng(0)
    vectors = random.standard_normal((200, 16)).astype(np.float32)
    for positions in (vectors[:, :2], random.standard_normal((200, 2)), vectors):
        trust = trust_of_positions(vectors, positions)
        assert trust.trustworthiness == pytest.approx(
            trustworthiness(vectors, positions, n_neighbors=NEIGHBOURS), abs=1e-6
        )
        assert trust.sample == 200


def test_a_map_that_loses_nothing_keeps_all_neighbours_and_a_random_one_next_to_none() -> None:
    random = np.random.default_rng(0)
    vectors = random.standard_normal((300, 8))
    same = trust_of_positions(vectors, 3.0 * vectors)
    assert (same.trustworthiness, same.neighbours_kept) == (1.0, 1.0)
    chance = trust_of_positions(vectors, random.standard_normal((300, 2)))
    assert 0.4 < chance.trustworthiness < 0.6 and chance.neighbours_kept < 0.08


def test_few_items_cannot_be_measured() -> None:
    ledger = MemoryLedger()
    ledger.add("image", vectors_of("red", "image", 2 * NEIGHBOURS + 1))
    projection = fit(snapshot_of(ledger).groups, 32).gap_open
    assert measure_trust(snapshot_of(ledger), projection.means, projection.place) is None
    with pytest.raises(ValueError, match="too few"):
        trust_of_positions(np.zeros((20, 3)), np.zeros((20, 2)))


def test_a_large_space_is_measured_on_a_steady_sample_with_both_modalities_in_their_share() -> None:
    ledger = MemoryLedger()
    ledger.add("image", vectors_of("red", "image", 3_000))
    ledger.add("text", vectors_of("blue", "text", 1_000))
    snapshot = snapshot_of(ledger)
    projection = fit(snapshot.groups, 32).gap_closed
    asked: dict[str, int] = {}

    def place(modality, vectors):  # type: ignore[no-untyped-def]
        asked[modality] = len(vectors)
        return projection.place(modality, vectors)

    first = measure_trust(snapshot, projection.means, place)
    assert asked == {"image": 1_500, "text": 500} and first is not None and first.sample == SAMPLE
    assert measure_trust(snapshot, projection.means, projection.place) == first


def test_the_gap_is_a_number_and_none_once_it_is_closed() -> None:
    snapshot = snapshot_of(clustered())
    gap = modality_gap(snapshot.groups, fit(snapshot.groups, 32).gap_closed.means)
    assert gap is not None
    assert gap.raw > 0.8 and gap.closed == pytest.approx(0.0, abs=1e-6)
    assert modality_gap(snapshot_of(clustered(texts=0)).groups, {}) is None
