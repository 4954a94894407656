"""A date in a question becomes the filter by the day a picture was taken, and words again when it is taken away."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from PIL import Image

from ingest.cli import main
from search_app.search import Filters, Space
from tests.fake_encoder import COLOURS
from tests.make_files import ingest_folders, text
from tests.search_app.page_driver import ask, bar, drop, in_bar, page, scene, url_params, visible_text

JULY = {"taken_after": ["2023-07-01"], "taken_before": ["2023-07-31"], "dated": ["July 2023"]}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A space of two photos, one of July 2023, and a note."""
    home, folder = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("files")
    for name, taken in (("july.jpg", "2023:07:04 12:30:00"), ("may.jpg", "2020:05:01 10:00:00")):
        exif = Image.Exif()
        exif.get_ifd(0x8769)[0x9003] = taken
        Image.new("RGB", (50, 50), COLOURS["red"]).save(folder / name, exif=exif)
    text(folder / "note.txt", "red words of July 2023")
    assert ingest_folders(home, [folder]).exit_status == 0
    return home


@pytest.fixture(autouse=True)
def chosen(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("NEARSPACE_HOME", str(home))
    monkeypatch.setenv("NEARSPACE_SPACE", "test")
    yield
    st.cache_resource.clear()


def test_the_date_becomes_a_filter_with_one_token_and_its_words_come_back() -> None:
    app = page()
    ask(app, "red July 2023")
    assert url_params(app) == {"text": ["red"], **JULY}
    [token] = bar(app)["filters"]
    assert token["words"] == "July 2023" and "2023-07-01" in token["title"]
    assert bar(app)["text"] == "red"
    drop(app, "July 2023")
    assert url_params(app) == {"text": ["red July 2023"]}
    assert bar(app)["filters"] == []


def test_the_token_stays_when_other_parts_of_the_question_change() -> None:
    app = page()
    ask(app, "red July 2023")
    in_bar(app, "add", text="blue", without=True)
    assert url_params(app) == {"text": ["red"], "term": ["text:-1:blue"], **JULY}
    ask(app, "green in May 2020")
    assert url_params(app)["dated"] == ["in May 2020"]
    assert [token["words"] for token in bar(app)["filters"]] == ["in May 2020"]


def test_a_question_is_cleared_with_the_date_that_it_named() -> None:
    app = page(modality="image")
    ask(app, "red July 2023")
    in_bar(app, "clear")
    assert url_params(app) == {"modality": ["image"]}


def test_a_date_alone_shows_what_was_taken_then() -> None:
    app = page()
    ask(app, "July 2023")
    assert url_params(app) == JULY
    assert "1 of 1 items that pass the filters" in visible_text(app)
    ask(page(), "July 2022")
    assert "No item passes the filters" in visible_text(page(taken_after="2022-07-01", taken_before="2022-07-31"))


def test_a_link_keeps_its_words_as_they_are() -> None:
    app = page(q="red July 2023")
    assert bar(app)["text"] == "red July 2023" and bar(app)["filters"] == []
    assert len(scene(app, "search_map").get("hits", ())) != 1


def test_programs_read_dates_only_where_they_ask_for_it(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Space("test", home=home) as space:
        assert len(space.search("red July 2023")) == 3
        found = space.search("red July 2023", filters=Filters(dates=True))
        assert [Path(result.path).name for result in found] == ["july.jpg"]
        assert len(space.search("red", filters=Filters(dates=True))) == 3
    options = ["--home", str(home), "--space", "test", "--json"]
    assert main(["search", "red July 2023", "--dates", *options]) == 0
    captured = capsys.readouterr()
    assert [Path(result["path"]).name for result in json.loads(captured.out)] == ["july.jpg"]
    assert "taken from 2023-07-01 to 2023-07-31" in " ".join(captured.err.split())
