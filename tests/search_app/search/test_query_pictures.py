import gzip
import io
import os
from pathlib import Path

import pytest
from PIL import Image

from ingest.errors import ReadError, SpaceError
from search_app.search import query_pictures
from search_app.search.query_pictures import LONGER_SIDE, keep_picture, open_picture, upload_suffixes


def jpeg(colour: tuple[int, int, int], size: tuple[int, int] = (40, 20), orientation: int = 1) -> bytes:
    picture = Image.new("RGB", size, colour)
    exif = Image.Exif()
    exif[0x0112] = orientation
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif)
    return out.getvalue()


def test_a_picture_is_reopened_by_its_name(tmp_path: Path) -> None:
    name = keep_picture(tmp_path, jpeg((200, 10, 10)), at_least=32)
    again = open_picture(tmp_path, name)
    assert again is not None
    assert again.mode == "RGB"
    red, green, blue = again.getpixel((5, 5))  # type: ignore[misc]
    assert red > 180 and green < 40 and blue < 40


def test_the_same_content_has_the_same_name_and_other_content_another(tmp_path: Path) -> None:
    one = keep_picture(tmp_path, jpeg((200, 10, 10)), at_least=32)
    assert keep_picture(tmp_path, jpeg((200, 10, 10)), at_least=32) == one
    assert keep_picture(tmp_path, jpeg((10, 200, 10)), at_least=32) != one
    assert len(list((tmp_path / "queries").iterdir())) == 2


def test_a_picture_is_kept_upright_and_reduced(tmp_path: Path) -> None:
    name = keep_picture(tmp_path, jpeg((1, 2, 3), size=(3_000, 1_500), orientation=6), at_least=900)
    kept = open_picture(tmp_path, name)
    assert kept is not None
    assert kept.size == (LONGER_SIDE // 2, LONGER_SIDE)


def test_what_is_no_picture_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ReadError):
        keep_picture(tmp_path, b"not a picture at all", at_least=32)
    with pytest.raises(ReadError):
        keep_picture(tmp_path, jpeg((1, 2, 3), size=(400, 400))[:700], at_least=32)
    assert not list(tmp_path.rglob("*.*"))


def test_what_is_too_large_to_decode_is_refused_by_its_header(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_pictures, "MOST_PIXELS", 10_000)
    with pytest.raises(ReadError, match="too large"):
        keep_picture(tmp_path, jpeg((1, 2, 3), size=(101, 100)), at_least=32)
    monkeypatch.setattr(query_pictures, "MOST_BYTES", 100)
    with pytest.raises(ReadError, match="too large"):
        keep_picture(tmp_path, jpeg((1, 2, 3)), at_least=32)
    assert not list(tmp_path.rglob("*.*"))


@pytest.mark.parametrize("name", ["", "../manifest", "A" * 32, "0" * 31, "0" * 32])
def test_a_name_that_is_none_opens_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / "queries").mkdir()
    assert open_picture(tmp_path, name) is None


def test_a_damaged_picture_counts_as_gone_and_is_replaced(tmp_path: Path) -> None:
    name = keep_picture(tmp_path, jpeg((9, 9, 200)), at_least=32)
    (tmp_path / "queries" / f"{name}.webp").write_bytes(b"torn")
    assert open_picture(tmp_path, name) is None
    assert keep_picture(tmp_path, jpeg((9, 9, 200)), at_least=32) == name
    assert open_picture(tmp_path, name) is not None


def test_only_the_newest_pictures_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_pictures, "KEPT", 3)
    names = [keep_picture(tmp_path, jpeg((shade, 0, 0)), at_least=32) for shade in (0, 60, 120)]
    for age, name in enumerate(names):
        os.utime(tmp_path / "queries" / f"{name}.webp", (1_000 + age, 1_000 + age))
    assert open_picture(tmp_path, names[0]) is not None, "opening a picture makes it the newest"
    keep_picture(tmp_path, jpeg((250, 0, 0)), at_least=32)
    assert open_picture(tmp_path, names[0]) is not None
    assert open_picture(tmp_path, names[1]) is None


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "queries").write_text("in the way")
    with pytest.raises(SpaceError, match="Check that the folder can be written"):
        keep_picture(tmp_path, jpeg((1, 2, 3)), at_least=32)


@pytest.mark.parametrize("suffix", [".svg", ".svgz", ".tga", ".ppm", ".ico", ".jp2", ".tif", ".webp"])
def test_what_is_offered_can_be_read_by_its_name_or_content(tmp_path: Path, suffix: str) -> None:
    assert suffix.removeprefix(".") in upload_suffixes()
    file = io.BytesIO()
    if suffix.startswith(".svg"):
        square = b"<rect width='9' height='9' fill='#c80a0a'/>"
        drawing = b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'>" + square + b"</svg>"
        file.write(gzip.compress(drawing) if suffix == ".svgz" else drawing)
    else:
        Image.new("RGB", (64, 64), (200, 10, 10)).save(file, Image.registered_extensions()[suffix])
    kept = open_picture(tmp_path, keep_picture(tmp_path, file.getvalue(), 32, f"My Picture{suffix.upper()}"))
    assert kept is not None
    red, green, blue = kept.getpixel((20, 20))  # type: ignore[misc]
    assert red > 180 and green < 40 and blue < 40


def test_camera_raw_is_offered_only_where_it_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_pictures, "find_spec", lambda name: object())
    assert {"dng", "cr2", "jpg", "svg"} <= set(upload_suffixes())
    monkeypatch.setattr(query_pictures, "find_spec", lambda name: None)
    assert not {"dng", "cr2"} & set(upload_suffixes()) and {"jpg", "svg"} <= set(upload_suffixes())


def test_a_bomb_of_a_rare_format_is_refused_by_its_header(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_pictures, "MOST_PIXELS", 10_000)
    file = io.BytesIO()
    Image.new("RGB", (200, 100)).save(file, "TGA")
    with pytest.raises(ReadError, match="too large"):
        keep_picture(tmp_path, file.getvalue(), 32, "bomb.tga")
