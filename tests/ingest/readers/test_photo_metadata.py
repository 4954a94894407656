"""What photos and Markdown files say of themselves is kept, and the place only when asked for."""

import io
import struct
from pathlib import Path
from typing import Any

import pytest
from PIL import ExifTags, Image, TiffImagePlugin

from ingest.errors import ReadError
from ingest.readers.dispatch import read_document
from ingest.readers.images import read_images
from ingest.readers.reading_options import ReadingOptions
from ingest.space import open_space
from tests.make_files import finds_every_item, ingest_folders

XMP = """<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'>
<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>
<rdf:Description rdf:about='' xmlns:dc='http://purl.org/dc/elements/1.1/'>
<dc:title><rdf:Alt><rdf:li xml:lang='de'>Hafen</rdf:li>
<rdf:li xml:lang='x-default'>Harbour</rdf:li></rdf:Alt></dc:title>
<dc:description><rdf:Alt><rdf:li xml:lang='x-default'>Boats in the
 harbour at dusk</rdf:li></rdf:Alt></dc:description>
<dc:subject><rdf:Bag><rdf:li>boat</rdf:li><rdf:li>dusk</rdf:li><rdf:li>boat</rdf:li></rdf:Bag></dc:subject>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end='w'?>"""
WORDS = {"title": "Harbour", "caption": "Boats in the harbour at dusk", "keywords": "boat, dusk"}


def camera_exif() -> Image.Exif:
    tags = Image.Exif()
    tags[ExifTags.Base.Make], tags[ExifTags.Base.Model] = "Canon", "Canon EOS 5D"
    tags.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2019:05:04 18:30:00"
    place = tags.get_ifd(ExifTags.IFD.GPSInfo)
    number = TiffImagePlugin.IFDRational
    place[ExifTags.GPS.GPSLatitudeRef], place[ExifTags.GPS.GPSLongitudeRef] = "S", "E"
    place[ExifTags.GPS.GPSLatitude] = (number(33), number(51), number(3540, 100))
    place[ExifTags.GPS.GPSLongitude] = (number(151), number(12), number(40))
    return tags


def photo(path: Path, colour: str = "blue", **options: Any) -> Path:
    Image.new("RGB", (80, 60), colour).save(path, **options)
    return path


def iptc(*records: tuple[int, int, bytes], end: int | None = None) -> bytes:
    """IPTC records, cut off at `end`, as Photoshop puts them into a JPEG."""
    body = b"".join(b"\x1c" + struct.pack(">BBH", *key, len(text)) + text for *key, text in records)[:end]
    body += b"\0" * (len(body) % 2)
    return b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", len(body)) + body


def with_iptc(path: Path, segment: bytes) -> Path:
    out = io.BytesIO()
    Image.new("RGB", (80, 60), "blue").save(out, "JPEG")
    data = out.getvalue()
    path.write_bytes(data[:2] + b"\xff\xed" + struct.pack(">H", len(segment) + 2) + segment + data[2:])
    return path


def facts(path: Path, **options: Any) -> dict[str, Any]:
    (draft,) = read_images(path, image_size=64, **options).drafts
    of_pixels = ("width", "height", "format", "colours")
    return {name: value for name, value in draft.meta.items() if name not in of_pixels}


def test_when_and_with_what_a_photo_was_taken_is_kept_and_where_only_if_asked(tmp_path: Path) -> None:
    path = photo(tmp_path / "a.jpg", exif=camera_exif())
    assert facts(path) == {"taken": "2019-05-04T18:30:00", "camera": "Canon EOS 5D"}
    kept = facts(path, gps=True)
    assert (kept["latitude"], kept["longitude"]) == (-33.859833, 151.211111)


@pytest.mark.parametrize(
    ("make", "model", "camera"),
    [("NIKON CORPORATION", "NIKON D90", "NIKON D90"), ("Apple", "iPhone 12", "Apple iPhone 12"), ("", "X100", "X100")],
)
def test_the_maker_is_named_once(tmp_path: Path, make: str, model: str, camera: str) -> None:
    tags = Image.Exif()
    tags[ExifTags.Base.Make], tags[ExifTags.Base.Model] = make, model
    assert facts(photo(tmp_path / "a.jpg", exif=tags))["camera"] == camera


@pytest.mark.parametrize("name", ["a.jpg", "a.webp", "a.png"])
def test_title_caption_and_keywords_come_from_xmp(tmp_path: Path, name: str) -> None:
    options: dict[str, Any] = {"xmp": XMP.encode()}
    if name == "a.png":
        from PIL import PngImagePlugin

        chunks = PngImagePlugin.PngInfo()
        chunks.add_itxt("XML:com.adobe.xmp", XMP)
        options = {"pnginfo": chunks}
    assert facts(photo(tmp_path / name, **options)) == WORDS


def test_title_caption_and_keywords_come_from_iptc(tmp_path: Path) -> None:
    records = [(1, 90, b"\x1b%G"), (2, 5, b"Harbour"), (2, 25, b"boat"), (2, 25, "café".encode())]
    records.append((2, 120, b"Boats in the\rharbour at dusk"))
    path = with_iptc(tmp_path / "a.jpg", iptc(*records))
    assert facts(path) == {**WORDS, "keywords": "boat, café"}
    path = with_iptc(tmp_path / "a.jpg", iptc((2, 120, "Ein größeres Boot".encode("latin-1"))))
    assert facts(path) == {"caption": "Ein größeres Boot"}


