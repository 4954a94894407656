"""The sample collection is complete, openly licensed and credited, and small enough to travel with the code."""

import hashlib
import re
from pathlib import Path

import pytest
from PIL import ExifTags, Image, ImageOps
from pypdf import PdfReader

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"
PICTURES = SAMPLE / "pictures"
TEXTS = SAMPLE / "texts"
PICTURE_SUFFIXES = {".jpg", ".png", ".webp", ".gif", ".bmp", ".tif", ".avif"}
DOCUMENT_SUFFIXES = {".md", ".txt", ".rst", ".html", ".pdf"}
LICENCES = re.compile(
    r"CC0 1\.0|Public domain|CC BY(-SA)? [1-4]\.[05]( DE)?|GFDL 1\.2|GPL-2\.0-(only|or-later)|LGPL-3\.0-only"
)
ENTRY = re.compile(r"^\| `(?P<file>[^`]+)` \| (?P<author>[^|]*) \| (?P<licence>[^|]*) \| (?P<source>[^|]*) \|$", re.M)


def files_under(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def pictures() -> list[Path]:
    return [path for path in files_under(PICTURES) if path.suffix in PICTURE_SUFFIXES]


def captions() -> list[Path]:
    return [path for path in files_under(PICTURES) if path.suffix == ".txt"]


def documents() -> list[Path]:
    return [path for path in files_under(TEXTS) if path.suffix in DOCUMENT_SUFFIXES]


def credit_entries() -> list[re.Match[str]]:
    return list(ENTRY.finditer((SAMPLE / "CREDITS.md").read_text(encoding="utf-8")))


def test_there_are_enough_pictures_and_documents() -> None:
    assert len(pictures()) >= 120
    assert len(documents()) >= 40
    assert len(captions()) >= 20


def test_every_file_is_a_picture_a_caption_or_a_document() -> None:
    known = {*pictures(), *captions(), *documents()}
    assert [path for path in (*files_under(PICTURES), *files_under(TEXTS)) if path not in known] == []


def test_the_collection_stays_within_8_mb() -> None:
    assert sum(path.stat().st_size for path in files_under(SAMPLE)) <= 8_000_000


def test_every_picture_opens_and_is_large_enough_to_recognise() -> None:
    for path in pictures():
        with Image.open(path) as picture:
            picture.load()
            assert max(picture.size) >= 85, path


def test_each_format_that_is_read_has_an_example() -> None:
    assert {path.suffix for path in pictures()} == PICTURE_SUFFIXES
    assert {path.suffix for path in documents()} == DOCUMENT_SUFFIXES


def test_some_pictures_lie_on_their_side_and_only_their_exif_says_so() -> None:
    orientations = set()
    for path in pictures():
        with Image.open(path) as picture:
            exif = picture.getexif()
            # in a TIFF the same tags describe the picture itself
            assert picture.format == "TIFF" or set(exif) <= {ExifTags.Base.Orientation}, (
                f"{path} carries further metadata"
            )
            orientation = exif.get(ExifTags.Base.Orientation, 1)
            if orientation in (6, 8):
                upright = ImageOps.exif_transpose(picture)
                assert picture.width > picture.height and upright.height > upright.width, path
            orientations.add(orientation)
    assert {1, 3, 6, 8} <= orientations


def test_every_picture_is_credited_once_with_author_licence_and_source() -> None:
    entries = credit_entries()
    assert sorted(entry["file"] for entry in entries) == [path.relative_to(SAMPLE).as_posix() for path in pictures()]
    for entry in entries:
        assert LICENCES.fullmatch(entry["licence"]), entry[0]
        assert entry["author"].strip() and entry["source"].strip(), entry[0]


def test_the_licences_of_the_pictures_are_summed_up_and_their_texts_are_there() -> None:
    text = (SAMPLE / "CREDITS.md").read_text(encoding="utf-8")
    entries = credit_entries()
    counts = {licence: int(count) for licence, count in re.findall(r"^\| ([^|`]+) \| (\d+) \|", text, re.M)}
    licences = [entry["licence"] for entry in entries]
    assert counts == {licence: licences.count(licence) for licence in licences}
    linked = set(re.findall(r"\]\((LICENSES/[^)]+)\)", text))
    assert linked == {f"LICENSES/{path.name}" for path in files_under(SAMPLE / "LICENSES")}


def test_no_file_is_a_copy_of_another() -> None:
    seen: dict[str, Path] = {}
    for path in files_under(SAMPLE):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert digest not in seen, f"{path} has the content of {seen[digest]}"
        seen[digest] = path


def test_every_caption_stands_beside_exactly_one_picture() -> None:
    for caption in captions():
        partners = [path for path in caption.parent.glob(f"{caption.stem}.*") if path.suffix in PICTURE_SUFFIXES]
        assert len(partners) == 1, caption
        assert re.fullmatch(r"[^\n]{20,200}\.\n", caption.read_text(encoding="utf-8")), caption


def test_no_two_pictures_of_a_folder_share_a_stem() -> None:
    stems = [path.with_suffix("") for path in pictures()]
    assert len(stems) == len(set(stems))


def test_every_document_is_short_and_not_empty() -> None:
    for path in documents():
        if path.suffix == ".pdf":
            continue
        words = len(path.read_bytes().split())
        assert 80 <= words <= 450, f"{path} has {words} words"


def test_exactly_one_document_is_not_utf_8() -> None:
    others = []
    for path in documents():
        if path.suffix != ".pdf":
            try:
                path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                others.append(path.name)
    assert others == ["un_samedi_au_marche.txt"]
    assert "Un samedi au marché" in (TEXTS / "languages" / others[0]).read_text(encoding="latin-1")


@pytest.mark.parametrize("name", ["machine_learning/searching_pictures_with_words.pdf", "travel/boat_hire_leaflet.pdf"])
def test_the_pdfs_have_pages_with_a_text_layer(name: str) -> None:
    pages = PdfReader(TEXTS / name).pages
    assert len(pages) >= 2
    assert all(len(page.extract_text().split()) > 80 for page in pages)
