"""Pictures: every supported format to one upright RGB picture, as large as encoding needs and no larger."""

import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pillow_heif
from PIL import Image, UnidentifiedImageError

from ingest.errors import ReadError, SkipSource, read_error
from ingest.readers.colour_conversion import flatten, reduce, scaled_size, to_srgb
from ingest.readers.dominant_colours import dominant_colours
from ingest.readers.draft import Draft, Pictures, Value
from ingest.readers.formats import BY_SUFFIX, RAW_SUFFIXES
from ingest.readers.malformed import EXPORT_AGAIN, malformed_as_read_error
from ingest.readers.perceptual_hash import picture_hash
from ingest.readers.photo_metadata import PhotoFacts, photo_facts
from ingest.readers.raw import raw_preview
from ingest.readers.svg import MAX_SVG_BYTES, is_svg, svg_as_png

THUMBNAIL_SIDE = 320
"""Longer side of a thumbnail, in pixels."""
MAX_PIXELS = 250_000_000
"""Most pixels that are ever decoded: an RGB picture of that many takes a gigabyte."""
BIG_PIXELS = 40_000_000
"""Larger pictures are decoded one at a time, which bounds the memory that many threads take together."""
MAX_PAGES = 100
"""Most pages or frames of one file that are read: their pictures are held in memory together."""
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
# Some of these have no signature that tells them from anything else, so they are only looked for under their suffix.
_BY_SUFFIX = {
    suffix: each.decoder
    for suffix, each in BY_SUFFIX.items()
    if each.kind == "image" and each.decoder and each.decoder in Image.OPEN
}
_PAGED = ("TIFF",)
_ANIMATED = ("GIF", "WEBP", "PNG", "AVIF", "FLI")
_FORMAT_NAMES = {"MPO": "JPEG", "DIB": "BMP", "HEIF": "HEIC"}
_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG", b"RIFF", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

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
    facts: PhotoFacts
    page: int | None = None
    """Page, counted from 1, where there are several."""
    frame: int | None = None
    """Frame, counted from 1, where several were asked for."""


def read_images(
    path: Path, *, caption: str = "", image_size: int, frames: int = 1, only: Sequence[int] = (), gps: bool = False
) -> Pictures:
    """Read every page of the picture at `path`, and of an animation `frames` frames spread evenly; as `read_image`.

    Pages have their number as `page`, frames theirs as `meta["frame"]`; where `only` is given, these alone are read,
    be they pages or frames.  `meta` also has what `photo_facts` finds, the place only with `gps`; a caption found so
    is used if `caption` is ''.  At most MAX_PAGES are read.  Raises ReadError if none can
    be read, or SkipSource.
    """
    pictures, gaps = _read(path, max(image_size, THUMBNAIL_SIDE), frames, only)
    return Pictures(tuple(_draft(picture, caption, image_size, gps) for picture in pictures), gaps)


def read_image(path: Path, *, caption: str = "", image_size: int) -> Draft:
    """Read the picture at `path` to an upright RGB image whose shorter side is about `image_size` to twice that.

    Smaller pictures are not enlarged.  `meta` has `width` and `height` (pixels, upright, before reducing), `format`,
    `colours` (see `dominant_colours`, with ", " between) and, where the camera wrote it, `taken` (ISO 8601, local
    time).  Raises ReadError, or SkipSource when empty.
    """
    pictures, _ = _read(path, max(image_size, THUMBNAIL_SIDE), 1, (1,))
    return _draft(pictures[0], caption, image_size, gps=False)


def _draft(picture: _Picture, caption: str, image_size: int, gps: bool) -> Draft:
    # What needs no more than the thumbnail's pixels is computed from them: it is most of what a small photo costs.
    small = small_copy(picture.image)
    meta: dict[str, Value] = {"width": picture.width, "height": picture.height, "format": picture.format}
    meta["colours"] = ", ".join(dominant_colours(small))
    meta |= picture.facts.meta
    if gps and picture.facts.place:
        meta["latitude"], meta["longitude"] = picture.facts.place
    if picture.frame:
        meta["frame"] = picture.frame
    return Draft(
        modality="image",
        text=caption or str(meta.get("caption", "")),
        page=picture.page,
        image=_scaled(picture.image, _scale(picture.image.size, 2 * image_size, LONGEST * image_size)),
        thumbnail=as_jpeg(small),
        hash=picture_hash(small),
        meta=meta,
    )


