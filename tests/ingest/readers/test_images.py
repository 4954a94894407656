"""Pictures of every format come out upright, in the right colours, and no larger than encoding needs."""

import io
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ingest.errors import ReadError, SkipSource
from ingest.readers import images
from ingest.readers.images import open_upright, read_image
from tests.ingest.readers.make_pictures import (
    CORNERS,
    RED,
    Colour,
    alike,
    corners,
    exif,
    profile_that_prints_everything_blue,
    profile_with_red_and_green_exchanged,
    saved,
    stored,
    upright,
)

LOSSLESS: dict[str, dict[str, Any]] = {"WEBP": {"lossless": True}, "HEIF": {"quality": 95}, "JPEG": {"quality": 95}}


def opened(data: bytes, at_least: int = 64) -> Image.Image:
    picture = open_upright(io.BytesIO(data), at_least=at_least)
    assert picture.mode == "RGB" and type(picture) is Image.Image
    return picture


def colour_of(data: bytes) -> Colour:
    picture = opened(data)
    return tuple(map(int, np.asarray(picture)[picture.height // 2, picture.width // 2]))  # type: ignore[return-value]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"])
def test_pictures_come_out_upright_whatever_their_orientation(format: str, orientation: int) -> None:
    picture = upright(96, 64)
    data = saved(stored(picture, orientation), format, exif=exif(orientation), **LOSSLESS.get(format, {}))
    found = opened(data)
    assert found.size == (96, 64)
    assert all(map(alike, corners(found), CORNERS)), corners(found)


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_large_photos_come_out_upright_too(tmp_path: Path, orientation: int) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(saved(stored(upright(3000, 2000), orientation), "JPEG", exif=exif(orientation)))
    draft = read_image(path, image_size=260)
    assert (draft.meta["width"], draft.meta["height"]) == (3000, 2000)
    assert draft.image is not None and draft.image.width / draft.image.height == pytest.approx(1.5, abs=0.01)
    thumbnail = Image.open(io.BytesIO(draft.thumbnail))
    for picture in (draft.image, thumbnail.convert("RGB")):
        assert all(map(alike, corners(picture), CORNERS))


@pytest.mark.parametrize(
    ("suffix", "options", "format"),
    [
        (".jpg", {"format": "JPEG"}, "JPEG"),
        (".JPEG", {"format": "JPEG", "progressive": True}, "JPEG"),
        (".jfif", {"format": "MPO", "save_all": True, "append_images": [Image.new("RGB", (96, 64))]}, "JPEG"),
        (".png", {"format": "PNG"}, "PNG"),
        (".webp", {"format": "WEBP", "lossless": True}, "WEBP"),
        (".gif", {"format": "GIF"}, "GIF"),
        (".bmp", {"format": "BMP"}, "BMP"),
        (".dib", {"format": "DIB"}, "BMP"),
        (".tif", {"format": "TIFF"}, "TIFF"),
        (".tiff", {"format": "TIFF", "compression": "tiff_lzw"}, "TIFF"),
        (".heic", {"format": "HEIF"}, "HEIC"),
        (".avif", {"format": "AVIF"}, "AVIF"),
        (".png", {"format": "WEBP", "lossless": True}, "WEBP"),  # The content decides, not the name.
    ],
)
def test_every_format_is_read_by_its_content(tmp_path: Path, suffix: str, options: dict[str, Any], format: str) -> None:
    path = tmp_path / f"a{suffix}"
    upright().save(path, **options)
    draft = read_image(path, image_size=32)
    assert draft.meta.pop("colours")
    assert draft.meta == {"width": 96, "height": 64, "format": format}
    assert draft.image is not None and all(map(alike, corners(draft.image), CORNERS))


@pytest.mark.parametrize("format", ["GIF", "WEBP", "TIFF", "PNG"])
def test_the_first_of_several_frames_is_read(format: str) -> None:
    others = [Image.new("RGB", (96, 64), colour) for colour in ("black", "white")]
    data = saved(upright(), format, save_all=True, append_images=others, **LOSSLESS.get(format, {}))
    assert all(map(alike, corners(opened(data)), CORNERS))


def palette_with_transparency() -> bytes:
    picture = Image.new("P", (96, 64), 1)
    picture.putpalette([255, 0, 0, 0, 0, 255])
    picture.paste(0, (0, 0, 48, 64))
    return saved(picture, "PNG", transparency=1)


TRANSPARENT: dict[str, bytes] = {
    "RGBA PNG": saved(Image.new("RGBA", (96, 64), (0, 0, 255, 0)), "PNG"),
    "LA PNG": saved(Image.new("LA", (96, 64), (0, 0)), "PNG"),
    "palette PNG": palette_with_transparency(),
    "grey PNG with one grey transparent": saved(Image.new("L", (96, 64), 7), "PNG", transparency=7),
    "RGB PNG with one colour transparent": saved(Image.new("RGB", (96, 64), (1, 2, 3)), "PNG", transparency=(1, 2, 3)),
    "GIF": saved(Image.new("P", (96, 64), 3), "GIF", transparency=3),
    "WebP": saved(Image.new("RGBA", (96, 64), (0, 0, 255, 0)), "WEBP", lossless=True),
    "HEIC": saved(Image.new("RGBA", (96, 64), (0, 0, 255, 0)), "HEIF"),
    "AVIF": saved(Image.new("RGBA", (96, 64), (0, 0, 255, 0)), "AVIF"),
}


@pytest.mark.parametrize("name", TRANSPARENT)
def test_what_is_transparent_lies_on_white(name: str) -> None:
    picture = opened(TRANSPARENT[name])
    assert alike(tuple(map(int, np.asarray(picture)[60, 90])), (255, 255, 255), within=3)  # type: ignore[arg-type]


def test_half_transparent_red_on_white_is_pink_however_large_the_picture() -> None:
    for side in (64, 1024):
        assert alike(colour_of(saved(Image.new("RGBA", (side, side), (255, 0, 0, 128)), "PNG")), (255, 127, 127), 2)


def grey(values: Any, dtype: Any, format: str) -> bytes:
    return saved(Image.fromarray(np.full((64, 96), values, dtype)), format)


def float_grey(high: float, *, nan: bool = False) -> bytes:
    pixels = np.full((64, 96), high / 2, np.float32)
    pixels[0, 0], pixels[0, 1] = high, np.nan if nan else 0
    return saved(Image.fromarray(pixels), "TIFF")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (grey(32768, np.uint16, "PNG"), 128),
        (grey(65535, np.uint16, "PNG"), 255),
        (grey(32768, np.uint16, "TIFF"), 128),
        (grey(32768, ">u2", "TIFF"), 128),
        (grey(2048, np.uint16, "TIFF"), 128),  # 12 bits in 16
        (grey(128, np.int32, "TIFF"), 128),
        (grey(32768, np.int32, "TIFF"), 128),
        (float_grey(1.0), 128),
        (float_grey(255.0), 128),
        (float_grey(65535.0), 128),
        (float_grey(1e9), 128),
        (float_grey(1.0, nan=True), 128),
        (saved(Image.new("1", (96, 64), 1), "PNG"), 255),
        (saved(Image.new("L", (96, 64), 77), "PNG"), 77),
    ],
)
def test_grey_of_every_depth_keeps_its_brightness(data: bytes, expected: int) -> None:
    assert alike(colour_of(data), (expected,) * 3, within=2)


def test_deep_grey_keeps_its_gradient_when_it_is_reduced() -> None:
    ramp = np.tile(np.linspace(0, 65535, 1600).astype(np.uint16), (1200, 1))
    row = np.asarray(opened(saved(Image.fromarray(ramp), "PNG"), at_least=100))[100, :, 0].astype(int)
    assert row[0] < 6 and row[-1] > 249 and (np.diff(row) >= 0).all()


def test_cmyk_is_turned_into_the_colours_it_stands_for() -> None:
    for format in ("JPEG", "TIFF"):
        data = saved(upright().convert("CMYK"), format)
        assert all(map(alike, corners(opened(data)), CORNERS))


def test_lab_is_turned_into_the_colours_it_stands_for() -> None:
    assert alike(colour_of(saved(Image.new("LAB", (96, 64), (138, 128 + 81, 128 + 70)), "TIFF")), RED, within=20)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"])
def test_an_embedded_colour_profile_is_brought_to_srgb(format: str) -> None:
    data = saved(Image.new("RGB", (96, 64), (0, 255, 0)), format, icc_profile=profile_with_red_and_green_exchanged())
    assert alike(colour_of(data), RED)


def test_the_profile_of_a_cmyk_picture_is_used() -> None:
    data = saved(Image.new("CMYK", (96, 64), (255, 0, 0, 0)), "JPEG", icc_profile=profile_that_prints_everything_blue())
    red, green, blue = colour_of(data)
    assert blue > 200 and red < 90 and green < 90


@pytest.mark.parametrize("profile", [b"nonsense", profile_that_prints_everything_blue(), b"\0" * 400])
def test_a_profile_that_does_not_fit_is_passed_over(profile: bytes) -> None:
    assert alike(colour_of(saved(Image.new("RGB", (96, 64), RED), "PNG", icc_profile=profile)), RED)


def test_transparency_and_profile_work_together() -> None:
    picture = Image.new("RGBA", (96, 64), (0, 255, 0, 255))
    picture.paste((0, 0, 0, 0), (0, 0, 48, 64))
    found = opened(saved(picture, "PNG", icc_profile=profile_with_red_and_green_exchanged()))
    left, right = corners(found)[:2]
    assert alike(left, (255, 255, 255)) and alike(right, RED)


@pytest.mark.parametrize("size", [(4000, 3000), (1500, 2000), (1400, 1400), (641, 639)])
@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_large_pictures_are_reduced_to_what_encoding_needs(tmp_path: Path, size: tuple[int, int], format: str) -> None:
    path = tmp_path / "large"
    upright(*size).save(path, format, **({"compress_level": 1} if format == "PNG" else {}))
    draft = read_image(path, image_size=260)
    assert draft.image is not None
    assert 260 <= min(draft.image.size) <= 520
    assert draft.image.width / draft.image.height == pytest.approx(size[0] / size[1], rel=0.01)
    assert (draft.meta["width"], draft.meta["height"]) == size
    thumbnail = Image.open(io.BytesIO(draft.thumbnail))
    assert thumbnail.format == "JPEG" and max(thumbnail.size) == 320


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 30), (260, 260), (300, 200)])
def test_small_pictures_are_not_enlarged(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "small.png"
    upright(*size).save(path)
    draft = read_image(path, image_size=260)
    assert draft.image is not None and draft.image.size == size
    assert Image.open(io.BytesIO(draft.thumbnail)).size == size


@pytest.mark.parametrize("size", [(30000, 40), (40, 30000), (9000, 700)])
@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_panoramas_are_bounded_on_their_longer_side(tmp_path: Path, size: tuple[int, int], format: str) -> None:
    path = tmp_path / "panorama"
    Image.new("RGB", size, RED).save(path, format)
    draft = read_image(path, image_size=100)
    assert draft.image is not None and max(draft.image.size) <= 16 * 100
    if min(size) == 700:
        assert min(draft.image.size) >= 100
    assert max(Image.open(io.BytesIO(draft.thumbnail)).size) == 320


def test_reducing_averages_and_does_not_pick_pixels() -> None:
    chequered = (np.indices((1200, 1200)).sum(axis=0) % 2 * 255).astype(np.uint8)
    for format in ("PNG", "JPEG"):
        found = np.asarray(opened(saved(Image.fromarray(chequered), format), at_least=100)).astype(int)
        assert abs(found - 127).max() <= 10


def test_the_draft_of_a_picture_carries_caption_and_time_but_not_the_place(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(saved(upright(), "JPEG", exif=exif(1, taken="2019:07:04 12:30:00")))
    draft = read_image(path, caption="four fields", image_size=32)
    assert (draft.modality, draft.text, draft.encoded_text, draft.page) == ("image", "four fields", "", None)
    assert draft.meta.pop("colours")
    assert draft.meta == {"width": 96, "height": 64, "format": "JPEG", "taken": "2019-07-04T12:30:00"}
    assert draft.image is not None and draft.image.info == {}
    assert not Image.open(io.BytesIO(draft.thumbnail)).getexif()


@pytest.mark.parametrize("taken", ["0000:00:00 00:00:00", "yesterday", "\0" * 19])
def test_a_time_that_is_none_is_left_out(tmp_path: Path, taken: str) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(saved(upright(), "JPEG", exif=exif(1, taken=taken)))
    assert "taken" not in read_image(path, image_size=32).meta


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_damaged_exif_does_not_spoil_the_picture() -> None:
    data = saved(upright(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x05" + b"\xff" * 40)
    assert all(map(alike, corners(opened(data)), CORNERS))


def test_an_uploaded_file_is_read_from_wherever_it_stands_and_left_open() -> None:
    file = io.BytesIO(saved(upright(), "PNG"))
    file.read()
    assert open_upright(file, at_least=32).size == (96, 64)
    assert not file.closed


def test_an_open_file_on_disk_can_be_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a.heic"
    path.write_bytes(saved(upright(), "HEIF"))
    with path.open("rb") as file:
        assert open_upright(file, at_least=32).size == open_upright(file, at_least=32).size == (96, 64)


def test_big_pictures_are_decoded_one_at_a_time_and_small_ones_together(monkeypatch: pytest.MonkeyPatch) -> None:
    lock, inside, most = threading.Lock(), 0, 0
    decode = images.reduce

    def watched(image: Image.Image, scale: float) -> Image.Image:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        time.sleep(0.02)
        with lock:
            inside -= 1
        return decode(image, scale)

    monkeypatch.setattr(images, "reduce", watched)
    data = saved(upright(), "PNG")
    for limit, expected in ((100_000, range(2, 9)), (1_000, range(1, 2))):
        monkeypatch.setattr(images, "BIG_PIXELS", limit)
        most = 0
        with ThreadPoolExecutor(8) as pool:
            assert all(picture.size == (96, 64) for picture in pool.map(opened, [data] * 16))
        assert most in expected


def test_reading_in_threads_gives_what_reading_alone_gives() -> None:
    formats = ("JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF", "GIF")
    files = [saved(upright(400 + n, 300), format) for n, format in enumerate(formats * 3)]
    alone = [opened(data).tobytes() for data in files]
    with ThreadPoolExecutor(8) as pool:
        assert [picture.tobytes() for picture in pool.map(opened, files)] == alone


def test_an_empty_file_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "empty.jpg"
    path.touch()
    with pytest.raises(SkipSource, match=r"^empty file"):
        read_image(path, image_size=32)


def test_a_missing_file_is_a_read_error(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="no longer there"):
        read_image(tmp_path / "none.jpg", image_size=32)
