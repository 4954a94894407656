"""Reads once more the pictures that items of a space stand for: all of a source's, or one to be shown."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.readers.draft import Draft
from ingest.readers.formats import kind_of
from ingest.space.ledger.item import Item

if TYPE_CHECKING:
    from PIL.Image import Image


def read_again(file: Path, items: Sequence[Item], image_size: int) -> tuple[Draft, ...]:
    """The pictures of `items`, all of one source whose content is in `file`: one draft for each, in their order.

    Raises ReadError where one of them cannot be read.
    """
    if kind_of(file) == "video":
        from ingest.readers.video import read_frames_at

        return read_frames_at(file, [_seconds(item) for item in items], image_size=image_size)
    from ingest.readers.images import read_images

    return read_images(file, image_size=image_size, only=[_number(item) for item in items]).drafts


def open_again(file: Path, item: Item, at_least: int) -> "Image":
    """The picture of `item` upright and in RGB, its shorter side `at_least` pixels where it has that many.

    Raises ReadError.
    """
    if kind_of(file) == "video":
        from ingest.readers.video import frame_at

        return frame_at(file, _seconds(item), at_least=at_least)
    from ingest.readers.images import open_upright

    return open_upright(file, at_least=at_least, number=_number(item))


def _number(item: Item) -> int:
    return item.page or int(item.meta.get("frame", 1))


def _seconds(item: Item) -> float:
    return float(item.meta.get("seconds", 0.0))