def open_upright(file: Path | BinaryIO, *, at_least: int, number: int = 1) -> Image.Image:
    """Open a picture upright and in RGB, its shorter side `at_least` pixels where it has that many, at most twice that.

    Of several pages or frames it is that with the number.  Raises ReadError, or SkipSource when there is no content.
    """
    return _read(file, at_least, 1, (number,))[0][0].image


class Upload(BytesIO):
    """A picture that is no file, with the name that it came with: some formats are known by their suffix alone."""

    def __init__(self, data: bytes, name: str = "") -> None:
        """Hold `data`; `name` may be ''."""
        super().__init__(data)
        self.name = name


def pixels_of(file: BinaryIO) -> int:
    """How many pixels a picture's header claims; 0 for a drawing or what is no picture, which its reader finds out."""
    try:
        with _malformed_picture(), Image.open(file, formats=_formats(_suffix_of(file))) as source:
            return source.width * source.height
    except ReadError:
        return 0


def _read(file: Path | BinaryIO, at_least: int, frames: int, only: Sequence[int]) -> tuple[list[_Picture], str]:
    if not isinstance(file, Path):
        return _decode(file, at_least, frames, only)
    try:
        opened = file.open("rb")
    except OSError as error:
        raise read_error(error) from error
    with opened:
        return _decode(opened, at_least, frames, only)


def _suffix_of(file: BinaryIO) -> str:
    return Path(str(getattr(file, "name", ""))).suffix.lower()


def _formats(suffix: str) -> tuple[str, ...]:
    return (*_FORMATS, _BY_SUFFIX[suffix]) if suffix in _BY_SUFFIX else _FORMATS


def _decode(file: BinaryIO, at_least: int, frames: int, only: Sequence[int]) -> tuple[list[_Picture], str]:
    suffix = _suffix_of(file)
    with _malformed_picture():
        file.seek(0)
        head = file.read(1024)
        if not head:
            raise SkipSource("empty file. Copy it again from its source, or leave it out.")
        format_name, orientation, raw_facts = "", 1, PhotoFacts()
        if suffix in RAW_SUFFIXES:
            preview = raw_preview(file)
            file, orientation, raw_facts = preview.file, preview.orientation, preview.facts
            format_name = suffix[1:].upper()
        elif is_svg(head, suffix):
            format_name = "SVG"
            file.seek(0)
            file = BytesIO(svg_as_png(file.read(MAX_SVG_BYTES + 1), 2 * at_least))
        try:
            source = Image.open(file, formats=_formats(suffix))
        except UnidentifiedImageError as error:
            if head.startswith(_SIGNATURES) or head[4:8] == b"ftyp":
                raise ReadError(
                    f"damaged picture, or of a rare kind: its header cannot be read. {EXPORT_AGAIN}"
                ) from error
            raise ReadError(
                "not a picture: its content is in no known image format. Give it its right suffix, or leave it out."
            ) from error
        with source:
            pictures, gaps = _pages(source, at_least, frames, only)
        pictures = [_with_facts(_turned(picture, orientation), raw_facts) for picture in pictures]
        return [replace(picture, format=format_name or picture.format) for picture in pictures], gaps


