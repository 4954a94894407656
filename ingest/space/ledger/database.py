"""The ledger's file: opened, migrated, and written in transactions."""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from ingest.encoders.base import EncoderInfo
from ingest.errors import SpaceChanged, SpaceError
from ingest.space.ledger.migrations import migrate
from ingest.space.ledger.search_index import derive, due_count, is_due, make_all_due

LEDGER_NAME = "ledger.db"
_DERIVED_AT_ONCE = 5_000


def encoder_in(path: Path) -> EncoderInfo | None:
    """The encoder that was last swapped into the ledger at `path`; None where only the manifest tells.

    Nothing is made or changed.  Raises SpaceError if the file is damaged.
    """
    if not path.exists():
        return None
    try:
        with closing(sqlite3.connect(path, timeout=60)) as database:
            if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'encoder'").fetchone():
                return None
            row = database.execute("SELECT info FROM encoder").fetchone()
    except sqlite3.Error as error:
        raise _unusable(path, error) from error
    return EncoderInfo(**json.loads(row[0])) if row else None


class LedgerFile:
    """An open ledger file; safe to share between threads."""

    def __init__(self, path: Path, dimension: int) -> None:
        """Open the ledger at `path`, or make it, for vectors of `dimension`.

        Raises:
            SpaceError: the file is damaged or cannot be opened.
        """
        self.path = path
        self.dimension = dimension
        self._lock = threading.RLock()
        self._changed = False
        self._closed = False
        self._counted: dict[str, tuple[object, dict[str, int]]] = {}
        try:
            self._db = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode = WAL")
            # FULL: an item that a run has acknowledged outlives a power cut, not only a killed process.
            self._db.execute("PRAGMA synchronous = FULL")
            migrate(self._db)
            self._encoder = self._encoder_row()
        except sqlite3.Error as error:
            raise _unusable(path, error) from error

    def _count_once(self, query: str, stamp: object) -> dict[str, int]:
        """The rows of `query`, a name and a count each, asked once for each `stamp`: they cost a look at every item."""
        known = self._counted.get(query)
        if known is None or known[0] != stamp:
            known = self._counted[query] = stamp, {name: int(count) for name, count in self._all(query)}
        return dict(known[1])

    def close(self) -> None:
        """Close the file; the ledger cannot be used afterwards."""
        with self._lock:
            self._closed = True
            self._db.close()

    def encoder(self) -> EncoderInfo | None:
        """The encoder of these vectors as it was when the ledger was opened; None where only the manifest tells."""
        return EncoderInfo(**json.loads(self._encoder)) if self._encoder else None

    def derive_all(self, progress: Callable[[int, int], None] | None = None, *, anew: bool = False) -> int:
        """Bring words, facets and metadata in step with the items where an older ledger has none; returns how many.

        `anew` derives from every item, whatever is there.  It is written piece by piece: what is interrupted goes on
        at the next call.  Raises SpaceError as `transaction` does.
        """
        if anew:
            with self.transaction(deriving=False):
                make_all_due(self._db)
        total, done = due_count(self._db), 0
        while done < total:
            with self.transaction(deriving=False):
                piece = derive(self._db, _DERIVED_AT_ONCE)
            if not piece:
                break
            done += piece
            if progress:
                progress(min(done, total), total)
        return done

    def require_same_vectors(self) -> None:
        """Raise SpaceChanged if another encoder's vectors have been put in since the ledger was opened."""
        if self._encoder_row() != self._encoder:
            raise _changed()

    @contextmanager
    def transaction(self, *, changes: bool = True, deriving: bool = True) -> Iterator[None]:
        """Everything inside is written, or nothing is; `changes` tells readers that items changed.

        What is derived from the items is brought in step with them, unless `deriving` leaves that to the caller.

        Transactions inside one another are written together when the outermost ends.

        Raises:
            SpaceError: the disk is full, or the file cannot be written.
        """
        with self._lock:
            outermost = not self._db.in_transaction
            if outermost:
                self._changed = False
            try:
                if outermost:
                    self._db.execute("BEGIN IMMEDIATE")
                yield
                self._changed |= changes
                if outermost:
                    if deriving and is_due(self._db):
                        derive(self._db)
                    if self._changed:
                        self._db.execute("UPDATE facts SET value = value + 1 WHERE key = 'revision'")
                    self._db.execute("COMMIT")
            except BaseException as error:
                if outermost and self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                if isinstance(error, sqlite3.OperationalError):
                    raise _unwritable(self.path, error) from error
                raise

    def _encoder_row(self) -> str:
        rows = self._all("SELECT info FROM encoder")
        return str(rows[0][0]) if rows else ""

    def _all(self, query: str, values: Sequence[object] = ()) -> list[tuple]:
        with self._lock:
            if self._closed:
                raise SpaceChanged("This space has been closed, as it is when it was re-encoded. Open it again.")
            return self._db.execute(query, values).fetchall()

    def _one(self, query: str) -> int:
        return self._all(query)[0][0]


def _unwritable(path: Path, error: sqlite3.Error) -> SpaceError:
    return SpaceError(
        f"The ledger {path} cannot be written ({error}). What was written before is safe: "
        "free space on its disk or mend the folder's permissions, and run the same command again."
    )


def _unusable(path: Path, error: sqlite3.Error) -> SpaceError:
    if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_READONLY:  # the low byte, whatever the reason in the others
        return _unwritable(path, error)
    return SpaceError(
        f"The ledger {path} cannot be opened ({error}). Check the folder's permissions and the free space "
        "on its disk; if the file is damaged, restore it from a backup."
    )


def _changed() -> SpaceChanged:
    return SpaceChanged("The space was re-encoded while it was open. Ask again: it is then opened anew.")
