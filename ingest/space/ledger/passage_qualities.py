"""How much the passages of a space read like prose: the table `qualities`, derived from their texts.

It is filled as the search index is, by whatever writes an item.  A ledger from before there were qualities has none of
its older passages: these are measured when a search asks for them, and recorded by the runs that write, some each.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import PurePath

from ingest.readers.formats import is_table
from ingest.readers.prose_quality import prose_quality
from ingest.space.ledger.database import Database, chunks, placeholders

RECORDED_AT_ONCE = 5_000
"""Passages of an older ledger that are recorded when it is opened to write: a second's work, so that nobody waits."""


def passage_quality(text: str, title: str, path: str) -> float:
    """The quality of a passage of the source at `path`, 0 to 1; a row of a table is 1, since its owner chose it."""
    return 1.0 if is_table(PurePath(path)) else round(prose_quality(text, title), 3)


class PassageQualities:
    """The qualities of live passages."""

    def __init__(self, database: Database) -> None:
        """Read and write the table in `database`."""
        self._database = database

    def measure(self, ids: Sequence[int]) -> dict[int, float]:
        """The quality of each passage among `ids`, from its text, whether it is recorded or not."""
        found: dict[int, float] = {}
        for chunk in chunks(ids):
            rows = self._database.rows(
                "SELECT items.id, text, title, path FROM live_items AS items JOIN sources ON sources.id = items.source "
                f"WHERE modality = 'text' AND items.id IN ({placeholders(chunk)})",
                chunk,
            )
            found.update((item, passage_quality(text, title, path)) for item, text, title, path in rows)
        return found

    # ---- writing: for the holder of the space's write lock ----------------------------------------------------------

    def record(self, most: int = RECORDED_AT_ONCE) -> int:
        """Record the quality of up to `most` passages that have none; returns how many."""
        query = (
            "SELECT id FROM live_items WHERE modality = 'text' AND id NOT IN (SELECT item FROM qualities) "
            "ORDER BY id LIMIT ?"
        )
        ids = [item for (item,) in self._database.rows(query, [most])]
        if ids:
            measured = self.measure(ids)
            with self._database.transaction(changes=False, finish=False):
                put_qualities(self._database.connection, list(measured.items()))
        return len(ids)


def put_qualities(connection: sqlite3.Connection, rows: Sequence[tuple[int, float]]) -> None:
    """Write items with their quality; the caller has begun a transaction."""
    connection.executemany("INSERT OR REPLACE INTO qualities VALUES (?, ?)", rows)
