"""Thumbnails as they are served: JPEG, which every program reads."""

import io

from PIL import Image, UnidentifiedImageError


def as_jpeg(content: bytes) -> bytes | None:
    """The thumbnail in `content` as JPEG: as it is, or made of the WebP that older spaces have; None where damaged."""
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "WEBP")) as picture:
            if picture.format == "JPEG":
                picture.draft("RGB", (1, 1))  # at an eighth of the size all of the file is read as well
                picture.load()
                return content
            return _saved(picture.convert("RGB"))
    except (OSError, UnidentifiedImageError):
        return None


def jpeg_of(picture: Image.Image, side: int) -> bytes:
    """An RGB picture as JPEG of at most `side` pixels in each direction."""
    small = picture.copy()
    small.thumbnail((side, side))
    return _saved(small)


def _saved(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=88)
    return out.getvalue()
