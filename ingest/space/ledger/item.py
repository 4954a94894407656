"""An item of a space, as the ledger stores it."""

import json
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import PurePath

from ingest.formatting import format_count
from ingest.readers.draft import Modality, Value
from ingest.space.ledger.database import Row


class ItemState(IntEnum):
    """What Chroma knows of an item: the values of the column `items.state`."""

    PENDING = 0
    """Not yet in Chroma."""
    INDEXED = 1
    """In Chroma."""
    REMOVED = 2
    """No longer in the space, and still to be deleted from Chroma."""


@dataclass(frozen=True)
class Item:
    """One image or passage that has a vector."""

    id: str
    """A decimal integer; ids rise, and none is used twice in a space."""
    modality: Modality
    path: str
    """The source's absolute path."""
    root: str
    """The folder that `nearspace ingest` was called with, absolute."""
    folder: str
    """The source's folder as people see it: the root's own name, then the path below it, separated by '/'."""
    text: str = ""
    """The passage; for an image, its caption or ''."""
    title: str = ""
    """The document's title or the passage's heading."""
    page: int | None = None
    """Page within the source, from 1."""
    position: int = 0
    """Place among the items of its source, from 0."""
    meta: dict[str, Value] = field(default_factory=dict)
    thumbnail: str = ""
    """The thumbnail's path within the space folder; '' for a passage."""
    also: tuple[str, ...] = ()
    """The other sources of the same content, by path: they share the item."""

    @property
    def name(self) -> str:
        """The source's file name."""
        return PurePath(self.path).name

    @property
    def clock(self) -> str:
        """Where in a video it is, as players show it: 0:12, 1:02:03; '' for anything else."""
        seconds = self.meta.get("seconds")
        if self.modality != "image" or not isinstance(seconds, int | float):
            return ""
        minutes, rest = divmod(int(seconds), 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"

    @property
    def also_at(self) -> str:
        """`also at 2 places` where other files have the same content, else ''."""
        count = len(self.also)
        return f"also at {format_count(count, 'place')}" if count else ""


ITEM_COLUMNS = "items.id, modality, path, root, folder, text, title, page, position, meta, thumbnail, items.source"
"""The columns of `items` and `sources` that `item_from` takes."""


def item_from(row: Row, also: tuple[str, ...] = ()) -> Item:
    """The item in a row of ITEM_COLUMNS, with the other paths of its content."""
    number, modality, path, root, folder, text, title, page, position, meta, thumbnail, _ = row
    return Item(
        id=str(number),
        modality=modality,
        path=path,
        root=root,
        folder=folder,
        text=text,
        title=title,
        page=page,
        position=position,
        meta=json.loads(meta),
        thumbnail=thumbnail,
        also=also,
    )
