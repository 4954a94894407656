"""Homes with spaces of the fake encoder, for the pages."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner

from ingest.space import list_spaces
from search_app.server.open_space import ServedSpace
from tests.make_files import ingest_folders, picture, text

# Each fits into the fake encoder's window of 32 tokens, so that neither is cut into passages.
CAPTION = "**bold** <img src=x onerror=alert(1)> $x$ :smile: ![](y)"
PASSAGE = "<script>alert('red')</script> red **stars** $y$ :heart:"


def fill(home: Path, folder: Path) -> None:
    """A small space `test`: five colours as pictures and notes, and some whose words try to be more than words."""
    for colour in ("red", "green", "blue", "yellow", "purple"):
        picture(folder / "pictures" / f"{colour}.png", colour)
        picture(folder / "pictures" / "tall" / f"{colour} tall.png", colour, (40, 90))
        text(folder / "notes" / f"{colour}.txt", f"{colour} words about {colour}")
    picture(folder / "odd" / "<b>red & co **x**.png", (215, 25, 35))
    text(folder / "odd" / "<b>red & co **x**.txt", CAPTION)
    text(folder / "odd" / "script.txt", PASSAGE)
    assert ingest_folders(home, [folder / "pictures", folder / "notes", folder / "odd"]).exit_status == 0


@pytest.fixture(scope="session", autouse=True)
def components_are_looked_for_once() -> Iterator[None]:
    """Streamlit reads what is installed once, rather than for every page that is tested: half a second each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture(scope="session")
def colours_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the small space `test`; only to be read."""
    home = tmp_path_factory.mktemp("home")
    fill(home, tmp_path_factory.mktemp("sources"))
    assert list_spaces(home) == ["test"]
    return home


@pytest.fixture
def colours(colours_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The app is started for that space."""
    monkeypatch.setenv("NEARSPACE_HOME", str(colours_home))
    monkeypatch.setenv("NEARSPACE_SPACE", "test")
    yield colours_home
    st.cache_resource.clear()


@pytest.fixture
def empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The app is started for a home without any space."""
    monkeypatch.setenv("NEARSPACE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NEARSPACE_SPACE", "test")
    yield tmp_path / "home"
    st.cache_resource.clear()


@pytest.fixture(scope="module")
def served_space(colours_home: Path) -> Iterator[ServedSpace]:
    """The space `test` as a server holds it open."""
    served_space = ServedSpace("test", colours_home)
    yield served_space
    served_space.close()
