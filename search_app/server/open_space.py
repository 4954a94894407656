"""A space that a server holds open while it runs, reopened when the space is re-encoded."""

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
class _Handle:
    """An open space, and how many requests are using it."""

    space: Space
    users: int = 0


class ServedSpace:
    """One open space, shared by all requests; reopened when it has been given another encoder's vectors."""

    def __init__(self, name: str | None, home: Path | None, log: Log | None = None) -> None:
        """Open the space; raises SpaceNotFound or another SpaceError."""
        self._open_arguments = (name, home, log)
        self._lock = threading.Lock()
        self._reopen_lock = threading.Lock()
        self._current = _Handle(self._open())

    def run(self, operation: Callable[[Space], T]) -> T:
        """The result of `operation` on the space as it is now; run again once if the space changed meanwhile."""
        with self._use() as handle:
            try:
                return operation(handle.space)
            except SpaceChanged:
                self._reopen(handle)
        with self._use() as handle:
            return operation(handle.space)

    def close(self) -> None:
        """Close the space."""
        self._current.space.close()

    @contextmanager
    def _use(self) -> Iterator[_Handle]:
        """The current space; one that has been replaced is closed by its last user."""
        with self._lock:
            handle = self._current
            handle.users += 1
        try:
            yield handle
        finally:
            with self._lock:
                handle.users -= 1
                unused = handle is not self._current and not handle.users
            if unused:
                handle.space.close()

    def _reopen(self, stale: _Handle) -> None:
        """Open the space again, unless another request has already replaced `stale`."""
        with self._reopen_lock:
            if self._current is stale:
                reopened = _Handle(self._open())
                with self._lock:
                    self._current = reopened

    def _open(self) -> Space:
        name, home, log = self._open_arguments
        return Space(name, home=home, log=log)
