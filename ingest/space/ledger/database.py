"""The ledger's SQLite file: opened, migrated, queried, and written in transactions."""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import EncoderInfo
from ingest.errors import SpaceChanged, SpaceError
from ingest.space.ledger.migrations import migrate

LEDGER_NAME = "ledger.db"
VECTOR_DTYPE = np.dtype("<f4")
Row = tuple[Any, ...]
"""A row as sqlite3 returns it; its types are those of the columns."""
Value = TypeVar("Value", int, str)
_MAX_VARIABLES = 500  # of one statement: SQLite limits their number


def encoder_in(path: Path) -> EncoderInfo | None:
    """The encoder that a re-encoding recorded in the ledger at `path`; None where only the manifest names it.

    Nothing is created or changed.

    Raises:
        SpaceError: the file is damaged.
    """
    if not path.exists():
        return None
    try:
        with closing(sqlite3.connect(path, timeout=60)) as connection:
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'encoder'").fetchone():
                return None
            row = connection.execute("SELECT info FROM encoder").fetchone()
    except sqlite3.Error as error:
        raise _unusable(path, error) from error
    return EncoderInfo(**json.loads(row[0])) if row else None


class Database:
    """One connection to a ledger, shared by the parts of the ledger; safe to share between threads."""

    def __init__(self, path: Path, dimension: int) -> None:
        """Open the ledger at `path`, or create it, for vectors of `dimension` unless it records another encoder.

        Raises:
            SpaceError: the file is damaged or cannot be opened.
        """
        self.path = path
        self.lock = threading.RLock()
        self.before_commit: Callable[[], None] | None = None
        """Called at the end of every outermost transaction, within it."""
        self._changed = False
        self._closed = False
        self._cached_counts: dict[str, tuple[object, dict[str, int]]] = {}
        try:
            self.connection = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
            self.connection.execute("PRAGMA journal_mode = WAL")
            # FULL: an item that a run has acknowledged survives a power cut, not only a killed process.
            self.connection.execute("PRAGMA synchronous = FULL")
            migrate(self.connection)
            self._encoder = self._stored_encoder()
        except sqlite3.Error as error:
            raise _unusable(path, error) from error
        encoder = self.encoder()
        self.dimension = encoder.dimension if encoder else dimension

    def rows(self, query: str, values: Sequence[object] = ()) -> list[Row]:
        """All rows of `query`; raises SpaceChanged once the ledger is closed."""
        with self.lock:
            if self._closed:
                raise SpaceChanged("This space has been closed, as it is when it was re-encoded. Open it again.")
            return self.connection.execute(query, values).fetchall()

    def number(self, query: str, values: Sequence[object] = ()) -> int:
        """The integer that `query` selects."""
        return int(self.rows(query, values)[0][0])

    def cached_counts(self, query: str, stamp: object) -> dict[str, int]:
        """The rows of `query`, a name and a count each; computed once for each `stamp`, as it scans every item."""
        known = self._cached_counts.get(query)
        if known is None or known[0] != stamp:
            known = self._cached_counts[query] = stamp, {name: int(count) for name, count in self.rows(query)}
        return dict(known[1])

    def execute(self, statement: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        """Execute a statement that writes; the caller has begun a transaction."""
        return self.connection.execute(statement, values)

    def execute_many(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        """Execute a statement that writes for each of `rows`; the caller has begun a transaction."""
        self.connection.executemany(statement, rows)

    def counter(self, name: Literal["revision", "moves", "facets"]) -> int:
        """The value of a counter in the table `facts`."""
        return self.number("SELECT value FROM facts WHERE key = ?", [name])

    def increment(self, name: Literal["revision", "moves", "facets"]) -> None:
        """Increment a counter; the caller has begun a transaction."""
        self.execute("UPDATE facts SET value = value + 1 WHERE key = ?", [name])

    @contextmanager
    def transaction(self, *, changes: bool = True, finish: bool = True) -> Iterator[None]:
        """Everything inside is written, or nothing is; `changes` tells readers that items changed.

        Nested transactions are committed together when the outermost ends.  `finish=False` leaves out what is
        otherwise done before the commit, which brings the search index up to date.

        Raises:
            SpaceError: the disk is full, or the file cannot be written.
        """
        with self.lock:
            outermost = not self.connection.in_transaction
            if outermost:
                self._changed = False
            try:
                if outermost:
                    self.connection.execute("BEGIN IMMEDIATE")
                yield
                self._changed |= changes
                if outermost:
                    if finish and self.before_commit:
                        self.before_commit()
                    if self._changed:
                        self.increment("revision")
                    self.connection.execute("COMMIT")
            except BaseException as error:
                if outermost and self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                if isinstance(error, sqlite3.OperationalError):
                    raise _unwritable(self.path, error) from error
                raise

    def encoder(self) -> EncoderInfo | None:
        """The encoder recorded in the ledger when it was opened; None where only the manifest names it."""
        return EncoderInfo(**json.loads(self._encoder)) if self._encoder else None

    @contextmanager
    def recording_encoder(self, encoder: EncoderInfo) -> Iterator[None]:
        """A transaction that replaces the vectors by those of `encoder`, which the ledger records with it."""
        info = json.dumps(asdict(encoder))
        with self.transaction():
            yield
            self.execute("INSERT OR REPLACE INTO encoder (only_row, info) VALUES (1, ?)", [info])
        self._encoder, self.dimension = info, encoder.dimension

    def require_same_encoder(self) -> None:
        """Raise SpaceChanged if another encoder's vectors have replaced those there were when this was opened."""
        if self._stored_encoder() != self._encoder:
            raise SpaceChanged("The space was re-encoded while it was open. Ask again: it is then opened anew.")

    def matrix(self, blobs: Sequence[bytes]) -> NDArray[np.float32]:
        """The vectors in `blobs`, shape (len(blobs), dimension).

        Raises:
            SpaceError: a vector has another dimension.
        """
        flat = np.frombuffer(b"".join(blobs), dtype=VECTOR_DTYPE).astype(np.float32, copy=False)
        if len(flat) != len(blobs) * self.dimension:
            raise SpaceError(
                f"The ledger {self.path} has vectors that are not of {self.dimension} dimensions. "
                "Mend it: nearspace repair."
            )
        return flat.reshape(len(blobs), self.dimension)

    def close(self) -> None:
        """Close the file; the ledger cannot be used afterwards."""
        with self.lock:
            self._closed = True
            self.connection.close()

    def _stored_encoder(self) -> str:
        rows = self.rows("SELECT info FROM encoder")
        return str(rows[0][0]) if rows else ""


def blob(vector: NDArray[np.float32]) -> bytes:
    """A vector as the ledger stores it."""
    return np.ascontiguousarray(vector, dtype=VECTOR_DTYPE).tobytes()


def chunks(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    """`values` in slices that fit into one SQL statement."""
    for start in range(0, len(values), _MAX_VARIABLES):
        yield values[start : start + _MAX_VARIABLES]


def placeholders(values: Sequence[object]) -> str:
    """A question mark for each of `values`, separated by commas."""
    return ",".join("?" * len(values))


def _unwritable(path: Path, error: sqlite3.Error) -> SpaceError:
    return SpaceError(
        f"The ledger {path} cannot be written ({error}). What was written before is safe: "
        "free space on its disk or mend the folder's permissions, and run the same command again."
    )


def _unusable(path: Path, error: sqlite3.Error) -> SpaceError:
    if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_READONLY:  # the low byte; the others give the reason
        return _unwritable(path, error)
    return SpaceError(
        f"The ledger {path} cannot be opened ({error}). Check the folder's permissions and the free space "
        "on its disk; if the file is damaged, restore it from a backup."
    )
