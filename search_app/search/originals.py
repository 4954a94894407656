"""The files that items came from, given out only while they are what was read, and the pictures in them."""

import os
import stat
from typing import TYPE_CHECKING, BinaryIO

from ingest.errors import ReadError
from ingest.readers.reread import open_picture
from ingest.sources.location import location_of
from ingest.space import Item, Space

if TYPE_CHECKING:
    from PIL.Image import Image


def is_unchanged(space: Space, item: Item) -> bool:
    """Whether the file that an item of `space` came from is still the one that was read, as far as its state tells."""
    source = space.ledger.sources.get(item.path)
    try:
        return source is not None and location_of(source.path, space.folder).state() == (source.size, source.mtime_ns)
    except (OSError, ReadError):
        return False


def open_original(space: Space, item: Item) -> BinaryIO | None:
    """The file that an item of `space` came from, open to be read; None where it is no longer the one that was read.

    What was put in its place since (another file, a link to one) was never chosen for the space.
    """
    source = space.ledger.sources.get(item.path)
    if source is None or not is_unchanged(space, item):
        return None
    try:
        # What is unpacked from an archive goes as soon as this is done, but not for those who have it open.
        with location_of(source.path, space.folder).local_file() as place:
            file = place.open("rb")
    except (OSError, ReadError):
        return None
    now = os.fstat(file.fileno())
    if not stat.S_ISREG(now.st_mode) or now.st_size != source.size:
        file.close()
        return None
    return file


def picture_in_file(space: Space, item: Item, at_least: int) -> "Image | None":
    """The picture of an item of `space` from its file, upright and in RGB, its shorter side `at_least` pixels or all.

    None where the file can no longer be read, or is not the one that was read: what took its place is not the item.
    """
    if not is_unchanged(space, item):
        return None
    try:
        with location_of(item.path, space.folder).local_file() as file:
            return open_picture(file, item, at_least=at_least)
    except ReadError:
        return None


def picture_of(space: Space, item: Item, at_least: int) -> "Image | None":
    """The picture of an item of `space` as `picture_in_file`, else its thumbnail; None where that has gone as well."""
    return picture_in_file(space, item, at_least) or _thumbnail(space, item)


def _thumbnail(space: Space, item: Item) -> "Image | None":
    from PIL import Image

    path = space.thumbnail_path(item)
    try:
        if path is None:
            return None
        with Image.open(path, formats=("JPEG", "WEBP")) as opened:
            return opened.convert("RGB")
    except OSError:
        return None