@pytest.mark.filterwarnings("ignore::UserWarning")  # as the product has it: Pillow warns of damaged EXIF
def test_damaged_facts_are_none_and_the_picture_is_read(tmp_path: Path) -> None:
    wrong = camera_exif()
    number = TiffImagePlugin.IFDRational
    wrong.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (number(330), number(0), number(0))
    assert "latitude" not in facts(photo(tmp_path / "a.jpg", exif=wrong), gps=True)
    laughs = "<!DOCTYPE x [<!ENTITY a 'ha'>]><x:xmpmeta xmlns:x='adobe:ns:meta/'>&a;</x:xmpmeta>"
    for packet in (XMP[:300], "<x/>", "\0\1", "<x:xmpmeta xmlns:x='adobe:ns:meta/'/>", laughs, " " * 60_000):
        assert facts(photo(tmp_path / "a.jpg", xmp=packet.encode())) == {}
    for end in range(18):
        cut_off = iptc((2, 120, b"words"), (2, 25, b"key"), end=end)
        assert facts(with_iptc(tmp_path / "a.jpg", cut_off)).get("caption", "words") in "words"
    data = photo(tmp_path / "b.jpg", exif=camera_exif()).read_bytes()
    for at in range(20, 300):
        (tmp_path / "a.jpg").write_bytes(data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :])
        try:
            facts(tmp_path / "a.jpg", gps=True)
        except ReadError as error:
            assert str(error).endswith("."), error


def test_a_caption_in_the_file_serves_where_no_sidecar_is_there(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "folder"
    folder.mkdir()
    path = photo(folder / "a.webp", xmp=XMP.encode(), exif=camera_exif())

    def item() -> Any:
        with open_space(home, "test") as space:
            assert finds_every_item(space)
            (only,) = space.ledger.items.of_source(str(path))
            return only

    ingest_folders(home, [folder])
    assert item().text == "Boats in the harbour at dusk" and item().meta["keywords"] == "boat, dusk"
    (folder / "a.txt").write_text("My own words.")
    ingest_folders(home, [folder])
    assert item().text == "My own words."
    (folder / "a.txt").unlink()
    ingest_folders(home, [folder])
    assert item().text == "Boats in the harbour at dusk"
    assert "latitude" not in item().meta
    assert ingest_folders(home, [folder], reading=ReadingOptions(gps=True)).counts()["updated"] == 1
    assert item().meta["latitude"] == -33.859833
    (folder / "copy.webp").write_bytes(path.read_bytes())
    assert ingest_folders(home, [folder], reading=ReadingOptions(gps=True)).encoded_images == 0
    with open_space(home, "test") as space:
        (copy,) = space.ledger.items.of_source(str(folder / "copy.webp"))
        assert (copy.text, copy.meta["latitude"]) == ("Boats in the harbour at dusk", -33.859833)


def test_the_front_matter_of_markdown_is_kept(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(
        "---\ntitle: Owls\ndate: 2021-03-04\ntags: [birds, night]\ndraft: false\nweight: 3\nauthor:\n  name: Ada\n"
        "'chroma:document': x\nempty:\n---\nThey hunt.\n"
    )
    document = read_document(tmp_path / "a.md")
    assert document.title == "Owls"
    assert document.meta == {"date": "2021-03-04", "tags": "birds, night", "draft": False, "weight": 3}
    (tmp_path / "b.md").write_text('+++\ntitle = "Owls"\ndate = 2021-03-04T05:06:07Z\n+++\nThey hunt.\n')
    assert read_document(tmp_path / "b.md").meta == {"date": "2021-03-04T05:06:07+00:00"}


@pytest.mark.parametrize(
    "stamp", ["2019:05:04 18:30:00", "2019-05-04T18:30:00", "2019:05:04 18:30:00.25+02:00", "2019/05/04 18:30:00"]
)
def test_when_a_photo_was_taken_is_understood_however_its_camera_writes_it(tmp_path: Path, stamp: str) -> None:
    tags = Image.Exif()
    tags.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = stamp
    assert facts(photo(tmp_path / "a.jpg", exif=tags)) == {"taken": "2019-05-04T18:30:00"}


def test_a_scan_has_the_date_of_its_digitising_and_none_of_its_last_change(tmp_path: Path) -> None:
    tags = Image.Exif()
    tags[ExifTags.Base.DateTime] = "2024:01:01 00:00:00"
    assert facts(photo(tmp_path / "a.jpg", exif=tags)) == {}
    tags.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeDigitized] = "2019:05:04 18:30:00"
    assert facts(photo(tmp_path / "b.jpg", exif=tags)) == {"taken": "2019-05-04T18:30:00"}


def test_a_photo_without_exif_has_the_date_of_xmp_or_iptc(tmp_path: Path) -> None:
    dated = XMP.replace("rdf:about=''", "rdf:about='' xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmp:CreateDate='{}'")
    by_xmp = photo(tmp_path / "a.jpg", xmp=dated.format("2015-03-02T10:11:12+01:00").encode())
    assert facts(by_xmp)["taken"] == "2015-03-02T10:11:12"
    by_iptc = with_iptc(tmp_path / "b.jpg", iptc((2, 55, b"20080102"), (2, 60, b"121314+0100")))
    assert facts(by_iptc) == {"taken": "2008-01-02T12:13:14"}
    assert (
        facts(photo(tmp_path / "c.jpg", exif=camera_exif(), xmp=dated.format("2015").encode()))["taken"][:4] == "2019"
    )
