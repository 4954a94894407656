"""Word documents, presentations and e-books: what they say, and refusals of what they are not."""

import tracemalloc
from datetime import datetime
from io import BytesIO
from pathlib import Path

import docx
import pptx
import pytest
from PIL import Image
from pptx.util import Inches

from ingest.errors import ReadError, SkipSource
from ingest.readers.dispatch import read_document
from ingest.readers.document import Section
from ingest.readers.passages import cut_passages
from tests.fake_encoder import FakeEncoder
from tests.ingest.readers.make_packages import book, lacking, with_member


def word_document(path: Path) -> Path:
    document = docx.Document()
    document.core_properties.title = ""
    document.core_properties.author = "Ada Moss"
    document.core_properties.created = datetime(2021, 3, 4, 5, 6, 7)
    document.add_heading("Night birds", 0)
    document.add_paragraph("Owls hunt when others sleep.")
    document.add_heading("Barn owl", 1)
    document.add_paragraph("It is white and silent.")
    table = document.add_table(rows=2, cols=2)
    for row, words in zip(table.rows, (("Wing span", "90 cm"), ("Weight", "300 g")), strict=True):
        for cell, word in zip(row.cells, words, strict=True):
            cell.text = word
    document.add_heading("Nightjar", 1)
    document.add_paragraph("It churrs.")
    picture = BytesIO()
    Image.new("RGB", (20, 20), "red").save(picture, "PNG")
    document.add_picture(BytesIO(picture.getvalue()))
    document.save(str(path))
    return path


def deck(path: Path) -> Path:
    made = pptx.Presentation()
    made.core_properties.title = "PowerPoint Presentation"
    first = made.slides.add_slide(made.slide_layouts[0])
    first.shapes.title.text, first.placeholders[1].text = "Steam engines", "How they work"
    made.slides.add_slide(made.slide_layouts[6])
    third = made.slides.add_slide(made.slide_layouts[5])
    third.shapes.title.text = "The boiler"
    table = third.shapes.add_table(1, 2, Inches(1), Inches(2), Inches(4), Inches(1)).table
    table.cell(0, 0).text, table.cell(0, 1).text = "Pressure", "12 bar"
    group = third.shapes.add_group_shape()
    group.shapes.add_textbox(Inches(1), Inches(1), Inches(2), Inches(1)).text_frame.text = "Water becomes steam."
    third.notes_slide.notes_text_frame.text = "Mention the whistle."
    made.save(str(path))
    return path


MAKERS = {
    "a.docx": word_document,
    "a.pptx": deck,
    "a.epub": lambda path: book(path, {"one.xhtml": "<h1>One</h1><p>It was night.</p>"}),
}


def test_a_word_document_gives_its_headings_tables_author_and_date(tmp_path: Path) -> None:
    document = read_document(word_document(tmp_path / "birds.docx"))
    assert document.title == "Night birds"
    assert document.sections == (
        Section("", None, "Owls hunt when others sleep."),
        Section("Barn owl", None, "It is white and silent.\n\nWing span; 90 cm\nWeight; 300 g"),
        Section("Nightjar", None, "It churrs."),
    )
    assert document.meta == {"author": "Ada Moss", "date": "2021-03-04T05:06:07+00:00"}


def test_passages_carry_the_facts_of_their_document(tmp_path: Path) -> None:
    drafts = cut_passages(read_document(word_document(tmp_path / "birds.docx")), FakeEncoder().token_spans, 32)
    assert drafts and all(draft.meta["author"] == "Ada Moss" for draft in drafts)


def test_a_word_document_keeps_what_is_in_content_controls_and_leaves_out_what_was_deleted(tmp_path: Path) -> None:
    from docx.oxml import parse_xml

    document = docx.Document()
    names = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    for inside in (
        "<w:sdt {}><w:sdtContent><w:p><w:r><w:t>In a control.</w:t></w:r></w:p></w:sdtContent></w:sdt>",
        "<w:p {}><w:ins w:id='1' w:author='x'><w:r><w:t>Put in</w:t></w:r></w:ins>"
        "<w:del w:id='2' w:author='x'><w:r><w:delText>Taken out</w:delText></w:r></w:del></w:p>",
    ):
        document.element.body.insert(0, parse_xml(inside.format(names)))
    document.save(str(tmp_path / "a.docx"))
    assert read_document(tmp_path / "a.docx").sections[0].text == "Put in\n\nIn a control."


def test_a_presentation_gives_a_section_a_slide_with_its_number_as_page(tmp_path: Path) -> None:
    document = read_document(deck(tmp_path / "engines.pptx"))
    assert document.title == "Steam engines"
    assert document.sections == (
        Section("Steam engines", 1, "How they work"),
        Section("The boiler", 3, "Pressure; 12 bar\n\nWater becomes steam.\n\nMention the whistle."),
    )


