"""The page of the map, run without a browser: what it hands to the browser's map, and what it says beside it."""

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from ingest.space import open_space
from search_app.components.map import first_paint, topics_panel
from tests.make_files import ingest_folders
from tests.search_app.page_driver import ask, markup, page, scene, url_params, visible_text


def map_page(**asked: str | list[str]) -> AppTest:
    app = page("space-map", **asked)
    assert not app.exception
    return app


def drawn(app: AppTest) -> dict[str, Any]:
    return scene(app, "space_map")


def header(app: AppTest, part: str, name: str = "space_map") -> dict[str, Any]:
    """The beginning of a packed part of the map; see `search_app.components.map.binary_message`."""
    [packed] = [
        each.proto.bytes
        for each in app.get("bidi_component")
        if each.proto.component_name == f"nearspace.{name}_{part}"
    ]
    found: dict[str, Any] = json.loads(packed[4 : 4 + int.from_bytes(packed[:4], "little")])
    return found


def item_of(home: Path, name: str) -> str:
    with open_space(home, "test") as space:
        found = next(
            item for item in space.ledger.items.get(list(map(str, space.ledger.items.ids()))) if item.name == name
        )
        return found.id


def test_every_item_is_on_the_map_and_what_it_keeps_is_told(colours: Path) -> None:
    app = map_page()
    count = header(app, "points")["n"]
    assert drawn(app)["caption"] == f"All {count} items drawn."
    assert sum(kind["count"] for kind in header(app, "colours")["legend"]) == count
    assert "of the variance" in visible_text(app) and "too few items to tell how far" in visible_text(app)
    assert "Trust:  unknown" in visible_text(app)
    assert drawn(app)["star"] is None and drawn(app)["hits"] == []


def test_the_drawer_opens_only_for_what_has_been_picked(colours: Path) -> None:
    app = map_page(q="red")
    assert not drawn(app)["drawer"] and "Nearest in the full space" not in visible_text(app)
    app.button(key="map-list-results").click().run()
    assert drawn(app)["drawer"] == "results" and "as numbered on the map" in visible_text(app)
    app.button(key="map-close").click().run()
    assert not drawn(app)["drawer"]
    assert drawn(map_page(item=item_of(colours, "red.png")))["drawer"] == "item"


def test_a_question_is_a_star_with_its_hits_and_those_before_it_a_trail(colours: Path) -> None:
    app = map_page(q="red", k="5")
    assert [hit["rank"] for hit in drawn(app)["hits"]] == ["1", "2", "3", "4", "5"]
    assert drawn(app)["star"]["label"] == "red"
    ask(app, "blue")
    assert drawn(app)["star"]["label"] == "blue"
    assert [stop["label"] for stop in drawn(app)["trail"]] == ["red"]


def test_an_item_is_looked_at_with_its_neighbours_by_either_distance(colours: Path) -> None:
    red = item_of(colours, "red.png")
    app = map_page(item=red)
    assert drawn(app)["item"]["id"] == red and len(drawn(app)["near"]) == 10
    assert "red.png" in visible_text(app) and "Nearest in the full space" in visible_text(app)
    app.button_group(key="space-measure").set_value("euclidean").run()
    assert url_params(app)["measure"] == ["euclidean"]


def test_an_item_that_has_gone_says_so(colours: Path) -> None:
    app = map_page(item="999999")
    assert "no longer in the space" in visible_text(app)
    assert drawn(app)["item"] is None


def test_axes_lead_from_one_phrase_to_another(colours: Path) -> None:
    app = map_page(axis=["text:red>text:blue", "2"])
    axes = drawn(app)["axes"]
    assert (axes[0]["low"], axes[0]["high"]) == ("red", "blue")
    assert axes[1]["title"].startswith("axis 2")


def test_an_axis_is_laid_through_two_items(colours: Path) -> None:
    red, blue = item_of(colours, "red.png"), item_of(colours, "blue.png")
    app = map_page(item=red)
    app.button(key="map-axis-item").click().run()
    assert app.button(key="map-axis-item").disabled, "an axis leads from one item to another"
    app.query_params["item"] = blue
    app.run()
    app.button(key="map-axis-item").click().run()
    assert url_params(app)["axis"] == [f"item:{red}>item:{blue}", "2"]
    assert drawn(app)["axes"][0]["title"] == "red.png to blue.png"


def test_points_are_coloured_by_how_close_they_are_to_the_question(colours: Path) -> None:
    message = header(map_page(q="red", colour="match"), "colours")
    assert message["ramp"] and not message["legend"]
    assert header(map_page(colour="match"), "colours")["by"] == "modality", "nothing is asked"
    folders = header(map_page(colour="folder"), "colours")["legend"]
    assert "pictures" in {kind["name"] for kind in folders}


def test_a_selection_is_told_and_stays_in_the_link(colours: Path) -> None:
    app = map_page(area="-100 -100;100 -100;100 100;-100 100")
    count = header(app, "points")["n"]
    assert f"{count} items selected" in visible_text(app)
    assert "100.0 % of the space" in visible_text(app)


@pytest.mark.parametrize(
    "wrong",
    [
        {"projection": "magic"},
        {"axis": "99"},
        {"axis": "text:>text:"},
        {"colour": "meta:nothing"},
        {"colour": "<b>"},
        {"item": "../etc/passwd"},
        {"spot": "nan,inf"},
        {"area": "1,2"},
        {"window": "<b> 1 2"},
        {"map": "7d"},
    ],
)
def test_what_a_link_says_wrong_leaves_a_map(colours: Path, wrong: dict[str, str]) -> None:
    app = map_page(**wrong)
    assert drawn(app)["caption"].startswith("All ")
    assert "<script" not in markup(app)


def test_an_empty_space_says_how_to_fill_it(empty_home: Path, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    ingest_folders(empty_home, [tmp_path / "nothing"])
    app = map_page()
    assert "is empty" in visible_text(app)
    assert drawn(app) == {}


def test_a_browser_that_never_says_the_map_is_drawn_gets_what_is_around_it(colours: Path, monkeypatch) -> None:
    monkeypatch.setattr(first_paint, "_MANY", 1)
    monkeypatch.setattr(first_paint, "_TIMEOUT", 0.1)
    monkeypatch.setattr(topics_panel, "_AUTOMATIC_UP_TO", 0)  # topics that are found meanwhile run the page again
    app = map_page()
    assert "drawn" in drawn(app)["actions"]
    assert app.selectbox(key="space-colour").value == "modality"
    app.toggle(key="space-names").set_value(False).run()
    assert "drawn" not in drawn(app)["actions"], "only the first map of a visit is waited for"


def test_a_map_of_few_points_is_not_waited_for(colours: Path, monkeypatch) -> None:
    monkeypatch.setattr(first_paint, "wait_until_painted", lambda: pytest.fail("the page waits"))
    assert "drawn" not in drawn(map_page())["actions"]
