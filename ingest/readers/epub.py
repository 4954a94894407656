"""E-books (epub): their chapters in the order they are read, each by the reader of HTML pages."""

import posixpath
import re
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ingest.errors import ReadError
from ingest.readers.document import Document, Section, outline, title_from_name
from ingest.readers.draft import Value
from ingest.readers.html import decode_html, html_blocks
from ingest.readers.zip_package import MAX_PACKAGE_TEXT, open_package, read_member

# An HTML parser takes `<title/>`, which XHTML allows, for an element that never ends.
_SELF_CLOSING = re.compile(r"<((?:[a-z]+:)?(?:title|script|style|iframe|textarea|a|span|div|p|i|b|em))\b([^<>]*)/>")
_PAGES = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml", "text/x-oeb1-document")


def read_epub(path: Path) -> Document:
    """Read the book at `path`, its chapters in spine order; raises ReadError, also if it is locked (DRM)."""
    with open_package(path, "e-book (epub)") as package:
        root = _parsed(read_member(package, "META-INF/container.xml"))
        names = [unquote(found.get("full-path") or "") for found in root.iter() if _tag(found) == "rootfile"]
        if not names:
            raise ReadError("damaged e-book (epub), or none: it does not say where its book is. Get it again.")
        name = names[0]
        book = _parsed(read_member(package, name))
        title, meta = _facts(book)
        sections: list[Section] = []
        left = MAX_PACKAGE_TEXT
        locked = _locked(package)
        for chapter in _spine(book, posixpath.dirname(name), set(package.namelist())):
            if chapter in locked:
                raise ReadError("locked by its seller (DRM). Get a copy that is not locked, or leave it out.")
            data = read_member(package, chapter, at_most=left)
            left -= len(data)
            page = _SELF_CLOSING.sub(r"<\1\2></\1>", decode_html(data)) if data.strip() else ""
            blocks = [block for block in html_blocks(page) if block.text.strip()]
            if blocks:
                sections += outline(blocks, title=title or title_from_name(path), name="").sections
        return Document(title or title_from_name(path), tuple(sections), meta=meta)


def _parsed(data: bytes) -> Any:
    """Parse XML and refuse entities, which could expand without bound; raises ReadError."""
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        return fromstring(data)
    except (ParseError, DefusedXmlException) as error:
        raise ReadError("damaged e-book (epub): its table of parts cannot be read. Get it again.") from error


def _tag(element: Any) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _facts(book: Any) -> tuple[str, dict[str, Value]]:
    """The book's title, '' without one; and its author, language and date, as far as they are known."""
    texts: dict[str, list[str]] = {}
    for element in book.iter():
        if words := " ".join((element.text or "").split()):
            texts.setdefault(_tag(element), []).append(words)
    meta: dict[str, Value] = {}
    for key, tag in (("author", "creator"), ("language", "language"), ("date", "date")):
        if tag in texts:
            meta[key] = ", ".join(texts[tag][:5]) if key == "author" else texts[tag][0]
    return texts.get("title", [""])[0], meta


def _spine(book: Any, folder: str, names: set[str]) -> list[str]:
    """The members that hold the chapters, in reading order; raises ReadError if there are none."""
    pages: dict[str, str] = {}
    order: list[str] = []
    for element in book.iter():
        if _tag(element) == "item" and element.get("media-type") in _PAGES and element.get("properties") != "nav":
            href = unquote((element.get("href") or "").partition("#")[0])
            pages[element.get("id") or ""] = posixpath.normpath(posixpath.join(folder, href))
        elif _tag(element) == "itemref":
            order.append(element.get("idref") or "")
    chapters = [pages[entry] for entry in dict.fromkeys(order) if entry in pages and pages[entry] in names]
    if not chapters:
        raise ReadError("damaged e-book (epub): none of its chapters is in it. Get it again, or leave it out.")
    return chapters


def _locked(package: zipfile.ZipFile) -> set[str]:
    try:
        listed = _parsed(read_member(package, "META-INF/encryption.xml"))
    except KeyError:
        return set()
    return {unquote(found.get("URI") or "") for found in listed.iter() if _tag(found) == "CipherReference"}
