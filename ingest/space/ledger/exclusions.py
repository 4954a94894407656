"""Paths that a person has removed from a space, and that later ingests of a folder leave out: the table `kept_out`."""

import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from ingest.space.ledger.database import Database
from ingest.space.ledger.sources import Sources, at_or_below


@dataclass(frozen=True)
class Removal:
    """How much a removal takes out of a space."""

    sources: int
    items: int
    """Items that no other source shares."""


class Exclusions:
    """The paths and addresses that are excluded, with all that is below them."""

    def __init__(self, database: Database, sources: Sources) -> None:
        """Read and write the table in `database`; `sources` is the part that the sources belong to."""
        self._database = database
        self._sources = sources

    def paths(self) -> list[str]:
        """The excluded paths and addresses, sorted."""
        return [path for (path,) in self._database.rows("SELECT path FROM kept_out ORDER BY path")]

    def preview(self, paths: Collection[str]) -> Removal:
        """What removing `paths` would take out of the space; nothing is written."""
        chosen, values = _with_chosen(paths)
        items = self._database.number(
            f"{chosen} SELECT COUNT(*) FROM live_items AS items WHERE source IN chosen AND NOT EXISTS "
            "(SELECT 1 FROM copies WHERE holder = items.source AND copies.source NOT IN chosen)",
            values,
        )
        return Removal(self._database.number(f"{chosen} SELECT COUNT(*) FROM chosen", values), items)

    def filter(self, named: Iterable[str]) -> "ExclusionFilter":
        """The filter for a run that was called with the paths and addresses `named`."""
        return ExclusionFilter(self._sources, self.paths(), named)

    # ---- writing: for the holder of the space's write lock ----------------------------------------------------------

    def sources_at_or_below(self, path: str) -> list[int]:
        """The ids of the sources at `path` and below it."""
        chosen, values = _with_chosen([path])
        return [number for (number,) in self._database.rows(f"{chosen} SELECT id FROM chosen", values)]

    def add(self, path: str) -> None:
        """Exclude `path` from now on."""
        with self._database.transaction(changes=False):
            now = datetime.now(UTC).isoformat(timespec="seconds")
            self._database.execute("INSERT OR REPLACE INTO kept_out VALUES (?, ?)", [path.rstrip(os.sep), now])

    def lift(self, paths: Iterable[str]) -> None:
        """Exclude `paths` no longer."""
        with self._database.transaction(changes=False):
            self._database.execute_many("DELETE FROM kept_out WHERE path = ?", [(path,) for path in paths])


class ExclusionFilter:
    """Tells which files a run leaves out; a path that the run names itself is let in again."""

    def __init__(self, sources: Sources, excluded: Collection[str], named: Iterable[str]) -> None:
        """Leave out what is at and below `excluded`, unless it is `named` itself."""
        self._sources = sources
        self._named = frozenset(named)
        self._excluded = frozenset(excluded)
        self.lifted = self._excluded & self._named
        """The paths that are to be excluded no longer."""

    def excludes(self, source: str) -> bool:
        """Whether the source at that path or address stays out of the space."""
        if not self._excluded:
            return False
        for path in _with_parents(source):
            if path in self._named:
                return False
            if path in self._excluded:
                return self._sources.get(source) is None  # otherwise an earlier run named it itself
        return False


def _with_parents(source: str) -> Iterator[str]:
    yield source
    end = source.rfind(os.sep)
    while end > 0:
        yield source[:end]
        end = source.rfind(os.sep, 0, end)


def _with_chosen(paths: Iterable[str]) -> tuple[str, list[str]]:
    """The start of a statement in which `chosen` are the sources at and below `paths`, and its values."""
    conditions: list[str] = []
    values: list[str] = []
    for path in paths:
        condition, its_values = at_or_below(path.rstrip(os.sep))
        conditions.append(condition)
        values += its_values
    return f"WITH chosen AS (SELECT id FROM sources WHERE {' OR '.join(conditions) or '0'})", values
