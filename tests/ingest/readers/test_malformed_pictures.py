"""What is no picture, or a damaged one, becomes a ReadError with a reason and a next step; nothing else escapes."""

import io
import os
import random
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ingest.errors import ReadError, SkipSource
from ingest.readers.images import MAX_PIXELS, open_upright, read_image
from tests.ingest.readers.make_pictures import exif, saved, upright

# Outside tests these warnings of Pillow's are silenced where the module is loaded; pytest puts its own filters back.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::PIL.Image.DecompressionBombWarning")

NOISE = Image.fromarray(np.random.default_rng(1).integers(0, 255, (48, 64, 3), dtype=np.uint8))
DEEP = Image.fromarray(np.random.default_rng(2).integers(0, 65535, (48, 64), dtype=np.uint16))
FLOATS = Image.fromarray(np.random.default_rng(3).random((48, 64), dtype=np.float32))
TAGS = exif(6, taken="2019:07:04 12:00:00")

WHOLE: dict[str, bytes] = {
    "JPEG": saved(NOISE, "JPEG", exif=TAGS),
    "progressive JPEG": saved(NOISE, "JPEG", progressive=True),
    "CMYK JPEG": saved(NOISE.convert("CMYK"), "JPEG"),
    "MPO": saved(NOISE, "MPO", save_all=True, append_images=[NOISE]),
    "PNG": saved(NOISE, "PNG", exif=TAGS),
    "palette PNG": saved(NOISE.convert("P"), "PNG", transparency=3),
    "16-bit PNG": saved(DEEP, "PNG"),
    "WebP": saved(NOISE, "WEBP", exif=TAGS),
    "lossless WebP": saved(NOISE, "WEBP", lossless=True),
    "GIF": saved(NOISE, "GIF", save_all=True, append_images=[NOISE.rotate(90)]),
    "BMP": saved(NOISE, "BMP"),
    "TIFF": saved(NOISE, "TIFF"),
    "LZW TIFF": saved(NOISE, "TIFF", compression="tiff_lzw", exif=exif(6)),
    "JPEG TIFF": saved(NOISE, "TIFF", compression="jpeg"),
    "float TIFF": saved(FLOATS, "TIFF"),
    "HEIC": saved(NOISE, "HEIF", exif=TAGS),
    "AVIF": saved(NOISE, "AVIF", exif=TAGS),
}


def refusal(data: bytes) -> str:
    with pytest.raises(ReadError) as caught:
        open_upright(io.BytesIO(data), at_least=32)
    assert not isinstance(caught.value, SkipSource)
    return str(caught.value)


@pytest.mark.parametrize("name", WHOLE)
def test_cut_or_flipped_bytes_give_a_picture_or_a_read_error(name: str) -> None:
    whole, chance, refused = WHOLE[name], random.Random(name), 0
    for turn in range(400):
        damaged = bytearray(whole)
        if turn % 3 == 0:
            damaged = damaged[: chance.randrange(1, len(whole))]
        else:
            # Half of the damage in the header, where it does most.
            reach = len(whole) if turn % 3 == 1 else min(len(whole), 600)
            for _ in range(chance.choice([1, 4, 20])):
                damaged[chance.randrange(reach)] = chance.randrange(256)
        try:
            picture = open_upright(io.BytesIO(bytes(damaged)), at_least=32)
        except ReadError as error:
            refused += 1
            assert str(error).endswith(("it out.", "and ingest the folder again."))
            assert "\n" not in str(error) and len(str(error)) < 400
        else:
            assert picture.mode == "RGB" and min(picture.size) >= 1
    assert refused > 100


@pytest.mark.parametrize("name", ["JPEG", "progressive JPEG", "PNG", "WebP", "TIFF", "HEIC", "AVIF", "BMP"])
def test_half_a_picture_is_refused_not_shown_grey(name: str) -> None:
    assert refusal(WHOLE[name][: len(WHOLE[name]) // 2]).startswith("damaged picture")


@pytest.mark.parametrize(
    "data",
    [
        b"I am a text, whatever my name says.",
        b"<html><body>I am a page.</body></html>",
        b"%PDF-1.7 ",
        b"\0",
        b"\xff" * 5000,
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        saved(upright(), "PPM"),
        saved(upright(), "ICO"),
    ],
)
def test_what_is_no_picture_of_a_known_format_is_called_that(data: bytes) -> None:
    assert refusal(data).startswith("not a picture: ")


def test_a_known_format_with_a_damaged_header_is_called_damaged() -> None:
    assert refusal(WHOLE["JPEG"][:12]).startswith("damaged picture")


def png_of(width: int, height: int) -> bytes:
    """A PNG that says it has that many pixels, and ends there."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")
    )


def jpeg_of(width: int, height: int, **options: bool) -> bytes:
    """A JPEG that says it has that many pixels."""
    data = saved(upright(64, 64), "JPEG", **options)
    return data.replace(struct.pack(">HH", 64, 64), struct.pack(">HH", height, width), 1)


@pytest.mark.parametrize("size", [(20_000, 20_000), (25_000, 25_000), (1_000_000, 1_000_000)])
def test_pictures_above_the_limit_are_refused_before_anything_is_decoded(size: tuple[int, int]) -> None:
    message = refusal(png_of(*size))
    assert message.startswith("too large: ") and f"{MAX_PIXELS // 1_000_000} million" in message
    assert message.endswith("Save a smaller copy, or leave it out.")


def test_the_refusal_names_the_size() -> None:
    assert "20,000 x 20,000 pixels" in refusal(png_of(20_000, 20_000))


def test_a_large_jpeg_is_read_reduced_but_a_large_progressive_one_is_refused() -> None:
    assert open_upright(io.BytesIO(jpeg_of(20_000, 20_000)), at_least=32).size == (64, 64)
    assert refusal(jpeg_of(20_000, 20_000, progressive=True)).startswith("too large: 20,000 x 20,000")
    assert refusal(jpeg_of(65_000, 65_000)).startswith("too large: ")


def test_a_folder_named_like_a_picture_is_a_read_error(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"^a folder, not a file"):
        read_image(tmp_path, image_size=32)


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="no POSIX users here")
def test_a_file_one_may_not_read_says_so(tmp_path: Path) -> None:
    path = tmp_path / "locked.png"
    upright().save(path)
    path.chmod(0)
    me = os.geteuid()
    if me == 0:
        os.seteuid(65534)  # Root may read anything.
    try:
        with pytest.raises(ReadError, match=r"^permission denied\. "):
            read_image(path, image_size=32)
    finally:
        os.seteuid(me)
