"""Compares the search index of a ledger (words, facets) with its items."""

import json
import sqlite3

from ingest.space.ledger.search_index import words_of
from ingest.space.maintenance.findings import Findings

_SAMPLE = 256  # items whose words are compared when the check is not a full one


def check_search_index(findings: Findings, connection: sqlite3.Connection) -> None:
    """Add to `findings` where words or facets are damaged, or do not match the items; items that are due are left out.

    A ledger from before there was a search index has nothing to compare.
    """
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'derived_due'").fetchone():
        return
    try:
        connection.execute("INSERT INTO words (words) VALUES ('integrity-check')")  # checks, and writes nothing
        mismatched = _mismatched(connection)
        others = _with_other_words(connection, findings.full)
    except sqlite3.DatabaseError as error:
        findings.search_index_is_broken = True
        findings.add("words", f"the index of words is damaged ({error})")
        return
    finally:
        connection.rollback()
    for message, ids in (
        ("items that words and filters do not find as they are", mismatched),
        ("items with other words in the index of words than of their own", others),
    ):
        if ids:
            findings.search_index_is_broken = True
            findings.add("words", message, ids)


def _mismatched(connection: sqlite3.Connection) -> list[int]:
    """Live items without words or facets, and words or facets without a live item."""
    rows = connection.execute(
        "SELECT id FROM live_items WHERE id NOT IN (SELECT id FROM words_docsize) "
        "OR id NOT IN (SELECT item FROM facets) "
        "UNION SELECT id FROM words_docsize WHERE id NOT IN (SELECT id FROM live_items) "
        "UNION SELECT item FROM facets WHERE item NOT IN (SELECT id FROM live_items) "
        "EXCEPT SELECT item FROM derived_due ORDER BY 1"
    )
    return [item for (item,) in rows]


def _with_other_words(connection: sqlite3.Connection, full: bool) -> list[int]:
    rows = connection.execute(
        "SELECT items.id, items.text, items.title, meta, path, words.name, words.title, words.text, words.keywords "
        "FROM live_items AS items JOIN sources ON sources.id = items.source JOIN words ON words.rowid = items.id "
        "WHERE items.id NOT IN (SELECT item FROM derived_due) "
        "AND items.id % max(1, (SELECT COUNT(*) FROM items) / ?) = 0 ORDER BY items.id",
        [10**12 if full else _SAMPLE],
    )
    return [
        item
        for item, text, title, meta, path, *known in rows
        if list(words_of(text, title, json.loads(meta), path)) != known
    ]
