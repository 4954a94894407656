"""What filters and keyword search look up: the tables `words` (SQLite FTS5), `facets` and `meta_values`.

All of it is derived from items and their sources.  Triggers record in the table `derived_due` which items were added,
changed or removed, whoever writes; `update` derives the tables from those items again, within the transaction that made
the change.  In a ledger from before there was a search index all items are due once.

FTS5 splits words at spaces and punctuation, so in scripts that are written without spaces a sentence would be one word.
So their letters are separated by spaces, here and in every query alike: a word of two letters is then a phrase of two
tokens.
"""

import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import PurePath
from typing import cast

import numpy as np
from numpy.typing import NDArray

from ingest.readers.dominant_colours import colour_bits
from ingest.space.ledger.database import Database, placeholders
from ingest.space.ledger.item import ItemState
from ingest.space.ledger.passage_qualities import passage_quality, put_qualities
from ingest.space.ledger.records import FacetRows

SHAPES = ("", "landscape", "portrait", "square")
"""What the numbers in the column `shape` stand for."""
_EPOCH = date(1970, 1, 1).toordinal()
_DERIVED = (
    ("words", "rowid"),
    ("facets", "item"),
    ("meta_values", "item"),
    ("qualities", "item"),
    ("derived_due", "item"),
)  # each table with its column of items
_SQUARE = 1.05  # up to this ratio of its sides a picture is square
_MAX_VALUE_LENGTH = 200  # characters of a metadata value that a filter can compare
_CHUNK = 500  # items derived at a time
_UPDATE_CHUNK = 5_000  # items a transaction when many are due
_NOT_WORDS = frozenset({"format", "colours", "taken", "width", "height"})  # metadata of a picture that are no words
_SHORT_SUFFIXES = {"jpeg": "jpg", "tiff": "tif", "htm": "html", "markdown": "md", "yml": "yaml"}
# Han, kana, Hangul, and the scripts of South-East Asia: written without spaces, or with particles attached.
_UNSPACED = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3130-\u318f"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff])"
)


def spaced(text: str) -> str:
    """`text` with a space around each letter of a script that writes without spaces."""
    return _UNSPACED.sub(r" \1 ", text) if not text.isascii() else text


def suffix_of(path: str) -> str:
    """The format of a file by its suffix, lower case and without its dot; `jpeg` counts as `jpg`."""
    suffix = PurePath(path).suffix.lower().removeprefix(".")
    return _SHORT_SUFFIXES.get(suffix, suffix)


