"""Camera RAW files, by the preview that the camera put into them (LibRaw; extra `raw`)."""

from dataclasses import dataclass, replace
from io import BytesIO
from typing import BinaryIO

from ingest.errors import ReadError
from ingest.readers.photo_metadata import PhotoFacts, raw_facts

MAX_RAW_BYTES = 500_000_000
"""Largest RAW file that is read: it is held in memory while its preview is looked for."""

_EXPORT_JPEG = "Export it as a JPEG, or leave it out."
_ORIENTATION = {3: 3, 5: 8, 6: 6}  # LibRaw's "flip" as EXIF's orientation


@dataclass(frozen=True)
class Preview:
    """The preview of a RAW file."""

    file: BinaryIO
    """A JPEG or PNG."""
    orientation: int
    """EXIF's orientation, for a preview that has none of its own."""
    facts: PhotoFacts
    """The RAW file's own metadata; most previews have less."""


def raw_preview(file: BinaryIO) -> Preview:
    """The largest preview in a RAW file; raises ReadError, also if the extra is not installed."""
    from PIL import Image

    try:
        import rawpy
    except ImportError as error:
        raise ReadError(
            "camera RAW, and the package that reads it is not installed. Run: pip install 'nearspace[raw]', and "
            "ingest the folder again."
        ) from error
    file.seek(0)
    data = file.read(MAX_RAW_BYTES + 1)
    if len(data) > MAX_RAW_BYTES:
        raise ReadError(
            f"too large: more than the {MAX_RAW_BYTES // 1_000_000} MB that are read at most. {_EXPORT_JPEG}"
        )
    try:
        with rawpy.imread(BytesIO(data)) as raw:
            preview, sizes, made = raw.extract_thumb(), raw.sizes, raw.other.timestamp
    except rawpy.LibRawNoThumbnailError as error:
        raise ReadError(f"camera RAW without a preview in it. {_EXPORT_JPEG}") from error
    except rawpy.LibRawError as error:
        reason = error.args[0] if error.args else ""
        words = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise ReadError(f"damaged camera RAW, or of an unknown camera: {words.rstrip('.')}. {_EXPORT_JPEG}") from error
    if isinstance(preview.data, bytes):  # a JPEG; otherwise pixels
        found = BytesIO(preview.data)
    else:
        found = BytesIO()
        Image.fromarray(preview.data).save(found, "PNG", compress_level=1)
    orientation = _ORIENTATION.get(sizes.flip, 1)
    if orientation in (6, 8):
        with Image.open(found, formats=("JPEG", "PNG")) as picture:
            if (picture.width > picture.height) != (sizes.width > sizes.height):
                orientation = 1  # the camera turned the preview already
    found.seek(0)
    facts = raw_facts(data)
    if "taken" not in facts.meta and made.year > 1970:  # LibRaw's zero stands for a time that is not known
        facts = replace(facts, meta={**facts.meta, "taken": made.isoformat(timespec="seconds")})
    return Preview(found, orientation, facts)
