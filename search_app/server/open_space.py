"""A space that a server keeps open for as long as it runs, also over a re-encoding."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ingest.encoders.base import Log
from ingest.errors import SpaceChanged
from search_app.search import Space

T = TypeVar("T")


@dataclass(eq=False)
class _Opened:
    """A space, and how many are at work on it."""

    space: Space
    users: int = 0


class LivingSpace:
    """One open space; opened again when it got another encoder's vectors."""

    def __init__(self, name: str | None, home: Path | None, log: Log | None = None) -> None:
        """Open the space; raises SpaceNotFound or another SpaceError."""
        self._opening = (name, home, log)
        self._lock = threading.Lock()
        self._renewing = threading.Lock()
        self._now = _Opened(self._open())

    def ask(self, work: Callable[[Space], T]) -> T:
        """What `work` gives for the space as it is now."""
        with self._used() as opened:
            try:
                return work(opened.space)
            except SpaceChanged:
                self._renew(opened)
        with self._used() as opened:
            return work(opened.space)

    def close(self) -> None:
        """Let go of the space."""
        self._now.space.close()

    @contextmanager
    def _used(self) -> Iterator[_Opened]:
        """The space as it is now; one that another has taken the place of is closed by the last at work on it."""
        with self._lock:
            opened = self._now
            opened.users += 1
        try:
            yield opened
        finally:
            with self._lock:
                opened.users -= 1
                idle = opened is not self._now and not opened.users
            if idle:
                opened.space.close()

    def _renew(self, opened: _Opened) -> None:
        """Open the space again, unless another has done so since it was `opened`."""
        with self._renewing:
            if self._now is opened:
                new = _Opened(self._open())
                with self._lock:
                    self._now = new

    def _open(self) -> Space:
        name, home, log = self._opening
        return Space(name, home=home, log=log)
