"""Pictures: every supported format to one upright RGB picture, as large as encoding needs and no larger."""

import math
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import pillow_heif
from PIL import ExifTags, Image, ImageCms, UnidentifiedImageError

from ingest.errors import ReadError, SkipSource
from ingest.files import unreadable
from ingest.readers.draft import Draft, Value

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

THUMBNAIL_SIDE = 320
"""Longer side of a thumbnail, in pixels."""
MAX_PIXELS = 250_000_000
"""Most pixels that are ever decoded: an RGB picture of that many takes a gigabyte."""
BIG_PIXELS = 40_000_000
"""Pictures above this are decoded one at a time, so that many threads do not add up their memory."""
LONGEST = 16
"""The longer side of a reduced picture, in multiples of the shorter one asked for: a panorama stays small too."""

# Pillow keeps one limit for the whole process and asks it before a picture can be looked at.  It is raised
# to the limit kept here (Pillow refuses at twice its number), and never switched off.
if Image.MAX_IMAGE_PIXELS is not None:
    Image.MAX_IMAGE_PIXELS = max(Image.MAX_IMAGE_PIXELS, MAX_PIXELS)
# What Pillow warns of is either an error reported here or of no consequence ("corrupt EXIF data"); the lines would
# tear the progress bar.  `warnings.catch_warnings` is not safe with threads, so the filter is set once.
warnings.filterwarnings("ignore", module=r"PIL\.")
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)

Image.init()
pillow_heif.register_heif_opener()
# Named one by one: Pillow knows formats that run other programs (EPS) or read other files, and none is wanted here.
_KNOWN = ("JPEG", "MPO", "PNG", "WEBP", "GIF", "BMP", "DIB", "TIFF", "HEIF", "AVIF")
_FORMATS = tuple(name for name in _KNOWN if name in Image.OPEN)
_SHOWN_FORMAT = {"MPO": "JPEG", "DIB": "BMP", "HEIF": "HEIC"}
_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG", b"RIFF", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

# What Pillow and pillow-heif raise for malformed content; their parsers leave many slips to Python itself.
_MALFORMED = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    ArithmeticError,
    RuntimeError,
    MemoryError,
    struct.error,
    zlib.error,
)
_AGAIN = "Export it again from its source, or leave it out."

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

_one_big_picture = threading.Lock()


@dataclass(frozen=True)
class _Picture:
    image: Image.Image
    """Upright, RGB, reduced."""
    width: int
    height: int
    format: str
    taken: str


def read_image(path: Path, *, caption: str = "", image_size: int) -> Draft:
    """Read the picture at `path` to an upright RGB image whose shorter side is about `image_size` to twice that.

    Smaller pictures are not enlarged.  `meta` has `width` and `height` (pixels, upright, before reducing), `format`
    and, where the camera wrote it, `taken` (ISO 8601, local time).  Raises ReadError, or SkipSource when empty.
    """
    picture = _read(path, at_least=max(image_size, THUMBNAIL_SIDE))
    meta: dict[str, Value] = {"width": picture.width, "height": picture.height, "format": picture.format}
    if picture.taken:
        meta["taken"] = picture.taken
    return Draft(
        modality="image",
        text=caption,
        image=_scaled(picture.image, _scale(picture.image.size, 2 * image_size, LONGEST * image_size)),
        thumbnail=_thumbnail(picture.image),
        meta=meta,
    )


def open_upright(file: Path | BinaryIO, *, at_least: int) -> Image.Image:
    """Open a picture upright and in RGB, its shorter side `at_least` pixels where it has that many, at most twice that.

    Raises ReadError, or SkipSource when there is no content.
    """
    return _read(file, at_least=at_least).image


def _read(file: Path | BinaryIO, *, at_least: int) -> _Picture:
    if not isinstance(file, Path):
        return _decode(file, at_least)
    try:
        opened = file.open("rb")
    except OSError as error:
        raise unreadable(error) from error
    with opened:
        return _decode(opened, at_least)


def _decode(file: BinaryIO, at_least: int) -> _Picture:
    with _malformed_as_read_error():
        file.seek(0)
        head = file.read(16)
        if not head:
            raise SkipSource("empty file. Copy it again from its source, or leave it out.")
        try:
            source = Image.open(file, formats=_FORMATS)
        except UnidentifiedImageError as error:
            if head.startswith(_SIGNATURES) or head[4:8] == b"ftyp":
                raise ReadError(f"damaged picture, or of a rare kind: its header cannot be read. {_AGAIN}") from error
            raise ReadError(
                "not a picture: its content is in no known image format. Give it its right suffix, or leave it out."
            ) from error
        with source:
            return _upright(source, at_least)


@contextmanager
def _malformed_as_read_error() -> Iterator[None]:
    try:
        yield
    except (ReadError, KeyboardInterrupt):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ReadError(
            f"too large: more than the {MAX_PIXELS // 1_000_000} million pixels that are read at most. "
            "Save a smaller copy, or leave it out."
        ) from error
    except MemoryError as error:
        raise ReadError(f"damaged picture, or not enough memory to decode it. {_AGAIN}") from error
    except _MALFORMED as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise unreadable(error) from error
        raise ReadError(f"damaged picture: {_in_one_line(error)}. {_AGAIN}") from error


