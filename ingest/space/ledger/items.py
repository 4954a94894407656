"""The items of a space with their vectors: the tables `items` and `vectors`."""

import json
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ingest.readers.draft import MODALITIES, Modality
from ingest.space.ledger.database import Database, Row, blob, chunks, placeholders
from ingest.space.ledger.item import ITEM_COLUMNS, Item, ItemState, item_from
from ingest.space.ledger.records import SourceRecord, Vectors
from ingest.space.steady_sample import steady_sample

_LIVE = "FROM live_items AS items JOIN sources ON sources.id = items.source"


class Items:
    """The live items: all but those that are removed and only wait to be deleted from Chroma."""

    def __init__(self, database: Database) -> None:
        """Read and write the tables in `database`."""
        self._database = database

    def get(self, ids: Sequence[str]) -> list[Item]:
        """The live items among `ids`, in the order of `ids`."""
        found: dict[int, Item] = {}
        numbers = [int(item_id) for item_id in ids if item_id.isdecimal()]
        for chunk in chunks(numbers):
            query = f"SELECT {ITEM_COLUMNS} {_LIVE} WHERE items.id IN ({placeholders(chunk)})"
            found.update((int(item.id), item) for item in self._with_other_paths(self._database.rows(query, chunk)))
        return [found[number] for number in numbers if number in found]

    def of_source(self, path: str) -> list[Item]:
        """The live items of the source at `path`, by position; those of a duplicate have the path of its holder."""
        rows = self._database.rows(
            f"SELECT {ITEM_COLUMNS} {_LIVE} WHERE items.source = (SELECT COALESCE(holder, asked.id) "
            "FROM sources AS asked LEFT JOIN copies ON copies.source = asked.id WHERE asked.path = ?) "
            "ORDER BY position",
            [path],
        )
        return self._with_other_paths(rows)

    def count(self) -> int:
        """How many live items there are."""
        return self._database.number("SELECT COUNT(*) FROM live_items")

    def counts(self) -> dict[Modality, int]:
        """How many live items each modality has."""
        query = "SELECT modality, COUNT(*) FROM live_items GROUP BY modality"
        found = self._database.cached_counts(query, self._database.counter("revision"))
        return {modality: found.get(modality, 0) for modality in MODALITIES}

    def ids(self, modality: Modality | None = None) -> NDArray[np.int64]:
        """The ids of all live items, or of those of one modality, ascending."""
        rows = self._database.rows(
            "SELECT id FROM live_items WHERE modality = COALESCE(?, modality) ORDER BY id", [modality]
        )
        return np.array([number for (number,) in rows], dtype=np.int64)

    def by_source(self) -> dict[int, list[tuple[int, Modality]]]:
        """The live items (id, modality) of each source that has any, ascending by id."""
        found: defaultdict[int, list[tuple[int, Modality]]] = defaultdict(list)
        for number, source, modality in self._database.rows("SELECT id, source, modality FROM live_items ORDER BY id"):
            found[source].append((number, modality))
        return dict(found)

    def folders(self) -> list[str]:
        """The folders that hold live items, sorted."""
        rows = self._database.rows(
            "SELECT DISTINCT folder FROM sources WHERE id IN (SELECT source FROM live_items) "
            "OR id IN (SELECT source FROM copies) ORDER BY 1"
        )
        return [folder for (folder,) in rows]

    def paths(self, ids: Sequence[str]) -> dict[str, str]:
        """The path of the source of each live item among `ids`."""
        found: dict[str, str] = {}
        for chunk in chunks([int(item_id) for item_id in ids]):
            rows = self._database.rows(
                f"SELECT items.id, path {_LIVE} WHERE items.id IN ({placeholders(chunk)})", chunk
            )
            found.update((str(number), path) for number, path in rows)
        return found

    def texts(self, ids: Sequence[int]) -> dict[int, str]:
        """The title and text of each live item among `ids`; of an image its caption."""
        found: dict[int, str] = {}
        for chunk in chunks(ids):
            query = f"SELECT id, title, text FROM live_items WHERE id IN ({placeholders(chunk)})"
            found.update((item, f"{title}\n{text}".strip()) for item, title, text in self._database.rows(query, chunk))
        return found

    def texts_without_titles(self, ids: Sequence[int]) -> dict[int, str]:
        """The text of each item alone: many passages of a document share its title."""
        found: dict[int, str] = {}
        for chunk in chunks(ids):
            query = f"SELECT id, text FROM items WHERE id IN ({placeholders(chunk)})"
            found.update((item, text) for item, text in self._database.rows(query, chunk))
        return found

    def thumbnails(self) -> set[str]:
        """The thumbnails that items use, as paths within the space folder."""
        return {name for (name,) in self._database.rows("SELECT thumbnail FROM items WHERE thumbnail != ''")}

    def vectors(self, after: int = 0) -> Vectors:
        """The vectors of live items whose id is greater than `after`, ascending by id.

        Raises:
            SpaceChanged: another encoder's vectors have been put in since the ledger was opened.
        """
        rows = self._database.rows(
            f"SELECT items.id, modality, folder, vector {_LIVE} JOIN vectors ON vectors.item = items.id "
            "WHERE items.id > ? ORDER BY items.id",
            [after],
        )
        self._database.require_same_encoder()
        return Vectors(
            ids=np.array([row[0] for row in rows], dtype=np.int64),
            modalities=[row[1] for row in rows],
            folders=[row[2] for row in rows],
            vectors=self._database.matrix([row[3] for row in rows]),
        )

    def vectors_of(self, ids: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of `ids`, shape (len(ids), dimension).

        Raises:
            KeyError: an id has no vector.
            SpaceChanged: another encoder's vectors have been put in since the ledger was opened.
        """
        found: dict[int, bytes] = {}
        numbers = [int(item_id) for item_id in ids]
        for chunk in chunks(numbers):
            query = f"SELECT item, vector FROM vectors WHERE item IN ({placeholders(chunk)})"
            found.update((item, vector) for item, vector in self._database.rows(query, chunk))
        self._database.require_same_encoder()
        return self._database.matrix([found[number] for number in numbers])

    def count_and_mean(self, modality: Modality, sample_size: int) -> tuple[int, NDArray[np.float64]]:
        """How many live items a modality has, and the mean of the vectors of a steady sample of `sample_size`."""
        ids = self.ids(modality)
        total, found = np.zeros(self._database.dimension), 0
        for chunk in chunks(ids[steady_sample(ids, sample_size)].tolist()):
            query = f"SELECT vector FROM vectors WHERE item IN ({placeholders(chunk)})"
            blobs = [vector for (vector,) in self._database.rows(query, chunk)]
            total += self._database.matrix(blobs).sum(axis=0, dtype=np.float64)
            found += len(blobs)
        return len(ids), total / max(found, 1)

    # ---- writing: within a transaction of the ledger ----------------------------------------------------------------

    def insert(self, source: int, record: SourceRecord) -> list[int]:
        """Insert the items of `record` with their vectors, if it has any; returns their ids."""
        if record.vectors is None:
            return []
        ids: list[int] = []
        rows = zip(record.drafts, record.thumbnails, record.vectors, strict=True)
        for position, (draft, thumbnail, vector) in enumerate(rows):
            cursor = self._database.execute(
                "INSERT INTO items (source, position, modality, text, title, page, meta, thumbnail, state) "
                f"VALUES (?, ?, ?, ?, ?, ?, ?, ?, {ItemState.PENDING})",
                [
                    source,
                    position,
                    draft.modality,
                    draft.text,
                    draft.title,
                    draft.page,
                    json.dumps(draft.meta, ensure_ascii=False),
                    thumbnail,
                ],
            )
            self._database.execute("INSERT INTO vectors VALUES (?, ?)", [cursor.lastrowid, blob(vector)])
            ids.append(int(cursor.lastrowid or 0))
        return ids

    def remove(self, sources: Sequence[int]) -> None:
        """Mark the items of `sources` to be deleted from Chroma."""
        for chunk in chunks(sources):
            self._database.execute(
                f"UPDATE items SET state = {ItemState.REMOVED} WHERE source IN ({placeholders(chunk)})", chunk
            )

    def index_again(self, source: int) -> None:
        """Mark the items of `source` to be upserted to Chroma again."""
        self._database.execute(
            f"UPDATE items SET state = {ItemState.PENDING} WHERE source = ? AND state = {ItemState.INDEXED}", [source]
        )

    def set_caption(self, source: int, caption: str) -> None:
        """Set the text of the images of `source`."""
        self._database.execute(
            f"UPDATE items SET text = ? WHERE source = ? AND modality = 'image' AND state != {ItemState.REMOVED}",
            [caption, source],
        )

    def transfer(self, source: int, heir: int) -> None:
        """Give the live items of `source` to the source `heir`; Chroma learns the path that they then show."""
        self._database.execute(
            f"UPDATE items SET source = ?, state = {ItemState.PENDING} "
            f"WHERE source = ? AND state != {ItemState.REMOVED}",
            [heir, source],
        )
        self._database.increment("moves")

    def copy(self, source: int, target: int) -> None:
        """Give `target` its own copies of the live items of `source`, with the same vectors."""
        columns = "position, modality, text, title, page, meta, thumbnail"
        for (item,) in self._database.rows("SELECT id FROM live_items WHERE source = ? ORDER BY position", [source]):
            cursor = self._database.execute(
                f"INSERT INTO items (source, {columns}, state) SELECT ?, {columns}, {ItemState.PENDING} "
                "FROM items WHERE id = ?",
                [target, item],
            )
            self._database.execute(
                "INSERT INTO vectors SELECT ?, vector FROM vectors WHERE item = ?", [cursor.lastrowid, item]
            )

    def _with_other_paths(self, rows: Sequence[Row]) -> list[Item]:
        """The items of `rows`, with the paths of the duplicates of their sources."""
        others: defaultdict[int, list[str]] = defaultdict(list)
        for chunk in chunks(sorted({row[-1] for row in rows})):
            for holder, path in self._database.rows(
                "SELECT holder, path FROM copies JOIN sources ON sources.id = copies.source "
                f"WHERE holder IN ({placeholders(chunk)}) ORDER BY path",
                chunk,
            ):
                others[holder].append(path)
        return [item_from(row, tuple(others.get(row[-1], ()))) for row in rows]
