"""Replaces the root of the absolute paths that a space's databases hold."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

SOURCES_ROOT = "/nearspace-recorded-sources"
"""Stands in the recorded databases for the folder that the sources were in."""


def relocate(database: Path, old: str, new: str) -> None:
    """Replace the path `old` by `new` in every text of the database, and leave all else as it is."""
    with closing(sqlite3.connect(database)) as connection, connection:
        due = _count(connection, "derived_due")
        for table, column in _text_columns(connection):
            connection.execute(
                f'UPDATE "{table}" SET "{column}" = REPLACE("{column}", ?, ?) WHERE INSTR("{column}", ?)',
                [old, new, old],
            )
        if due == 0:  # triggers have marked the moved sources, but no derived table holds a whole path
            connection.execute("DELETE FROM derived_due")
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("VACUUM")


def _count(connection: sqlite3.Connection, table: str) -> int | None:
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [table]).fetchone():
        return None
    return int(connection.execute(f'SELECT COUNT(*) FROM "{table}"').fetchone()[0])


def _text_columns(connection: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    tables = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
    virtual = [name for name, sql in tables if "VIRTUAL" in (sql or "").upper()]
    for table, _ in tables:
        if table.startswith("sqlite_") or any(table == name or table.startswith(f"{name}_") for name in virtual):
            continue
        for _, column, kind, *_ in connection.execute(f'PRAGMA table_info("{table}")').fetchall():
            if kind.upper().startswith(("TEXT", "VARCHAR", "JSON")):
                yield table, column
