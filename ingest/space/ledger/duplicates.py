"""Sources of one content share one set of items: one of them, the holder, has the items, and the others are its copies.

The item shows the holder's path.  When the holder leaves the space or gets another content, its items pass on to the
copy that came first; so an item stays as long as any path has its content.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TypeVar

from ingest.outcomes import IN_THE_SPACE
from ingest.readers.draft import Modality
from ingest.readers.formats import kind_of
from ingest.sources.read_state import ReadState
from ingest.sources.web_copies import is_address
from ingest.space.ledger.database import LedgerFile
from ingest.space.ledger.records import Source

Value = TypeVar("Value", int, str)

_SQL_VARIABLES = 500  # a list of ids goes into SQL in pieces: SQLite bounds the number of variables
HAS_ITEMS = (
    "(EXISTS (SELECT 1 FROM items WHERE items.source = sources.id AND state != 2) "
    "OR EXISTS (SELECT 1 FROM copies WHERE copies.source = sources.id))"
)
"""Of a source in SQL: whether it has live items, its own or those of the source that it is a copy of."""
SOURCE_COLUMNS = "id, path, root, folder, size, mtime_ns, sha256, sidecar, outcome, reason"


@dataclass(frozen=True)
class Content:
    """What two files have in common when they can share their items."""

    sha256: str
    choices: str
    """What a person chose about reading it."""
    suffix: str
    """For a document its suffix in lower case, which says how it is read; '' for a picture."""
    caption: str
    """For a picture the caption beside it, '' without one."""


def content_of(path: PurePath, sha256: str, choices: str, caption: str = "") -> Content:
    """The content of the file at `path`."""
    suffix = "" if kind_of(Path(path)) == "image" else path.suffix.lower()
    return Content(sha256, choices, suffix, caption)


def _content_held(path: str, sha256: str, sidecar: str, caption: str) -> Content | None:
    """What a source may share; None for what was fetched, and for a picture with the facts of a table's row."""
    state = ReadState.parse(sidecar)
    if is_address(path) or state.from_row:
        return None
    return content_of(PurePath(path), sha256, state.options, caption)


