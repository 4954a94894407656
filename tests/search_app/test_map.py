"""The map as a figure: every item once, the query as a star, the hits numbered as in the list."""

import json
from typing import Any

import numpy as np
import pytest

from search_app.engine.hits import Hit
from search_app.engine.projection import fit
from search_app.engine.query import MapView, Part, Probe, Query, encode
from search_app.engine.ranking import rank
from search_app.engine.snapshot import Snapshot
from search_app.views.map import Drawn, Extent, draw, layers
from search_app.views.palette import MAP_OTHER
from tests.search_app.engine.memory import ENCODER, ExactIndex, MemoryLedger, colourful, pictures, snapshot_of, texts

FLAT, DEEP = MapView(), MapView(dimensions=3)


def drawn(
    ledger: MemoryLedger, view: MapView, text: str = "", most: int = 20_000, extent: Extent | None = None
) -> Drawn:
    snapshot = snapshot_of(ledger)
    projection = fit(snapshot.groups, 32).of(view.gap)
    hits: tuple[Hit, ...] = ()
    star = None
    if text:
        query = Query(text=text, count=10)
        probe = encode(query, ENCODER, snapshot)
        assert probe is not None
        hits = rank(query, probe, snapshot, ExactIndex(ledger)).hits
        star = projection.place_probe(probe)
    labels = {int(number): f"name {number}\nwords of {number}" for number in ids_of(snapshot)}
    return draw(snapshot, projection, view, layers(snapshot, projection, most), labels, hits, star, text, extent=extent)


def ids_of(snapshot: Snapshot) -> list[int]:
    return [int(number) for group in snapshot.groups.values() for number in group.ids]


def traces(map_: Drawn) -> list[dict[str, Any]]:
    return [trace.to_plotly_json() for trace in map_.figure.data]


def ids(map_: Drawn) -> list[int]:
    return [int(item) for trace in traces(map_) for item in trace.get("customdata", ())]


@pytest.mark.parametrize("view", [FLAT, DEEP, MapView(colouring="folder"), MapView(gap=True)])
def test_every_item_is_drawn_once_and_carries_its_id(view: MapView) -> None:
    ledger = colourful()
    for map_ in (drawn(ledger, view), drawn(ledger, view, "red")):
        assert sorted(ids(map_)) == sorted(ledger.rows)
        assert map_.shown == len(ledger.rows)
        assert sum(entry.count for entry in map_.legend) == len(ledger.rows)


@pytest.mark.parametrize("view", [FLAT, DEEP])
def test_hits_have_the_numbers_of_the_list_and_lie_where_the_item_lies(view: MapView) -> None:
    ledger = colourful()
    snapshot = snapshot_of(ledger)
    projection = fit(snapshot.groups, 32).gap_closed
    map_ = drawn(ledger, view, "red")
    numbered = [trace for trace in traces(map_) if trace["mode"] == "markers+text"]
    assert sorted(int(number) for trace in numbered for number in trace["text"]) == list(range(1, 11))
    for trace in numbered:
        for place, item in enumerate(trace["customdata"]):
            found = snapshot.find(item)
            assert found is not None
            group, row = found
            spot = projection.place(group.modality, group.vectors[[row]])[0]
            drawn_at = [trace[axis][place] for axis in "xyz"[: view.dimensions]]
            np.testing.assert_allclose(drawn_at, spot[: view.dimensions], atol=1e-6)


@pytest.mark.parametrize("view", [FLAT, DEEP])
def test_the_query_is_one_star_drawn_above_all_else(view: MapView) -> None:
    map_ = drawn(colourful(), view, "red")
    last = traces(map_)[-1]
    assert last["name"] == "query"
    assert len(last["x"]) == 1
    assert "customdata" not in last
    assert "red" in last["hovertext"][0]
    if view is FLAT:
        assert last["marker"]["symbol"] == "star"
    else:
        [label] = map_.figure.layout.scene.annotations
        assert label.text == "★"
        assert (label.x, label.y, label.z) == pytest.approx([float(last[axis][0]) for axis in "xyz"])


def test_without_a_query_there_is_neither_star_nor_number() -> None:
    assert {trace["name"] for trace in traces(drawn(colourful(), FLAT))} == {"images", "passages"}


def test_axis_titles_say_how_much_variance_is_kept() -> None:
    ledger = colourful()
    kept = fit(snapshot_of(ledger).groups, 32).gap_closed.kept
    layout = drawn(ledger, FLAT).figure.layout
    assert layout.xaxis.title.text == f"axis 1 · {100 * kept[0]:.1f} % of variance"
    assert layout.yaxis.title.text == f"axis 2 · {100 * kept[1]:.1f} % of variance"
    assert f"{100 * kept[2]:.1f} %" in drawn(ledger, DEEP).figure.layout.scene.zaxis.title.text