class SearchIndex:
    """Full-text search, facets and metadata of live items; expressions are those of FTS5."""

    def __init__(self, database: Database) -> None:
        """Keep the search index up to date in every transaction of `database`."""
        self._database = database
        database.before_commit = self._update_before_commit

    def due_count(self) -> int:
        """How many items cannot be looked up yet, as in a ledger from before there was a search index."""
        return self._database.number("SELECT COUNT(*) FROM derived_due")

    def facet_changes(self) -> int:
        """A number that rises whenever facets of existing items change; cheap."""
        return self._database.counter("facets")

    def facets(self, after: int = 0) -> FacetRows:
        """The facets of live items whose id is greater than `after`, ascending by id."""
        rows = self._database.rows(
            "SELECT facets.item, format, day, bytes, pixels, shape, colours, captioned, quality FROM facets "
            "LEFT JOIN qualities ON qualities.item = facets.item WHERE facets.item > ? ORDER BY facets.item",
            [after],
        )
        columns = zip(*rows, strict=True) if rows else ((),) * 9
        ids, formats, days, sizes, pixels, shapes, colours, captioned, qualities = columns
        return FacetRows(
            np.array(ids, np.int64),
            list(cast(Sequence[str], formats)),
            np.array(days, np.int32),
            np.array(sizes, np.int64),
            np.array(pixels, np.int32),
            np.array(shapes, np.int8),
            np.array(colours, np.int32),
            np.array(captioned, np.bool_),
            np.array(qualities, np.float32),  # None becomes NaN
        )

    def matching(self, expression: str) -> NDArray[np.int64]:
        """The live items whose words match, ascending."""
        return self._ids("SELECT rowid AS id FROM words WHERE words MATCH ? ORDER BY rowid", [expression])

    def some_matching(self, expression: str, limit: int) -> list[int]:
        """Up to `limit` live items whose words match, in no order."""
        rows = self._database.rows("SELECT rowid FROM words WHERE words MATCH ? LIMIT ?", [expression, limit])
        return [item for (item,) in rows]

    def with_metadata(self, key: str, value: str | None = None) -> NDArray[np.int64]:
        """The live items whose metadata has `key`, with `value` unless that is None, ascending; case is ignored."""
        if value is None:
            return self._ids("SELECT DISTINCT item AS id FROM meta_values WHERE key = ? ORDER BY item", [key])
        return self._ids("SELECT item AS id FROM meta_values WHERE key = ? AND value = ? ORDER BY item", [key, value])

    def taken_between(self, first: date | None, last: date | None) -> NDArray[np.int64]:
        """The live items that say they were taken from `first` to `last`, those days included, ascending."""
        # As text: ISO dates are in the order of time.  The sign after the last day follows any time of that day.
        low, high = (first or date.min).isoformat(), f"{(last or date.max).isoformat()}~"
        return self._ids(
            "SELECT item AS id FROM meta_values WHERE key = 'taken' AND value BETWEEN ? AND ? ORDER BY item",
            [low, high],
        )

    def days_taken(self) -> NDArray[np.int64]:
        """The day, since 1970, that each live item says it was taken on, in no order."""
        return self._ids(
            "SELECT CAST(julianday(substr(value, 1, 10)) - 2440587.5 AS INTEGER) AS id FROM meta_values "
            "WHERE key = 'taken' AND julianday(substr(value, 1, 10)) IS NOT NULL",
            [],
        )

    def metadata_keys(self) -> dict[str, int]:
        """How many values each metadata key has, by key."""
        stamp = self._database.rows("SELECT key, value FROM facts WHERE key IN ('revision', 'facets')")
        return self._database.cached_counts("SELECT key, COUNT(*) FROM meta_values GROUP BY key ORDER BY key", stamp)

    def metadata_values(self, key: str) -> list[tuple[int, str]]:
        """Each live item that has a metadata key with each of its values, ascending by id."""
        rows = self._database.rows("SELECT item, value FROM meta_values WHERE key = ? ORDER BY item, value", [key])
        return [(item, value) for item, value in rows]

    # ---- writing: for the holder of the space's write lock ----------------------------------------------------------

    def update(self, progress: Callable[[int, int], None] | None = None, *, all_items: bool = False) -> int:
        """Derive words, facets and metadata from the items that are due, or from all; returns how many.

        `progress` receives (items done, items in all).  It is written in several transactions: an interrupted update
        continues at the next call.

        Raises:
            SpaceError: the disk is full, or the file cannot be written.
        """
        if all_items:
            with self._database.transaction(finish=False):
                mark_all_due(self._database.connection)
        total, done = self.due_count(), 0
        while done < total:
            with self._database.transaction(finish=False):
                count = derive(self._database.connection, _UPDATE_CHUNK)
            if not count:
                break
            done += count
            if progress:
                progress(min(done, total), total)
        return done

    def _update_before_commit(self) -> None:
        if self._database.number("SELECT EXISTS (SELECT 1 FROM derived_due)"):
            derive(self._database.connection)

    def _ids(self, query: str, values: Sequence[object]) -> NDArray[np.int64]:
        # Joined by SQLite: to return a row each would take five times as long.
        ((joined,),) = self._database.rows(f"SELECT group_concat(id) FROM ({query})", values)
        return np.fromstring(joined, np.int64, sep=",") if joined else np.empty(0, np.int64)


