import numpy as np
import pytest

from search_app.search.background_scores import modality_means
from search_app.search.neighbours import nearest
from tests.search_app.search.memory_ledger import MemoryLedger, snapshot_of


def clouds() -> MemoryLedger:
    """Forty images and forty texts, each modality about a mean of its own."""
    random = np.random.default_rng(8)
    ledger = MemoryLedger()
    for modality in ("image", "text"):
        rows = random.standard_normal((40, 32)) + 1.5 * random.standard_normal(32)
        ledger.add(modality, (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32))  # type: ignore[arg-type]
    return ledger


@pytest.mark.parametrize("centred", [False, True])
@pytest.mark.parametrize("measure", ["cosine", "euclidean"])
@pytest.mark.parametrize("item_id", ["5", "61"])
def test_neighbours_are_those_of_a_plain_computation(measure: str, centred: bool, item_id: str) -> None:
    snapshot = snapshot_of(clouds())
    means = modality_means(snapshot, None)
    shift = {name: mean if centred else 0.0 * mean for name, mean in means.items()}
    home, row = snapshot.find(item_id)  # type: ignore[misc]
    item = home.vectors[row] - shift[home.modality]
    found = nearest(snapshot, item_id, measure, centred=centred, count=6)  # type: ignore[arg-type]
    assert list(found) == ["image", "text"]
    for modality, neighbours in found.items():
        group = snapshot.groups[modality]
        others = {
            str(number): vector - shift[modality]
            for number, vector in zip(group.ids, group.vectors, strict=True)
            if str(number) != item_id
        }
        cosine = {key: item @ vector / np.linalg.norm(item) / np.linalg.norm(vector) for key, vector in others.items()}
        distance = {key: float(np.linalg.norm(item - vector)) for key, vector in others.items()}
        best = sorted(others, key=lambda key: -cosine[key] if measure == "cosine" else distance[key])[:6]
        assert [neighbour.id for neighbour in neighbours] == best
        for neighbour in neighbours:
            assert neighbour.cosine == pytest.approx(cosine[neighbour.id], abs=1e-5)
            assert neighbour.distance == pytest.approx(distance[neighbour.id], abs=1e-4)


def test_as_they_are_both_measures_give_one_order_and_centred_they_differ() -> None:
    snapshot = snapshot_of(clouds())

    def order(measure: str, centred: bool, modality: str) -> list[str]:
        found = nearest(snapshot, "5", measure, centred=centred, count=39)  # type: ignore[arg-type]
        return [neighbour.id for neighbour in found[modality]]  # type: ignore[index]

    for modality in ("image", "text"):
        assert order("cosine", False, modality) == order("euclidean", False, modality)
        assert order("cosine", True, modality) != order("euclidean", True, modality)
    assert order("euclidean", True, "image") == order("euclidean", False, "image")


def test_what_is_not_there_has_no_neighbours() -> None:
    snapshot = snapshot_of(clouds())
    assert nearest(snapshot, "999") == {}
    assert nearest(snapshot, "<b>") == {}
    alone = MemoryLedger()
    alone.add("image", np.eye(32, dtype=np.float32)[:1])
    assert nearest(snapshot_of(alone), "1") == {"image": [], "text": []}
