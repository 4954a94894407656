import gc
import weakref
from pathlib import Path

import numpy as np
import pytest

from ingest.errors import ItemNotFound, SettingsError
from search_app.maps import manifold
from search_app.maps.layout import AxisEnd, Layout, MapSpec, SemanticAxis
from search_app.maps.space_maps import SpaceMaps
from search_app.search.projection import LiveProjections
from search_app.search.query_vectors import PartVector, Probe
from search_app.search.snapshot import LiveVectors, Snapshot
from tests.search_app.search.clusters import NAMES, clustered, vectors_of
from tests.search_app.search.memory_ledger import ENCODER, MemoryLedger, snapshot_of, texts


@pytest.fixture(autouse=True)
def few_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enough for clusters that lie far apart, in this process: to start one takes longer than such a fit."""
    monkeypatch.setattr(manifold, "fit_elsewhere", manifold.fit_and_place)
    monkeypatch.setattr(manifold, "_EPOCHS", 120)
    monkeypatch.setattr(manifold, "_EARLY_EPOCHS", 60)


RED_TO_BLUE = SemanticAxis(AxisEnd("text", "red"), AxisEnd("text", "blue"))


def maps_of(folder: Path) -> SpaceMaps:
    return SpaceMaps(folder, "fake-1", LiveProjections(folder, "fake-1"))


def layout_of(maps: SpaceMaps, snapshot: Snapshot, spec: MapSpec) -> Layout:
    layout = maps.layout(snapshot, spec, ENCODER)
    if layout is None:
        maps.start(snapshot, spec).result()
        layout = maps.layout(snapshot, spec, ENCODER)
    assert layout is not None
    return layout


def folders_of(layout: Layout, ledger: MemoryLedger) -> list[str]:
    return [ledger.rows[int(number)][1] for number in layout.ids]


def apart(layout: Layout, folders: list[str]) -> float:
    """The mean distance between the clusters' centres on the map, for the mean distance of items to theirs."""
    names = np.array(folders)
    centres = {name: layout.positions[names == name].mean(axis=0) for name in NAMES}
    within = np.mean(
        [np.linalg.norm(position - centres[name]) for position, name in zip(layout.positions, names, strict=True)]
    )
    pairs = [np.linalg.norm(centres[a] - centres[b]) for a in NAMES for b in NAMES if a < b]
    return float(np.mean(pairs) / within)


def test_any_components_are_drawn_and_every_item_is_on_the_map_once(tmp_path: Path) -> None:
    ledger = clustered()
    snapshot, maps = snapshot_of(ledger), maps_of(tmp_path)
    first = layout_of(maps, snapshot, MapSpec(dimensions=3))
    assert len(first) == len(set(first.ids.tolist())) == 160 and first.images == 100
    assert [axis.variance for axis in first.axes] == list(first.variance[:3])
    assert len(first.variance) == 10 and first.isometric
    other = layout_of(maps, snapshot, MapSpec(axes=(3, 1)))
    np.testing.assert_array_equal(other.positions, first.positions[:, [2, 0]])
    assert first.rows_of(["21", "999", "1"]).tolist() == [first.images, 0]
    assert maps.layout(snapshot, MapSpec(dimensions=3)) is first, "remembered"


def test_the_trust_of_a_map_is_kept_for_the_next_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = snapshot_of(clustered())
    trust = layout_of(maps_of(tmp_path), snapshot, MapSpec()).trust
    assert trust is not None and trust.trustworthiness > 0.8 and trust.sample == 160
    monkeypatch.setattr("search_app.maps.space_maps.measure_trust", lambda *_: pytest.fail("measured again"))
    assert layout_of(maps_of(tmp_path), snapshot, MapSpec()).trust == trust


def test_items_lie_on_an_axis_with_a_meaning_where_their_similarity_puts_them(tmp_path: Path) -> None:
    ledger = clustered()
    layout = layout_of(maps_of(tmp_path), snapshot_of(ledger), MapSpec(axes=(RED_TO_BLUE, 2)))
    folders = np.array(folders_of(layout, ledger))
    place = {name: layout.positions[folders == name, 0] for name in NAMES}
    assert place["red"].max() < place["green"].min() and place["yellow"].max() < place["blue"].min()
    images = layout.modalities == 0
    for name in NAMES:  # a picture and a passage of one meaning lie together, though each modality has its own cone
        mine = layout.positions[:, 0][folders == name]
        assert abs(mine[images[folders == name]].mean() - mine[~images[folders == name]].mean()) < 0.15
    assert (layout.axes[0].start, layout.axes[0].end) == ("red", "blue") and not layout.isometric
    assert layout.axes[1].variance == layout.variance[1]
    star = layout.place_probe(Probe((PartVector("text", texts("blue")[0]),)))
    assert star[0] > place["green"].max()


