"""Makes pictures whose right reading is known: corners of four colours, each EXIF orientation, colour profiles."""

import io
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

Colour = tuple[int, int, int]
RED, GREEN, BLUE, YELLOW = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)
CORNERS: tuple[Colour, Colour, Colour, Colour] = (RED, GREEN, BLUE, YELLOW)


def upright(width: int = 96, height: int = 64) -> Image.Image:
    """Red top left, green top right, blue bottom left, yellow bottom right."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2], pixels[: height // 2, width // 2 :] = RED, GREEN
    pixels[height // 2 :, : width // 2], pixels[height // 2 :, width // 2 :] = BLUE, YELLOW
    return Image.fromarray(pixels)


def stored(picture: Image.Image, orientation: int) -> Image.Image:
    """`picture` as a camera stores it that notes `orientation`, by EXIF 2.32: where row 0 and column 0 are seen."""
    seen = np.asarray(picture)
    turned = seen.transpose(1, 0, 2)
    as_stored: dict[int, NDArray[np.uint8]] = {
        1: seen,  # row 0 at the top, column 0 at the left
        2: seen[:, ::-1],  # top, right
        3: seen[::-1, ::-1],  # bottom, right
        4: seen[::-1],  # bottom, left
        5: turned,  # left, top
        6: turned[::-1],  # right, top
        7: turned[::-1, ::-1],  # right, bottom
        8: turned[:, ::-1],  # left, bottom
    }
    return Image.fromarray(np.ascontiguousarray(as_stored[orientation]))


def exif(orientation: int | None = None, taken: str | None = None) -> bytes:
    tags = Image.Exif()
    if orientation:
        tags[ExifTags.Base.Orientation] = orientation
    if taken:
        tags.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = taken
        tags.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "N"
    return tags.tobytes()


def saved(picture: Image.Image, format: str, **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, format, **options)
    return out.getvalue()


def corners(picture: Image.Image) -> list[Colour]:
    """The colours a tenth of the way in from the four corners, in reading order."""
    left, top = picture.width // 10, picture.height // 10
    right, bottom = picture.width - 1 - left, picture.height - 1 - top
    pixels = np.asarray(picture)
    return [tuple(map(int, pixels[y, x])) for y in (top, bottom) for x in (left, right)]  # type: ignore[misc]


def alike(one: Colour, other: Colour, within: int = 40) -> bool:
    return all(abs(a - b) <= within for a, b in zip(one, other, strict=True))


def profile_with_red_and_green_exchanged() -> bytes:
    """An ICC profile of an RGB space whose first channel is sRGB's green, and whose second is its red."""

    def xyz(x: float, y: float, z: float) -> bytes:
        return b"XYZ \0\0\0\0" + b"".join(round(v * 65536).to_bytes(4, "big", signed=True) for v in (x, y, z))

    gamma = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(2.2 * 256)) + b"\0\0"
    red, green, blue = xyz(0.4360, 0.2225, 0.0139), xyz(0.3851, 0.7169, 0.0971), xyz(0.1431, 0.0606, 0.7141)
    tags = {b"rXYZ": green, b"gXYZ": red, b"bXYZ": blue, b"rTRC": gamma, b"gTRC": gamma, b"bTRC": gamma}
    return _profile(b"mntr", b"RGB ", b"XYZ ", tags)


def profile_that_prints_everything_blue() -> bytes:
    """An ICC profile of a CMYK press all of whose inks come out as one blue."""
    lab_blue = bytes([82, 128 + 68, 128 - 112])  # L* 32, a* 68, b* -112
    identity = bytes(range(256))
    matrix = b"".join((65536 if i in (0, 4, 8) else 0).to_bytes(4, "big") for i in range(9))
    table = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + matrix + identity * 4 + lab_blue * 16 + identity * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", {b"A2B0": table, b"A2B1": table})


def _profile(kind: bytes, space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    name = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"test\0" + b"\0" * 78
    white = b"XYZ \0\0\0\0" + b"".join(round(v * 65536).to_bytes(4, "big") for v in (0.9642, 1.0, 0.8249))
    entries = {b"desc": name, b"wtpt": white, **tags}
    at = 128 + 4 + 12 * len(entries)
    table, body = struct.pack(">I", len(entries)), b""
    for tag, content in entries.items():
        table += tag + struct.pack(">II", at + len(body), len(content))
        body += content + b"\0" * (-len(content) % 4)
    header = struct.pack(">I4sI4s4s4s12x4s", at + len(body), b"\0" * 4, 0x02200000, kind, space, connection, b"acsp")
    header += b"\0" * 28 + struct.pack(">III", 0xF6D6, 0x10000, 0xD32D)
    return header.ljust(128, b"\0") + table + body
