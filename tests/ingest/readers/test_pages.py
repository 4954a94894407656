"""Pictures of many pages or frames, drawings, and the rarer formats."""

import gzip
import io
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ingest.errors import ReadError
from ingest.readers import images, svg
from ingest.readers.draft import Draft
from ingest.readers.formats import IMAGE_SUFFIXES
from ingest.readers.images import open_upright, read_images
from ingest.readers.reading_options import ReadingOptions
from ingest.run.reencode import reencode
from ingest.space import open_space, open_to_write
from tests.fake_encoder import COLOURS, FakeEncoder, colour_name
from tests.make_files import finds_every_item, ingest_folders
from tests.patience import limit

NAMES = ("red", "green", "blue", "yellow", "purple", "orange")


def plain(name: str, size: tuple[int, int] = (90, 60)) -> Image.Image:
    return Image.new("RGB", size, COLOURS[name])


def pages(path: Path, names: tuple[str, ...] = NAMES[:3], **options: object) -> Path:
    first, *rest = map(plain, names)
    first.save(path, save_all=True, append_images=rest, **options)
    return path


def colours(drafts: tuple[Draft, ...]) -> list[str]:
    return [colour_name(draft.image) for draft in drafts if draft.image is not None]


def test_a_tiff_is_read_page_by_page(tmp_path: Path) -> None:
    read = read_images(pages(tmp_path / "scan.tif"), caption="a scan", image_size=64)
    assert colours(read.drafts) == ["red", "green", "blue"]
    assert [(draft.page, draft.text) for draft in read.drafts] == [(1, "a scan"), (2, "a scan"), (3, "a scan")]
    assert len({draft.thumbnail for draft in read.drafts}) == 3 and not read.gaps


def test_a_tiff_of_one_page_has_no_page_number(tmp_path: Path) -> None:
    plain("red").save(tmp_path / "a.tif")
    (draft,) = read_images(tmp_path / "a.tif", image_size=64).drafts
    assert draft.page is None


def test_smaller_copies_inside_a_tiff_are_no_pages(tmp_path: Path) -> None:
    small = plain("red", (45, 30))
    small.encoderinfo = {"tiffinfo": {254: 1}}
    plain("red").save(tmp_path / "a.tif", save_all=True, append_images=[small])
    with Image.open(tmp_path / "a.tif") as made:
        made.seek(1)
        assert made.tag_v2.get(254) == 1
    assert len(read_images(tmp_path / "a.tif", image_size=64).drafts) == 1


def test_a_damaged_page_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    path = pages(tmp_path / "a.tif", compression="tiff_lzw")
    data = bytearray(path.read_bytes())
    with Image.open(path) as whole:
        whole.seek(1)
        (at,), (length,) = whole.tag_v2[273], whole.tag_v2[279]
    data[at : at + length] = b"\xff" * length
    path.write_bytes(data)
    read = read_images(path, image_size=64)
    assert colours(read.drafts) == ["red", "blue"]
    assert [draft.page for draft in read.drafts] == [1, 3]
    assert read.gaps == "page 2 cannot be read"


def test_pages_beyond_the_limit_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_PAGES", 2)
    read = read_images(pages(tmp_path / "a.tif"), image_size=64)
    assert (colours(read.drafts), read.gaps) == (["red", "green"], "pages after the first 2 of 3 are left out")


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.apng"])
def test_of_an_animation_the_first_frame_is_read_or_as_many_as_asked_for(tmp_path: Path, name: str) -> None:
    path = pages(tmp_path / name, NAMES, **({"lossless": True} if name == "a.webp" else {}))
    assert colours(read_images(path, image_size=64).drafts) == ["red"]
    read = read_images(path, image_size=64, frames=3)
    assert colours(read.drafts) == ["red", "blue", "purple"]
    assert [draft.meta["frame"] for draft in read.drafts] == [1, 3, 5]
    assert colours(read_images(path, image_size=64, frames=50).drafts) == list(NAMES)
    assert colours(read_images(path, image_size=64, only=(3, 5)).drafts) == ["blue", "purple"]


