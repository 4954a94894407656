"""The ledger: a space's own durable record of every source, its outcome, and every vector (SQLite, WAL).

The ledger is the truth and Chroma is the index.  An item is first committed here as not yet indexed, then upserted to
Chroma, then marked as indexed; an item to be removed is first marked here, then deleted from Chroma, then
deleted here.  So whatever is interrupted can be finished from the ledger alone.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import EncoderInfo
from ingest.errors import SpaceError
from ingest.readers.draft import MODALITIES, Modality
from ingest.space.chroma.pending import LedgerIndexing
from ingest.space.ledger.duplicates import HAS_ITEMS, SOURCE_COLUMNS, marks, pieces
from ingest.space.ledger.item import ITEM_COLUMNS, Item, item_of
from ingest.space.ledger.lookup import Lookup
from ingest.space.ledger.near_duplicates import LedgerTwins
from ingest.space.ledger.records import Source, SourceRecord, Vectors
from ingest.space.steady_sample import steady_sample

_VECTOR = np.dtype("<f4")
_PENDING, _INDEXED, _REMOVED = 0, 1, 2


class Ledger(Lookup, LedgerIndexing, LedgerTwins):
    """An open ledger; safe to share between threads, and readable while another process writes."""

    # ---- reading -------------------------------------------------------------------------------------------------

    def revision(self) -> int:
        """A number that rises whenever items or sources change; cheap."""
        return int(self._one("SELECT value FROM facts WHERE key = 'revision'"))

    def moves(self) -> int:
        """A number that rises whenever items that were there before get another folder; cheap."""
        return int(self._one("SELECT value FROM facts WHERE key = 'moves'"))

    def counts(self) -> dict[Modality, int]:
        """How many live items each modality has."""
        query = "SELECT modality, COUNT(*) FROM items WHERE state != 2 GROUP BY modality"
        found = self._count_once(query, self.revision())
        return {modality: found.get(modality, 0) for modality in MODALITIES}

    def item_count(self) -> int:
        """How many live items there are."""
        return int(self._one("SELECT COUNT(*) FROM items WHERE state != 2"))

    def folders(self) -> list[str]:
        """The folders that hold live items, sorted."""
        rows = self._all(
            "SELECT DISTINCT folder FROM sources WHERE id IN (SELECT source FROM items WHERE state != 2) "
            "OR id IN (SELECT source FROM copies) ORDER BY 1"
        )
        return [folder for (folder,) in rows]

    def items(self, ids: Sequence[str]) -> list[Item]:
        """The live items of `ids`, in the order asked; ids that are not there (any more) are left out."""
        found: dict[int, Item] = {}
        numbers = [int(item_id) for item_id in ids if item_id.isdecimal()]
        for piece in pieces(numbers):
            query = f"SELECT {ITEM_COLUMNS} WHERE state != 2 AND items.id IN ({marks(piece)})"
            found.update((int(item.id), item) for item in self._with_paths(self._all(query, piece)))
        return [found[number] for number in numbers if number in found]

    def items_of(self, path: str) -> list[Item]:
        """The live items of the source at `path`, in their order; those of a copy show their holder's path."""
        rows = self._all(
            f"SELECT {ITEM_COLUMNS} WHERE state != 2 AND items.source = (SELECT COALESCE(holder, asked.id) "
            "FROM sources AS asked LEFT JOIN copies ON copies.source = asked.id WHERE asked.path = ?) "
            "ORDER BY position",
            [path],
        )
        return self._with_paths(rows)

    def live_ids(self, modality: Modality | None = None) -> NDArray[np.int64]:
        """The ids of all live items, or of those of one modality, rising."""
        rows = self._all(
            "SELECT id FROM items WHERE state != 2 AND modality = COALESCE(?, modality) ORDER BY id", [modality]
        )
        return np.array([number for (number,) in rows], dtype=np.int64)

    def count_and_mean(self, modality: Modality, most: int) -> tuple[int, NDArray[np.float64]]:
        """How many live items a modality has, and the mean vector of a steady sample of at most `most` of them."""
        ids = self.live_ids(modality)
        total, found = np.zeros(self.dimension), 0
        for piece in pieces(ids[steady_sample(ids, most)].tolist()):
            blobs = self._all(f"SELECT vector FROM vectors WHERE item IN ({marks(piece)})", piece)
            total += self._matrix([blob for (blob,) in blobs]).sum(axis=0, dtype=np.float64)
            found += len(blobs)
        return len(ids), total / max(found, 1)

    def vectors(self, after: int = 0) -> Vectors:
        """The vectors of live items whose id is greater than `after`, in the order of their ids.

        Raises:
            SpaceChanged: another encoder's vectors have been put in since the ledger was opened.
        """
        rows = self._all(
            "SELECT items.id, modality, folder, vector FROM items JOIN sources ON sources.id = items.source "
            "JOIN vectors ON vectors.item = items.id WHERE state != 2 AND items.id > ? ORDER BY items.id",
            [after],
        )
        self.require_same_vectors()
        return Vectors(
            ids=np.array([row[0] for row in rows], dtype=np.int64),
            modalities=[row[1] for row in rows],
            folders=[row[2] for row in rows],
            vectors=self._matrix([row[3] for row in rows]),
        )

    def vectors_of(self, ids: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of `ids`, shape (len(ids), dimension).

        Raises:
            KeyError: an id has no vector.
            SpaceChanged: another encoder's vectors have been put in since the ledger was opened.
        """
        found: dict[int, bytes] = {}
        numbers = [int(item_id) for item_id in ids]
        for piece in pieces(numbers):
            found.update(self._all(f"SELECT item, vector FROM vectors WHERE item IN ({marks(piece)})", piece))
        self.require_same_vectors()
        return self._matrix([found[number] for number in numbers])

    def source(self, path: str) -> Source | None:
        """The source at `path`, or None."""
        rows = self._sources("path = ?", [path])
        return rows[0] if rows else None

    def sources_at(self, paths: Sequence[str]) -> dict[str, Source]:
        """The sources at `paths`, by path; those that are not there are left out."""
        found: dict[str, Source] = {}
        for piece in pieces(paths):
            found.update((source.path, source) for source in self._sources(f"path IN ({marks(piece)})", piece))
        return found

    def sources_with_hash(self, sha256: str) -> list[Source]:
        """The sources that had this content when they were last read, whatever became of them."""
        return self._sources("sha256 = ? AND sha256 != '' ORDER BY id", [sha256])

    def sources(self) -> list[Source]:
        """All sources, by path."""
        return self._sources("1 ORDER BY path", [])

    def sources_not_seen(self, run: int) -> list[Source]:
        """The sources that `run` has not come across, by path."""
        return self._sources("run < ? ORDER BY path", [run])

    def holdings(self) -> dict[int, list[tuple[int, Modality]]]:
        """The live items (id, modality) of each source that has any, in the order of the ids."""
        found: dict[int, list[tuple[int, Modality]]] = {}
        for number, source, modality in self._all(
            "SELECT id, source, modality FROM items WHERE state != 2 ORDER BY id"
        ):
            found.setdefault(source, []).append((number, modality))
        return found

    def outcome_counts(self) -> dict[str, int]:
        """How many sources ended in each outcome when they were last looked at."""
        return dict(self._all("SELECT outcome, COUNT(*) FROM sources GROUP BY outcome ORDER BY outcome"))

    def thumbnails(self) -> set[str]:
        """The thumbnails that items use, as paths within the space folder."""
        return {name for (name,) in self._all("SELECT thumbnail FROM items WHERE thumbnail != ''")}

    # ---- writing (the holder of the space's write lock only) --------------------------------------------------------

    def begin_run(self, roots: Sequence[str]) -> int:
        """Note that a run over `roots` has started; returns its number."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self.transaction(changes=False):
            cursor = self._db.execute("INSERT INTO runs (started, roots) VALUES (?, ?)", [now, json.dumps(roots)])
            return int(cursor.lastrowid or 0)

    def end_run(self, run: int) -> None:
        """Note that the run came to its end."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self.transaction(changes=False):
            self._db.execute("UPDATE runs SET finished = ? WHERE id = ?", [now, run])

    def write(self, run: int, records: Sequence[SourceRecord]) -> list[str]:
        """Write sources with their items in one transaction; returns the new items' ids.

        The items that a source had before are marked for removal.  When this returns, the items are durable.
        """
        new: list[str] = []
        with self.transaction():
            for record in records:
                source = self._put_source(run, record)
                self._let_go([source])
                new.extend(self._put_items(source, record))
        return new

    def touch(self, run: int, seen: Iterable[tuple[int, int, int]]) -> None:
        """Note that `run` found these sources (id, size, mtime_ns) unchanged."""
        with self.transaction(changes=False):
            self._db.executemany(
                f"UPDATE sources SET run = {int(run)}, size = ?, mtime_ns = ?, outcome = 'unchanged', reason = '' "
                "WHERE id = ?",
                [(size, mtime_ns, source) for source, size, mtime_ns in seen],
            )

    def keep(self, run: int, source: int, outcome: str, reason: str) -> None:
        """Note an outcome of `source` that leaves its items as they are."""
        with self.transaction(changes=False):
            self._db.execute(
                "UPDATE sources SET run = ?, outcome = ?, reason = ? WHERE id = ?", [run, outcome, reason, source]
            )

    def move(self, run: int, source: int, record: SourceRecord) -> None:
        """Give `source` the path, root and folder of `record`; its items keep their ids and vectors."""
        with self.transaction():
            before = self._all("SELECT id FROM sources WHERE path = ? AND id != ?", [record.path, source])
            self.remove([number for (number,) in before])
            self._db.execute(
                "UPDATE sources SET path = ?, root = ?, folder = ?, size = ?, mtime_ns = ?, outcome = 'moved', "
                "reason = ?, run = ? WHERE id = ?",
                [record.path, record.root, record.folder, record.size, record.mtime_ns, record.reason, run, source],
            )
            self._db.execute("UPDATE facts SET value = value + 1 WHERE key = 'moves'")
            self._upsert_again(source)

    def set_caption(self, run: int, source: int, sidecar: str, caption: str) -> None:
        """Give the image of `source` another caption; its vector stays, and other sources keep their caption."""
        record = self._sources("id = ?", [source])[0]
        same = all(item.text == caption for item in self.items_of(record.path))
        with self.transaction(changes=not same):
            self._db.execute(
                "UPDATE sources SET sidecar = ?, outcome = 'updated', reason = 'its caption changed', run = ? "
                "WHERE id = ?",
                [sidecar, run, source],
            )
            if same:
                return
            self._set_apart(source)
            self._db.execute(
                "UPDATE items SET text = ? WHERE source = ? AND modality = 'image' AND state != 2", [caption, source]
            )
            self._upsert_again(source)

    def remove(self, sources: Sequence[int]) -> None:
        """Forget these sources; items that no other source has are marked for removal from Chroma."""
        with self.transaction():
            self._let_go(sources)
            for piece in pieces(sources):
                self._db.execute(f"DELETE FROM sources WHERE id IN ({marks(piece)})", piece)

    def take_over(self, staged: Path, encoder: EncoderInfo, *, dropped: Sequence[int], keep_texts: bool) -> None:
        """Put the vectors of `encoder` that are staged in the file `staged` in place of those there were.

        All in one transaction: the sources `dropped` leave with their items, staged passages replace the passages
        they were cut from, every item is to be told to Chroma anew, and the ledger notes the encoder.  Raises
        ValueError, with nothing written, if an item is left without a vector of `encoder`.
        """
        with self._lock:
            self._db.execute("ATTACH ? AS staged", [str(staged)])
            try:
                with self.transaction():
                    self.remove(dropped)
                    self._replace_passages()
                    self._db.execute("DELETE FROM vectors WHERE item IN (SELECT id FROM items WHERE state = 2)")
                    self._db.execute("DELETE FROM items WHERE state = 2")
                    self._db.execute(
                        "UPDATE vectors SET vector = fresh.vector FROM staged.vectors AS fresh "
                        "WHERE fresh.item = vectors.item"
                    )
                    self._db.execute("UPDATE items SET state = 0")
                    self._db.execute("DELETE FROM twins")
                    self._require_complete(encoder, keep_texts=keep_texts)
                    self._db.execute("UPDATE facts SET value = value + 1 WHERE key = 'moves'")
                    info = json.dumps(asdict(encoder))
                    self._db.execute("INSERT OR REPLACE INTO encoder (only_row, info) VALUES (1, ?)", [info])
            finally:
                self._db.execute("DETACH staged")
            self._encoder, self.dimension = info, encoder.dimension

    def write_copy(self, run: int, record: SourceRecord, holder: int) -> None:
        """Write a source that shares the items of the source `holder`, which it may be itself.

        The items that it had before pass on to their other sources, or are marked for removal.
        """
        with self.transaction():
            source = self._put_source(run, record)
            if source != holder:
                self._let_go([source])
                self._db.execute("INSERT INTO copies VALUES (?, ?)", [source, holder])

    # ---- inside ---------------------------------------------------------------------------------------------------

    def _put_source(self, run: int, record: SourceRecord) -> int:
        # Two statements, not one with ON CONFLICT: that would be the word in the triggers on `sources` as well.
        values = [
            record.root, record.folder, record.size, record.mtime_ns, record.sha256, record.sidecar, record.outcome,
            record.reason, run, record.path,
        ]  # fmt: skip
        known = self._all(
            "UPDATE sources SET root = ?, folder = ?, size = ?, mtime_ns = ?, sha256 = ?, sidecar = ?, outcome = ?, "
            "reason = ?, run = ? WHERE path = ? RETURNING id",
            values,
        )
        if known:
            return int(known[0][0])
        cursor = self._db.execute(
            "INSERT INTO sources (root, folder, size, mtime_ns, sha256, sidecar, outcome, reason, run, path) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            values,
        )
        return int(cursor.lastrowid or 0)

    def _put_items(self, source: int, record: SourceRecord) -> Iterator[str]:
        if record.vectors is None:
            return
        rows = zip(record.drafts, record.thumbnails, record.vectors, strict=True)
        for position, (draft, thumbnail, vector) in enumerate(rows):
            meta = json.dumps(draft.meta, ensure_ascii=False)
            cursor = self._db.execute(
                "INSERT INTO items (source, position, modality, text, title, page, meta, thumbnail, state) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)",
                [source, position, draft.modality, draft.text, draft.title, draft.page, meta, thumbnail],
            )
            blob = np.ascontiguousarray(vector, dtype=_VECTOR).tobytes()
            self._db.execute("INSERT INTO vectors VALUES (?, ?)", [cursor.lastrowid, blob])
            if draft.hash is not None:
                self._db.execute("INSERT OR REPLACE INTO hashes VALUES (?, ?)", [cursor.lastrowid, draft.hash])
            yield str(cursor.lastrowid)

    def _replace_passages(self) -> None:
        self._db.execute(
            "UPDATE items SET state = 2 WHERE source IN (SELECT source FROM staged.passages) AND modality = 'text'"
        )
        self._db.execute("DELETE FROM staged.cut")
        rows = self._db.execute(
            "SELECT source, position, text, title, page, meta, vector FROM staged.passages "
            "WHERE source IN (SELECT id FROM sources) ORDER BY source, position"
        )
        for *item, vector in rows.fetchall():
            cursor = self._db.execute(
                "INSERT INTO items (source, position, text, title, page, meta, modality, thumbnail, state) "
                "VALUES (?, ?, ?, ?, ?, ?, 'text', '', 0)",
                item,
            )
            self._db.execute("INSERT INTO vectors VALUES (?, ?)", [cursor.lastrowid, vector])
            self._db.execute("INSERT INTO staged.cut (item) VALUES (?)", [cursor.lastrowid])

    def _require_complete(self, encoder: EncoderInfo, *, keep_texts: bool) -> None:
        kept = "AND modality != 'text' " if keep_texts else ""
        missing = self._one(
            f"SELECT COUNT(*) FROM items WHERE id NOT IN (SELECT item FROM staged.vectors) {kept}"
            "AND id NOT IN (SELECT item FROM staged.cut)"
        )
        others = self._one(
            f"SELECT COUNT(*) FROM vectors WHERE length(vector) != {_VECTOR.itemsize * encoder.dimension}"
        )
        if missing or others:
            raise ValueError(f"{missing} items without a new vector, {others} vectors of another dimension")

    def _with_paths(self, rows: Sequence[tuple]) -> list[Item]:
        others = self._other_paths(sorted({row[-1] for row in rows}))
        return [item_of(row, others.get(row[-1], ())) for row in rows]

    def _upsert_again(self, source: int) -> None:
        self._db.execute("UPDATE items SET state = 0 WHERE source = ? AND state = 1", [source])

    def _sources(self, where: str, values: Sequence[object]) -> list[Source]:
        rows = self._all(f"SELECT {SOURCE_COLUMNS}, {HAS_ITEMS} FROM sources WHERE {where}", values)
        return [Source(*(*columns, bool(has_items))) for *columns, has_items in rows]

    def _matrix(self, blobs: list[bytes]) -> NDArray[np.float32]:
        flat = np.frombuffer(b"".join(blobs), dtype=_VECTOR).astype(np.float32, copy=False)
        if len(flat) != len(blobs) * self.dimension:
            raise SpaceError(
                f"The ledger {self.path} has vectors that are not of {self.dimension} dimensions. "
                "Mend it: nearspace repair."
            )
        return flat.reshape(len(blobs), self.dimension)
