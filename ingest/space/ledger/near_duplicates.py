"""Near-duplicates in the ledger: each group is known by the item that stands for it, the first of them in the space."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.readers.draft import Modality
from ingest.space.ledger.duplicates import LedgerCopies, marks, pieces

_VECTOR = np.dtype("<f4")


@dataclass(frozen=True)
class Marked:
    """Items to be compared, in the order of their ids."""

    ids: NDArray[np.int64]
    hashes: NDArray[np.int64]
    """For a picture its perceptual hash, 0 for one of one tone; for a text the hash of its words."""
    vectors: NDArray[np.float32]
    """Unit rows, shape (len(ids), dimension)."""


class LedgerTwins(LedgerCopies):
    """The part of a ledger that knows which items are nearly the same."""

    def twin_groups(self, ids: Sequence[str]) -> dict[str, str]:
        """For each of `ids` the item that stands for it and its near-duplicates: itself where there are none."""
        groups = {item_id: item_id for item_id in ids}
        for piece in pieces([int(item_id) for item_id in ids]):
            rows = self._all(f"SELECT item, leader FROM twins WHERE item IN ({marks(piece)})", piece)
            groups.update((str(item), str(leader)) for item, leader in rows)
        return groups

    def twin_counts(self) -> tuple[int, int]:
        """How many groups of near-duplicates there are, and how many items beside those that stand for a group."""
        rows = self._all("SELECT COUNT(DISTINCT leader), COUNT(*) FROM twins WHERE item != leader")
        return int(rows[0][0]), int(rows[0][1])

    def unmarked_count(self) -> int:
        """How many live items have not been compared with the others yet."""
        return int(self._one("SELECT COUNT(*) FROM items WHERE state != 2 AND id NOT IN (SELECT item FROM twins)"))

    # ---- for the holder of the space's write lock -------------------------------------------------------------------

    def forget_lost_twins(self) -> None:
        """Drop what is marked about items that have gone, and about those they stood for, which are compared anew."""
        live = "SELECT id FROM items WHERE state != 2"
        with self.transaction(changes=False):
            self._db.execute(f"DELETE FROM twins WHERE item NOT IN ({live}) OR leader NOT IN ({live})")
            self._db.execute(f"DELETE FROM hashes WHERE item NOT IN ({live})")

    def unhashed(self, modality: Modality, limit: int) -> list[tuple[int, str, str]]:
        """Up to `limit` items without a hash: id, text and thumbnail."""
        return self._all(
            "SELECT id, text, thumbnail FROM items WHERE state != 2 AND modality = ? "
            "AND id NOT IN (SELECT item FROM hashes) ORDER BY id LIMIT ?",
            [modality, limit],
        )

    def put_hashes(self, hashes: Iterable[tuple[int, int]]) -> None:
        """Keep the hash of each item: (id, hash)."""
        with self.transaction(changes=False):
            self._db.executemany("INSERT OR REPLACE INTO hashes VALUES (?, ?)", hashes)

    def unmarked(self, modality: Modality, limit: int) -> Marked:
        """Up to `limit` items that have a hash and were not compared yet."""
        return self._marked("items.id NOT IN (SELECT item FROM twins)", [modality, 0, limit])

    def leaders(self, modality: Modality, after: int, limit: int) -> Marked:
        """Up to `limit` items that stand for themselves or a group, of ids greater than `after`."""
        return self._marked("items.id IN (SELECT item FROM twins WHERE leader = item)", [modality, after, limit])

    def leaders_with_hash(self, modality: Modality, hashes: Sequence[int]) -> dict[int, int]:
        """The first leader of each of `hashes` that has one."""
        found: dict[int, int] = {}
        for piece in pieces(hashes):
            rows = self._all(
                "SELECT hash, MIN(hashes.item) FROM hashes "
                "JOIN twins ON twins.item = hashes.item AND leader = twins.item "
                f"JOIN items ON items.id = hashes.item WHERE modality = ? AND hash IN ({marks(piece)}) GROUP BY hash",
                [modality, *piece],
            )
            found.update(rows)
        return found

    def untitled_texts(self, ids: Sequence[int]) -> dict[int, str]:
        """The text of each item alone: many passages of a document share its title."""
        found: dict[int, str] = {}
        for piece in pieces(ids):
            found.update(self._all(f"SELECT id, text FROM items WHERE id IN ({marks(piece)})", piece))
        return found

    def mark_twins(self, leaders: Iterable[tuple[int, int]]) -> None:
        """Keep for each item the one that stands for it: (id, id)."""
        with self.transaction():
            self._db.executemany("INSERT OR REPLACE INTO twins VALUES (?, ?)", leaders)

    # ---- inside ---------------------------------------------------------------------------------------------------

    def _marked(self, which: str, values: Sequence[object]) -> Marked:
        rows = self._all(
            "SELECT items.id, hash, vector FROM items JOIN hashes ON hashes.item = items.id "
            f"JOIN vectors ON vectors.item = items.id WHERE {which} AND state != 2 AND modality = ? AND items.id > ? "
            "ORDER BY items.id LIMIT ?",
            values,
        )
        flat = np.frombuffer(b"".join(row[2] for row in rows), dtype=_VECTOR).astype(np.float32, copy=False)
        return Marked(
            np.array([row[0] for row in rows], np.int64),
            np.array([row[1] for row in rows], np.int64),
            flat.reshape(len(rows), self.dimension),
        )