def test_an_axis_goes_from_item_to_item_and_one_that_has_gone_is_told(tmp_path: Path) -> None:
    ledger = clustered()
    ids = {name: next(str(item) for item, row in ledger.rows.items() if row[1] == name) for name in NAMES}
    axis = SemanticAxis(AxisEnd("item", ids["red"]), AxisEnd("item", ids["blue"]))
    maps, snapshot = maps_of(tmp_path), snapshot_of(ledger)
    layout = maps.layout(snapshot, MapSpec(axes=(axis,), gap=True))
    assert layout is not None
    rows = layout.rows_of([ids["red"], ids["green"], ids["blue"]])
    assert (np.diff(layout.positions[rows, 0]) > 0).all()
    ledger.remove(ids["red"])
    with pytest.raises(ItemNotFound, match="Choose another"):
        maps.layout(snapshot_of(ledger), MapSpec(axes=(axis,), gap=True))


@pytest.mark.parametrize(("method", "dimensions"), [("tsne", 2), ("tsne", 3), ("umap", 2)])
def test_umap_and_tsne_pull_clusters_apart_are_kept_and_the_same_every_time(
    tmp_path: Path, method: manifold.Method, dimensions: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if method == "umap":
        pytest.importorskip("umap")
    ledger = clustered()
    snapshot, spec = snapshot_of(ledger), MapSpec(method, 3 if dimensions == 3 else 2)
    maps = maps_of(tmp_path / "a")
    assert maps.layout(snapshot, spec) is None and maps.task(spec) is None
    layout = layout_of(maps, snapshot, spec)
    assert layout.positions.shape == (160, dimensions) and layout.fitted_on == layout.items_at_fit == 160
    assert apart(layout, folders_of(layout, ledger)) > 3.0
    assert layout.trust is not None and layout.trust.trustworthiness > 0.85
    np.testing.assert_array_equal(layout_of(maps_of(tmp_path / "b"), snapshot, spec).positions, layout.positions)
    monkeypatch.setattr("search_app.maps.space_maps.fit_manifold", lambda *_: pytest.fail("fitted again"))
    kept = layout_of(maps_of(tmp_path / "a"), snapshot, spec)
    np.testing.assert_array_equal(kept.positions, layout.positions)
    assert kept.trust == layout.trust


def test_new_items_are_placed_among_their_like_and_a_refit_stays_as_it_lay(tmp_path: Path) -> None:
    ledger = clustered()
    live, maps, spec = LiveVectors(ledger), maps_of(tmp_path), MapSpec("tsne")
    before = layout_of(maps, live.now(), spec)
    new = ledger.add("text", vectors_of("green", "text", 5, seed=8), "green")
    ledger.remove("1")
    after = layout_of(maps, live.now(), spec)
    assert (after.drift.came, after.drift.gone, after.drift.offered) == (5, 1, False)
    np.testing.assert_array_equal(after.positions[after.rows_of(["2"])], before.positions[before.rows_of(["2"])])
    folders = np.array(folders_of(after, ledger))
    centres = {name: after.positions[folders == name].mean(axis=0) for name in NAMES}
    for position in after.positions[after.rows_of(new)]:
        assert min(NAMES, key=lambda name: float(np.linalg.norm(position - centres[name]))) == "green"
    star = after.place_probe(Probe((PartVector("text", texts("green")[0]),)))
    assert min(NAMES, key=lambda name: float(np.linalg.norm(star - centres[name]))) == "green"
    maps.start(live.now(), spec).result()
    again = layout_of(maps, live.now(), spec)
    assert (again.drift.came, again.items_at_fit) == (0, 164)
    moved = {name: again.positions[folders == name].mean(axis=0) for name in NAMES}
    near = [min(NAMES, key=lambda other: float(np.linalg.norm(moved[name] - centres[other]))) for name in NAMES]
    assert near == list(NAMES), "each cluster is nearest to where it was"


def test_of_a_large_space_a_sample_is_fitted_and_the_rest_placed_by_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifold, "FIT_SAMPLE", 80)
    ledger = clustered()
    layout = layout_of(maps_of(tmp_path), snapshot_of(ledger), MapSpec("tsne"))
    assert (layout.fitted_on, layout.items_at_fit, len(layout)) == (80, 160, 160)
    assert apart(layout, folders_of(layout, ledger)) > 3.0


