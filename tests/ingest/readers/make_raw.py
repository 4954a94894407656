"""Makes camera RAW files (DNG) whose preview is known."""

import io
import struct

from PIL import Image

_FORMATS = {1: "B", 2: "B", 3: "H", 4: "I", 5: "I", 10: "i"}
Entry = tuple[int, int, list[int]]


def dng(preview: bytes, size: tuple[int, int] = (640, 480), orientation: int = 1, taken: str = "") -> bytes:
    """A DNG with the JPEG `preview` in its first directory and the sensor's pixels in its second.

    `taken` is when, as EXIF writes it.
    """
    width, height = size
    with Image.open(io.BytesIO(preview)) as picture:
        shown = picture.size
    pixels = struct.pack("<H", 2000) * (width * height)
    name = list(b"Near One\0")

    def first(second_at: int, preview_at: int, exif_at: int, more_at: int) -> tuple[bytes, bytes]:
        entries: list[Entry] = [
            (254, 4, [1]),
            (256, 4, [shown[0]]),
            (257, 4, [shown[1]]),
            (258, 3, [8, 8, 8]),
            (259, 3, [7]),
            (262, 3, [6]),
            (271, 2, name),
            (272, 2, name),
            (273, 4, [preview_at]),
            (274, 3, [orientation]),
            (277, 3, [3]),
            (278, 4, [shown[1]]),
            (279, 4, [len(preview)]),
            (330, 4, [second_at]),
            *([(34665, 4, [exif_at])] if taken else []),
            (50706, 1, [1, 4, 0, 0]),
            (50708, 2, name),
            (50721, 10, [1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1]),
            (50728, 5, [1, 1, 1, 1, 1, 1]),
        ]
        return _directory(entries, more_at)

    def second(pixels_at: int, more_at: int) -> tuple[bytes, bytes]:
        entries: list[Entry] = [
            (254, 4, [0]),
            (256, 4, [width]),
            (257, 4, [height]),
            (258, 3, [16]),
            (259, 3, [1]),
            (262, 3, [32803]),
            (273, 4, [pixels_at]),
            (277, 3, [1]),
            (278, 4, [height]),
            (279, 4, [len(pixels)]),
            (33421, 3, [2, 2]),
            (33422, 1, [0, 1, 1, 2]),
            (50714, 3, [0]),
            (50717, 4, [4095]),
        ]
        return _directory(entries, more_at)

    one = first(0, 0, 0, 0)
    second_at = 8 + sum(map(len, one))
    pixels_at = second_at + sum(map(len, second(0, 0)))
    preview_at = pixels_at + len(pixels)
    exif_at = preview_at + len(preview)
    one = first(second_at, preview_at, exif_at, 8 + len(one[0]))
    two = second(pixels_at, second_at + len(second(0, 0)[0]))
    return b"".join((b"II*\0", struct.pack("<I", 8), *one, *two, pixels, preview, *_exif(taken, exif_at)))


def _exif(taken: str, at: int) -> tuple[bytes, bytes]:
    entries: list[Entry] = [(36867, 2, list(taken.encode() + b"\0"))]
    return _directory(entries, at + len(_directory(entries, 0)[0]))


def _directory(entries: list[Entry], more_at: int) -> tuple[bytes, bytes]:
    body, more = struct.pack("<H", len(entries)), b""
    for tag, kind, values in entries:
        data = struct.pack(f"<{len(values)}{_FORMATS[kind]}", *values)
        field = data.ljust(4, b"\0")
        if len(data) > 4:
            field = struct.pack("<I", more_at + len(more))
            more += data + b"\0" * (len(data) % 2)
        count = len(values) // 2 if kind in (5, 10) else len(values)
        body += struct.pack("<HHI", tag, kind, count) + field
    return body + bytes(4), more
