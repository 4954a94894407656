"""What Chroma still has to learn, as the ledger knows it."""

from collections.abc import Iterable, Sequence

from ingest.readers.draft import MODALITIES, Modality
from ingest.space.ledger.database import LedgerFile
from ingest.space.ledger.duplicates import marks, pieces
from ingest.space.ledger.item import ITEM_COLUMNS, Item, item_of

# In the words of the index `items_not_indexed`, so that SQLite uses it and does not look at every item there is.
_WAITING = "state != 1"


class LedgerIndexing(LedgerFile):
    """The part of a ledger that knows which items Chroma has; an item waits, is indexed, or is to be taken out."""

    def indexed_counts(self) -> dict[Modality, tuple[int, int]]:
        """For each modality: items that Chroma surely has, and items that it may have as well."""
        rows = self._all("SELECT modality, state = 1, COUNT(*) FROM items GROUP BY modality, state = 1")
        found = {(modality, bool(sure)): int(count) for modality, sure, count in rows}
        return {name: (found.get((name, True), 0), found.get((name, False), 0)) for name in MODALITIES}

    def pending(self, limit: int) -> list[Item]:
        """Up to `limit` items that are not yet in Chroma, oldest first."""
        rows = self._all(f"SELECT {ITEM_COLUMNS} WHERE {_WAITING} AND state = 0 ORDER BY items.id LIMIT ?", [limit])
        return [item_of(row) for row in rows]

    def removed(self, limit: int) -> list[tuple[str, Modality]]:
        """Up to `limit` items (id, modality) that are still to be taken out of Chroma."""
        rows = self._all(f"SELECT id, modality FROM items WHERE {_WAITING} AND state = 2 ORDER BY id LIMIT ?", [limit])
        return [(str(number), modality) for number, modality in rows]

    def waiting(self) -> int:
        """How many items Chroma has still to learn or to forget."""
        return int(self._one(f"SELECT COUNT(*) FROM items WHERE {_WAITING}"))

    def indexed_sample(self, modality: Modality, count: int) -> list[str]:
        """Up to `count` items that Chroma surely has, spread evenly over the ledger."""
        ids = self._all("SELECT id FROM items WHERE modality = ? AND state = 1 ORDER BY id", [modality])
        step = max(1, len(ids) // count)
        return [str(number) for (number,) in ids[::step][:count]]

    def mark_indexed(self, ids: Iterable[str]) -> None:
        """Note that Chroma has these items."""
        with self.transaction(changes=False):
            self._db.executemany(
                "UPDATE items SET state = 1 WHERE id = ? AND state = 0", [(int(item_id),) for item_id in ids]
            )

    def mark_all_pending(self) -> None:
        """Note that Chroma has none of the items, so that all are upserted again."""
        with self.transaction(changes=False):
            self._db.execute("UPDATE items SET state = 0 WHERE state = 1")

    def purge(self, ids: Sequence[str]) -> None:
        """Forget removed items for good."""
        with self.transaction(changes=False):
            for piece in pieces([int(item_id) for item_id in ids]):
                self._db.execute(f"DELETE FROM vectors WHERE item IN ({marks(piece)})", piece)
                self._db.execute(f"DELETE FROM items WHERE id IN ({marks(piece)})", piece)
