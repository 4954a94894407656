"""Replaces the vectors of a ledger by those of another encoder, which `ingest.space.staging` has gathered in a file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.encoders.base import EncoderInfo
from ingest.space.ledger.database import VECTOR_DTYPE, Database
from ingest.space.ledger.item import ItemState


@contextmanager
def attached(database: Database, staged: Path) -> Iterator[None]:
    """Give the statements inside the tables of the file `staged`, as the schema `staged`."""
    with database.lock:
        database.execute("ATTACH ? AS staged", [str(staged)])
        try:
            yield
        finally:
            database.execute("DETACH staged")


def put_staged(database: Database, encoder: EncoderInfo, *, keep_texts: bool) -> None:
    """Replace vectors and passages by those in the schema `staged`; the caller has begun a transaction.

    Raises:
        ValueError: an item would be left without a vector of `encoder`, unless it is a text and `keep_texts` is set.
    """
    _replace_passages(database)
    removed = f"state = {ItemState.REMOVED}"
    database.execute(f"DELETE FROM vectors WHERE item IN (SELECT id FROM items WHERE {removed})")
    database.execute(f"DELETE FROM items WHERE {removed}")
    database.execute(
        "UPDATE vectors SET vector = fresh.vector FROM staged.vectors AS fresh WHERE fresh.item = vectors.item"
    )
    database.execute(f"UPDATE items SET state = {ItemState.PENDING}")
    _require_complete(database, encoder, keep_texts=keep_texts)


def _replace_passages(database: Database) -> None:
    database.execute(
        f"UPDATE items SET state = {ItemState.REMOVED} "
        "WHERE source IN (SELECT source FROM staged.passages) AND modality = 'text'"
    )
    database.execute("DELETE FROM staged.cut")
    rows = database.rows(
        "SELECT source, position, text, title, page, meta, vector FROM staged.passages "
        "WHERE source IN (SELECT id FROM sources) ORDER BY source, position"
    )
    for *item, vector in rows:
        cursor = database.execute(
            "INSERT INTO items (source, position, text, title, page, meta, modality, thumbnail, state) "
            f"VALUES (?, ?, ?, ?, ?, ?, 'text', '', {ItemState.PENDING})",
            item,
        )
        database.execute("INSERT INTO vectors VALUES (?, ?)", [cursor.lastrowid, vector])
        database.execute("INSERT INTO staged.cut (item) VALUES (?)", [cursor.lastrowid])


def _require_complete(database: Database, encoder: EncoderInfo, *, keep_texts: bool) -> None:
    kept = "AND modality != 'text' " if keep_texts else ""
    missing = database.number(
        f"SELECT COUNT(*) FROM items WHERE id NOT IN (SELECT item FROM staged.vectors) {kept}"
        "AND id NOT IN (SELECT item FROM staged.cut)"
    )
    others = database.number(
        f"SELECT COUNT(*) FROM vectors WHERE length(vector) != {VECTOR_DTYPE.itemsize * encoder.dimension}"
    )
    if missing or others:
        raise ValueError(f"{missing} items without a new vector, {others} vectors of another dimension")
