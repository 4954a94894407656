"""The internals that these tests need: the one module to adapt when modules move."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from fastapi.testclient import TestClient

from search_app.lab.presentation_steps import Step, save_steps
from search_app.search.query_pictures import keep_picture
from search_app.search.selections import keep_selection
from search_app.server.http import make_app
from search_app.server.open_space import ServedSpace
from tests.search_app.page_driver import ONE_LIST, markup, page, visible_text

__all__ = [
    "ONE_LIST",
    "http_client",
    "keep_the_picture",
    "keep_the_selection",
    "keep_the_steps",
    "markup",
    "page",
    "visible_text",
]


def keep_the_selection(space: Path, ids: list[int]) -> str:
    """Keep a selection of items in the space's folder; returns its name in links."""
    return keep_selection(space, np.array(ids, np.int64))


def keep_the_picture(space: Path, content: bytes) -> str:
    """Keep an uploaded picture in the space's folder; returns its name in links."""
    return keep_picture(space, content, 64)


def keep_the_steps(space: Path, steps: list[tuple[str, str, dict[str, list[str]]]]) -> str:
    """Keep the steps of a presentation, each a title, a note and parameters; returns their name in links."""
    return save_steps(space, [Step(*step) for step in steps])


@contextmanager
def http_client(home: Path, space: str) -> Iterator[TestClient]:
    """A client of the HTTP API over the space, without a network."""
    served_space = ServedSpace(space, home)
    try:
        with TestClient(make_app(served_space), base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
            yield client
    finally:
        served_space.close()
