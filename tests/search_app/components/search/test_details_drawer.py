"""The details of an item open its own picture: in an archive, on a page of several, at a time of a video."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from PIL import Image
from streamlit.testing.v1 import AppTest

from ingest.readers.reread import open_picture
from tests.fake_encoder import COLOURS, colour_name
from tests.ingest.readers.make_videos import video
from tests.make_files import ingest_folders, picture
from tests.search_app.page_driver import click, page, visible_text

GONE = "can no longer be read"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose space holds a red picture in an archive, a video that is blue after 4 s, and a scan of two pages."""
    folder = tmp_path_factory.mktemp("sources")
    red = picture(folder / "red.png", "red")
    with zipfile.ZipFile(folder / "things.zip", "w") as archive:
        archive.write(red, "inner/red.png")
    red.unlink()
    video(folder / "film.mp4", ("yellow", "blue"))
    first, second = (Image.new("RGB", (90, 60), COLOURS[name]) for name in ("grey", "purple"))
    first.save(folder / "scan.tif", save_all=True, append_images=[second])
    home = tmp_path_factory.mktemp("home")
    assert ingest_folders(home, [folder]).exit_status == 0
    return home


@pytest.fixture
def shown(made: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The colours of the pictures that the details have opened."""
    monkeypatch.setenv("NEARSPACE_HOME", str(made))
    monkeypatch.setenv("NEARSPACE_SPACE", "test")
    opened: list[str] = []

    def watched(*given: object, **more: object) -> Image.Image:
        image = open_picture(*given, **more)  # type: ignore[arg-type]
        opened.append(colour_name(image))
        return image

    monkeypatch.setattr("search_app.search.originals.open_picture", watched)
    yield opened
    st.cache_resource.clear()


def details(query: str) -> AppTest:
    app = page(q=query, modality="image")
    click(app, "details")
    return app


def test_a_picture_in_an_archive_is_opened(shown: list[str]) -> None:
    said = visible_text(details("red"))
    assert shown == ["red"] and GONE not in said
    assert "things.zip/inner/red.png" in said


def test_the_frame_at_its_time_is_opened(shown: list[str]) -> None:
    said = visible_text(details("blue"))
    assert shown == ["blue"] and GONE not in said
    assert ", at 0:04" in said and "film.mp4" in said


def test_the_page_is_opened_and_not_the_first(shown: list[str]) -> None:
    said = visible_text(details("purple"))
    assert shown == ["purple"] and GONE not in said
    assert ", page 2" in said


def test_a_file_that_replaced_the_original_is_not_opened(
    tmp_path: Path, shown: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = picture(tmp_path / "pictures" / "green.png", "green")
    assert ingest_folders(tmp_path / "home", [file.parent]).exit_status == 0
    monkeypatch.setenv("NEARSPACE_HOME", str(tmp_path / "home"))
    picture(file, "blue", (70, 48))
    said = visible_text(details("green"))
    assert shown == [] and GONE in said
