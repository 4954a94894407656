"""PDFs come out page by page, in paragraphs; what has no text or cannot be read says why."""

import io
import logging
import random
from pathlib import Path

import pypdf
import pytest
from PIL import Image

from ingest.errors import ReadError, SkipSource
from ingest.readers import pdf
from ingest.readers.dispatch import read_document
from ingest.readers.document import Document, Section
from ingest.readers.pdf import page_paragraphs
from tests.ingest.readers.make_pdfs import pdf_of, with_compressed_pages, written

PAGES = [
    ["Barn owls", "They live in barns and church towers, and hunt over open land at night,", "mostly for mice."],
    ["Their faces are heart-shaped (and café-white)."],
]


def read(folder: Path, data: bytes, name: str = "night_birds.pdf") -> Document:
    path = folder / name
    path.write_bytes(data)
    return read_document(path)


def test_a_pdf_is_read_page_by_page(tmp_path: Path) -> None:
    document = read(tmp_path, pdf_of(PAGES))
    assert document == Document(
        "night birds",
        (
            Section(
                "",
                1,
                "Barn owls\n\nThey live in barns and church towers, and hunt over open land at night, mostly for mice.",
            ),
            Section("", 2, "Their faces are heart-shaped (and café-white)."),
        ),
    )


def test_an_empty_page_does_not_shift_the_numbers(tmp_path: Path) -> None:
    document = read(tmp_path, pdf_of([["one"], [], ["three"]]))
    assert [(section.page, section.text) for section in document.sections] == [(1, "one"), (3, "three")]


@pytest.mark.parametrize(
    ("given", "title"),
    [
        ("Birds of the night", "Birds of the night"),
        ("Microsoft Word - owls_final.docx", "night birds"),
        ("untitled", "night birds"),
        ("owls.indd", "night birds"),
        ("  ", "night birds"),
    ],
)
def test_the_title_is_the_pdfs_own_unless_a_program_put_it_there(tmp_path: Path, given: str, title: str) -> None:
    assert read(tmp_path, pdf_of([["text"]], title=given)).title == title


def test_author_keywords_and_date_of_a_pdf_can_be_filtered_by(tmp_path: Path) -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf_of(PAGES)))
    writer.add_metadata({"/Author": "Ada Moss", "/Keywords": "owl, night", "/CreationDate": "D:20160304050607+01'00'"})
    assert read(tmp_path, written(writer)).meta == {
        "author": "Ada Moss",
        "keywords": "owl, night",
        "date": "2016-03-04T05:06:07+01:00",
    }
    writer.add_metadata({"/CreationDate": "sometime"})
    assert "date" not in read(tmp_path, written(writer)).meta


def test_bookmarks_head_the_pages_from_theirs_on(tmp_path: Path) -> None:
    bookmarks = [("Owls", 2), ("Owls at night", 2), ("Gulls", 4)]
    document = read(tmp_path, pdf_of([[f"page {n}."] for n in range(1, 6)], bookmarks=bookmarks))
    assert [section.heading for section in document.sections] == ["", "Owls", "Owls at night", "Gulls", "Gulls"]


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-128", "AES-256"])
def test_a_pdf_locked_without_a_password_is_read_and_one_with_is_refused(tmp_path: Path, algorithm: str) -> None:
    for password in ("", "secret"):
        writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf_of(PAGES)))
        writer.encrypt(password, owner_password="owner", algorithm=algorithm)
        data = written(writer)
        if not password:
            assert [section.page for section in read(tmp_path, data).sections] == [1, 2]
        else:
            with pytest.raises(ReadError, match=r"^locked with a password\. "):
                read(tmp_path, data)


def test_a_pdf_of_pictures_is_skipped_and_says_what_helps(tmp_path: Path) -> None:
    out = io.BytesIO()
    pages = [Image.new("RGB", (60, 80), colour) for colour in ("red", "blue")]
    pages[0].save(out, "PDF", save_all=True, append_images=pages[1:])
    with pytest.raises(
        SkipSource, match=r"^no text layer: its 2 pages are pictures .* \(OCR\) over it, or leave it out\.$"
    ):
        read(tmp_path, out.getvalue())