def mark_all_due(connection: sqlite3.Connection) -> None:
    """Empty the derived tables, whatever state they are in, and have every live item derived from again.

    The caller has begun a transaction.
    """
    (schema,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'words'").fetchone()
    connection.execute("DROP TABLE words")  # from a damaged index rows cannot be deleted one by one
    connection.execute(schema)
    for table in ("facets", "meta_values", "derived_due"):
        connection.execute(f"DELETE FROM {table}")
    # Not from the view of live items, which a ledger that has not been migrated lacks.
    connection.execute(f"INSERT INTO derived_due SELECT id FROM items WHERE state != {ItemState.REMOVED}")


def derive(connection: sqlite3.Connection, limit: int | None = None) -> int:
    """Derive words, facets and metadata from up to `limit` items that are due; returns how many.

    The caller has begun a transaction.
    """
    done = 0
    while limit is None or done < limit:
        chunk = _CHUNK if limit is None else min(_CHUNK, limit - done)
        due = [number for (number,) in connection.execute("SELECT item FROM derived_due LIMIT ?", [chunk])]
        if not due:
            break
        _derive_from(connection, due)
        done += len(due)
    return done


def _derive_from(connection: sqlite3.Connection, due: Sequence[int]) -> None:
    marks = placeholders(due)
    rows = connection.execute(
        "SELECT items.id, modality, text, title, meta, coalesce(path, ''), coalesce(size, 0), coalesce(mtime_ns, 0) "
        f"FROM live_items AS items LEFT JOIN sources ON sources.id = items.source WHERE items.id IN ({marks})",
        due,
    ).fetchall()
    known = connection.execute(f"SELECT COUNT(*) FROM facets WHERE item IN ({marks})", due).fetchone()[0]
    for table, key in _DERIVED:
        connection.executemany(f"DELETE FROM {table} WHERE {key} = ?", [(number,) for number in due])
    items = [(*row[:4], json.loads(row[4]), *row[5:]) for row in rows]
    connection.executemany(
        "INSERT INTO words (rowid, name, title, text, keywords) VALUES (?, ?, ?, ?, ?)",
        [(item, *words_of(text, title, meta, path)) for item, _, text, title, meta, path, _, _ in items],
    )
    connection.executemany(
        "INSERT INTO facets VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [(item[0], *facets_of(item[1], item[2], *item[4:])) for item in items],
    )
    passages = [(item, text, title, path) for item, modality, text, title, _, path, _, _ in items if modality == "text"]
    put_qualities(connection, [(item, passage_quality(*words)) for item, *words in passages])
    connection.executemany(
        "INSERT OR IGNORE INTO meta_values VALUES (?, ?, ?)",
        [(key, value, item) for item, _, _, _, meta, _, _, _ in items for key, value in values_of(meta)],
    )
    if known:  # otherwise the items are new, and readers load them for the first time anyway
        connection.execute("UPDATE facts SET value = value + 1 WHERE key = 'facets'")


def words_of(text: str, title: str, meta: Mapping[str, object], path: str) -> tuple[str, str, str, str]:
    """The columns of `words`: file name, title, text, and the other words of the metadata."""
    keywords = {key: value for key, value in meta.items() if isinstance(value, str) and key not in _NOT_WORDS}
    titles = dict.fromkeys(filter(None, (title, keywords.pop("title", ""))))
    if keywords.get("caption") == text:
        del keywords["caption"]
    if "id" in meta:
        keywords["id"] = str(meta["id"])
    return spaced(PurePath(path).name), spaced(" ".join(titles)), spaced(text), spaced("\n".join(keywords.values()))


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
        text = json.dumps(value) if isinstance(value, bool) else str(value)
        parts = [part.strip() for part in text.split(",")] if key in ("keywords", "colours", "tags") else []
        for part in dict.fromkeys([text, *parts]):
            yield key, part[:_MAX_VALUE_LENGTH]


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
