"""Pixels of every mode and colour space, brought to plain sRGB without doubling a big picture in memory."""

import math
from collections.abc import Iterator
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image, ImageCms

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def times(size: tuple[int, int], scale: float) -> tuple[int, int]:
    """Return `size` scaled, at least one pixel each way."""
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def in_rgb(image: Image.Image) -> Image.Image:
    """Return `image` in mode RGB; itself where it is, of which `Image.convert` would make a copy."""
    return image if image.mode == "RGB" else image.convert("RGB")


def reduced(image: Image.Image, scale: float) -> Image.Image:
    """Return `image` in mode L, RGB, RGBA, CMYK or LAB, scaled by `scale`; itself where it is both already.

    Large factors go by boxes first, in bands: a mode change never doubles a big picture in memory.
    """
    if image.mode.startswith(("I", "F")):
        image = _deep_grey(image)
    box = int(1 / scale / 2)
    if box < 2:
        return _resized(_plain(image), times(image.size, scale))
    width, height = image.size
    reduced: Image.Image | None = None
    band = box * max(1, 4_000_000 // (width * box))
    for top in range(0, height, band):
        part = _plain(image.crop((0, top, width, min(top + band, height)))).reduce(box)
        if reduced is None:
            reduced = Image.new(part.mode, (part.width, math.ceil(height / box)))
        reduced.paste(part, (0, top // box))
    assert reduced is not None
    return _resized(reduced, times(image.size, scale))


def _resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    return image if image.size == size else image.resize(size, Image.Resampling.LANCZOS)


def _plain(image: Image.Image) -> Image.Image:
    if image.mode in ("CMYK", "LAB"):
        return image
    if image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode in ("1", "L"):
        return image.convert("L")
    return in_rgb(image)


def _deep_grey(image: Image.Image) -> Image.Image:
    """Bring grey of 16 bits, 32 bits or floating point to 8 bits."""
    import numpy as np

    def bands() -> "Iterator[tuple[int, NDArray[np.float64]]]":  # Since floats take eight times the room.
        rows = max(1, 1_000_000 // image.width)
        for top in range(0, image.height, rows):
            part = image.crop((0, top, image.width, min(top + rows, image.height)))
            yield top, np.nan_to_num(np.asarray(part), nan=0, posinf=0, neginf=0).astype(np.float64)

    low = min(float(band.min()) for _, band in bands())
    high = max(float(band.max()) for _, band in bands())
    # Nothing says which range the numbers mean: the smallest usual one that holds them all is taken (12-bit
    # scanners write into 16 bits), and anything else is stretched.
    usual = {"F": (1.0, 255.0, 65535.0), "I": (255.0, 65535.0)}.get(image.mode, (4095.0, 65535.0))
    if low >= 0 and high <= usual[-1]:
        low, high = 0.0, next(top for top in usual if high <= top)
    grey = Image.new("L", image.size)
    for top, band in bands():
        grey.paste(Image.fromarray(np.rint((band - low) * (255 / ((high - low) or 1.0))).astype(np.uint8)), (0, top))
    return grey


def on_white(image: Image.Image) -> Image.Image:
    """Return `image` on white paper, without transparency."""
    if image.mode != "RGBA":
        return image
    paper = Image.new("RGB", image.size, "white")
    paper.paste(image, mask=image.getchannel("A"))
    return paper


def as_srgb(image: Image.Image, profile: object) -> Image.Image:
    """Return `image`, in mode L, RGB, CMYK or LAB, as sRGB by its ICC `profile`, if that is one; itself if it is so."""
    transform = _to_srgb(profile, image.mode) if isinstance(profile, bytes) or image.mode == "LAB" else None
    if transform is None:
        return in_rgb(image)
    return ImageCms.applyTransform(image, transform) or in_rgb(image)


@lru_cache(maxsize=16)
def _to_srgb(profile: bytes | None, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Return the transform from an embedded ICC profile to sRGB, None where it is not needed or not usable."""
    try:
        if mode == "LAB":
            source = ImageCms.createProfile("LAB")
        else:
            source = ImageCms.getOpenProfile(BytesIO(profile or b"")).profile
            if source.xcolor_space.strip() != {"L": "GRAY"}.get(mode, mode):
                return None
            if "srgb" in (source.profile_description or "").lower():
                return None
        return ImageCms.buildTransform(
            source,
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