@pytest.mark.parametrize(
    "data",
    [
        b"I am no PDF.",
        b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\ntrailer nonsense",
        pdf_of(PAGES)[:400],
        b"%PDF-1.4\n" + b"\0" * 5_000,
    ],
)
def test_a_broken_pdf_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(ReadError, match=r"^damaged PDF, or none: .* or leave it out\.$") as caught:
        read(tmp_path, data)
    assert not isinstance(caught.value, SkipSource)


def test_a_damaged_page_does_not_cost_the_others_and_is_told(tmp_path: Path) -> None:
    data, second = with_compressed_pages([["one"], ["two"], ["three"]])
    filter = data.index(b"/FlateDecode", data.index(b"endstream"))
    for damaged in (
        data[:second] + b"\0" * 20 + data[second + 20 :],
        data[:filter] + b"/FlightDecod" + data[filter + 12 :],
    ):
        document = read(tmp_path, damaged)
        assert [section.page for section in document.sections] == [1, 3]
        assert document.gaps == "pages that cannot be read: 2"


def test_cut_or_flipped_bytes_give_a_document_or_a_read_error(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    whole, chance, refused = pdf_of(PAGES, title="Owls", bookmarks=[("One", 1), ("Two", 2)]), random.Random(5), 0
    for turn in range(400):
        damaged = bytearray(whole)
        if turn % 3 == 0:
            damaged = damaged[: chance.randrange(1, len(whole))]
        else:
            for _ in range(chance.choice([1, 4, 20])):
                damaged[chance.randrange(len(whole))] = chance.choice(b"0123456789<>[]()/ R\xff")
        try:
            read(tmp_path, bytes(damaged))
        except ReadError as error:
            refused += 1
            assert str(error).endswith((".", "it out.")) and "\n" not in str(error)
    assert 50 < refused < 400
    assert capfd.readouterr() == ("", "")
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_limits_of_length_and_time_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = pdf_of([[f"page {n}"] for n in range(1, 6)])
    for limit, value, message in (
        ("MAX_PAGES", 4, r"^too long: 5 pages"),
        ("MAX_PDF_BYTES", 99, r"^too large: "),
        ("MAX_SECONDS", 0, r"^too slow: 0 seconds were over at page 1 of 5"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(pdf, limit, value)
            with pytest.raises(ReadError, match=message):
                read(tmp_path, data)
    assert len(read(tmp_path, data).sections) == 5


def test_a_page_that_is_one_huge_drawing_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MAX_PAGE_BYTES", 2_000)
    document = read(tmp_path, pdf_of([["one"], ["two"] * 400]))
    assert [section.page for section in document.sections] == [1]


@pytest.mark.parametrize(
    ("lines", "paragraphs"),
    [
        (["An exam-", "ple of a broken word that goes on."], ["An example of a broken word that goes on."]),
        (["A soft\u00ad", "ware and a hard\u00adware shop on a line."], ["A software and a hardware shop on a line."]),
        (["The Anglo-", "Saxon kings of the ninth century and"], ["The Anglo-Saxon kings of the ninth century and"]),
        (["Alle Vor-", "und Nachteile der neuen Brücke werden"], ["Alle Vor- und Nachteile der neuen Brücke werden"]),
        (["A ﬁne oﬃce with a view over the river and"], ["A fine office with a view over the river and"]),
        (["12", "The text goes from here to there,", "and ends."], ["The text goes from here to there, and ends."]),
        (["The text goes from here to there.", "– xii –"], ["The text goes from here to there."]),
        (
            ["one paragraph that fills its line to the margin", "ends.", "another one begins here and goes on and on"],
            ["one paragraph that fills its line to the margin ends.", "another one begins here and goes on and on"],
        ),
        (["", "first", "", "", "second", ""], ["first", "second"]),
        ([], []),
        (["7"], ["7"]),
    ],
)
def test_lines_become_paragraphs(lines: list[str], paragraphs: list[str]) -> None:
    assert page_paragraphs("\n".join(lines)) == "\n\n".join(paragraphs)
