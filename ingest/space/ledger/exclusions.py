"""Paths that a person has removed from a space: an ingest of what is around them leaves them out."""

import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from ingest.space.ledger.ledger import Ledger

_AFTER = chr(ord(os.sep) + 1)


@dataclass(frozen=True)
class Leaving:
    """How much leaves a space."""

    sources: int
    items: int
    """Items that no other source shares."""


def kept_out(ledger: Ledger) -> list[str]:
    """The paths and addresses that are kept out with all that is below them, by name."""
    return [path for (path,) in ledger._all("SELECT path FROM kept_out ORDER BY path")]


def leaving(ledger: Ledger, paths: Collection[str]) -> Leaving:
    """What `remove` would take out of the space; nothing is written."""
    chosen, values = _chosen(paths)
    sources = ledger._all(f"{chosen} SELECT COUNT(*) FROM chosen", values)
    items = ledger._all(
        f"{chosen} SELECT COUNT(*) FROM items WHERE state != 2 AND source IN chosen AND NOT EXISTS "
        "(SELECT 1 FROM copies WHERE holder = items.source AND copies.source NOT IN chosen)",
        values,
    )
    return Leaving(int(sources[0][0]), int(items[0][0]))


def remove(ledger: Ledger, paths: Collection[str]) -> Leaving:
    """Take the sources at and below `paths` out of the space and keep them out; for the holder of the write lock.

    Their files are not touched.  Paths with nothing in the space are not kept out either.
    """
    gone = leaving(ledger, paths)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    with ledger.transaction():
        for path in paths:
            chosen, values = _chosen([path])
            if sources := [number for (number,) in ledger._all(f"{chosen} SELECT id FROM chosen", values)]:
                ledger._db.execute("INSERT OR REPLACE INTO kept_out VALUES (?, ?)", [path.rstrip(os.sep), now])
                ledger.remove(sources)
    return gone


def let_in(ledger: Ledger, paths: Iterable[str]) -> None:
    """Keep these paths out no longer; for the holder of the space's write lock."""
    with ledger.transaction(changes=False):
        ledger._db.executemany("DELETE FROM kept_out WHERE path = ?", [(path,) for path in paths])


class Gate:
    """Tells which files a run leaves out, since a person has removed them; who names a path by itself lets it in."""

    def __init__(self, ledger: Ledger, named: Iterable[str]) -> None:
        """`named` are the paths and addresses that the run was given."""
        self._ledger = ledger
        self._named = frozenset(named)
        self._marks = frozenset(kept_out(ledger))
        self.let_in = self._marks & self._named
        """The paths that are kept out no longer."""

    def keeps_out(self, source: str) -> bool:
        """Whether the source of that name stays out of the space."""
        if not self._marks:
            return False
        for name in _with_those_above(source):
            if name in self._named:
                return False
            if name in self._marks:
                return self._ledger.source(source) is None  # else it was named itself in an earlier run
        return False


def _with_those_above(source: str) -> Iterator[str]:
    yield source
    end = source.rfind(os.sep)
    while end > 0:
        yield source[:end]
        end = source.rfind(os.sep, 0, end)


def _chosen(paths: Iterable[str]) -> tuple[str, list[str]]:
    """The start of a statement that knows the sources at and below `paths` as `chosen`, and its values."""
    values: list[str] = []
    for path in paths:
        inside = path.rstrip(os.sep)
        values += [inside, inside + os.sep, inside + _AFTER]
    where = " OR ".join(["path = ? OR (path > ? AND path < ?)"] * (len(values) // 3)) or "0"
    return f"WITH chosen AS (SELECT id FROM sources WHERE {where})", values