CAMERA = {place: {"x": 1.5, "y": 0.5, "z": 0.25} for place in ("eye", "center", "up")}


def test_what_was_looked_at_stays_in_view_on_the_same_map_only() -> None:
    ledger = colourful()
    flat, deep = (str(drawn(ledger, view).figure.layout.uirevision) for view in (FLAT, DEEP))
    zoomed = Extent.read({"map": flat, "x": [-9, 9], "y": [-8, 8]})
    layout = drawn(ledger, FLAT, "red", extent=zoomed).figure.layout
    assert (layout.xaxis.range, layout.yaxis.range) == ((-9, 9), (-8, 8))
    assert drawn(ledger, MapView(gap=True), "red", extent=zoomed).figure.layout.xaxis.range is None
    turned = Extent.read({"map": deep, "camera": CAMERA | {"projection": {"type": "perspective"}}})
    assert drawn(ledger, DEEP, "red", extent=turned).figure.layout.scene.camera.eye.x == 1.5
    assert drawn(ledger, FLAT, "red", extent=turned).figure.layout.xaxis.range is None


def test_a_view_that_the_star_lies_outside_of_is_not_kept() -> None:
    ledger = colourful()
    name = str(drawn(ledger, FLAT).figure.layout.uirevision)
    far_away = Extent.read({"map": name, "x": [50, 51], "y": [50, 51]})
    assert drawn(ledger, FLAT, extent=far_away).figure.layout.xaxis.range == (50, 51)
    assert drawn(ledger, FLAT, "red", extent=far_away).figure.layout.xaxis.range is None


@pytest.mark.parametrize(
    "told",
    [
        {"map": "m"},
        {"map": "m", "x": [1, 2]},
        {"map": "m", "x": ["a", "b"], "y": [1, 2]},
        {"map": "m", "x": [1], "y": [2]},
        {"map": "m", "x": [float("nan"), 1], "y": [1, 2]},
        {"map": "m", "camera": {"eye": 3}},
    ],
)
def test_an_extent_that_cannot_be_read_is_the_whole(told: dict[str, Any]) -> None:
    extent = Extent.read(told)
    assert extent is None or (extent.ranges is None and extent.camera is None)


def test_of_a_large_space_a_sample_is_drawn_and_every_hit() -> None:
    ledger = colourful(10)
    map_ = drawn(ledger, FLAT, "red", most=50)
    hits = [int(item) for trace in traces(map_) if trace["mode"] == "markers+text" for item in trace["customdata"]]
    assert len(hits) == 10
    assert set(hits) <= set(ids(map_))
    assert 50 <= map_.shown <= 60
    assert map_.shown == len(set(ids(map_)))
    assert {entry.name for entry in map_.legend} == {"images", "passages"}


def test_beyond_the_largest_folders_all_others_share_a_colour() -> None:
    ledger = MemoryLedger()
    for number in range(20):
        ledger.add("image", pictures(*["red"] * (25 - number)), f"folder {number:02}")
    legend = drawn(ledger, MapView(colouring="folder")).legend
    assert [entry.name for entry in legend[:3]] == ["folder 00", "folder 01", "folder 02"]
    assert (legend[-1].name, legend[-1].colour) == ("other folders", MAP_OTHER)
    assert len({entry.colour for entry in legend}) == len(legend) == 9


def test_a_folder_called_like_html_stays_words() -> None:
    ledger = MemoryLedger()
    ledger.add("text", texts("red", "blue"), "<b>bold</b>")
    map_ = drawn(ledger, MapView(colouring="folder"))
    assert map_.legend[0].name == "<b>bold</b>"
    assert "<b>bold" not in json.dumps([trace["name"] for trace in traces(map_)])


@pytest.mark.parametrize("count", [1, 2])
def test_a_space_of_one_or_two_items_has_a_map(count: int) -> None:
    ledger = MemoryLedger()
    ledger.add("text", texts(*["red", "blue"][:count]))
    map_ = drawn(ledger, DEEP, "red")
    assert sorted(ids(map_)) == list(range(1, count + 1))
    json.loads(map_.figure.to_json())


def test_a_composed_query_lies_between_its_parts() -> None:
    ledger = colourful()
    projection = fit(snapshot_of(ledger).groups, 32).gap_closed
    both = Probe((Part("text", texts("red")[0]), Part("image", pictures("blue")[0])))
    ends = [projection.place_probe(Probe((part,))) for part in both.parts]
    np.testing.assert_allclose(projection.place_probe(both), np.mean(ends, axis=0), atol=1e-6)
