"""An item of a space, as the ledger keeps it."""

import json
from dataclasses import dataclass, field
from pathlib import PurePath

from ingest.readers.draft import Modality, Value


@dataclass(frozen=True)
class Item:
    """One image or passage that has a vector."""

    id: str
    """A decimal integer; rising, and never given to another item of the space."""
    modality: Modality
    path: str
    """The source's absolute path."""
    root: str
    """The folder that was given to `nearspace ingest`, absolute."""
    folder: str
    """The source's folder as people see it: the root's own name, then the path below it, with '/' between."""
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
    """The other sources of the same content, by path: the item is theirs as well."""

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
        return f"also at {count:,} place{'s' * (count != 1)}" if count else ""


ITEM_COLUMNS = (
    "items.id, modality, path, root, folder, text, title, page, position, meta, thumbnail, "
    "items.source FROM items JOIN sources ON sources.id = items.source"
)
"""What `item_of` makes an item of."""


def item_of(row: tuple, also: tuple[str, ...] = ()) -> Item:
    """The item in a row of ITEM_COLUMNS, with the other paths of its content."""
    number, modality, path, root, folder, text, title, page, position, meta, thumbnail, _ = row
    return Item(
        str(number), modality, path, root, folder, text, title, page, position, json.loads(meta), thumbnail, also
    )  # fmt: skip
