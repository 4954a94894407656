"""A space that a server keeps open for as long as it runs, also over a re-encoding."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from ingest.encoders.base import Say
from ingest.errors import SpaceChanged
from search_app.engine import Space

T = TypeVar("T")


class LivingSpace:
    """One open space; opened again when it got another encoder's vectors."""

    def __init__(self, name: str | None, home: Path | None, say: Say | None = None) -> None:
        """Open the space; raises SpaceNotFound or another SpaceError."""
        self._opening = (name, home, say)
        self._lock = threading.Lock()
        self._spaces = [self._open()]

    def ask(self, work: Callable[[Space], T]) -> T:
        """What `work` gives for the space as it is now."""
        space = self._spaces[-1]
        try:
            return work(space)
        except SpaceChanged:
            with self._lock:
                if self._spaces[-1] is space:
                    # Others may be at work on the old one: it is closed at the end, with this one.
                    self._spaces.append(self._open())
            return work(self._spaces[-1])

    def close(self) -> None:
        """Let go of the space."""
        for space in self._spaces:
            space.close()

    def _open(self) -> Space:
        name, home, say = self._opening
        return Space(name, home=home, say=say)
