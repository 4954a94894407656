"""The ledger's tables, as numbered migrations that bring an older ledger up to date.

`PRAGMA user_version` is the number of migrations that a ledger has had.  A migration is never changed once released.
"""

import json
import sqlite3
from collections.abc import Callable

from ingest.readers.draft import without_fillers


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the ledger to the newest schema, one transaction a migration; `connection` is in autocommit mode."""
    for number, migration in enumerate(MIGRATIONS, start=1):
        if _version(connection) >= number:
            continue
        connection.execute("BEGIN IMMEDIATE")
        try:
            if _version(connection) < number:  # otherwise another process was faster
                migration(connection)
                connection.execute(f"PRAGMA user_version = {number}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _run(connection: sqlite3.Connection, script: str) -> None:
    """Execute the statements of `script` within the current transaction, which `executescript` would commit."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            connection.execute(statement)
            statement = ""


def _create_ledger(connection: sqlite3.Connection) -> None:
    _run(
        connection,
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
    )


def _add_encoder(connection: sqlite3.Connection) -> None:
    _run(
        connection,
        """
        CREATE TABLE IF NOT EXISTS encoder (
            only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
            info     TEXT NOT NULL               -- JSON of the EncoderInfo whose vectors these are, once re-encoded
        );
        """,
    )


def _add_run_results(connection: sqlite3.Connection) -> None:
    _run(
        connection,
        """
        CREATE TABLE IF NOT EXISTS run_results (
            run      INTEGER PRIMARY KEY,
            seconds  REAL NOT NULL,
            outcomes TEXT NOT NULL               -- JSON: how many sources had each outcome
        );
        """,
    )


def _add_search_index(connection: sqlite3.Connection) -> None:
    _run(
        connection,
        """
        CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5 (  -- rowid: the item
            name, title, text, keywords, tokenize = "unicode61 remove_diacritics 2"
        );
        CREATE TABLE IF NOT EXISTS facets (
            item      INTEGER PRIMARY KEY,
            format    TEXT NOT NULL,             -- suffix without its dot
            day       INTEGER NOT NULL,          -- since 1970: when a photo was taken, else its file's
            bytes     INTEGER NOT NULL,          -- of the file
            pixels    INTEGER NOT NULL,          -- 0 for a text
            shape     INTEGER NOT NULL,          -- 1 landscape, 2 portrait, 3 square; 0 for a text
            colours   INTEGER NOT NULL,          -- a bit for each of COLOUR_NAMES
            captioned INTEGER NOT NULL
        );
        CREATE TABLE IF NOT EXISTS meta_values (
            key   TEXT NOT NULL COLLATE NOCASE,
            value TEXT NOT NULL COLLATE NOCASE,
            item  INTEGER NOT NULL,
            PRIMARY KEY (key, value, item)
        ) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS meta_values_by_item ON meta_values (item);
        CREATE TABLE IF NOT EXISTS derived_due (item INTEGER PRIMARY KEY);  -- items to be derived from anew
        CREATE TRIGGER IF NOT EXISTS item_added AFTER INSERT ON items BEGIN
            INSERT OR IGNORE INTO derived_due VALUES (new.id);
        END;
        CREATE TRIGGER IF NOT EXISTS item_changed AFTER UPDATE OF text, title, meta, source ON items BEGIN
            INSERT OR IGNORE INTO derived_due VALUES (new.id);
        END;
        CREATE TRIGGER IF NOT EXISTS item_left AFTER UPDATE OF state ON items
        WHEN (new.state = 2) != (old.state = 2) BEGIN
            INSERT OR IGNORE INTO derived_due VALUES (new.id);
        END;
        CREATE TRIGGER IF NOT EXISTS item_forgotten AFTER DELETE ON items WHEN old.state != 2 BEGIN
            INSERT OR IGNORE INTO derived_due VALUES (old.id);
        END;
        CREATE TRIGGER IF NOT EXISTS source_changed AFTER UPDATE OF path, size, mtime_ns ON sources
        WHEN old.path != new.path OR old.size != new.size OR old.mtime_ns != new.mtime_ns BEGIN
            INSERT OR IGNORE INTO derived_due SELECT id FROM items WHERE source = new.id;
        END;
        INSERT OR IGNORE INTO derived_due SELECT id FROM items WHERE state != 2;
        INSERT OR IGNORE INTO facts VALUES ('facets', 0);
        """,
    )