def test_a_book_is_read_in_the_order_of_its_spine(tmp_path: Path) -> None:
    path = book(
        tmp_path / "garden.epub",
        {
            "two.xhtml": "<h1>Two</h1><p>Moths came.</p>",
            "the%20first.xhtml": "<h1>One</h1><p>It was <a id='x'/>night.</p>",
            "cover.xhtml": "<img src='cover.jpg'/>",
            "unread.xhtml": "<p>Not in the spine.</p>",
        },
        spine=["cover.xhtml", "the%20first.xhtml", "two.xhtml"],
    )
    document = read_document(path)
    assert document.title == "The Night Garden"
    assert document.sections == (Section("One", None, "It was night."), Section("Two", None, "Moths came."))
    assert document.meta == {"author": "Ada Moss", "language": "en", "date": "2019-05-01"}


def test_a_locked_book_is_refused_by_name(tmp_path: Path) -> None:
    listed = (
        '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><EncryptedData><CipherData>'
        '<CipherReference URI="OEBPS/one.xhtml"/></CipherData></EncryptedData></encryption>'
    )
    path = book(tmp_path / "a.epub", {"one.xhtml": "<p>x</p>"}, more={"META-INF/encryption.xml": listed})
    with pytest.raises(ReadError, match=r"^locked by its seller"):
        read_document(path)


def test_a_package_without_what_it_must_have_is_refused(tmp_path: Path) -> None:
    for path in lacking(tmp_path):
        with pytest.raises(ReadError, match=r"^damaged .*\. (Export it|Get it) again.*\.$"):
            read_document(path)


@pytest.mark.parametrize("name", MAKERS)
def test_an_empty_package_is_skipped_and_other_content_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(SkipSource, match="empty file"):
        read_document(tmp_path / name)
    for content in (b"I am a text.", b"PK\3\4" + b"\0" * 200, b"\xd0\xcf\x11\xe0" + b"\0" * 600):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ReadError, match=r"(or leave it out|Get it again)"):
            read_document(tmp_path / name)
    for other, maker in MAKERS.items():
        if other != name:
            maker(tmp_path / other).rename(tmp_path / name)
            with pytest.raises(ReadError):
                read_document(tmp_path / name)


@pytest.mark.parametrize("name", MAKERS)
def test_damaged_packages_are_read_or_refused_and_nothing_else(tmp_path: Path, name: str) -> None:
    whole = MAKERS[name](tmp_path / name).read_bytes()
    refused = 0
    for step in range(40):
        at = len(whole) * step // 40
        flipped = bytearray(whole)
        flipped[at] ^= 0xFF
        for content in (whole[:at], bytes(flipped)):
            (tmp_path / name).write_bytes(content)
            try:
                read_document(tmp_path / name)
            except ReadError as error:
                refused += 1
                assert str(error).endswith("."), error
    assert refused >= 40


@pytest.mark.parametrize(
    ("name", "member"),
    [("a.docx", "word/document.xml"), ("a.pptx", "ppt/slides/slide1.xml"), ("a.epub", "OEBPS/one.xhtml")],
)
def test_damaged_parts_inside_a_sound_zip_are_refused_or_read(tmp_path: Path, name: str, member: str) -> None:
    source = MAKERS[name](tmp_path / f"whole{Path(name).suffix}")
    for content in (b"", b"<", b"\0" * 100, b"<a><b/></a>", b'<!DOCTYPE x [<!ENTITY a "bb">]><x>&a;</x>'):
        with_member(source, tmp_path / name, member, content)
        try:
            read_document(tmp_path / name)
        except ReadError as error:
            assert str(error).endswith("."), error


@pytest.mark.parametrize(
    ("name", "member"),
    [("a.docx", "word/document.xml"), ("a.pptx", "ppt/slides/slide1.xml"), ("a.epub", "OEBPS/one.xhtml")],
)
def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, name: str, member: str) -> None:
    source = MAKERS[name](tmp_path / f"whole{Path(name).suffix}")
    bomb = with_member(source, tmp_path / name, member, b"<a>" + b" " * 80_000_000 + b"</a>")
    assert bomb.stat().st_size < 1_000_000
    tracemalloc.start()
    with pytest.raises(ReadError, match=r"^too large: 8. MB"):
        read_document(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30_000_000


def test_pictures_in_a_document_are_never_unpacked(tmp_path: Path) -> None:
    source = word_document(tmp_path / "whole.docx")
    heavy = with_member(source, tmp_path / "a.docx", "word/media/image1.png", b"\0" * 80_000_000)
    tracemalloc.start()
    assert read_document(heavy).title == "Night birds"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30_000_000