def _upright(source: Image.Image, at_least: int) -> _Picture:
    full_size, name = source.size, source.format or ""
    if name in ("JPEG", "MPO"):
        source.draft(None, _times(full_size, _scale(full_size, at_least, LONGEST * at_least)))
    # A progressive JPEG keeps the coefficients of the whole picture in memory however small it comes out.
    width, height = full_size if "progressive" in source.info else source.size
    if width * height > MAX_PIXELS:
        raise ReadError(
            f"too large: {full_size[0]:,} x {full_size[1]:,} pixels, and {MAX_PIXELS // 1_000_000} million are read "
            "at most. Save a smaller copy, or leave it out."
        )
    with _one_big_picture if width * height > BIG_PIXELS else nullcontext():
        drafted = source.size
        source.load()
        if source.size != drafted:  # TIFF and HEIF settle their size while decoding.
            full_size = source.size
        profile = source.info.get("icc_profile")
        orientation, taken = _from_exif(source)
        image = _reduced(source, _scale(source.size, 2 * at_least, LONGEST * at_least))
    image = _as_srgb(_on_white(image), profile)
    if orientation in _UPRIGHT:
        image = image.transpose(_UPRIGHT[orientation])
    if orientation >= 5:
        full_size = full_size[1], full_size[0]
    image.info = {}  # EXIF, and the place in it, is not carried further.
    shown = _SHOWN_FORMAT.get(name, name)
    return _Picture(image, width=full_size[0], height=full_size[1], format=shown, taken=taken)


def _scale(size: tuple[int, int], shorter: int, longer: int) -> float:
    """Return the factor, at most 1, that brings the sides to no more than `shorter` and `longer`."""
    return min(1.0, shorter / min(size), longer / max(size))


def _times(size: tuple[int, int], scale: float) -> tuple[int, int]:
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _from_exif(image: Image.Image) -> tuple[int, str]:
    """Return orientation (1 to 8) and time of exposure (ISO 8601 or ''); damaged EXIF counts as none."""
    orientation, taken = 1, ""
    try:
        exif = image.getexif()
        orientation = int(exif.get(ExifTags.Base.Orientation, 1))
        details = exif.get_ifd(ExifTags.IFD.Exif)
        stamp = str(details.get(ExifTags.Base.DateTimeOriginal, "")).strip("\0 ")
        if stamp:
            taken = datetime.strptime(stamp, "%Y:%m:%d %H:%M:%S").isoformat()
    except _MALFORMED:
        pass
    return (orientation if orientation in _UPRIGHT else 1), taken


def _reduced(image: Image.Image, scale: float) -> Image.Image:
    """Return `image` in mode L, RGB, RGBA, CMYK or LAB, scaled by `scale`.

    Large factors go by boxes first, in bands: a mode change never doubles a big picture in memory.
    """
    if image.mode.startswith(("I", "F")):
        image = _deep_grey(image)
    box = int(1 / scale / 2)
    if box < 2:
        return _resized(_plain(image), _times(image.size, scale))
    width, height = image.size
    reduced: Image.Image | None = None
    band = box * max(1, 4_000_000 // (width * box))
    for top in range(0, height, band):
        part = _plain(image.crop((0, top, width, min(top + band, height)))).reduce(box)
        if reduced is None:
            reduced = Image.new(part.mode, (part.width, math.ceil(height / box)))
        reduced.paste(part, (0, top // box))
    assert reduced is not None
    return _resized(reduced, _times(image.size, scale))


def _resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    return image if image.size == size else image.resize(size, Image.Resampling.LANCZOS)


def _plain(image: Image.Image) -> Image.Image:
    if image.mode in ("CMYK", "LAB"):
        return image
    if image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode in ("1", "L"):
        return image.convert("L")
    return image.convert("RGB")


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


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    paper = Image.new("RGB", image.size, "white")
    paper.paste(image, mask=image.getchannel("A"))
    return paper


def _as_srgb(image: Image.Image, profile: object) -> Image.Image:
    transform = _to_srgb(profile, image.mode) if isinstance(profile, bytes) or image.mode == "LAB" else None
    if transform is None:
        return image.convert("RGB")
    return ImageCms.applyTransform(image, transform) or image.convert("RGB")


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


def _scaled(image: Image.Image, scale: float) -> Image.Image:
    size = _times(image.size, scale)
    return image if size == image.size else image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _thumbnail(image: Image.Image) -> bytes:
    small = _scaled(image, min(1.0, THUMBNAIL_SIDE / max(image.size)))
    out = BytesIO()
    small.save(out, "WEBP", quality=80, method=2)
    return out.getvalue()


def _in_one_line(error: BaseException) -> str:
    words = " ".join(str(error).split()).rstrip(".")
    return words[:200] or type(error).__name__
