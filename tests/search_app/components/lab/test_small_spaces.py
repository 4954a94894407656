"""What the lab says of spaces that have little to show: every section has a sensible word."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import streamlit as st

from search_app.components.lab.latent_spaces.section import VIEWS
from search_app.components.lab.latent_spaces.static_map import map_svg, readable
from search_app.lab.latent_spaces.latent_space import LatentSpace
from search_app.pages.closeness import SECTIONS
from tests.make_files import ingest_folders, picture, text
from tests.search_app.components.lab.lab_page import lab
from tests.search_app.page_driver import visible_text


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder to put files into; the app is started for the space `test` of the home beside it."""
    monkeypatch.setenv("NEARSPACE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NEARSPACE_SPACE", "test")
    yield tmp_path / "files"
    st.cache_resource.clear()


def ingest(files: Path) -> None:
    assert ingest_folders(files.parent / "home", [files]).exit_status == 0


@pytest.mark.parametrize("what", ["picture", "texts"])
def test_no_section_fails_or_stays_mute_where_there_is_little(files: Path, what: str) -> None:
    if what == "picture":
        picture(files / "only.png", "red")
    else:
        for colour in ("red", "green"):
            text(files / f"{colour}.txt", f"{colour} words")
    ingest(files)
    for link in (
        *({"part": section.key} for section in SECTIONS),
        *({"part": "family", "family": k.key} for k in VIEWS),
    ):
        app = lab(**link)
        assert not app.exception, link
        section = next(section for section in SECTIONS if section.key == link["part"])
        assert len(visible_text(app)) > len(section.title) + len(section.lead) + 40, link
    for kind in ("pca", "bits", "topics", "features", "autoencoder"):
        assert "Ingest more" in visible_text(lab(part="family", family=kind)), kind


def test_where_there_are_texts_alone_labels_are_for_passages(files: Path) -> None:
    for colour in ("red", "green"):
        text(files / f"{colour}.txt", f"{colour} words")
    ingest(files)
    app = lab(part="labels", **{"labels-view": "one"})
    assert [option for option in app.segmented_control(key="labels-view").options if "passage" in option]
    assert "picture" not in visible_text(app)


def test_names_on_a_map_never_lie_over_one_another() -> None:
    positions = np.array([[0, 0], [0, 0.001], [1, 1], [2, 2]], np.float32)
    names = ["a first name", "another one", "far away", "at the end"]
    assert readable(positions, names, [1], 400) == {1, 2, 3}
    latent = LatentSpace(("<b>", "other"), np.array([[1, 0], [0, 1]], np.float32))
    drawing = map_svg(latent, 0, [1])
    assert "&lt;b&gt;" in drawing and "<b>" not in drawing


def test_a_walk_leaves_out_stations_at_which_nothing_is_left(files: Path) -> None:
    for colour in ("red", "green"):
        text(files / f"{colour}.txt", f"{colour} words")
    ingest(files)
    ends = {"walk-from": "text:1:red", "walk-to": "text:1:blue"}
    shown = visible_text(lab(part="walk", **ends))
    assert "17 %" in shown and "83 %" not in shown
    walked = lab(part="walk", **{"walk-from": "item:1:1", "walk-to": "item:1:2"})
    assert "Nothing else in the collection lies on the way" in visible_text(walked)
