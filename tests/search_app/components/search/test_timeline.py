"""The timeline among the filters finds pictures by when they were taken, and never by the time of their file."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import streamlit as st
from PIL import Image
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import SelectSlider

from ingest.space import open_space
from search_app.search.filter_masks import item_masks
from search_app.search.query_schema import Filters
from search_app.search.snapshot import LiveVectors
from tests.fake_encoder import COLOURS
from tests.make_files import ingest_folders
from tests.search_app.page_driver import bar, card_titles, drop, page, url_params, visible_text

TAKEN = {"red": "2021:03:31 23:59:59", "blue": "2021:04:01 00:00:00", "green": "2023:07:14 09:30:00", "grey": ""}


@pytest.fixture(scope="module")
def dated_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose space holds pictures taken at TAKEN; their files are all of today."""
    folder, home = tmp_path_factory.mktemp("photos"), tmp_path_factory.mktemp("home")
    for name, taken in TAKEN.items():
        image, exif = Image.new("RGB", (64, 48), COLOURS[name]), Image.Exif()
        if taken:
            exif.get_ifd(0x8769)[36867] = taken
        image.save(folder / f"{name}.jpg", exif=exif)
    assert ingest_folders(home, [folder]).exit_status == 0
    return home


@pytest.fixture
def dated(dated_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The app is started for that space."""
    monkeypatch.setenv("NEARSPACE_HOME", str(dated_home))
    monkeypatch.setenv("NEARSPACE_SPACE", "test")
    yield
    st.cache_resource.clear()


def slider(app: AppTest) -> SelectSlider[int]:
    return next(each for each in app.select_slider if str(each.key).startswith("filter-taken"))


def taken(home: Path, first: date | None, last: date | None) -> set[str]:
    """The pictures that pass the filter."""
    with open_space(home, "test") as space:
        live = LiveVectors(space.ledger)
        masks = item_masks(Filters(taken_after=first, taken_before=last), live.now(), space.ledger)
        ids = live.now().groups["image"].ids[masks["image"]]
        return {item.name.removesuffix(".jpg") for item in space.ledger.items.get([str(each) for each in ids])}


def test_a_picture_is_found_by_the_days_it_was_taken_on_both_included_and_not_by_its_file(dated_home: Path) -> None:
    assert taken(dated_home, date(2021, 4, 1), None) == {"blue", "green"}
    assert taken(dated_home, None, date(2021, 3, 31)) == {"red"}
    assert taken(dated_home, date(2021, 3, 31), date(2021, 4, 1)) == {"red", "blue"}
    assert taken(dated_home, date.today(), None) == set()
    assert taken(dated_home, None, None) == set(TAKEN)


@pytest.mark.usefixtures("dated")
def test_a_range_of_the_timeline_goes_into_the_link_and_what_has_no_date_is_counted() -> None:
    app = page(q="red")
    assert not app.exception
    assert "3 pictures with a date · 1 without a date" in visible_text(app)
    slider(app).set_value((0, 1)).run()
    assert url_params(app) == {"text": ["red"], "taken_before": ["2021-04-30"]}
    assert "red.jpg" in card_titles(app) and "green.jpg" not in card_titles(app)
    assert "1 without a date, left out" in visible_text(app)
    assert [token["words"] for token in bar(app)["filters"]] == ["taken to 2021-04-30"]
    slider(app).set_value((1, 1)).run()
    assert url_params(app)["taken_after"] == ["2021-04-01"]
    assert "red.jpg" not in card_titles(app)
    again = page(q="red", taken_after="2021-04-01", taken_before="2021-04-30")
    assert slider(again).value == (1, 1)
    drop(app, "taken from")
    drop(app, "taken to")
    assert url_params(app) == {"text": ["red"]}
    assert "red.jpg" in card_titles(app)
