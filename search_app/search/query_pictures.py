"""Uploaded query pictures, kept in the space so that a link can reopen them."""

import hashlib
import re
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.errors import ReadError
from ingest.readers.formats import IMAGE_SUFFIXES, RAW_SUFFIXES
from search_app.search.link_files import keep_file

if TYPE_CHECKING:
    from PIL.Image import Image

PICTURE_FOLDER = "queries"
KEPT = 200
"""How many pictures a space keeps; the ones not used for longest go first."""
LONGER_SIDE = 1_024
MOST_BYTES = 50_000_000
"""The largest upload that is looked at."""
MOST_PIXELS = 100_000_000
"""The largest picture that is decoded of an upload."""

_NAME = re.compile(r"[0-9a-f]{32}")


def upload_suffixes() -> list[str]:
    """The suffixes of pictures that can be read here, without the dot; of camera RAW if its reader is installed."""
    raw = RAW_SUFFIXES if find_spec("rawpy") is None else frozenset()
    return sorted(suffix.removeprefix(".") for suffix in IMAGE_SUFFIXES - raw)


def require_small(data: bytes, file_name: str = "") -> None:
    """Make sure that an upload costs little to decode; raises ReadError where it has too many bytes or pixels.

    Only the header is read; what is no picture at all is left to its reader to tell.
    """
    from ingest.readers.images import Upload, pixels_of

    if len(data) > MOST_BYTES:
        raise ReadError(
            f"too large: {len(data) / 1e6:,.0f} MB, and uploads of {MOST_BYTES // 1_000_000} MB are read at most. "
            "Save a smaller copy."
        )
    if (pixels := pixels_of(Upload(data, file_name))) > MOST_PIXELS:
        raise ReadError(
            f"too large: {pixels / 1e6:,.0f} million pixels, and {MOST_PIXELS // 1_000_000} million are read of an "
            "upload at most. Save a smaller copy."
        )


def keep_picture(space: Path, data: bytes, at_least: int, file_name: str = "") -> str:
    """Keep an uploaded picture upright and reduced; returns its name: 32 hexadecimal digits that stand for its content.

    `file_name` is what it was called, and `at_least` the side in pixels that an encoder wants to see.  Raises
    ReadError when `data` is not a picture that can be read, and SpaceError when the space's folder cannot be written.
    """
    from PIL import Image

    from ingest.readers.images import Upload, open_upright

    name = hashlib.sha256(data).hexdigest()[:32]
    path = _path(space, name)
    if open_picture(space, name) is not None:
        return name
    require_small(data, file_name)
    picture = open_upright(Upload(data, file_name), at_least=at_least)
    picture.thumbnail((LONGER_SIDE, LONGER_SIDE), Image.Resampling.LANCZOS)
    keep_file(
        path,
        lambda file: picture.save(file, format="WEBP", quality=92, method=4),
        what="The picture",
        most=KEPT,
    )
    return name


def open_picture(space: Path, name: str) -> "Image | None":
    """The picture of that name, RGB; None when the space does not keep it (any more)."""
    from PIL import Image

    if not _NAME.fullmatch(name):
        return None
    path = _path(space, name)
    try:
        with Image.open(path) as picture:
            kept = picture.convert("RGB")
    except OSError:  # not there, or damaged
        return None
    with suppress(OSError):  # in a space that cannot be written nothing is forgotten either
        path.touch()
    return kept


def _path(space: Path, name: str) -> Path:
    return space / PICTURE_FOLDER / f"{name}.webp"
