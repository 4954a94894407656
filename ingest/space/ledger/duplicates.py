"""Sources of the same content share one set of items, which one of them, the holder, has; the others are duplicates.

The item has the holder's path.  When the holder leaves the space or gets another content, its items pass to its first
duplicate; so an item stays as long as any path has its content.  The table is `copies`.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from ingest.readers.draft import Modality
from ingest.readers.formats import kind_of
from ingest.sources.web_copies import is_address
from ingest.space.ledger.database import Database, Row, chunks, placeholders
from ingest.space.ledger.items import Items
from ingest.space.ledger.records import Source
from ingest.space.ledger.sources import SOURCE_COLUMNS, source_from


@dataclass(frozen=True)
class Content:
    """What two files have in common when they can share their items."""

    sha256: str
    choices: str
    """How it is read, where there is a choice."""
    suffix: str
    """For a document its suffix in lower case, which says how it is read; '' for a picture."""
    caption: str
    """For a picture the caption beside it, '' without one."""


def content_of(path: PurePath, sha256: str, choices: str, caption: str = "") -> Content:
    """The content of the file at `path`."""
    suffix = "" if kind_of(Path(path)) == "image" else path.suffix.lower()
    return Content(sha256, choices, suffix, caption)


def _shared_content(source: Source, caption: str) -> Content | None:
    """What `source` may share; None for what was fetched, and for a picture with the metadata of a table's row."""
    if is_address(source.path) or source.read_state.row:
        return None
    return content_of(PurePath(source.path), source.sha256, source.read_state.options, caption)


