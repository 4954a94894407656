"""Copies of the recorded space."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st

from search_app.engine import Space
from tests.compatibility.recorded_space import SPACE, Recorded, restore
from tests.search_app.conftest import components_are_looked_for_once as components_are_looked_for_once
from tests.servers import end_server


@pytest.fixture(scope="package")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorded]:
    """The recorded space with its index and sources, held open for all tests of a worker; only to be read."""
    recorded = restore(tmp_path_factory.mktemp("recorded"))
    with Space(SPACE, home=recorded.home):
        yield recorded
    st.cache_resource.clear()
    end_server(recorded.folder)


@pytest.fixture
def without_index(tmp_path: Path) -> Iterator[Recorded]:
    """A copy for one test, without the index."""
    recorded = restore(tmp_path, chroma=False)
    yield recorded
    end_server(recorded.folder)
