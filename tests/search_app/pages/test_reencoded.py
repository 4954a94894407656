"""A running app follows a space that is re-encoded: without a restart, and without an error on its pages."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st

from ingest.encoders.base import Encoder
from ingest.run.reencode import reencode
from ingest.space import open_to_reencode
from search_app.components.shared import app_space
from search_app.search.searcher import Searcher
from tests.fake_encoder import FakeEncoder
from tests.narrow_encoder import NarrowEncoder
from tests.retuned_encoder import RetunedEncoder
from tests.search_app.page_driver import card_titles, page, visible_text


@pytest.fixture
def home(colours_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The app is started for a copy of the small space."""
    shutil.copytree(colours_home, tmp_path / "home", ignore=shutil.ignore_patterns("*.lock", "server.json"))
    monkeypatch.setenv("NEARSPACE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NEARSPACE_SPACE", "test")
    yield tmp_path / "home"
    st.cache_resource.clear()


def again(home: Path, encoder: Encoder) -> None:
    with open_to_reencode(home, "test") as space:
        assert reencode(space, encoder).swapped


def test_an_open_page_uses_the_new_encoder_at_its_next_run(home: Path) -> None:
    app = page(q="red", in_="image")
    assert not app.exception
    assert card_titles(app)[0].startswith("red")
    again(home, RetunedEncoder())
    app.run()
    assert not app.exception
    pictures = [name for name in card_titles(app) if name.endswith(".png")]
    assert pictures[0].startswith("green"), "this encoder takes green for red"


def test_an_open_page_follows_a_change_of_dimension_too(home: Path) -> None:
    app = page(q="red")
    again(home, NarrowEncoder())
    app.run()
    assert not app.exception
    assert any(name.startswith("red") for name in card_titles(app)[:3])
    again(home, FakeEncoder())
    app.run()
    assert not app.exception
    assert any(name.startswith("red") for name in card_titles(app)[:3])


def test_a_search_interrupted_by_a_re_encoding_is_run_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Searcher.ask
    swaps: list[str] = []

    def ask(self: Searcher, *given: object, **options: object) -> object:
        if not swaps:
            swaps.append("swapped")
            again(home, RetunedEncoder())
        return real(self, *given, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Searcher, "ask", ask)
    app = page(q="red")
    assert swaps
    assert not app.exception
    assert "The search cannot be done" not in visible_text(app)
    pictures = [name for name in card_titles(app) if name.endswith(".png")]
    assert pictures[0].startswith("green")


def test_an_encoder_that_was_tuned_again_under_its_name_is_loaded_again(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Tuned(FakeEncoder):
        info = replace(FakeEncoder.info, fingerprint="fake-tuned")

    app = page(q="red")
    monkeypatch.setattr(app_space, "load_encoder", lambda encoder_id, log=None: Tuned())
    again(home, Tuned())
    app.run()
    assert not app.exception
    assert "The search cannot be done" not in visible_text(app)
    assert card_titles(app)
