"""What filters and keyword search ask of the ledger: words (SQLite FTS5), facets, and metadata by key.

All of it is derived from items and their sources.  Triggers note in the table `derived_due` which items were added,
changed or removed, whoever writes; `derive` brings the tables in step, within the transaction that made the change.  An
older ledger has all its items due once.

FTS5 splits words at spaces and signs, and scripts that write without spaces would be one word a sentence.  So their
letters are set apart, here and in every query alike: a word of two letters is then a phrase of two tokens.
"""

import json
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import PurePath

from ingest.readers.dominant_colours import colour_bits

SHAPES = ("", "landscape", "portrait", "square")
"""What the numbers in the column `shape` stand for."""
_EPOCH = date(1970, 1, 1).toordinal()
_SQUARE = 1.05  # up to this ratio of its sides a picture is square
_LONGEST_VALUE = 200  # characters of a metadata value that a filter can ask for
_PIECE = 500
_NOT_WORDS = frozenset({"format", "colours", "taken", "width", "height"})  # facts of a picture that are no words of it
_SHORT_SUFFIXES = {"jpeg": "jpg", "tiff": "tif", "htm": "html", "markdown": "md", "yml": "yaml"}
# Han, kana, Hangul, and the scripts of South-East Asia: words run on without spaces, or carry particles.
_RUN_ON = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3130-\u318f"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff])"
)


def spaced(text: str) -> str:
    """`text` with a space around each letter of a script that writes without spaces."""
    return _RUN_ON.sub(r" \1 ", text) if not text.isascii() else text


def suffix_of(path: str) -> str:
    """The format of a file by its suffix, lower case and without its dot; `jpeg` counts as `jpg`."""
    suffix = PurePath(path).suffix.lower().removeprefix(".")
    return _SHORT_SUFFIXES.get(suffix, suffix)


def is_due(database: sqlite3.Connection) -> bool:
    """Whether anything is still to be derived."""
    return database.execute("SELECT EXISTS (SELECT 1 FROM derived_due)").fetchone() == (1,)


def due_count(database: sqlite3.Connection) -> int:
    """How many items are still to be derived from."""
    return int(database.execute("SELECT COUNT(*) FROM derived_due").fetchone()[0])


def make_all_due(database: sqlite3.Connection) -> None:
    """Empty the derived tables, whatever state they are in, and have every live item derived from anew.

    The caller has begun a transaction.
    """
    (made,) = database.execute("SELECT sql FROM sqlite_master WHERE name = 'words'").fetchone()
    database.execute("DROP TABLE words")  # from a damaged index rows cannot be deleted one by one
    database.execute(made)
    for table in ("facets", "meta_values", "derived_due"):
        database.execute(f"DELETE FROM {table}")
    database.execute("INSERT INTO derived_due SELECT id FROM items WHERE state != 2")


def derive(database: sqlite3.Connection, most: int | None = None) -> int:
    """Bring the derived tables in step with the items that are due, `most` of them; returns how many.

    The caller has begun a transaction.
    """
    done = 0
    while most is None or done < most:
        limit = _PIECE if most is None else min(_PIECE, most - done)
        due = [number for (number,) in database.execute("SELECT item FROM derived_due LIMIT ?", [limit])]
        if not due:
            break
        _derive_piece(database, due)
        done += len(due)
    return done


def _derive_piece(database: sqlite3.Connection, due: Sequence[int]) -> None:
    marks = ",".join("?" * len(due))
    rows = database.execute(
        "SELECT items.id, modality, text, title, meta, coalesce(path, ''), coalesce(size, 0), coalesce(mtime_ns, 0) "
        f"FROM items LEFT JOIN sources ON sources.id = items.source WHERE state != 2 AND items.id IN ({marks})",
        due,
    ).fetchall()
    known = database.execute(f"SELECT COUNT(*) FROM facets WHERE item IN ({marks})", due).fetchone()[0]
    for table, key in (("words", "rowid"), ("facets", "item"), ("meta_values", "item"), ("derived_due", "item")):
        database.executemany(f"DELETE FROM {table} WHERE {key} = ?", [(number,) for number in due])
    items = [(*row[:4], json.loads(row[4]), *row[5:]) for row in rows]
    database.executemany(
        "INSERT INTO words (rowid, name, title, text, keywords) VALUES (?, ?, ?, ?, ?)",
        [(item, *words_of(text, title, meta, path)) for item, _, text, title, meta, path, _, _ in items],
    )
    database.executemany(
        "INSERT INTO facets VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [(item[0], *facets_of(item[1], item[2], *item[4:])) for item in items],
    )
    database.executemany(
        "INSERT OR IGNORE INTO meta_values VALUES (?, ?, ?)",
        [(key, value, item) for item, _, _, _, meta, _, _, _ in items for key, value in values_of(meta)],
    )
    if known:  # otherwise the items are new, and are read for the first time anyway
        database.execute("UPDATE facts SET value = value + 1 WHERE key = 'facets'")


def words_of(text: str, title: str, meta: Mapping[str, object], path: str) -> tuple[str, str, str, str]:
    """The columns of `words`: file name, title, text, and what else the metadata says in words."""
    said = {key: value for key, value in meta.items() if isinstance(value, str) and key not in _NOT_WORDS}
    titles = dict.fromkeys(filter(None, (title, said.pop("title", ""))))
    if said.get("caption") == text:
        del said["caption"]
    if "id" in meta:
        said["id"] = str(meta["id"])
    return spaced(PurePath(path).name), spaced(" ".join(titles)), spaced(text), spaced("\n".join(said.values()))


def facets_of(
    modality: str, text: str, meta: Mapping[str, object], path: str, size: int, mtime_ns: int
) -> tuple[str, int, int, int, int, int, int]:
    """The columns of `facets` after `item`."""
    width, height = (_number(meta.get(side)) if modality == "image" else 0 for side in ("width", "height"))
    shape = 0
    if width and height:
        shape = 3 if max(width, height) <= _SQUARE * min(width, height) else 1 if width > height else 2
    colours = colour_bits(str(meta.get("colours", ""))) if modality == "image" else 0
    captioned = modality == "image" and bool(text.strip())
    day = _day(meta, mtime_ns)
    return suffix_of(path), day, max(size, 0), width * height, shape, colours, int(captioned)


def values_of(meta: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """The metadata as (key, value): keywords and colours are several values each, and long values are cut."""
    for key, value in meta.items():
        written = json.dumps(value) if isinstance(value, bool) else str(value)
        parts = [part.strip() for part in written.split(",")] if key in ("keywords", "colours", "tags") else []
        for part in dict.fromkeys([written, *parts]):
            yield key, part[:_LONGEST_VALUE]


def day_number(day: date) -> int:
    """Days since 1970, as in the column `day`."""
    return day.toordinal() - _EPOCH


def _day(meta: Mapping[str, object], mtime_ns: int) -> int:
    for key in ("taken", "date"):
        try:
            return day_number(datetime.fromisoformat(str(meta[key])).date())
        except (KeyError, ValueError):
            continue
    try:
        return day_number(datetime.fromtimestamp(mtime_ns / 1e9).date())
    except (OverflowError, ValueError, OSError):
        return 0


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
