"""Near-duplicates in the ledger: the tables `hashes` and `twins`.

Each group is known by its leader, the item that was in the space first; the others are folded below it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.readers.draft import Modality
from ingest.space.ledger.database import Database, chunks, placeholders


@dataclass(frozen=True)
class HashedItems:
    """Items to be compared, ascending by id."""

    ids: NDArray[np.int64]
    hashes: NDArray[np.int64]
    """For a picture its perceptual hash, 0 for one of a single colour; for a text the hash of its words."""
    vectors: NDArray[np.float32]
    """Unit rows, shape (len(ids), dimension)."""


class NearDuplicates:
    """Which items are nearly the same."""

    def __init__(self, database: Database) -> None:
        """Read and write the tables in `database`."""
        self._database = database

    def leaders(self, ids: Sequence[str]) -> dict[str, str]:
        """For each of `ids` the leader of its group: itself where it has no near-duplicates."""
        found = {item_id: item_id for item_id in ids}
        for chunk in chunks([int(item_id) for item_id in ids]):
            query = f"SELECT item, leader FROM twins WHERE item IN ({placeholders(chunk)})"
            found.update((str(item), str(leader)) for item, leader in self._database.rows(query, chunk))
        return found

    def counts(self) -> tuple[int, int]:
        """How many groups of near-duplicates there are, and how many items in them beside their leaders."""
        rows = self._database.rows("SELECT COUNT(DISTINCT leader), COUNT(*) FROM twins WHERE item != leader")
        return int(rows[0][0]), int(rows[0][1])

    def uncompared_count(self) -> int:
        """How many live items have not been compared with the others yet."""
        return self._database.number("SELECT COUNT(*) FROM live_items WHERE id NOT IN (SELECT item FROM twins)")

    def without_hash(self, modality: Modality, limit: int) -> list[tuple[int, str, str]]:
        """Up to `limit` live items without a hash: id, text and thumbnail."""
        rows = self._database.rows(
            "SELECT id, text, thumbnail FROM live_items WHERE modality = ? "
            "AND id NOT IN (SELECT item FROM hashes) ORDER BY id LIMIT ?",
            [modality, limit],
        )
        return [(item, text, thumbnail) for item, text, thumbnail in rows]

    def uncompared(self, modality: Modality, limit: int) -> HashedItems:
        """Up to `limit` live items that have a hash and have not been compared yet."""
        return self._hashed("items.id NOT IN (SELECT item FROM twins)", [modality, 0, limit])

    def leading_items(self, modality: Modality, after: int, limit: int) -> HashedItems:
        """Up to `limit` leaders, of groups or of themselves alone, of ids greater than `after`."""
        return self._hashed("items.id IN (SELECT item FROM twins WHERE leader = item)", [modality, after, limit])

    def leaders_with_hash(self, modality: Modality, hashes: Sequence[int]) -> dict[int, int]:
        """The first leader of each of `hashes` that has one."""
        found: dict[int, int] = {}
        for chunk in chunks(hashes):
            rows = self._database.rows(
                "SELECT hash, MIN(hashes.item) FROM hashes "
                "JOIN twins ON twins.item = hashes.item AND leader = twins.item "
                "JOIN items ON items.id = hashes.item "
                f"WHERE modality = ? AND hash IN ({placeholders(chunk)}) GROUP BY hash",
                [modality, *chunk],
            )
            found.update((number, item) for number, item in rows)
        return found

    # ---- writing: for the holder of the space's write lock ----------------------------------------------------------

    def drop_stale(self) -> None:
        """Forget items that have been removed, and those they led, which are compared again."""
        live = "SELECT id FROM live_items"
        with self._database.transaction(changes=False):
            self._database.execute(f"DELETE FROM twins WHERE item NOT IN ({live}) OR leader NOT IN ({live})")
            self._database.execute(f"DELETE FROM hashes WHERE item NOT IN ({live})")

    def put_hashes(self, hashes: Iterable[tuple[int, int]]) -> None:
        """Store the hash of each item: (id, hash)."""
        with self._database.transaction(changes=False):
            self._database.execute_many("INSERT OR REPLACE INTO hashes VALUES (?, ?)", hashes)

    def put_leaders(self, leaders: Iterable[tuple[int, int]]) -> None:
        """Store the leader of each item: (id, id of its leader)."""
        with self._database.transaction():
            self._database.execute_many("INSERT OR REPLACE INTO twins VALUES (?, ?)", leaders)

    def clear(self) -> None:
        """Forget all groups, so that every item is compared again; within a transaction."""
        self._database.execute("DELETE FROM twins")

    def _hashed(self, condition: str, values: Sequence[object]) -> HashedItems:
        rows = self._database.rows(
            "SELECT items.id, hash, vector FROM live_items AS items JOIN hashes ON hashes.item = items.id "
            f"JOIN vectors ON vectors.item = items.id WHERE {condition} AND modality = ? AND items.id > ? "
            "ORDER BY items.id LIMIT ?",
            values,
        )
        return HashedItems(
            ids=np.array([row[0] for row in rows], np.int64),
            hashes=np.array([row[1] for row in rows], np.int64),
            vectors=self._database.matrix([row[2] for row in rows]),
        )
