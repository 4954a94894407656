"""What Chroma does not know yet: the items that are to be upserted to it, or to be deleted from it."""

from collections.abc import Iterable, Sequence

from ingest.readers.draft import MODALITIES, Modality
from ingest.space.ledger.database import Database, chunks, placeholders
from ingest.space.ledger.item import ITEM_COLUMNS, Item, ItemState, item_from

# In the words of the partial index `items_not_indexed`, so that SQLite uses it and does not scan all items.
_NOT_INDEXED = "state != 1"


class Pending:
    """The difference between the ledger and Chroma, in the column `items.state`; see `ItemState`."""

    def __init__(self, database: Database) -> None:
        """Read and write the tables in `database`."""
        self._database = database

    def count(self) -> int:
        """How many items are to be upserted or deleted."""
        return self._database.number(f"SELECT COUNT(*) FROM items WHERE {_NOT_INDEXED}")

    def to_upsert(self, limit: int) -> list[Item]:
        """Up to `limit` items that are not yet in Chroma, oldest first."""
        rows = self._database.rows(
            f"SELECT {ITEM_COLUMNS} FROM items JOIN sources ON sources.id = items.source "
            f"WHERE {_NOT_INDEXED} AND state = {ItemState.PENDING} ORDER BY items.id LIMIT ?",
            [limit],
        )
        return [item_from(row) for row in rows]

    def to_delete(self, limit: int) -> list[tuple[str, Modality]]:
        """Up to `limit` removed items (id, modality) that are still to be deleted from Chroma."""
        rows = self._database.rows(
            f"SELECT id, modality FROM items WHERE {_NOT_INDEXED} AND state = {ItemState.REMOVED} ORDER BY id LIMIT ?",
            [limit],
        )
        return [(str(number), modality) for number, modality in rows]

    def indexed_counts(self) -> dict[Modality, tuple[int, int]]:
        """For each modality: how many items Chroma surely has, and how many more it may have."""
        rows = self._database.rows(
            f"SELECT modality, state = {ItemState.INDEXED}, COUNT(*) FROM items "
            f"GROUP BY modality, state = {ItemState.INDEXED}"
        )
        found = {(modality, bool(sure)): int(count) for modality, sure, count in rows}
        return {name: (found.get((name, True), 0), found.get((name, False), 0)) for name in MODALITIES}

    def indexed_sample(self, modality: Modality, count: int) -> list[str]:
        """Up to `count` items that Chroma surely has, spread evenly over the ledger."""
        ids = self._database.rows(
            f"SELECT id FROM items WHERE modality = ? AND state = {ItemState.INDEXED} ORDER BY id", [modality]
        )
        step = max(1, len(ids) // count)
        return [str(number) for (number,) in ids[::step][:count]]

    # ---- writing: for the holder of the space's write lock ----------------------------------------------------------

    def mark_indexed(self, ids: Iterable[str]) -> None:
        """Record that Chroma has these items."""
        with self._database.transaction(changes=False):
            self._database.execute_many(
                f"UPDATE items SET state = {ItemState.INDEXED} WHERE id = ? AND state = {ItemState.PENDING}",
                [(int(item_id),) for item_id in ids],
            )

    def mark_all(self) -> None:
        """Record that Chroma has none of the items, so that all are upserted again."""
        with self._database.transaction(changes=False):
            self._database.execute(f"UPDATE items SET state = {ItemState.PENDING} WHERE state = {ItemState.INDEXED}")

    def purge(self, ids: Sequence[str]) -> None:
        """Delete removed items, which Chroma no longer has, with their vectors."""
        with self._database.transaction(changes=False):
            for chunk in chunks([int(item_id) for item_id in ids]):
                self._database.execute(f"DELETE FROM vectors WHERE item IN ({placeholders(chunk)})", chunk)
                self._database.execute(f"DELETE FROM items WHERE id IN ({placeholders(chunk)})", chunk)
