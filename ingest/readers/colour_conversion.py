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


def scaled_size(size: tuple[int, int], scale: float) -> tuple[int, int]:
    """`size` scaled, at least one pixel each way."""
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def to_rgb(image: Image.Image) -> Image.Image:
    """`image` in mode RGB; itself if it is, which `Image.convert` would copy."""
    return image if image.mode == "RGB" else image.convert("RGB")


def reduce(image: Image.Image, scale: float) -> Image.Image:
    """`image` in mode L, RGB, RGBA, CMYK or LAB, scaled by `scale`; itself if it is both already.

    Large factors go by boxes first, in bands: a mode change never doubles a big picture in memory.
    """
    if image.mode.startswith(("I", "F")):
        image = _grey_to_8_bits(image)
    box = int(1 / scale / 2)
    if box < 2:
        return _resized(_simple_mode(image), scaled_size(image.size, scale))
    width, height = image.size
    reduce: Image.Image | None = None
    band = box * max(1, 4_000_000 // (width * box))
    for top in range(0, height, band):
        part = _simple_mode(image.crop((0, top, width, min(top + band, height)))).reduce(box)
        if reduce is None:
            reduce = Image.new(part.mode, (part.width, math.ceil(height / box)))
        reduce.paste(part, (0, top // box))
    assert reduce is not None
    return _resized(reduce, scaled_size(image.size, scale))


def _resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    return image if image.size == size else image.resize(size, Image.Resampling.LANCZOS)


def _simple_mode(image: Image.Image) -> Image.Image:
    if image.mode in ("CMYK", "LAB"):
        return image
    if image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode in ("1", "L"):
        return image.convert("L")
    return to_rgb(image)


def _grey_to_8_bits(image: Image.Image) -> Image.Image:
    """Bring grey of 16 bits, 32 bits or floating point to 8 bits."""
    import numpy as np

    def bands() -> "Iterator[tuple[int, NDArray[np.float64]]]":  # Since floats take eight scaled_size the room.
        rows = max(1, 1_000_000 // image.width)
        for top in range(0, image.height, rows):
            part = image.crop((0, top, image.width, min(top + rows, image.height)))
            yield top, np.nan_to_num(np.asarray(part), nan=0, posinf=0, neginf=0).astype(np.float64)

    low = min(float(band.min()) for _, band in bands())
    high = max(float(band.max()) for _, band in bands())
    # Nothing tells which range the numbers mean: the smallest usual one that holds them all is taken (12-bit
    # scanners write into 16 bits), and anything else is stretched.
    usual = {"F": (1.0, 255.0, 65535.0), "I": (255.0, 65535.0)}.get(image.mode, (4095.0, 65535.0))
    if low >= 0 and high <= usual[-1]:
        low, high = 0.0, next(top for top in usual if high <= top)
    grey = Image.new("L", image.size)
    for top, band in bands():
        grey.paste(Image.fromarray(np.rint((band - low) * (255 / ((high - low) or 1.0))).astype(np.uint8)), (0, top))
    return grey


def flatten(image: Image.Image) -> Image.Image:
    """`image` on a white background, without transparency."""
    if image.mode != "RGBA":
        return image
    background = Image.new("RGB", image.size, "white")
    background.paste(image, mask=image.getchannel("A"))
    return background


def to_srgb(image: Image.Image, profile: object) -> Image.Image:
    """`image`, in mode L, RGB, CMYK or LAB, as sRGB by its ICC `profile`, if it has one; itself if it is sRGB."""
    transform = _srgb_transform(profile, image.mode) if isinstance(profile, bytes) or image.mode == "LAB" else None
    if transform is None:
        return to_rgb(image)
    return ImageCms.applyTransform(image, transform) or to_rgb(image)


@lru_cache(maxsize=16)
def _srgb_transform(profile: bytes | None, mode: str) -> ImageCms.ImageCmsTransform | None:
    """The transform from an embedded ICC profile to sRGB; None if it is not needed or not usable."""
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
