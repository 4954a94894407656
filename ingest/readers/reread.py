"""Reads pictures of items again from their files: all of a source for another encoder, or one to be shown."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ingest.readers.draft import Draft
from ingest.readers.formats import kind_of

if TYPE_CHECKING:
    from PIL.Image import Image


class PictureItem(Protocol):
    """An item whose picture is one of a file's."""

    @property
    def page(self) -> int | None:
        """Its page in the file, counted from 1, where the file has pages."""

    @property
    def meta(self) -> Mapping[str, Any]:
        """Its `frame`, or the `seconds` of a frame of a video, if it is one."""


def reread_pictures(file: Path, items: Sequence[PictureItem], image_size: int) -> tuple[Draft, ...]:
    """The pictures of `items`, all of one source whose content is in `file`: one draft for each, in their order.

    Raises ReadError if one of them cannot be read.
    """
    if kind_of(file) == "video":
        from ingest.readers.video import read_frames_at

        return read_frames_at(file, [_seconds(item) for item in items], image_size=image_size)
    from ingest.readers.images import read_images

    return read_images(file, image_size=image_size, only=[_number(item) for item in items]).drafts


def open_picture(file: Path, item: PictureItem, at_least: int) -> "Image":
    """The picture of `item` upright and in RGB, its shorter side `at_least` pixels where it has that many.

    Raises ReadError.
    """
    if kind_of(file) == "video":
        from ingest.readers.video import frame_at

        return frame_at(file, _seconds(item), at_least=at_least)
    from ingest.readers.images import open_upright

    return open_upright(file, at_least=at_least, number=_number(item))


def _number(item: PictureItem) -> int:
    return item.page or int(item.meta.get("frame", 1))


def _seconds(item: PictureItem) -> float:
    return float(item.meta.get("seconds", 0.0))
