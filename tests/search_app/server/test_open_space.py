"""A space that a server keeps open is opened again after a re-encoding; the old one is closed once it is idle."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.errors import SpaceChanged
from search_app.search import Space
from search_app.server import open_space as living_module
from search_app.server.open_space import LivingSpace


class CountedSpace:
    """Stands for an open space, and tells whether it was closed."""

    def __init__(self) -> None:
        self.closed = 0

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[CountedSpace]:
    """The spaces that are opened, in order."""
    made: list[CountedSpace] = []

    def opened(name: str | None, home: Path | None, log: object) -> CountedSpace:
        made.append(CountedSpace())
        return made[-1]

    monkeypatch.setattr(living_module, "Space", opened)
    return made


def changed(old: CountedSpace) -> Callable[[Space], object]:
    """Work that finds the space `old` re-encoded."""

    def work(space: Space) -> object:
        if space is old:
            raise SpaceChanged("It was re-encoded. Open it again.")
        return space

    return work


def test_a_space_that_was_reencoded_is_closed_as_soon_as_there_is_another(made: list[CountedSpace]) -> None:
    living = LivingSpace("test", None)
    for number in range(3):
        assert living.ask(changed(made[number])) is made[number + 1]
        assert [space.closed for space in made] == [1] * (number + 1) + [0]
    living.close()
    assert [space.closed for space in made] == [1] * 4


def test_a_space_is_not_closed_while_somebody_is_at_work_on_it(made: list[CountedSpace]) -> None:
    living = LivingSpace("test", None)
    begun, go_on = threading.Event(), threading.Event()

    def long(space: Space) -> None:
        begun.set()
        go_on.wait(10)

    other = threading.Thread(target=living.ask, args=(long,))
    other.start()
    assert begun.wait(10)
    assert living.ask(changed(made[0])) is made[1]
    assert made[0].closed == 0
    go_on.set()
    other.join(10)
    assert [space.closed for space in made] == [1, 0]
    living.close()
    assert [space.closed for space in made] == [1, 1]