class LedgerCopies(LedgerFile):
    """The part of a ledger that knows which sources share their items."""

    def holder(self, content: Content) -> Source | None:
        """The source that has the items of `content`; None where the space has none."""
        with self._lock:
            for source in self._with_items(content.sha256):
                known = _content_held(source.path, source.sha256, source.sidecar, content.caption)
                if known == content and self._has_caption(source.id, content.caption):
                    return source
        return None

    def source_of_pictures(self, sha256: str, choices: str) -> Source | None:
        """The first source whose items are the pictures in this content, read with `choices`; None without one."""
        with self._lock:
            read = self._with_items(sha256, "image")
            return next((source for source in read if ReadState.parse(source.sidecar).options == choices), None)

    def held_count(self) -> int:
        """How many sources are in the space, as `Source.in_the_space` says."""
        outcomes = sorted(IN_THE_SPACE)
        found = self._all(f"SELECT COUNT(*) FROM sources WHERE outcome IN ({marks(outcomes)}) OR {HAS_ITEMS}", outcomes)
        return int(found[0][0])

    def copies(self) -> dict[int, list[Source]]:
        """The copies of each holder that has any, by path."""
        found: dict[int, list[Source]] = defaultdict(list)
        columns = ", ".join(f"sources.{name}" for name in SOURCE_COLUMNS.split(", "))
        rows = self._all(
            f"SELECT holder, {columns} FROM copies JOIN sources ON sources.id = copies.source ORDER BY path"
        )
        for holder, *row in rows:
            found[holder].append(Source(*row))
        return dict(found)

    def copy_count(self) -> int:
        """How many sources show items that another source of the same content holds."""
        return int(self._one("SELECT COUNT(*) FROM copies"))

    def other_folders(self) -> list[tuple[int, str]]:
        """Each item with each folder that it is in beside its own: where copies of its source are."""
        rows = self._all(
            "SELECT DISTINCT items.id, sources.folder FROM copies JOIN sources ON sources.id = copies.source "
            "JOIN sources AS shown ON shown.id = copies.holder JOIN items ON items.source = copies.holder "
            "WHERE state != 2 AND sources.folder != shown.folder ORDER BY 1, 2"
        )
        return [(number, folder) for number, folder in rows]

    def fold(self) -> int:
        """Let sources of one content share their items where each has its own; returns how many items that saves.

        Spaces made before sources could share, and captions that became alike, have such items.
        """
        alike: dict[tuple, list[int]] = defaultdict(list)
        rows = self._all(
            "SELECT id, path, sha256, sidecar FROM sources WHERE id NOT IN (SELECT source FROM copies) AND sha256 IN "
            "(SELECT sha256 FROM sources WHERE sha256 != '' AND id NOT IN (SELECT source FROM copies) "
            "GROUP BY sha256 HAVING COUNT(*) > 1) ORDER BY id"
        )
        for number, path, sha256, sidecar in rows:
            items = self._all(
                "SELECT modality, text, page FROM items WHERE source = ? AND state != 2 ORDER BY position", [number]
            )
            content = _content_held(path, sha256, sidecar, "")
            if items and content:
                alike[content, tuple(items)].append(number)
        saved = 0
        with self.transaction(changes=any(len(sources) > 1 for sources in alike.values())):
            for (_, items), (first, *others) in alike.items():
                for source in others:
                    self._db.execute("UPDATE items SET state = 2 WHERE source = ?", [source])
                    self._db.execute("UPDATE copies SET holder = ? WHERE holder = ?", [first, source])
                    self._db.execute("INSERT OR REPLACE INTO copies VALUES (?, ?)", [source, first])
                    saved += len(items)
        return saved

    # ---- inside ---------------------------------------------------------------------------------------------------

    def _with_items(self, sha256: str, modality: Modality | None = None) -> Iterator[Source]:
        """The sources of this content that have items of their own, by id; the caller holds the lock.

        SQLite leaves out the others, of which there may be many thousand: copies, and empty or broken files.
        """
        rows = self._db.execute(
            f"SELECT {SOURCE_COLUMNS} FROM sources WHERE sha256 = ? AND sha256 != '' AND EXISTS (SELECT 1 FROM items "
            "WHERE source = sources.id AND state != 2 AND modality = COALESCE(?, modality)) ORDER BY id",
            [sha256, modality],
        )
        return (Source(*row) for row in rows)  # one by one: the first nearly always fits

    def _has_caption(self, source: int, caption: str) -> bool:
        """Whether `source` has items, and their caption is `caption` or, where that is '', their own."""
        rows = self._all(
            "SELECT modality, text, COALESCE(json_extract(meta, '$.caption'), '') FROM items "
            "WHERE source = ? AND state != 2 LIMIT 1",
            [source],
        )
        return any(modality == "text" or text == (caption or own) for modality, text, own in rows)

    def _other_paths(self, holders: Sequence[int]) -> dict[int, tuple[str, ...]]:
        """The paths of the copies of each of `holders` that has any, sorted."""
        found: dict[int, list[str]] = defaultdict(list)
        for piece in pieces(holders):
            for holder, path in self._all(
                "SELECT holder, path FROM copies JOIN sources ON sources.id = copies.source "
                f"WHERE holder IN ({marks(piece)}) ORDER BY path",
                piece,
            ):
                found[holder].append(path)
        return {holder: tuple(paths) for holder, paths in found.items()}

    def _let_go(self, sources: Sequence[int]) -> None:
        """Take their items from `sources`: they pass on to a copy, or are marked for removal where there is none."""
        for piece in pieces(sources):
            self._db.execute(f"DELETE FROM copies WHERE source IN ({marks(piece)})", piece)
        for piece in pieces(sources):
            heirs = self._all(
                f"SELECT holder, MIN(source) FROM copies WHERE holder IN ({marks(piece)}) GROUP BY holder", piece
            )
            for holder, heir in heirs:
                self._pass_on(holder, heir)
            self._db.execute(f"UPDATE items SET state = 2 WHERE source IN ({marks(piece)})", piece)

    def _pass_on(self, holder: int, heir: int) -> None:
        """Give the items of `holder` to its copy `heir`."""
        self._db.execute("DELETE FROM copies WHERE source = ?", [heir])
        self._db.execute("UPDATE copies SET holder = ? WHERE holder = ?", [heir, holder])
        # Chroma learns the path that they show now.
        self._db.execute(
            "UPDATE items SET source = ?, state = CASE state WHEN 1 THEN 0 ELSE state END "
            "WHERE source = ? AND state != 2",
            [heir, holder],
        )
        self._db.execute("UPDATE facts SET value = value + 1 WHERE key = 'moves'")

    def _set_apart(self, source: int) -> None:
        """Give `source` items of its own, with the same vectors, where it shares them."""
        rows = self._all("SELECT holder FROM copies WHERE source = ?", [source])
        if rows:
            holder = rows[0][0]
        else:
            (holder,) = self._all("SELECT MIN(source) FROM copies WHERE holder = ?", [source])[0]
            if holder is None:
                return
            self._pass_on(source, holder)
        self._db.execute("DELETE FROM copies WHERE source = ?", [source])
        for (item,) in self._all("SELECT id FROM items WHERE source = ? AND state != 2 ORDER BY position", [holder]):
            columns = "position, modality, text, title, page, meta, thumbnail"
            cursor = self._db.execute(
                f"INSERT INTO items (source, {columns}, state) SELECT ?, {columns}, 0 FROM items WHERE id = ?",
                [source, item],
            )
            self._db.execute(
                "INSERT INTO vectors SELECT ?, vector FROM vectors WHERE item = ?", [cursor.lastrowid, item]
            )


def pieces(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    """`values` in pieces that SQL takes."""
    for start in range(0, len(values), _SQL_VARIABLES):
        yield values[start : start + _SQL_VARIABLES]


def marks(values: Sequence[object]) -> str:
    """A question mark for each of `values`, with commas between."""
    return ",".join("?" * len(values))
