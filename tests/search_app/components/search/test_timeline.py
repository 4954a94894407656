"""The timeline among the filters finds pictures by when they were taken, and never by the time of their file."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import streamlit as st
from PIL import Image
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import SelectSlider

from tests.fake_encoder import COLOURS
from tests.make_files import ingest_folders
from tests.search_app.page_driver import ONE_LIST, bar, card_titles, in_bar, page, url_params, visible_text

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


def found(**params: str) -> set[str]:
    return {name.removesuffix(".jpg") for name in card_titles(page(q="red", **{**ONE_LIST, **params}))}


def hits(app: AppTest) -> int:
    """How many results the link of the page has, the weaker ones too."""
    return len(card_titles(page(**{**url_params(app), **ONE_LIST})))


def slider(app: AppTest) -> SelectSlider[int]:
    return next(each for each in app.select_slider if str(each.key).startswith("filter-taken"))


@pytest.mark.usefixtures("dated")
def test_a_link_finds_what_was_taken_on_the_days_it_names_both_included() -> None:
    assert found(taken_after="2021-04-01") == {"blue", "green"}
    assert found(taken_before="2021-03-31") == {"red"}
    assert found(taken_after="2021-03", taken_before="2021-04") == {"red", "blue"}
    today = date.today().isoformat()
    assert found(after=today) == {"grey"}, "the other dates take a file's own time where there is no better one"
    assert found(taken_after=today) == set()


@pytest.mark.usefixtures("dated")
def test_a_range_of_the_timeline_goes_into_the_link_and_what_has_no_date_is_counted() -> None:
    app = page(q="red", **ONE_LIST)
    mixed = {"arrangement": ["mixed"]}
    assert not app.exception
    assert "3 pictures with a date · 1 without a date" in visible_text(app)
    slider(app).set_value((0, 1)).run()
    assert url_params(app) == {"text": ["red"], "taken_before": ["2021-04-30"], **mixed}
    assert hits(app) == 2
    assert "1 without a date, left out" in visible_text(app)
    assert [token["words"] for token in bar(app)["filters"]] == ["taken to 2021-04-30"]
    slider(app).set_value((1, 1)).run()
    assert url_params(app)["taken_after"] == ["2021-04-01"]
    assert hits(app) == 1
    again = page(q="red", taken_after="2021-04-01", taken_before="2021-04-30")
    assert slider(again).value == (1, 1)
    in_bar(app, "drop", token="filter-1")
    in_bar(app, "drop", token="filter-1")
    assert url_params(app) == {"text": ["red"], **mixed}
    assert hits(app) == len(TAKEN)