class Duplicates:
    """Which sources share the items of another source."""

    def __init__(self, database: Database, items: Items) -> None:
        """Read and write the table in `database`; `items` is the part that the items belong to."""
        self._database = database
        self._items = items

    def holder(self, content: Content) -> Source | None:
        """The source that has the items of `content`; None where the space has none."""
        with self._database.lock:
            for source in self._with_items(content.sha256):
                if _shared_content(source, content.caption) == content and self._has_caption(
                    source.id, content.caption
                ):
                    return source
        return None

    def source_of_pictures(self, sha256: str, choices: str) -> Source | None:
        """The first source whose items are the pictures in this content, read with `choices`; None without one."""
        with self._database.lock:
            read = self._with_items(sha256, "image")
            return next((source for source in read if source.read_state.options == choices), None)

    def by_holder(self) -> dict[int, list[Source]]:
        """The duplicates of each holder that has any, by path."""
        found: defaultdict[int, list[Source]] = defaultdict(list)
        columns = ", ".join(f"sources.{name}" for name in SOURCE_COLUMNS.split(", "))
        rows = self._database.rows(
            f"SELECT holder, {columns} FROM copies JOIN sources ON sources.id = copies.source ORDER BY path"
        )
        for holder, *row in rows:
            found[holder].append(source_from(tuple(row)))
        return dict(found)

    def count(self) -> int:
        """How many sources share the items of another."""
        return self._database.number("SELECT COUNT(*) FROM copies")

    def other_folders(self) -> list[tuple[int, str]]:
        """Each item with each folder that it is in beside its own, which are those of its source's duplicates."""
        rows = self._database.rows(
            "SELECT DISTINCT items.id, sources.folder FROM copies JOIN sources ON sources.id = copies.source "
            "JOIN sources AS shown ON shown.id = copies.holder "
            "JOIN live_items AS items ON items.source = copies.holder "
            "WHERE sources.folder != shown.folder ORDER BY 1, 2"
        )
        return [(number, folder) for number, folder in rows]

    # ---- writing: for the holder of the space's write lock ----------------------------------------------------------

    def merge(self) -> int:
        """Let sources of the same content share their items where each has its own; returns how many items that saves.

        Spaces from before sources could share, and captions that became equal, have such items.
        """
        equal: defaultdict[tuple[Content, tuple[Row, ...]], list[int]] = defaultdict(list)
        rows = self._database.rows(
            f"SELECT {SOURCE_COLUMNS} FROM sources WHERE id NOT IN (SELECT source FROM copies) AND sha256 IN "
            "(SELECT sha256 FROM sources WHERE sha256 != '' AND id NOT IN (SELECT source FROM copies) "
            "GROUP BY sha256 HAVING COUNT(*) > 1) ORDER BY id"
        )
        for source in map(source_from, rows):
            shown = self._database.rows(
                "SELECT modality, text, page FROM live_items WHERE source = ? ORDER BY position", [source.id]
            )
            content = _shared_content(source, "")
            if shown and content:
                equal[content, tuple(shown)].append(source.id)
        saved = 0
        with self._database.transaction(changes=any(len(sources) > 1 for sources in equal.values())):
            for (_, items), (first, *others) in equal.items():
                for other in others:
                    self._items.remove([other])
                    self._database.execute("UPDATE copies SET holder = ? WHERE holder = ?", [first, other])
                    self.link(other, first)
                    saved += len(items)
        return saved

    def link(self, source: int, holder: int) -> None:
        """Let `source`, which has no items of its own, share those of `holder`; within a transaction."""
        self._database.execute("INSERT OR REPLACE INTO copies VALUES (?, ?)", [source, holder])

    def release(self, sources: Sequence[int]) -> None:
        """Take their items from `sources`: they pass to a duplicate, or are removed where there is none.

        The caller has begun a transaction.
        """
        for chunk in chunks(sources):
            self._database.execute(f"DELETE FROM copies WHERE source IN ({placeholders(chunk)})", chunk)
        for chunk in chunks(sources):
            heirs = self._database.rows(
                f"SELECT holder, MIN(source) FROM copies WHERE holder IN ({placeholders(chunk)}) GROUP BY holder", chunk
            )
            for holder, heir in heirs:
                self._pass_items(holder, heir)
            self._items.remove(chunk)

    def separate(self, source: int) -> None:
        """Give `source` items of its own, with the same vectors, where it shares them; within a transaction."""
        rows = self._database.rows("SELECT holder FROM copies WHERE source = ?", [source])
        if rows:
            holder = rows[0][0]
        else:
            (holder,) = self._database.rows("SELECT MIN(source) FROM copies WHERE holder = ?", [source])[0]
            if holder is None:
                return
            self._pass_items(source, holder)
        self._database.execute("DELETE FROM copies WHERE source = ?", [source])
        self._items.copy(holder, source)

    def _pass_items(self, holder: int, heir: int) -> None:
        """Give the items of `holder` to its duplicate `heir`."""
        self._database.execute("DELETE FROM copies WHERE source = ?", [heir])
        self._database.execute("UPDATE copies SET holder = ? WHERE holder = ?", [heir, holder])
        self._items.transfer(holder, heir)

    def _with_items(self, sha256: str, modality: Modality | None = None) -> Iterator[Source]:
        """The sources of this content that have items of their own, by id; the caller holds the lock.

        SQLite leaves out the others, of which there may be many thousand: duplicates, and empty or broken files.
        """
        rows = self._database.connection.execute(
            f"SELECT {SOURCE_COLUMNS} FROM sources WHERE sha256 = ? AND sha256 != '' AND EXISTS (SELECT 1 "
            "FROM live_items WHERE live_items.source = sources.id AND modality = COALESCE(?, modality)) ORDER BY id",
            [sha256, modality],
        )
        return (source_from(row) for row in rows)  # one by one: the first nearly always fits

    def _has_caption(self, source: int, caption: str) -> bool:
        """Whether `source` has items, and their caption is `caption` or, where that is '', their own."""
        rows = self._database.rows(
            "SELECT modality, text, COALESCE(json_extract(meta, '$.caption'), '') FROM live_items "
            "WHERE source = ? LIMIT 1",
            [source],
        )
        return any(modality == "text" or text == (caption or own) for modality, text, own in rows)