def _pages(source: Image.Image, at_least: int, frames: int, only: Sequence[int]) -> tuple[list[_Picture], str]:
    paged = source.format in _PAGED
    count = 1
    if paged or (source.format in _ANIMATED and (frames > 1 or only)):
        count = max(1, getattr(source, "n_frames", 1))
    numbers = [number for number in only if number <= count]
    if not only:
        wanted = min(count if paged else frames, count, MAX_PAGES)
        numbers = [1 + index if paged else 1 + index * count // wanted for index in range(wanted)]
    pictures: list[_Picture] = []
    unread: list[int] = []
    reason: ReadError | None = None
    for number in numbers:
        try:
            with _malformed_picture():
                if number > 1:
                    source.seek(number - 1)
                if paged and not only and number > 1 and _reduced_copy(source):
                    continue
                picture = _upright(source, at_least)
        except ReadError as error:
            unread.append(number)
            reason = error
            continue
        if count > 1 and paged:
            picture = replace(picture, page=number)
        elif len(numbers) > 1 or number > 1:
            picture = replace(picture, frame=number)
        pictures.append(picture)
    if not pictures or (only and unread):
        raise reason or ReadError(f"damaged picture: page {only[-1]} is no longer in it. {EXPORT_AGAIN}")
    gaps = [f"page {number} cannot be read" for number in unread[:3]]
    if len(unread) > 3:
        gaps = [f"{len(unread)} pages cannot be read"]
    if paged and not only and count > MAX_PAGES:
        gaps.append(f"pages after the first {MAX_PAGES} of {count:,} are left out")
    return pictures, ", ".join(gaps)


def _reduced_copy(source: Image.Image) -> bool:
    """Whether a page of a TIFF is a smaller copy, or the mask, of another (TIFF 6.0, NewSubfileType)."""
    kind = getattr(source, "tag_v2", {}).get(254, 0)
    return isinstance(kind, int) and bool(kind & 0b101)


@contextmanager
def _malformed_picture() -> Iterator[None]:
    with malformed_as_read_error("damaged picture"):
        try:
            yield
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise ReadError(
                f"too large: more than the {MAX_PIXELS // 1_000_000} million pixels that are read at most. "
                "Save a smaller copy, or leave it out."
            ) from error
        except MemoryError as error:
            raise ReadError(f"damaged picture, or not enough memory to decode it. {EXPORT_AGAIN}") from error


def _upright(source: Image.Image, at_least: int) -> _Picture:
    full_size, name = source.size, source.format or ""
    if name in ("JPEG", "MPO"):
        source.draft(None, scaled_size(full_size, _scale(full_size, at_least, LONGEST * at_least)))
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
        facts = photo_facts(source)
        orientation = facts.orientation
        image = reduce(source, _scale(source.size, 2 * at_least, LONGEST * at_least))
    image = to_srgb(flatten(image), profile)
    if orientation in _UPRIGHT:
        image = image.transpose(_UPRIGHT[orientation])
    if orientation >= 5:
        full_size = full_size[1], full_size[0]
    if image is source:
        image = image.copy()  # the file's own picture changes with the next page, and holds what the file says
    image.info = {}  # EXIF, and the place in it, is not carried further.
    return _Picture(image, full_size[0], full_size[1], _FORMAT_NAMES.get(name, name), facts)


def _turned(picture: _Picture, orientation: int) -> _Picture:
    """Turn a picture whose own file does not say how it was held."""
    if picture.facts.orientation != 1 or orientation not in _UPRIGHT:
        return picture
    width, height = (picture.height, picture.width) if orientation >= 5 else (picture.width, picture.height)
    return replace(picture, image=picture.image.transpose(_UPRIGHT[orientation]), width=width, height=height)


def _with_facts(picture: _Picture, facts: PhotoFacts) -> _Picture:
    """Add the metadata of the RAW file that a preview came from."""
    meta, place = {**picture.facts.meta, **facts.meta}, facts.place or picture.facts.place
    return replace(picture, facts=replace(picture.facts, meta=meta, place=place))


def _scale(size: tuple[int, int], shorter: int, longer: int) -> float:
    """The factor, at most 1, that brings the sides to no more than `shorter` and `longer`."""
    return min(1.0, shorter / min(size), longer / max(size))


def _scaled(image: Image.Image, scale: float) -> Image.Image:
    size = scaled_size(image.size, scale)
    return image if size == image.size else image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def small_copy(image: Image.Image) -> Image.Image:
    """Reduce an RGB picture to the size of a thumbnail: at most THUMBNAIL_SIDE pixels on its longer side."""
    size = scaled_size(image.size, min(1.0, THUMBNAIL_SIDE / max(image.size)))
    # By whole boxes first, as a reducing gap of 1 does: the difference cannot be seen at this size, and every picture
    # goes through here.
    return image if size == image.size else image.resize(size, Image.Resampling.HAMMING, reducing_gap=1.0)


def as_jpeg(image: Image.Image) -> bytes:
    """Encode an RGB picture as JPEG, which takes a tenth of WebP's time."""
    out = BytesIO()
    image.save(out, "JPEG", quality=85)
    return out.getvalue()
