import numpy as np
import pytest

from search_app.search.background_scores import modality_means
from search_app.search.diversity import centred_vectors, diverse, marginal_order
from tests.search_app.search.memory_ledger import colourful, snapshot_of


def unit(*rows: tuple[float, ...]) -> np.ndarray:
    vectors = np.array(rows, np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_each_next_hit_has_the_greatest_marginal_relevance() -> None:
    random = np.random.default_rng(4)
    vectors = unit(*random.standard_normal((40, 8)))
    relevance = np.sort(random.random(40))[::-1]
    for diversity in (0.2, 0.5, 0.9):
        order = marginal_order(vectors, relevance, diversity)
        assert sorted(order) == list(range(40))
        for place in range(1, 40):
            before, left = order[:place], [row for row in range(40) if row not in order[:place]]
            worth = {
                row: (1 - diversity) * relevance[row]
                - diversity * max(vectors[row] @ vectors[other] for other in before)
                for row in left
            }
            assert worth[order[place]] == pytest.approx(max(worth.values()), abs=1e-6)


def test_what_says_the_same_as_the_first_comes_late() -> None:
    vectors = unit((1, 0, 0), (1, 0.02, 0), (1, 0, 0.02), (0.5, 0.9, 0), (0.4, 0, 0.9))
    relevance = np.array([0.95, 0.94, 0.93, 0.5, 0.4])
    assert marginal_order(vectors, relevance, 0.0) == [0, 1, 2, 3, 4]
    assert set(marginal_order(vectors, relevance, 0.6)[:3]) == {0, 3, 4}


def test_the_first_hit_stays_first_and_no_diversity_changes_nothing() -> None:
    ledger = colourful(3)
    snapshot = snapshot_of(ledger)
    means = modality_means(snapshot, None)
    ids = [str(number) for number in (1, 11, 21, 2, 12, 3)]
    question = centred_vectors(["1"], snapshot, means)[0]
    assert diverse(ids, question, snapshot, means, 0.0) == ids
    spread = diverse(ids, question, snapshot, means, 0.7)
    assert spread[0] == "1"
    assert sorted(spread) == sorted(ids)
    assert "2" in spread[:3] and "3" in spread[:3], "another colour comes before a second picture of the first"


def test_vectors_lose_the_mean_of_their_own_modality() -> None:
    snapshot = snapshot_of(colourful(2))
    means = modality_means(snapshot, None)
    ids = ["12", "1", "13"]  # a text between pictures, in no order
    rows = centred_vectors(ids, snapshot, means)
    for item_id, row in zip(ids, rows, strict=True):
        group, place = snapshot.find(item_id)  # type: ignore[misc]
        expected = group.vectors[place] - means[group.modality]
        np.testing.assert_allclose(row, expected / np.linalg.norm(expected), atol=1e-5)