def test_pages_and_frames_are_items_that_stay_through_copies_and_another_encoder(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "folder"
    folder.mkdir()
    scan, film = pages(folder / "scan.tif"), pages(folder / "film.gif", NAMES)
    assert ingest_folders(home, [folder]).counts()["added"] == 2
    wanted = ReadingOptions(frames=2)
    assert ingest_folders(home, [folder], reading=wanted).counts() | {} == {
        **dict.fromkeys(ingest_folders(home, [folder], reading=wanted).counts(), 0),
        "updated": 1,
        "unchanged": 1,
    }
    (folder / "scan copy.tif").write_bytes(scan.read_bytes())
    (folder / "film copy.gif").write_bytes(film.read_bytes())
    report = ingest_folders(home, [folder], reading=wanted)
    assert (report.counts()["added"], report.encoded_images) == (2, 0)

    class Other(FakeEncoder):
        info = FakeEncoder.info.__class__(**{**FakeEncoder.info.__dict__, "id": "other", "fingerprint": "other"})

        def encode_images(self, given):
            return -super().encode_images(given)

    with open_space(home, "test") as space:
        before = {item.id: space.ledger.vectors_of([item.id])[0] for item in space.ledger.items_of(str(scan))}
        assert len({space.thumbnail_path(item) for item in space.ledger.items_of(str(scan))}) == 3
    with open_to_write(home, "test", FakeEncoder.info) as space:
        done = reencode(space, Other())
        assert done.swapped and not done.missing
        assert done.images == 5, "three pages and two frames, each content once"
    with open_space(home, "test") as space:
        assert [item.page for item in space.ledger.items_of(str(folder / "scan copy.tif"))] == [1, 2, 3]
        assert [item.meta["frame"] for item in space.ledger.items_of(str(folder / "film copy.gif"))] == [1, 4]
        for item, vector in before.items():
            assert np.allclose(space.ledger.vectors_of([item])[0], -vector, atol=1e-6)
        assert finds_every_item(space)


SVG = "<svg xmlns='http://www.w3.org/2000/svg' {}><rect width='100%' height='50%' fill='#dc1e1e'/></svg>"


@pytest.mark.parametrize("name", ["a.svg", "a.svgz"])
def test_a_drawing_is_rendered_on_white(tmp_path: Path, name: str) -> None:
    data = ("\ufeff<?xml version='1.0' encoding='utf-16'?>" + SVG.format("viewBox='0 0 40 20'")).encode("utf-16-le")
    (tmp_path / name).write_bytes(gzip.compress(data) if name == "a.svgz" else data)
    (draft,) = read_images(tmp_path / name, image_size=64).drafts
    assert draft.image is not None and draft.meta["format"] == "SVG"
    width, height = draft.image.size
    assert width == 2 * height
    assert draft.image.getpixel((width // 2, height // 4)) == (220, 30, 30)
    assert draft.image.getpixel((width // 2, height * 3 // 4)) == (255, 255, 255)


def test_a_drawing_that_is_uploaded_is_known_by_its_content() -> None:
    assert open_upright(io.BytesIO(SVG.format("width='3cm' height='3cm'").encode()), at_least=64).size == (128, 128)


def test_a_drawing_shows_no_other_file_of_this_machine(tmp_path: Path) -> None:
    plain("red").save(tmp_path / "secret.png")
    for href in (f'href="{tmp_path}/secret.png"', f"xlink:HREF='file://{tmp_path}/secret.png'".replace("HREF", "href")):
        (tmp_path / "a.svg").write_text(
            "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' viewBox='0 0 9 9'>"
            f"<image {href} width='9' height='9'/></svg>"
        )
        (draft,) = read_images(tmp_path / "a.svg", image_size=64).drafts
        assert colours((draft,)) == ["white"]


def test_drawings_that_never_end_or_nest_too_deep_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(svg, "TIMEOUT_SECONDS", 3)
    uses = "".join(f"<g id='a{n}'>" + f"<use href='#a{n - 1}'/>" * 10 + "</g>" for n in range(1, 12))
    grows = f"<defs><g id='a0'><rect width='1' height='1'/></g>{uses}</defs><use href='#a11'/>"
    laughs = "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 12))
    contents = {
        "empty": SVG.format("width='0' height='0'"),
        "deep": SVG.format("").replace("<rect", "<g>" * 20_000 + "<rect").replace("</svg>", "</g>" * 20_000 + "</svg>"),
        "grows": f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'>{grows}</svg>",
        "laughs": f"<!DOCTYPE svg [<!ENTITY a0 'ha'>{laughs}]><svg xmlns='http://www.w3.org/2000/svg'>&a11;</svg>",
        "cut off": SVG.format("")[:60],
        "not one": "<p>words</p>",
        "binary": "<svg\0\0\0",
    }
    started = time.monotonic()
    for name, content in contents.items():
        (tmp_path / "a.svg").write_text(content)
        with pytest.raises(ReadError, match=r"\.$"):
            raise ReadError(f"{name} was read as {read_images(tmp_path / 'a.svg', image_size=64)}")
    assert time.monotonic() - started < limit(30)
    (tmp_path / "a.svgz").write_bytes(gzip.compress(b" " * 30_000_000))
    with pytest.raises(ReadError, match=r"^too large"):
        read_images(tmp_path / "a.svgz", image_size=64)


def test_no_picture_suffix_of_pillow_is_forgotten() -> None:
    Image.init()
    left_out = {
        # No pictures, or formats that run another program or that Pillow reads on one system only.
        ".bufr .grib .h5 .hdf .mpg .mpeg .iim .eps .ps .pdf .emf .wmf",
        # Suffixes that mostly stand for something else (patches, plug-ins, sport watches, circuit boards).
        ".msp .vst .fit .fits .gbr .ftc .ftu .im .pxr .palm .pcd .jfi",
    }
    known = {suffix for suffix, name in Image.registered_extensions().items() if name in Image.OPEN}
    assert known - IMAGE_SUFFIXES <= set(" ".join(left_out).split())


@pytest.mark.parametrize(
    "suffix", [".jp2", ".ico", ".icns", ".pcx", ".ppm", ".pgm", ".tga", ".sgi", ".dds", ".qoi", ".xbm", ".blp"]
)
def test_rarer_formats_are_read_and_survive_damage(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    picture = plain("red", (64, 64))
    Image.init()
    if Image.registered_extensions()[suffix] not in Image.SAVE:
        pytest.skip("this Pillow cannot write it")
    picture.convert({".xbm": "1", ".pgm": "L", ".blp": "P"}.get(suffix, "RGB")).save(path)
    (draft,) = read_images(path, image_size=64).drafts
    assert draft.image is not None and draft.image.width == draft.image.height >= 64
    if suffix not in (".xbm", ".pgm"):
        assert colours((draft,)) == ["red"]
    whole = path.read_bytes()
    for step in range(30):
        at = len(whole) * step // 30
        for content in (whole[:at], whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]):
            path.write_bytes(content)
            try:
                read_images(path, image_size=64)
            except ReadError as error:
                assert str(error).endswith("."), error
