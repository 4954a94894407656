"""The page of the map in states that few are in: several topics, items and spaces that have gone, other spaces."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st

from search_app.components.shared.app_space import AppSpace, open_app_space
from search_app.search.topics import space_topics
from tests.fake_encoder import FakeEncoder, WideFakeEncoder
from tests.make_files import ingest_folders, picture
from tests.search_app.conftest import fill
from tests.search_app.page_driver import bar, in_bar, markup, page, url_params, visible_text
from tests.search_app.pages.test_map import drawn, header, map_page


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A space of one's own: topics and selections are kept beside it."""
    fill(tmp_path / "home", tmp_path / "files")
    monkeypatch.setenv("NEARSPACE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NEARSPACE_SPACE", "test")
    yield tmp_path / "home"
    st.cache_resource.clear()


@pytest.fixture
def space(home: Path) -> AppSpace:
    """What the pages have open."""
    return open_app_space(home, "test")


def find_topics(space: AppSpace) -> list[str]:
    snapshot = space.searcher.vectors.now()
    task = space.searcher.topics.start(snapshot, FakeEncoder())
    assert task.wait(60) is not None
    topics = space.searcher.topics.current(snapshot)
    assert topics is not None and len(topics) > 1
    return [name.name for name in topics.names]


def test_several_topics_are_told_of_and_each_can_be_left(space: AppSpace) -> None:
    first, second = find_topics(space)[:2]
    app = map_page(topic=[first, second])
    closing = [button for button in app.button if str(button.key).startswith("map-close-")]
    assert len(closing) == 2
    closing[0].click().run()
    assert not app.exception
    [left] = url_params(app)["topic"]
    assert left in (first, second)
    app.button(key=closing[1].key).click().run()
    assert "topic" not in url_params(app)


def test_topics_that_the_space_has_outgrown_are_offered_anew(space: AppSpace, monkeypatch) -> None:
    find_topics(space)
    app = map_page()
    app.button(key="map-list-topics").click().run()
    assert not [button for button in app.button if button.key == "topics-find"]
    monkeypatch.setattr(space_topics, "_outgrown", lambda topics, snapshot: True)
    assert app.run().button(key="topics-find")


def test_an_axis_to_an_item_that_has_gone_says_so_and_leads_back(home: Path) -> None:
    app = page("space-map", axis=["item:1>item:99999", "2"])
    assert not app.exception
    assert "This map cannot be laid out" in visible_text(app) and "Choose another for that end" in visible_text(app)
    app.button(key="map-plain").click().run()
    assert "axis" not in url_params(app) and header(app, "points")["n"]


def test_questions_asked_in_another_space_leave_no_trail(home: Path, tmp_path: Path) -> None:
    picture(tmp_path / "other" / "red.png", "red")
    picture(tmp_path / "other" / "green.png", "green")
    picture(tmp_path / "other" / "blue.png", "blue")
    wide = WideFakeEncoder()
    assert wide.info.dimension != FakeEncoder().info.dimension
    ingest_folders(home, [tmp_path / "other"], name="wide", encoder=wide)
    app = map_page(q="red")
    app.query_params["q"] = "blue"
    app.run()
    assert [stop["label"] for stop in drawn(app)["trail"]] == ["red"]
    del app.query_params["q"]
    app.query_params["space"] = "wide"
    app.run()
    assert not app.exception
    assert header(app, "points")["n"] == 3 and drawn(app)["trail"] == []


def test_the_browser_can_tell_spaces_and_fits_apart(home: Path, tmp_path: Path, space: AppSpace) -> None:
    fill(tmp_path / "again", tmp_path / "files")
    assert space.identity != open_app_space(tmp_path / "again", "test").identity
    assert drawn(map_page())["space"] == space.identity
    # As many points of as many items: what is drawn is another all the same.
    packed = [header(map_page(axis=axes), "points")["packed"] for axes in (["1", "2"], ["2", "1"], ["1", "2"])]
    assert packed[0] == packed[2] != packed[1]


def test_a_selection_can_be_left_on_every_page(home: Path) -> None:
    app = map_page(area="-100 -100;100 -100;100 100;-100 100")
    app.button(key="search-in-selection").click().run()
    kept = url_params(app)["selection"]
    for path in ("space-map", ""):
        app = page(path, selection=kept)
        assert not app.exception
        [token] = [each for each in bar(app)["filters"] if each["words"] == "in a selection of the map"]
        assert "selection" not in url_params(in_bar(app, "drop", token=token["id"]))


def test_a_link_to_a_space_that_has_gone_says_so(home: Path) -> None:
    app = page(q="red", space="holidays")
    assert not app.exception
    assert "There is no space holidays" in visible_text(app) and '<article class="ns-result' not in markup(app)
    app.button(key="space-1").click().run()
    assert url_params(app) == {"space": ["test"]}
    assert "cannot be the name of a space" in visible_text(page(space="../elsewhere"))
