"""The sources of a space: the table `sources`."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.outcomes import IN_THE_SPACE
from ingest.sources.read_state import ReadState
from ingest.space.ledger.database import Database, Row, chunks, placeholders
from ingest.space.ledger.records import Source, SourceRecord
from ingest.space.ledger.source_filter import ListedSource, Reason, SourceFilter, group_reasons

SOURCE_COLUMNS = (
    "id, path, root, folder, size, mtime_ns, sha256, caption_state, row_state, reading_options, outcome, reason"
)
"""The columns that `source_from` takes."""
_HAS_ITEMS = (
    "(EXISTS (SELECT 1 FROM live_items WHERE live_items.source = sources.id) "
    "OR EXISTS (SELECT 1 FROM copies WHERE copies.source = sources.id))"
)


def source_from(row: Row) -> Source:
    """The source in a row of SOURCE_COLUMNS, to which a column may be added that tells whether it has items."""
    number, path, root, folder, size, mtime_ns, sha256, caption, table_row, options, outcome, reason, *has_items = row
    return Source(
        id=number,
        path=path,
        root=root,
        folder=folder,
        size=size,
        mtime_ns=mtime_ns,
        sha256=sha256,
        read_state=ReadState(caption, table_row, options),
        outcome=outcome,
        reason=reason,
        has_items=all(has_items),
    )


def at_or_below(path: str) -> tuple[str, list[str]]:
    """An SQL condition for the sources at `path` and below it, which uses the index of `path`, and its values."""
    prefix = path.rstrip(os.sep)
    return "(path = ? OR (path > ? AND path < ?))", [path, prefix + os.sep, prefix + chr(ord(os.sep) + 1)]


class Sources:
    """Every source that an ingest has found, whatever its outcome was."""

    def __init__(self, database: Database) -> None:
        """Read and write the tables in `database`."""
        self._database = database

    def __call__(self) -> list[Source]:
        """As `all`, until every caller calls that."""
        return self.all()

    def get(self, path: str) -> Source | None:
        """The source at `path`, or None."""
        rows = self._select("path = ?", [path])
        return rows[0] if rows else None

    def by_id(self, source: int) -> Source:
        """The source of that id; raises IndexError if there is none."""
        return self._select("id = ?", [source])[0]

    def get_many(self, paths: Sequence[str]) -> dict[str, Source]:
        """The sources at `paths`, by path; those that are not there are left out."""
        found: dict[str, Source] = {}
        for chunk in chunks(paths):
            query = f"path IN ({placeholders(chunk)})"
            found.update((source.path, source) for source in self._select(query, chunk))
        return found

    def all(self) -> list[Source]:
        """All sources, by path."""
        return self._select("1 ORDER BY path")

    def with_hash(self, sha256: str) -> list[Source]:
        """The sources that had this content when they were last read, whatever their outcome was."""
        return self._select("sha256 = ? AND sha256 != '' ORDER BY id", [sha256])

    def not_seen(self, run: int) -> list[Source]:
        """The sources that `run` has not found, by path."""
        return self._select("run < ? ORDER BY path", [run])

    def not_seen_under(self, paths: Iterable[Path], run: int) -> list[Source]:
        """The sources at or under `paths` that `run` has not found; takes time for those alone, not for the space."""
        found: dict[int, Source] = {}
        for path in paths:
            where, values = at_or_below(str(path))
            found.update((source.id, source) for source in self._select(f"run < ? AND {where}", [run, *values]))
        return list(found.values())

    def outcome_counts(self) -> dict[str, int]:
        """How many sources have each outcome of the run that last found them."""
        rows = self._database.rows("SELECT outcome, COUNT(*) FROM sources GROUP BY outcome ORDER BY outcome")
        return dict(rows)

    def count_in_space(self) -> int:
        """How many sources are in the space, as `Source.in_the_space` says."""
        outcomes = sorted(IN_THE_SPACE)
        return self._database.number(
            f"SELECT COUNT(*) FROM sources WHERE outcome IN ({placeholders(outcomes)}) OR {_HAS_ITEMS}", outcomes
        )

    def content_keys(self) -> NDArray[np.uint64]:
        """The first 16 hexadecimal digits of the hash of each content in the space, as numbers, sorted."""
        rows = self._database.rows("SELECT DISTINCT substr(sha256, 1, 16) FROM sources WHERE sha256 != ''")
        return np.sort(np.array([int(digits, 16) for (digits,) in rows], dtype=np.uint64))

    # ---- lists ----------------------------------------------------------------------------------------------------

    def count(self, chosen: SourceFilter) -> int:
        """How many sources the filter selects."""
        where, values = chosen.where()
        return self._database.number(f"SELECT COUNT(*) FROM sources WHERE {where}", values)

    def page(self, chosen: SourceFilter, offset: int, limit: int) -> list[ListedSource]:
        """Up to `limit` of the sources that the filter selects, by path, from `offset`."""
        where, values = chosen.where()
        rows = self._database.rows(
            "SELECT path, folder, size, mtime_ns, outcome, reason, (SELECT COUNT(*) FROM live_items WHERE "
            "live_items.source = COALESCE((SELECT holder FROM copies WHERE copies.source = page.id), page.id)) "
            f"FROM (SELECT * FROM sources WHERE {where} ORDER BY path LIMIT ? OFFSET ?) AS page ORDER BY path",
            [*values, limit, offset],
        )
        return [ListedSource(*row) for row in rows]

    def reasons(self, chosen: SourceFilter) -> list[Reason]:
        """Why the sources that the filter selects have their outcome, the most frequent reason first."""
        where, values = chosen.where()
        return group_reasons(
            self._database.rows(
                f"SELECT outcome, reason, COUNT(*) FROM sources WHERE {where} AND reason != '' "
                "GROUP BY outcome, reason",
                values,
            )
        )

    # ---- writing: for the holder of the space's write lock ----------------------------------------------------------

    def put(self, run: int, record: SourceRecord) -> int:
        """Insert or update the source at `record.path`; returns its id."""
        # Two statements, not one with ON CONFLICT, whose conflict clause would override those in the triggers as well.
        columns = {
            "root": record.root,
            "folder": record.folder,
            "size": record.size,
            "mtime_ns": record.mtime_ns,
            "sha256": record.sha256,
            "caption_state": record.read_state.caption,
            "row_state": record.read_state.row,
            "reading_options": record.read_state.options,
            "outcome": record.outcome,
            "reason": record.reason,
            "run": run,
        }
        values = [*columns.values(), record.path]
        assignments = ", ".join(f"{column} = ?" for column in columns)
        known = self._database.rows(f"UPDATE sources SET {assignments} WHERE path = ? RETURNING id", values)
        if known:
            return int(known[0][0])
        cursor = self._database.execute(
            f"INSERT INTO sources ({', '.join(columns)}, path) VALUES ({placeholders(values)})", values
        )
        return int(cursor.lastrowid or 0)

    def touch(self, run: int, seen: Iterable[tuple[int, int, int]]) -> None:
        """Record that `run` found these sources (id, size, mtime_ns) unchanged."""
        with self._database.transaction(changes=False):
            self._database.execute_many(
                f"UPDATE sources SET run = {int(run)}, size = ?, mtime_ns = ?, outcome = 'unchanged', reason = '' "
                "WHERE id = ?",
                [(size, mtime_ns, source) for source, size, mtime_ns in seen],
            )

    def set_outcome(self, run: int, source: int, outcome: str, reason: str) -> None:
        """Record an outcome of `source` that leaves its items as they are."""
        with self._database.transaction(changes=False):
            self._database.execute(
                "UPDATE sources SET run = ?, outcome = ?, reason = ? WHERE id = ?", [run, outcome, reason, source]
            )

    def relocate(self, run: int, source: int, record: SourceRecord) -> None:
        """Give `source` the path, root and folder of `record`; within a transaction."""
        self._database.execute(
            "UPDATE sources SET path = ?, root = ?, folder = ?, size = ?, mtime_ns = ?, outcome = 'moved', "
            "reason = ?, run = ? WHERE id = ?",
            [record.path, record.root, record.folder, record.size, record.mtime_ns, record.reason, run, source],
        )

    def set_caption_state(self, run: int, source: int, state: ReadState) -> None:
        """Record that the caption of `source` changed; within a transaction."""
        self._database.execute(
            "UPDATE sources SET caption_state = ?, row_state = ?, outcome = 'updated', "
            "reason = 'its caption changed', run = ? WHERE id = ?",
            [state.caption, state.row, run, source],
        )

    def delete(self, sources: Sequence[int]) -> None:
        """Delete the rows of `sources`, whose items the caller has released; within a transaction."""
        for chunk in chunks(sources):
            self._database.execute(f"DELETE FROM sources WHERE id IN ({placeholders(chunk)})", chunk)

    def _select(self, where: str, values: Sequence[object] = ()) -> list[Source]:
        rows = self._database.rows(f"SELECT {SOURCE_COLUMNS}, {_HAS_ITEMS} FROM sources WHERE {where}", values)
        return [source_from(row) for row in rows]