def test_a_fit_is_cancelled_on_its_way_and_leaves_no_map(tmp_path: Path) -> None:
    snapshot, maps = snapshot_of(clustered()), maps_of(tmp_path)
    task = maps.start(snapshot, MapSpec("tsne"))
    task.cancel()
    assert task.wait(30) and task.status.state == "cancelled"
    assert maps.layout(snapshot, MapSpec("tsne")) is None


def test_too_few_items_and_a_missing_library_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = MemoryLedger()
    few.add("image", vectors_of("red", "image", manifold.MIN_ITEMS - 1))
    task = maps_of(tmp_path).start(snapshot_of(few), MapSpec("tsne"))
    assert task.wait(30) and task.status.state == "failed" and "Choose PCA" in task.status.problem
    monkeypatch.setattr(manifold, "find_spec", lambda name: None)
    with pytest.raises(SettingsError, match=r"pip install 'nearspace\[maps\]'"):
        maps_of(tmp_path).start(snapshot_of(clustered()), MapSpec("umap")).result()


def test_components_are_refitted_only_when_asked(tmp_path: Path) -> None:
    ledger = clustered()
    live, maps = LiveVectors(ledger), maps_of(tmp_path)
    first = layout_of(maps, live.now(), MapSpec())
    ledger.add("image", vectors_of("white", "image", 60), "white")
    drifted = layout_of(maps, live.now(), MapSpec())
    assert drifted.drift.offered and drifted.drift.came == 60 and drifted.variance == first.variance
    maps.start(live.now(), MapSpec()).result()
    again = layout_of(maps, live.now(), MapSpec())
    assert not again.drift.offered and again.variance != first.variance and again.fitted_on == 220


def test_a_map_of_new_items_lets_go_of_the_vectors_that_there_were_before(tmp_path: Path) -> None:
    ledger, maps = clustered(), maps_of(tmp_path)
    old = snapshot_of(ledger)
    gone = weakref.ref(old)
    for spec in (MapSpec(), MapSpec(dimensions=3), MapSpec(axes=(RED_TO_BLUE,))):
        layout_of(maps, old, spec)
    maps.start(old, MapSpec()).result()
    del old
    ledger.add("image", vectors_of("white", "image", 2), "white")
    layout_of(maps, snapshot_of(ledger), MapSpec())
    gc.collect()
    assert gone() is None


def test_a_layout_of_neighbours_is_fitted_unasked_once_for_each_revision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifold, "find_spec", lambda name: None)
    ledger = clustered()
    live, maps = LiveVectors(ledger), maps_of(tmp_path)
    spec = maps.neighbours()
    assert spec == MapSpec("tsne"), "without the extra it is t-SNE"
    maps.keep_neighbours(live.now())
    task = maps.task(spec)
    assert task is not None and task.wait(60) and maps.is_fitted(spec)
    maps.keep_neighbours(live.now())
    assert maps.task(spec) is task
    ledger.add("text", vectors_of("green", "text", 60, seed=8), "green")
    maps.keep_neighbours(live.now())
    again = maps.task(spec)
    assert again is not None and again is not task and again.wait(60), "the space has moved on"
    few = MemoryLedger()
    few.add("image", vectors_of("red", "image", 20))
    other = maps_of(tmp_path / "few")
    other.keep_neighbours(snapshot_of(few))
    assert other.task(spec) is None


def test_a_fit_is_cancelled_once_nobody_waits_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifold, "_EPOCHS", 1_000_000)
    snapshot, maps = snapshot_of(clustered()), maps_of(tmp_path)
    first, second = MapSpec("tsne"), MapSpec("tsne", 3)
    maps.want("one", first)
    maps.want("two", first)
    task = maps.start(snapshot, first)
    maps.want("one", second)
    assert not task.wait(0.5), "the other visitor still waits"
    maps.want("two", second)
    assert task.wait(30) and task.status.state == "cancelled"
    task = maps.start(snapshot, second)
    maps.want("one", None)
    maps.want("two", None)
    assert task.wait(30) and task.status.state == "cancelled"
