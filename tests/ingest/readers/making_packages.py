"""Makes e-books and zip files that are not what they claim."""

import zipfile
from pathlib import Path

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


def with_member(source: Path, target: Path, name: str, content: bytes) -> Path:
    """A copy of the zip file `source` in which member `name` has `content`."""
    with zipfile.ZipFile(source) as package, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        for member in package.namelist():
            if member != name:
                out.writestr(member, package.read(member))
        out.writestr(name, content)
    return target
