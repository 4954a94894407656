"""A server reopens its space after a re-encoding, and closes the old one once nobody uses it."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.errors import SpaceChanged
from search_app.search import Space
from search_app.server import open_space
from search_app.server.open_space import ServedSpace


class CountedSpace:
    """Stands in for an open space and counts how often it was closed."""

    def __init__(self) -> None:
        self.closed = 0

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[CountedSpace]:
    """The spaces that are opened, in order."""
    opened: list[CountedSpace] = []

    def open_counted(name: str | None, home: Path | None, log: object) -> CountedSpace:
        opened.append(CountedSpace())
        return opened[-1]

    monkeypatch.setattr(open_space, "Space", open_counted)
    return opened


def fails_if_changed(old: CountedSpace) -> Callable[[Space], object]:
    """An operation that finds the space `old` re-encoded."""

    def operation(space: Space) -> object:
        if space is old:
            raise SpaceChanged("It was re-encoded. Open it again.")
        return space

    return operation


def test_a_reencoded_space_is_closed_once_it_has_been_reopened(opened: list[CountedSpace]) -> None:
    served_space = ServedSpace("test", None)
    for number in range(3):
        assert served_space.run(fails_if_changed(opened[number])) is opened[number + 1]
        assert [space.closed for space in opened] == [1] * (number + 1) + [0]
    served_space.close()
    assert [space.closed for space in opened] == [1] * 4


def test_a_replaced_space_is_not_closed_while_it_is_in_use(opened: list[CountedSpace]) -> None:
    served_space = ServedSpace("test", None)
    started, release = threading.Event(), threading.Event()

    def slow(space: Space) -> None:
        started.set()
        release.wait(10)

    slow_request = threading.Thread(target=served_space.run, args=(slow,))
    slow_request.start()
    assert started.wait(10)
    assert served_space.run(fails_if_changed(opened[0])) is opened[1]
    assert opened[0].closed == 0
    release.set()
    slow_request.join(10)
    assert [space.closed for space in opened] == [1, 0]
    served_space.close()
    assert [space.closed for space in opened] == [1, 1]
