"""Compares what is looked up in a ledger (words, facets) with its items."""

import json
import sqlite3
from typing import TYPE_CHECKING

from ingest.space.ledger.search_index import words_of

if TYPE_CHECKING:
    from ingest.space.maintenance.check import Findings

_SAMPLE = 256  # items whose words are compared when the look is not a full one


def look_at_words(findings: "Findings", database: sqlite3.Connection) -> None:
    """Add to `findings` where words or facets are damaged, or not those of the items; what is due is left out.

    A ledger from before there were any has nothing to compare.
    """
    if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'derived_due'").fetchone():
        return
    try:
        database.execute("INSERT INTO words (words) VALUES ('integrity-check')")  # looks, and writes nothing
        astray = _astray(database)
        different = _different(database, findings.full)
    except sqlite3.DatabaseError as error:
        findings.words_are_broken = True
        findings.add("words", f"the index of words is damaged ({error})")
        return
    finally:
        database.rollback()
    for message, ids in (
        ("items that words and filters do not find as they are", astray),
        ("items with other words in the index of words than of their own", different),
    ):
        if ids:
            findings.words_are_broken = True
            findings.add("words", message, ids)


def _astray(database: sqlite3.Connection) -> list[int]:
    """Live items without words or facets, and words or facets without a live item."""
    live = "SELECT id FROM items WHERE state != 2"
    rows = database.execute(
        f"SELECT id FROM items WHERE state != 2 AND (id NOT IN (SELECT id FROM words_docsize) "
        f"OR id NOT IN (SELECT item FROM facets)) UNION SELECT id FROM words_docsize WHERE id NOT IN ({live}) "
        f"UNION SELECT item FROM facets WHERE item NOT IN ({live}) EXCEPT SELECT item FROM derived_due ORDER BY 1"
    )
    return [item for (item,) in rows]


def _different(database: sqlite3.Connection, full: bool) -> list[int]:
    rows = database.execute(
        "SELECT items.id, items.text, items.title, meta, path, words.name, words.title, words.text, words.keywords "
        "FROM items JOIN sources ON sources.id = items.source JOIN words ON words.rowid = items.id "
        "WHERE state != 2 AND items.id NOT IN (SELECT item FROM derived_due) "
        "AND items.id % max(1, (SELECT COUNT(*) FROM items) / ?) = 0 ORDER BY items.id",
        [10**12 if full else _SAMPLE],
    )
    return [
        item
        for item, text, title, meta, path, *known in rows
        if list(words_of(text, title, json.loads(meta), path)) != known
    ]
