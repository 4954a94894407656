"""The ledger's tables, and the migrations that bring an older ledger up to date."""

import sqlite3

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE runs (
        id       INTEGER PRIMARY KEY AUTOINCREMENT,
        started  TEXT NOT NULL,
        finished TEXT,
        roots    TEXT NOT NULL               -- JSON list of absolute paths
    );
    CREATE TABLE sources (
        id       INTEGER PRIMARY KEY AUTOINCREMENT,
        path     TEXT NOT NULL UNIQUE,       -- absolute
        root     TEXT NOT NULL,
        folder   TEXT NOT NULL,
        size     INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        sha256   TEXT NOT NULL,              -- '' when it could not be read
        sidecar  TEXT NOT NULL DEFAULT '',   -- size and mtime of the caption sidecar, '' without one
        outcome  TEXT NOT NULL,
        reason   TEXT NOT NULL DEFAULT '',
        run      INTEGER NOT NULL            -- the run that saw it last
    );
    CREATE INDEX sources_by_sha256 ON sources (sha256);
    CREATE TABLE items (
        id        INTEGER PRIMARY KEY AUTOINCREMENT,
        source    INTEGER NOT NULL,
        position  INTEGER NOT NULL,
        modality  TEXT NOT NULL,
        text      TEXT NOT NULL,
        title     TEXT NOT NULL,
        page      INTEGER,
        meta      TEXT NOT NULL,             -- JSON object
        thumbnail TEXT NOT NULL,
        state     INTEGER NOT NULL           -- 0 not yet in Chroma, 1 in Chroma, 2 to be taken out of Chroma
    );
    CREATE INDEX items_by_source ON items (source);
    CREATE INDEX items_not_indexed ON items (state) WHERE state != 1;
    CREATE TABLE vectors (
        item   INTEGER PRIMARY KEY,
        vector BLOB NOT NULL                 -- float32, little-endian, unit length
    );
    CREATE TABLE facts (
        key   TEXT PRIMARY KEY,
        value INTEGER NOT NULL
    );
    INSERT INTO facts VALUES ('revision', 0), ('moves', 0);
    """,
    # Two processes may open an older ledger at one time: a migration must not mind being done twice.
    """
    CREATE TABLE IF NOT EXISTS encoder (
        only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
        info     TEXT NOT NULL               -- JSON of the EncoderInfo whose vectors these are, once re-encoded
    );
    """,
    """
    CREATE TABLE IF NOT EXISTS run_results (
        run      INTEGER PRIMARY KEY,
        seconds  REAL NOT NULL,
        outcomes TEXT NOT NULL               -- JSON: how many sources had each outcome
    );
    """,
)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the ledger to the newest schema, one migration a transaction; `user_version` counts those done."""
    done = connection.execute("PRAGMA user_version").fetchone()[0]
    for number, script in enumerate(MIGRATIONS[done:], start=done + 1):
        connection.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT;")
