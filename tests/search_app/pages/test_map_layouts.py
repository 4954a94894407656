"""The layouts of the map's page: neighbours once they are fitted, straight axes until then and whenever asked for."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st

from search_app.components.map import fitting
from search_app.components.shared.app_space import AppSpace, open_app_space
from search_app.maps import manifold, space_maps
from search_app.maps.layout import MapSpec
from search_app.search.selections import keep_selection
from tests.search_app.conftest import fill
from tests.search_app.page_driver import page, scene, url_params, visible_text
from tests.search_app.pages.test_map import drawn, header, map_page

EVERYTHING = "-100 -100;100 -100;100 100;-100 100"


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppSpace]:
    """A space of one's own, large enough for a layout of neighbours, which is fitted in this process."""
    fill(tmp_path / "home", tmp_path / "files")
    monkeypatch.setenv("NEARSPACE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NEARSPACE_SPACE", "test")
    monkeypatch.setattr(manifold, "fit_elsewhere", manifold.fit_and_place)
    monkeypatch.setattr(manifold, "_EPOCHS", 20)
    monkeypatch.setattr(manifold, "_EARLY_EPOCHS", 10)
    monkeypatch.setattr(manifold, "find_spec", lambda name: None)
    monkeypatch.setattr(space_maps, "LEAST_NEIGHBOURS", 12)
    monkeypatch.setattr(fitting, "LEAST_NEIGHBOURS", 12)
    # A page would begin a fit by itself; these tests say when.
    monkeypatch.setattr(AppSpace, "keep_neighbours", lambda self, snapshot: None)
    yield open_app_space(tmp_path / "home", "test")
    st.cache_resource.clear()


def fitted(space: AppSpace, spec: MapSpec) -> None:
    space.maps.start(space.searcher.vectors.now(), spec).result()


def titles(app: Any) -> list[str]:
    return [axis["title"] for axis in drawn(app)["axes"]]


def test_neighbours_come_first_once_they_are_fitted_and_straight_axes_are_one_click_away(space: AppSpace) -> None:
    app = map_page()
    assert "axis 1" in titles(app)[0] and "projection" not in url_params(app)
    fitted(space, MapSpec("tsne"))
    app.run()
    assert titles(app) == ["", ""] and url_params(app)["projection"] == ["tsne"]
    app.radio(key="space-method").set_value("pca").run()
    assert "axis 1" in titles(app)[0] and url_params(app)["projection"] == ["pca"]
    assert "of the variance" in visible_text(app)


def test_positions_in_a_link_without_a_layout_are_those_of_straight_axes(space: AppSpace) -> None:
    fitted(space, MapSpec("tsne"))
    for name, value in {"area": EVERYTHING, "window": "0.1 0.2 3", "axis": "2", "spot": "0.1 0.1"}.items():
        assert "axis" in titles(map_page(**{name: value}))[0]


def test_straight_axes_stay_while_a_layout_is_fitted_and_another_wish_cancels_it(
    space: AppSpace, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    fit = manifold.fit_and_place

    def slow(settings: Any, fit_rows: Any, start: Any, others: Any, progress: Any) -> Any:
        while not go_on.wait(0.05):
            progress(0.4, "")
        return fit(settings, fit_rows, start, others, progress)

    monkeypatch.setattr(manifold, "fit_elsewhere", slow)
    app = map_page(projection="tsne")
    assert "axis 1" in titles(app)[0] and header(app, "points")["n"]
    assert "place" not in drawn(app)["actions"], "a place of this map would be none of the one that is awaited"
    task = space.maps.task(MapSpec("tsne"))
    assert task is not None and not task.status.finished
    assert app.button(key="fit-stop")
    app.radio(key="space-method").set_value("pca").run()
    if not task.wait(0.1):
        assert task.status.state == "running", "what every visitor will want goes on"
    app.radio(key="space-method").set_value("tsne").run()
    app.button_group(key="space-dimensions").set_value(3).run()
    assert task.wait(30) and task.status.state == "cancelled"
    go_on.set()


def test_a_selection_is_of_items_and_stays_on_another_layout_and_another_page(space: AppSpace) -> None:
    fitted(space, MapSpec("tsne"))
    rows = space.maps.layout(space.searcher.vectors.now(), MapSpec("pca"))
    assert rows is not None
    name = keep_selection(space.folder, rows.ids[:4])
    for projection in ("pca", "tsne"):
        app = map_page(chosen=name, projection=projection)
        assert "4 items selected" in visible_text(app) and drawn(app)["drawer"] == "area"
    app = page("", chosen=name)
    assert not app.exception and scene(app, "search_map")
    assert header(app, "colours", "search_map")["blocks"][-1] == {"name": "faint", "kind": "u1", "count": len(rows)}


def test_the_search_page_keeps_straight_axes_until_it_is_switched(space: AppSpace) -> None:
    fitted(space, MapSpec("tsne"))
    app = page("", q="red", projection="tsne")
    assert "axis 1" in scene(app, "search_map")["axes"][0]["title"]
    app = page("", q="red", neighbours="on")
    assert scene(app, "search_map")["axes"][0]["title"] == ""
