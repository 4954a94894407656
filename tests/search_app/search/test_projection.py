from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from search_app.search.projection import COMPONENTS, LiveProjections, Projections, drift, fit
from search_app.search.query_vectors import PartVector, Probe
from search_app.search.snapshot import LiveVectors
from tests.search_app.search.memory_ledger import MemoryLedger, colourful, pictures, snapshot_of, texts


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
    np.testing.assert_allclose(projection.kept, (values**2 / np.sum(values**2))[:COMPONENTS], rtol=1e-4)
    np.testing.assert_allclose(np.abs(np.sum(projection.components * axes[:COMPONENTS], axis=1)), 1.0, atol=1e-6)
    placed = projection.place("image", vectors)
    np.testing.assert_allclose(np.abs(placed), np.abs(shifted @ axes[:3].T), atol=1e-4)
    others = projection.place("image", vectors, (9, 4))
    np.testing.assert_allclose(np.abs(others), np.abs(shifted @ axes[[9, 4]].T), atol=1e-4)


def test_signs_do_not_depend_on_the_order_of_items() -> None:
    vectors = cloud(400)
    one, other = of_one_modality(vectors).gap_open, of_one_modality(vectors[::-1]).gap_open
    np.testing.assert_allclose(one.components, other.components, atol=1e-5)
    largest = np.argmax(np.abs(one.components), axis=1)
    assert (one.components[np.arange(COMPONENTS), largest] > 0).all()


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
    star = projection.place_probe(Probe((PartVector("text", texts("red")[0]),)))
    same, other = projection.place("image", pictures("red", "blue"))
    assert np.linalg.norm(star - same) < np.linalg.norm(star - other)
    both = projection.place_probe(
        Probe((PartVector("text", texts("red")[0]), PartVector("image", pictures("blue")[0])))
    )
    np.testing.assert_allclose(both, (star + other) / 2, atol=1e-6)


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_a_space_of_few_items_has_axes_of_nothing(count: int) -> None:
    projections = of_one_modality(cloud(5)[:count])
    for projection in (projections.gap_open, projections.gap_closed):
        assert projection.components.shape == (COMPONENTS, 32)
        assert np.isfinite(projection.components).all()
        assert np.count_nonzero(projection.kept) == max(0, count - 1)
        assert sum(projection.kept) == pytest.approx(1.0 if count > 1 else 0.0)


def test_items_that_are_all_the_same_lie_on_one_spot() -> None:
    projections = of_one_modality(np.repeat(cloud(1), 20, axis=0))
    assert projections.gap_open.kept == (0.0,) * COMPONENTS


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


def test_a_refit_is_offered_when_a_fifth_has_come_or_gone_and_made_only_when_asked(tmp_path: Path) -> None:
    ledger = MemoryLedger()
    ids = ledger.add("image", cloud(100))
    live, projections = LiveVectors(ledger), LiveProjections(tmp_path, "fake-1")
    fitted = projections.now(live.now())
    assert not drift(fitted, live.now(), gap=True).offered
    ledger.add("image", cloud(15, seed=1))
    for item in ids[:15]:
        ledger.remove(item)
    moved = drift(projections.now(live.now()), live.now(), gap=True)
    assert (moved.came, moved.gone, moved.share, moved.offered) == (15, 15, 0.3, True)
    assert projections.now(live.now()) is fitted
    refitted = projections.refit(live.now())
    assert refitted.fitted_on == 100 and projections.now(live.now()) is refitted
    assert not drift(refitted, live.now(), gap=True).offered


def test_a_refit_is_offered_when_the_axes_tell_less_of_what_came(tmp_path: Path) -> None:
    ledger = MemoryLedger()
    ledger.add("image", cloud(1_000))
    projections = LiveProjections(tmp_path, "fake-1").now(snapshot_of(ledger))
    ledger.add("image", cloud(100, seed=1))
    alike = drift(projections, snapshot_of(ledger), gap=True)
    assert alike.kept_of_new == pytest.approx(alike.kept_then, abs=0.03) and not alike.offered
    ledger.add("image", cloud(90, seed=2)[:, ::-1])  # varies along what the fit holds to be noise
    other = drift(projections, snapshot_of(ledger), gap=True)
    assert other.share < 0.2 and other.loss > 0.2 and other.offered


def test_a_map_is_fitted_anew_unasked_only_where_the_space_has_become_another(tmp_path: Path) -> None:
    ledger = MemoryLedger()
    ids = ledger.add("image", cloud(50))
    live, projections = LiveVectors(ledger), LiveProjections(tmp_path, "fake-1")
    assert projections.now(live.now()).fitted_on == 50
    ledger.add("image", cloud(150, seed=1))
    assert projections.now(live.now()).fitted_on == 50
    ledger.add("text", texts("one more"))
    assert projections.now(live.now()).fitted_on == 201
    for item in ids:
        ledger.remove(item)
    assert projections.now(live.now()).fitted_on == 201


def test_a_refit_keeps_the_sides_of_its_axes_and_turns_tied_ones_to_the_former() -> None:
    random = np.random.default_rng(3)
    spread = np.array([3.0, 3.0, 1.5, *np.linspace(0.5, 0.1, 29)])  # the first two are tied

    def rows(count: int) -> NDArray[np.float32]:
        raw = random.standard_normal((count, 32)) * spread + 1.0
        return (raw / np.linalg.norm(raw, axis=1, keepdims=True)).astype(np.float32)

    ledger = MemoryLedger()
    ledger.add("image", rows(2_000))
    first = fit(snapshot_of(ledger).groups, 32)
    turned = np.diag(np.sign(random.standard_normal(COMPONENTS))) @ first.gap_open.components
    turned[[0, 1]] = np.array([[np.cos(1.0), -np.sin(1.0)], [np.sin(1.0), np.cos(1.0)]]) @ turned[[0, 1]]
    former = replace(first, gap_open=replace(first.gap_open, components=turned))
    ledger.add("image", rows(500))
    alone = fit(snapshot_of(ledger).groups, 32).gap_open
    again = fit(snapshot_of(ledger).groups, 32, former).gap_open
    along = np.sum(again.components * turned, axis=1)
    assert (along[:3] > 0.97).all() and (along > 0.0).all()
    np.testing.assert_allclose(again.components @ again.components.T, np.eye(COMPONENTS), atol=1e-9)
    assert sum(again.kept[:2]) == pytest.approx(sum(alone.kept[:2]))


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
