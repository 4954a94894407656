"""The metadata in a picture's file: EXIF (time, camera, place), and title, caption and keywords by XMP or IPTC."""

import math
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from PIL import ExifTags, Image

from ingest.errors import ReadError
from ingest.readers.draft import MAX_CAPTION, Value
from ingest.readers.malformed import MALFORMED
from ingest.readers.text import decode_text, shortened, tidy

MAX_XMP_BYTES = 2_000_000
"""Largest XMP packet that is parsed."""
_MAX_LENGTH = 300
_MAX_KEYWORDS = 50

_IPTC_TITLE, _IPTC_KEYWORDS, _IPTC_CAPTION, _IPTC_CODING = (2, 5), (2, 25), (2, 120), (1, 90)
_IPTC_DATE, _IPTC_TIME = (2, 55), (2, 60)
_XMP_DATES = ("DateTimeOriginal", "DateCreated", "CreateDate")  # of exif, photoshop and xmp


@dataclass(frozen=True)
class PhotoFacts:
    """The metadata of a picture; damaged metadata counts as none."""

    orientation: int = 1
    """EXIF's, 1 to 8."""
    meta: dict[str, Value] = field(default_factory=dict)
    """`taken` (ISO 8601, local time), `camera`, `title`, `caption` and `keywords` (with ", " between), if known."""
    place: tuple[float, float] | None = None
    """Latitude and longitude in degrees, north and east positive."""


def photo_facts(image: Image.Image) -> PhotoFacts:
    """Read the metadata of an opened picture; raises nothing.

    The time taken is EXIF's time of exposure, else of digitisation; else the time of creation by XMP or IPTC.
    """
    facts = PhotoFacts()
    with suppress(*MALFORMED):
        facts = _exif_facts(image.getexif())
    words: dict[str, str] = {}
    for read in (_from_iptc, _from_xmp):  # XMP, the younger one, wins.
        try:
            words.update({name: text for name, text in read(image) if text})
        except MALFORMED:
            continue
    return replace(facts, meta={**words, **facts.meta})


def raw_facts(data: bytes) -> PhotoFacts:
    """Read the metadata of a camera RAW file that is a TIFF inside (DNG, NEF, CR2, ARW and most others).

    Raises nothing; other kinds give none.
    """
    exif = Image.Exif()
    try:
        exif.load(data)
        return _exif_facts(exif)
    except MALFORMED:
        return PhotoFacts()


def _exif_facts(exif: Image.Exif) -> PhotoFacts:
    """The facts in EXIF, as far as it can be read."""
    facts = PhotoFacts()
    try:
        orientation = int(exif.get(ExifTags.Base.Orientation, 1))
        facts = PhotoFacts(orientation if 1 <= orientation <= 8 else 1)
        meta = {"taken": _taken(exif), "camera": _camera(exif)}
        facts = replace(facts, meta={name: text for name, text in meta.items() if text})
        return replace(facts, place=_place(exif.get_ifd(ExifTags.IFD.GPSInfo)))
    except MALFORMED:
        return facts


def _camera(exif: Image.Exif) -> str:
    make, model = (_line(exif.get(tag, "")) for tag in (ExifTags.Base.Make, ExifTags.Base.Model))
    # "Canon Canon EOS 5D" and "NIKON CORPORATION NIKON D90" name the maker twice.
    return model if make and model.casefold().startswith(make.split()[0].casefold()) else f"{make} {model}".strip()


def _taken(exif: Image.Exif) -> str:
    details = exif.get_ifd(ExifTags.IFD.Exif)
    # Not DateTime: that is when the file was changed last.
    stamps = (ExifTags.Base.DateTimeOriginal, ExifTags.Base.DateTimeDigitized)
    return next(filter(None, (_moment(details.get(stamp, "")) for stamp in stamps)), "")


_STAMP = re.compile(r"\s*(\d{4})[:./-]?(\d\d)[:./-]?(\d\d)(?:[T ]*(\d\d):?(\d\d)(?::?(\d\d))?)?")


