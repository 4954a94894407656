"""Thumbnails as the pages show them, read from their files and remembered."""

import base64
import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from search_app.search.thumbnails import as_jpeg

if TYPE_CHECKING:
    from PIL.Image import Image

_WHITE = 246  # of 255


@dataclass(frozen=True)
class Thumbnail:
    """A thumbnail to show."""

    jpeg: bytes
    """The JPEG file, which Streamlit serves unchanged."""
    on_white: bool
    """Whether all four corners are white, as around a cut-out."""

    def picture(self) -> "Image":
        """The decoded picture, in RGB."""
        from PIL import Image

        with Image.open(io.BytesIO(self.jpeg)) as opened:
            return opened.convert("RGB")


def read_thumbnail(path: Path) -> Thumbnail | None:
    """The thumbnail in that file; None when the file is missing or damaged."""
    try:
        return _read(path)
    except OSError:
        return None


@lru_cache(maxsize=1_024)  # thumbnails are named by their content, so a cached one stays valid
def _read(path: Path) -> Thumbnail:
    from PIL import Image

    content = as_jpeg(path.read_bytes())
    if content is None:
        raise OSError(f"{path} is damaged")
    with Image.open(io.BytesIO(content)) as opened:
        picture = opened.convert("RGB")
    right, bottom = picture.width - 1, picture.height - 1
    corners = [picture.getpixel(corner) for corner in ((0, 0), (right, 0), (0, bottom), (right, bottom))]
    return Thumbnail(content, all(min(corner) >= _WHITE for corner in corners if isinstance(corner, tuple)))


def resized_thumbnail(path: Path, side: int) -> bytes | None:
    """The thumbnail as JPEG of at most `side` pixels in each direction; None when its file is missing or damaged."""
    try:
        return _resized(path, side)
    except OSError:
        return None


@lru_cache(maxsize=8_192)  # of some 3 kB each
def _resized(path: Path, side: int) -> bytes:
    from PIL import Image

    with Image.open(path, formats=("JPEG", "WEBP")) as opened:
        opened.draft("RGB", (side, side))  # JPEG is decoded at about that size
        picture = opened.convert("RGB")
    picture.thumbnail((side, side))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return out.getvalue()


def data_url(jpeg: bytes) -> str:
    """A JPEG as a `data:` URL."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()
