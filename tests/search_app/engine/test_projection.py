from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from search_app.engine.projection import LiveProjections, Projections, fit
from search_app.engine.query import Part, Probe
from search_app.engine.snapshot import LiveVectors
from tests.search_app.engine.memory import MemoryLedger, colourful, pictures, snapshot_of, texts


def cloud(count: int, seed: int = 0) -> NDArray[np.float32]:
    random = np.random.default_rng(seed)
    rows = random.standard_normal((count, 32)) * np.linspace(3.0, 0.2, 32) + 0.3
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def of_one_modality(vectors: NDArray[np.float32]) -> Projections:
    ledger = MemoryLedger()
    ledger.add("image", vectors)
    return fit(snapshot_of(ledger).groups, 32)


def test_the_map_agrees_with_a_direct_svd() -> None:
    vectors = cloud(5_000)
    shifted = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    _, values, axes = np.linalg.svd(shifted, full_matrices=False)
    projection = of_one_modality(vectors).gap_open
    np.testing.assert_allclose(projection.kept, (values**2 / np.sum(values**2))[:3], rtol=1e-4)
    np.testing.assert_allclose(np.abs(np.sum(projection.components * axes[:3], axis=1)), 1.0, atol=1e-6)
    placed = projection.place("image", vectors)
    np.testing.assert_allclose(np.abs(placed), np.abs(shifted @ axes[:3].T), atol=1e-4)


def test_signs_do_not_depend_on_the_order_of_items() -> None:
    vectors = cloud(400)
    one, other = of_one_modality(vectors).gap_open, of_one_modality(vectors[::-1]).gap_open
    np.testing.assert_allclose(one.components, other.components, atol=1e-5)
    largest = np.argmax(np.abs(one.components), axis=1)
    assert (one.components[np.arange(3), largest] > 0).all()


def test_with_the_gap_open_the_first_axis_is_the_gap_and_closed_it_is_gone() -> None:
    ledger = colourful()
    snapshot = snapshot_of(ledger)
    projections = fit(snapshot.groups, 32)
    centres = {}
    for name, projection in (("open", projections.gap_open), ("closed", projections.gap_closed)):
        spots = {mode: projection.place(mode, group.vectors).mean(axis=0) for mode, group in snapshot.groups.items()}
        centres[name] = float(np.linalg.norm(spots["image"] - spots["text"]))
    assert centres["open"] > 0.8
    assert centres["closed"] == pytest.approx(0.0, abs=1e-5)
    assert abs(projections.gap_open.components[0, 30]) > 0.5


def test_a_query_is_placed_without_a_new_fit_and_lies_with_what_it_means() -> None:
    ledger = colourful()
    projection = fit(snapshot_of(ledger).groups, 32).gap_closed
    star = projection.place_probe(Probe((Part("text", texts("red")[0]),)))
    same, other = projection.place("image", pictures("red", "blue"))
    assert np.linalg.norm(star - same) < np.linalg.norm(star - other)
    both = projection.place_probe(Probe((Part("text", texts("red")[0]), Part("image", pictures("blue")[0]))))
    np.testing.assert_allclose(both, (star + other) / 2, atol=1e-6)


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_a_space_of_few_items_has_axes_of_nothing(count: int) -> None:
    projections = of_one_modality(cloud(5)[:count])
    for projection in (projections.gap_open, projections.gap_closed):
        assert projection.components.shape == (3, 32)
        assert np.isfinite(projection.components).all()
        assert np.count_nonzero(projection.kept) == max(0, count - 1)
        assert sum(projection.kept) == pytest.approx(1.0 if count > 1 else 0.0)


def test_items_that_are_all_the_same_lie_on_one_spot() -> None:
    projections = of_one_modality(np.repeat(cloud(1), 20, axis=0))
    assert projections.gap_open.kept == (0.0, 0.0, 0.0)


def test_a_map_is_kept_beside_the_space_and_read_back(tmp_path: Path) -> None:
    snapshot = snapshot_of(colourful())
    made = LiveProjections(tmp_path, "fake-1").now(snapshot)
    assert [path.name for path in (tmp_path / "projections").iterdir()] == ["pca.npz"]
    ledger = colourful()
    ledger.remove("1")  # still within a fifth: a fit made anew would count 119
    read = LiveProjections(tmp_path, "fake-1").now(snapshot_of(ledger))
    assert read.fitted_on == made.fitted_on == 120
    np.testing.assert_array_equal(read.gap_closed.components, made.gap_closed.components)
    assert read.gap_open.kept == made.gap_open.kept


def test_a_map_is_fitted_anew_only_when_a_fifth_has_come_or_gone(tmp_path: Path) -> None:
    ledger = MemoryLedger()
    ids = ledger.add("image", cloud(100))
    live, projections = LiveVectors(ledger), LiveProjections(tmp_path, "fake-1")
    assert projections.now(live.now()).fitted_on == 100
    ledger.add("image", cloud(20, seed=1))
    assert projections.now(live.now()).fitted_on == 100
    ledger.add("text", texts("one more"))
    assert projections.now(live.now()).fitted_on == 121
    for item in ids[:30]:
        ledger.remove(item)
    assert projections.now(live.now()).fitted_on == 91


def test_a_map_of_another_encoder_or_a_damaged_file_is_not_used(tmp_path: Path) -> None:
    snapshot = snapshot_of(colourful())
    LiveProjections(tmp_path, "other").now(snapshot)
    smaller = MemoryLedger()
    smaller.add("image", cloud(118))
    assert LiveProjections(tmp_path, "fake-1").now(snapshot_of(smaller)).fitted_on == 118
    (tmp_path / "projections" / "pca.npz").write_bytes(b"PK\x03\x04 torn")
    assert LiveProjections(tmp_path, "fake-1").now(snapshot).fitted_on == 120


def test_a_space_that_cannot_be_written_still_has_a_map(tmp_path: Path) -> None:
    (tmp_path / "projections").write_text("a file where the folder should be")
    assert LiveProjections(tmp_path, "fake-1").now(snapshot_of(colourful())).fitted_on == 120