def _moment(stamp: Any) -> str:
    """A time stamp, as cameras and programs write them, as ISO 8601 in its local time; '' if it is none."""
    if not (found := _STAMP.match(_line(stamp))):
        return ""
    try:
        return datetime(*(int(part or 0) for part in found.groups())).isoformat()  # type: ignore[arg-type]
    except ValueError:
        return ""


def _place(gps: dict[int, Any]) -> tuple[float, float] | None:
    found: list[float] = []
    for at, reference, negative, limit in (
        (ExifTags.GPS.GPSLatitude, ExifTags.GPS.GPSLatitudeRef, "S", 90),
        (ExifTags.GPS.GPSLongitude, ExifTags.GPS.GPSLongitudeRef, "W", 180),
    ):
        if at not in gps:
            return None
        degrees, minutes, seconds = (float(part) for part in gps[at])
        angle = degrees + minutes / 60 + seconds / 3600
        if not math.isfinite(angle) or abs(angle) > limit:
            return None
        found.append(round(-angle if _line(gps.get(reference, "")).upper().startswith(negative) else angle, 6))
    return found[0], found[1]


def _from_iptc(image: Image.Image) -> Iterator[tuple[str, str]]:
    from PIL import IptcImagePlugin

    records = IptcImagePlugin.getiptcinfo(image)  # type: ignore[arg-type]
    if not records:
        return
    utf8 = records.get(_IPTC_CODING) == b"\x1b%G"

    def texts(key: tuple[int, int]) -> list[str]:
        values = records.get(key, [])
        return [_decoded(part, utf8) for part in (values if isinstance(values, list) else [values])]

    yield "title", _line(" ".join(texts(_IPTC_TITLE)))
    yield "caption", _line(" ".join(texts(_IPTC_CAPTION)), MAX_CAPTION)
    yield "keywords", _keywords(texts(_IPTC_KEYWORDS))
    yield "taken", _moment(" ".join((*texts(_IPTC_DATE)[:1], *texts(_IPTC_TIME)[:1])))


def _decoded(data: bytes, utf8: bool) -> str:
    try:
        return data.decode() if utf8 else decode_text(data)
    except (UnicodeDecodeError, ReadError):
        return ""


def _from_xmp(image: Image.Image) -> Iterator[tuple[str, str]]:
    packet = image.info.get("xmp") or b""
    if not packet or len(packet) > MAX_XMP_BYTES:
        return
    rdf = image.getxmp().get("xmpmeta", {}).get("RDF", {})
    described = rdf.get("Description", []) if isinstance(rdf, dict) else []
    for part in described if isinstance(described, list) else [described]:
        yield "title", _line(next(_xmp_texts(part.get("title")), ""))
        yield "caption", _line(next(_xmp_texts(part.get("description")), ""), MAX_CAPTION)
        yield "keywords", _keywords(list(_xmp_texts(part.get("subject"))))
        yield "taken", next(filter(None, (_moment(next(_xmp_texts(part.get(name)), "")) for name in _XMP_DATES)), "")


def _xmp_texts(node: Any) -> Iterator[str]:
    """The texts of a property: plain, or in a list of languages (the default first) or of values."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, list):
        default = [part for part in node if isinstance(part, dict) and part.get("lang") == "x-default"]
        for part in [*default, *(part for part in node if part not in default)]:
            yield from _xmp_texts(part)
    elif isinstance(node, dict):
        for key in ("Alt", "Bag", "Seq", "li", "text"):
            if key in node:
                yield from _xmp_texts(node[key])


def _keywords(words: list[str]) -> str:
    unique = dict.fromkeys(filter(None, map(_line, words)))
    return ", ".join(list(unique)[:_MAX_KEYWORDS])


def _line(value: Any, longest: int = _MAX_LENGTH) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return shortened(" ".join(tidy(text.partition("\0")[0]).split()), longest)