def _add_duplicates(connection: sqlite3.Connection) -> None:
    _run(
        connection,
        """
        CREATE TABLE IF NOT EXISTS copies (      -- sources without items of their own
            source INTEGER PRIMARY KEY,
            holder INTEGER NOT NULL              -- the source that has the items; never a copy itself
        );
        CREATE INDEX IF NOT EXISTS copies_by_holder ON copies (holder);
        """,
    )


def _add_near_duplicates(connection: sqlite3.Connection) -> None:
    _run(
        connection,
        """
        CREATE TABLE IF NOT EXISTS hashes (      -- of pictures as they look, of texts by their words
            item INTEGER PRIMARY KEY,
            hash INTEGER NOT NULL
        );
        CREATE INDEX IF NOT EXISTS hashes_by_hash ON hashes (hash);
        CREATE TABLE IF NOT EXISTS twins (       -- items that were compared with the others
            item   INTEGER PRIMARY KEY,
            leader INTEGER NOT NULL              -- the item that stands for it and its near-duplicates; perhaps itself
        );
        CREATE INDEX IF NOT EXISTS twins_by_leader ON twins (leader);
        """,
    )


def _add_exclusions(connection: sqlite3.Connection) -> None:
    _run(
        connection,
        """
        CREATE TABLE IF NOT EXISTS kept_out (    -- what a person has removed
            path  TEXT PRIMARY KEY,              -- of a source, or of a folder with all that is below it
            since TEXT NOT NULL
        );
        """,
    )


def _add_live_items(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE VIEW IF NOT EXISTS live_items AS SELECT * FROM items WHERE state != 2")


def _split_read_state(connection: sqlite3.Connection) -> None:
    """Split `sidecar`, which held `CAPTION|read:OPTIONS` or `row:DIGEST|read:OPTIONS`, into a column each."""
    if "sidecar" not in {name for _, name, *_ in connection.execute("PRAGMA table_info (sources)")}:
        return
    for column in ("caption_state", "row_state", "reading_options"):
        connection.execute(f"ALTER TABLE sources ADD COLUMN {column} TEXT NOT NULL DEFAULT ''")
    for source, packed in connection.execute("SELECT id, sidecar FROM sources WHERE sidecar != ''").fetchall():
        caption, _, options = packed.rpartition("|read:") if "|read:" in packed else (packed, "", "")
        row = caption.removeprefix("row:") if caption.startswith("row:") else ""
        connection.execute(
            "UPDATE sources SET caption_state = ?, row_state = ?, reading_options = ? WHERE id = ?",
            ["" if row else caption, row, options, source],
        )
    connection.execute("ALTER TABLE sources DROP COLUMN sidecar")


def _drop_caption_filler(connection: sqlite3.Connection) -> None:
    """Take from pictures the captions and titles that cameras and programs filled in, as ingest does now."""
    changed = []
    rows = connection.execute(
        "SELECT id, text, title, meta FROM items WHERE modality = 'image' AND state != 2 AND (text != '' "
        "OR title != '' OR meta LIKE '%\"caption\"%' OR meta LIKE '%\"title\"%')"
    )
    for item, text, title, packed in rows:
        meta = json.loads(packed)
        if (kept := without_fillers(text, title, meta)) != (text, title, meta):
            changed.append((*kept[:2], json.dumps(kept[2], ensure_ascii=False), item))
    # Chroma has the captions too: it gets these items again.
    connection.executemany("UPDATE items SET text = ?, title = ?, meta = ?, state = 0 WHERE id = ?", changed)
    if changed:
        connection.execute("UPDATE facts SET value = value + 1 WHERE key = 'revision'")


def _add_qualities(connection: sqlite3.Connection) -> None:
    _run(
        connection,
        """
        CREATE TABLE IF NOT EXISTS qualities (   -- of passages; those of older ledgers are measured when needed
            item    INTEGER PRIMARY KEY,
            quality REAL NOT NULL                -- 0 (a table of paths, a licence) to 1 (prose)
        );
        """,
    )


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (
    _create_ledger,
    _add_encoder,
    _add_run_results,
    _add_search_index,
    _add_duplicates,
    _add_near_duplicates,
    _add_exclusions,
    _add_live_items,
    _split_read_state,
    _drop_caption_filler,
    _add_qualities,
)
