"""What filters and keyword search look up in a ledger: words (FTS5), facets, and metadata by key."""

from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from ingest.space.ledger.database import LedgerFile
from ingest.space.ledger.duplicates import marks, pieces
from ingest.space.ledger.records import FacetRows
from ingest.space.ledger.search_index import due_count


class Lookup(LedgerFile):
    """The lookups of a ledger; an expression is one of FTS5's, as `search_app.search.full_text` writes them."""

    def derived_due(self) -> int:
        """How many items cannot be looked up yet, as in a ledger from before there were lookups."""
        with self._lock:
            return due_count(self._db)

    def facet_changes(self) -> int:
        """A number that rises whenever facets of items that were there before change; cheap."""
        return int(self._one("SELECT value FROM facts WHERE key = 'facets'"))

    def facets(self, after: int = 0) -> FacetRows:
        """The facets of live items whose id is greater than `after`, in the order of their ids."""
        rows = self._all(
            "SELECT item, format, day, bytes, pixels, shape, colours, captioned FROM facets WHERE item > ? "
            "ORDER BY item",
            [after],
        )
        ids, formats, days, sizes, pixels, shapes, colours, captioned = (
            zip(*rows, strict=True) if rows else ((),) * 8
        )  # fmt: skip
        return FacetRows(
            np.array(ids, np.int64),
            list(cast(Sequence[str], formats)),
            np.array(days, np.int32),
            np.array(sizes, np.int64),
            np.array(pixels, np.int32),
            np.array(shapes, np.int8),
            np.array(colours, np.int32),
            np.array(captioned, np.bool_),
        )

    def items_saying(self, expression: str) -> NDArray[np.int64]:
        """The live items whose words match, rising."""
        return self._ids("SELECT rowid AS id FROM words WHERE words MATCH ? ORDER BY rowid", [expression])

    def items_with(self, key: str, value: str | None = None) -> NDArray[np.int64]:
        """The live items whose metadata has `key`, with `value` if one is given, rising; case does not matter."""
        if value is None:
            return self._ids("SELECT DISTINCT item AS id FROM meta_values WHERE key = ? ORDER BY item", [key])
        return self._ids("SELECT item AS id FROM meta_values WHERE key = ? AND value = ? ORDER BY item", [key, value])

    def metadata_keys(self) -> dict[str, int]:
        """How many values each metadata key has, by key."""
        stamp = self._all("SELECT key, value FROM facts WHERE key IN ('revision', 'facets')")
        return self._count_once("SELECT key, COUNT(*) FROM meta_values GROUP BY key ORDER BY key", stamp)

    def texts(self, ids: Sequence[int]) -> dict[int, str]:
        """What each live item says: its title and text; of an image its caption."""
        found: dict[int, str] = {}
        for piece in pieces(ids):
            query = f"SELECT id, title, text FROM items WHERE state != 2 AND id IN ({marks(piece)})"
            found.update((item, f"{title}\n{text}".strip()) for item, title, text in self._all(query, piece))
        return found

    def metadata_values(self, key: str) -> list[tuple[int, str]]:
        """Each live item that has a metadata key with each of its values, in the order of the items' ids."""
        return self._all("SELECT item, value FROM meta_values WHERE key = ? ORDER BY item, value", [key])

    def some_saying(self, expression: str, most: int) -> list[int]:
        """Up to `most` live items whose words match, in no order."""
        return [
            item for (item,) in self._all("SELECT rowid FROM words WHERE words MATCH ? LIMIT ?", [expression, most])
        ]

    def paths_of(self, ids: Sequence[str]) -> dict[str, str]:
        """The path of the source that each live item of `ids` came from."""
        found: dict[str, str] = {}
        for piece in pieces([int(item_id) for item_id in ids]):
            rows = self._all(
                "SELECT items.id, path FROM items JOIN sources ON sources.id = items.source "
                f"WHERE state != 2 AND items.id IN ({marks(piece)})",
                piece,
            )
            found.update((str(number), path) for number, path in rows)
        return found

    def _ids(self, query: str, values: Sequence[object]) -> NDArray[np.int64]:
        # Joined by SQLite: a row each would take five times as long to hand over.
        ((joined,),) = self._all(f"SELECT group_concat(id) FROM ({query})", values)
        return np.fromstring(joined, np.int64, sep=",") if joined else np.empty(0, np.int64)
