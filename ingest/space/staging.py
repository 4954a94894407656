"""Vectors of another encoder, staged in a file of the space's folder until all are there and can be swapped in.

The file may be deleted at any time: what was staged is then encoded again.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import EncoderInfo
from ingest.errors import SpaceError
from ingest.readers.draft import Draft

STAGING_NAME = "reencode.db"
_VECTOR = np.dtype("<f4")
_TABLES = """
    CREATE TABLE IF NOT EXISTS target (fingerprint TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS vectors (
        item   INTEGER PRIMARY KEY,
        vector BLOB NOT NULL                 -- float32, little-endian, unit length
    );
    CREATE TABLE IF NOT EXISTS passages (    -- of sources that are cut anew
        source   INTEGER NOT NULL,
        position INTEGER NOT NULL,
        text     TEXT NOT NULL,
        title    TEXT NOT NULL,
        page     INTEGER,
        meta     TEXT NOT NULL,
        vector   BLOB NOT NULL,
        PRIMARY KEY (source, position)
    );
    CREATE TABLE IF NOT EXISTS replaced (    -- the items that a source's new passages stand for
        item   INTEGER PRIMARY KEY,
        source INTEGER NOT NULL
    );
    CREATE TABLE IF NOT EXISTS cut (item INTEGER PRIMARY KEY);  -- filled while passages are swapped in
"""


class Staging:
    """The open staging file of one space; for the holder of the space's write lock."""

    def __init__(self, folder: Path, encoder: EncoderInfo) -> None:
        """Open the file in `folder` for vectors of `encoder`; what was staged for another encoder is deleted."""
        self.path = folder / STAGING_NAME
        try:
            self._db = self._open(encoder.fingerprint)
        except sqlite3.DatabaseError:
            self.path.unlink(missing_ok=True)
            self._db = self._open(encoder.fingerprint)

    def items(self) -> set[int]:
        """The items that have a staged vector, or are replaced by staged passages."""
        rows = self._db.execute("SELECT item FROM vectors UNION SELECT item FROM replaced").fetchall()
        return {number for (number,) in rows}

    def put(self, vectors: Mapping[int, NDArray[np.float32]], passages: Iterable["NewPassages"]) -> None:
        """Store vectors by item, and new passages; when this returns they survive the process."""
        try:
            with self._db:
                self._db.executemany(
                    "INSERT OR REPLACE INTO vectors VALUES (?, ?)",
                    [(item, _blob(vector)) for item, vector in vectors.items()],
                )
                for new in passages:
                    self._db.executemany(
                        "INSERT OR REPLACE INTO replaced VALUES (?, ?)", [(item, new.source) for item in new.replaced]
                    )
                    self._db.executemany("INSERT OR REPLACE INTO passages VALUES (?, ?, ?, ?, ?, ?, ?)", new.rows())
        except sqlite3.OperationalError as error:
            raise SpaceError(
                f"{self.path} cannot be written ({error}). The space is as it was: free space on its disk, and run "
                "the same command again."
            ) from error

    def drop_stale(self, live: Mapping[int, Sequence[int]]) -> None:
        """Delete passages whose source has other items now than when they were cut; `live` has each source's items."""
        staged: dict[int, list[int]] = {}
        for item, source in self._db.execute("SELECT item, source FROM replaced ORDER BY item"):
            staged.setdefault(source, []).append(item)
        stale = [(source,) for source, items in staged.items() if list(live.get(source, ())) != items]
        with self._db:
            self._db.executemany("DELETE FROM replaced WHERE source = ?", stale)
            self._db.executemany("DELETE FROM passages WHERE source = ?", stale)

    def close(self) -> None:
        """Close the file, which stays."""
        self._db.close()

    def _open(self, fingerprint: str) -> sqlite3.Connection:
        database = sqlite3.connect(self.path, timeout=60)
        try:
            database.execute("PRAGMA synchronous = NORMAL")
            database.executescript(_TABLES)
            known = database.execute("SELECT fingerprint FROM target").fetchone()
            if known is None:
                with database:
                    database.execute("INSERT INTO target VALUES (?)", [fingerprint])
            elif known[0] != fingerprint:
                database.close()
                delete_staging(self.path.parent)
                return self._open(fingerprint)
        except BaseException:
            database.close()
            raise
        return database


class NewPassages:
    """The passages of one source, cut anew, with their vectors."""

    def __init__(
        self, source: int, replaced: Sequence[int], drafts: Sequence[Draft], vectors: NDArray[np.float32]
    ) -> None:
        """`drafts`, with `vectors` (len(drafts), dimension), take the place of the items `replaced`."""
        self.source = source
        self.replaced = replaced
        self._drafts = drafts
        self._vectors = vectors

    def rows(self) -> list[tuple[object, ...]]:
        """One row of the table `passages` for each."""
        return [
            (self.source, position, draft.text, draft.title, draft.page, json.dumps(draft.meta), _blob(vector))
            for position, (draft, vector) in enumerate(zip(self._drafts, self._vectors, strict=True))
        ]


def delete_staging(folder: Path) -> None:
    """Delete the staging file in `folder`, if there is one."""
    for name in (STAGING_NAME, f"{STAGING_NAME}-journal"):
        with suppress(FileNotFoundError):
            (folder / name).unlink()


def has_staged(folder: Path) -> bool:
    """Whether a re-encoding of the space in `folder` is running or was interrupted."""
    return (folder / STAGING_NAME).exists()


def staged_count(folder: Path) -> int:
    """How many items have a staged vector; 0 when nothing is staged."""
    if not has_staged(folder):
        return 0
    with closing(sqlite3.connect(folder / STAGING_NAME, timeout=60)) as database, suppress(sqlite3.DatabaseError):
        return int(
            database.execute("SELECT (SELECT COUNT(*) FROM vectors) + (SELECT COUNT(*) FROM replaced)").fetchone()[0]
        )
    return 0


def _blob(vector: NDArray[np.float32]) -> bytes:
    return np.ascontiguousarray(vector, dtype=_VECTOR).tobytes()
