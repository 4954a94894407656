"""Makes e-books and zip files that are not what they claim, and documents that lack what they must have."""

import io
import re
import zipfile
from pathlib import Path

import docx
import pptx

CONTAINER = (
    '<?xml version="1.0"?><container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0"><rootfiles>'
    '<rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)


def book(path: Path, chapters: dict[str, str], *, spine: list[str] | None = None, more: dict[str, str] | None = None):
    """An EPUB whose manifest lists `chapters` (name to body) as given and whose spine reads them as `spine` says."""
    items = "".join(
        f'<item id="c{number}" href="{name}" media-type="application/xhtml+xml"/>'
        for number, name in enumerate(chapters)
    )
    order = "".join(f'<itemref idref="c{list(chapters).index(name)}"/>' for name in spine or chapters)
    package = (
        '<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>The Night Garden</dc:title><dc:creator>Ada Moss'
        "</dc:creator><dc:language>en</dc:language><dc:date>2019-05-01</dc:date></metadata>"
        f"<manifest>{items}</manifest><spine>{order}</spine></package>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("mimetype", "application/epub+zip")
        out.writestr("META-INF/container.xml", CONTAINER)
        out.writestr("OEBPS/book.opf", package)
        for name, body in chapters.items():
            page = f'<html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body>{body}</body></html>'
            out.writestr(f"OEBPS/{name.replace('%20', ' ')}", page)
        for name, content in (more or {}).items():
            out.writestr(name, content)
    return path


def with_member(source: Path | io.BytesIO, target: Path, name: str, content: bytes) -> Path:
    """A copy of the zip file `source` in which member `name` has `content`."""
    with zipfile.ZipFile(source) as package, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        for member in package.namelist():
            if member != name:
                out.writestr(member, package.read(member))
        out.writestr(name, content)
    return target


def lacking(folder: Path) -> list[Path]:
    """A Word document, a presentation and two e-books in `folder`, each without an attribute or a part it must have."""
    document = docx.Document()
    document.add_paragraph("It was night.")
    deck = pptx.Presentation()
    deck.slides.add_slide(deck.slide_layouts[6])
    made: list[Path] = []
    for whole, name, member, attribute in (
        (document, "no style name.docx", "word/styles.xml", rb'(<w:name) w:val="[^"]*"'),
        (deck, "no slide link.pptx", "ppt/presentation.xml", rb'(<p:sldId\b[^>]*?) r:id="[^"]*"'),
    ):
        file = io.BytesIO()
        whole.save(file)
        with zipfile.ZipFile(file) as package:
            content, found = re.subn(attribute, rb"\1", package.read(member))
        assert found
        made.append(with_member(file, folder / name, member, content))
    sound = book(folder / "sound.epub", {"one.xhtml": "<p>It was night.</p>"})
    made.append(with_member(sound, folder / "no root file.epub", "META-INF/container.xml", b"<container/>"))
    sound.unlink()
    with zipfile.ZipFile(folder / "a photo album.epub", "w") as album:
        album.writestr("one.jpg", b"no picture")
    return [*made, folder / "a photo album.epub"]
