"""PDF: the text of each page, put back into paragraphs, under the heading its bookmarks give."""

import logging
import re
import statistics
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.errors import ReadError, SkipSource, in_one_line, read_error
from ingest.readers.document import MAX_FACT_LENGTH, Document, Section, title_from_name
from ingest.readers.draft import Value
from ingest.readers.malformed import EXPORT_AGAIN, MALFORMED
from ingest.readers.text import tidy

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

MAX_PDF_BYTES = 500_000_000
"""Largest PDF that is read."""
MAX_PAGES = 5_000
"""Most pages of a PDF that are read."""
MAX_PAGE_BYTES = 10_000_000
"""A page whose drawing instructions are longer is a drawing (a map, a plan); parsing it would take minutes."""
MAX_SECONDS = 300
"""Longest time spent on one PDF, checked after each page."""


def read_pdf(path: Path) -> Document:
    """Read the PDF at `path`, one section a page; raises ReadError, or SkipSource if it has no text layer."""
    import pypdf
    from pypdf.errors import DependencyError, PyPdfError

    # pypdf logs each small fault that it repairs, and raises the others.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    malformed: tuple[type[Exception], ...] = (PyPdfError, *MALFORMED)
    try:
        size = path.stat().st_size
        file = path.open("rb")
    except OSError as error:
        raise read_error(error) from error
    with file:
        if size == 0:
            raise SkipSource("empty file: there is no text in it. Copy it again from its source, or leave it out.")
        if size > MAX_PDF_BYTES:
            raise ReadError(
                f"too large: {size / 1e6:,.0f} MB, and {MAX_PDF_BYTES // 1_000_000} MB are read at most. "
                "Cut it into several files, or leave it out."
            )
        try:
            reader = pypdf.PdfReader(file, strict=False)
            if reader.is_encrypted and not reader.decrypt(""):
                raise ReadError("locked with a password. Save a copy without one, or leave it out.")
            count = len(reader.pages)
        except DependencyError as error:
            raise ReadError(
                "locked in a way that cannot be opened here. Save an unlocked copy, or leave it out."
            ) from error
        except malformed as error:
            raise ReadError(f"damaged PDF, or none: {in_one_line(error)}. {EXPORT_AGAIN}") from error
        if count > MAX_PAGES:
            raise ReadError(
                f"too long: {count:,} pages, and {MAX_PAGES:,} are read at most. "
                "Cut it into several files, or leave it out."
            )
        return _document(reader, count, path, malformed)


def _document(reader: "PdfReader", count: int, path: Path, malformed: tuple[type[Exception], ...]) -> Document:
    bookmarks = _bookmarks(reader, malformed)
    heading = ""
    sections: list[Section] = []
    unread: list[int] = []
    reason: Exception | None = None
    deadline = time.monotonic() + MAX_SECONDS
    for number in range(1, count + 1):
        if number > 1:
            heading = bookmarks.get(number - 1, [heading])[-1]
        try:
            raw = _page_text(reader.pages[number - 1])
        except malformed as error:
            unread.append(number)
            reason = error
            continue
        text = page_paragraphs(raw)
        if text:
            sections.append(Section(bookmarks[number][0] if number in bookmarks else heading, number, text))
        if time.monotonic() > deadline:
            raise ReadError(
                f"too slow: {MAX_SECONDS} seconds were over at page {number} of {count}. "
                "Cut it into several files, or leave it out."
            )
    if not sections:
        if reason is not None:
            raise ReadError(f"damaged PDF: no page can be read ({in_one_line(reason)}). {EXPORT_AGAIN}") from reason
        pages = "its page is a picture" if count == 1 else f"its {count} pages are pictures or empty"
        raise SkipSource(f"no text layer: {pages}. Run text recognition (OCR) over it, or leave it out.")
    gaps = f"pages that cannot be read: {', '.join(map(str, unread[:20]))}" if unread else ""
    return Document(_title(reader, path, malformed), tuple(sections), gaps, _facts(reader, malformed))


def _page_text(page: "PageObject") -> str:
    contents = page.get_contents()
    if contents is None:
        return ""
    unpacked = contents.get_data()
    if not unpacked.strip() and _packed_bytes(page) > 32:
        # pypdf takes a stream that it cannot unpack for an empty one; the lost page is to be reported.
        raise ValueError("its content cannot be unpacked")
    return page.extract_text() if len(unpacked) <= MAX_PAGE_BYTES else ""


def _packed_bytes(page: "PageObject") -> int:
    contents: Any = page["/Contents"].get_object()
    parts = contents if isinstance(contents, list) else [contents]
    return sum(len(getattr(part.get_object(), "_data", b"")) for part in parts)


def _title(reader: "PdfReader", path: Path, malformed: tuple[type[Exception], ...]) -> str:
    """The PDF's own title, unless a word processor has generated it."""
    try:
        title = " ".join(tidy(str(reader.metadata.get("/Title") or "" if reader.metadata else "")).split())
    except malformed:
        title = ""
    generated = re.search(
        r"^(untitled|microsoft \w+ - |document\d*$)|\.(docx?|pdf|tex|dvi|indd|qxd|rtf|odt)$", title, re.I
    )
    return title if title and not generated else title_from_name(path)


def _facts(reader: "PdfReader", malformed: tuple[type[Exception], ...]) -> dict[str, Value]:
    """Author, keywords and date of a PDF, where it has them."""
    facts: dict[str, Value] = {}
    for key, entry in (("author", "author"), ("keywords", "keywords"), ("date", "creation_date")):
        with suppress(*malformed):
            value = getattr(reader.metadata, entry, None) or ""
            words = value.isoformat() if isinstance(value, datetime) else " ".join(tidy(str(value)).split())
            if 0 < len(words) <= MAX_FACT_LENGTH:
                facts[key] = words
    return facts


def _bookmarks(reader: "PdfReader", malformed: tuple[type[Exception], ...]) -> dict[int, list[str]]:
    """The bookmarks' titles by page, in the order of the outline."""
    found: dict[int, list[str]] = {}
    try:
        stack: list[Iterator[Any]] = [iter(reader.outline)]
        while stack:
            entry = next(stack[-1], None)
            if entry is None:
                stack.pop()
            elif isinstance(entry, list):
                stack.append(iter(entry))
            else:
                page = reader.get_destination_page_number(entry)
                title = " ".join(tidy(str(entry.title or "")).split())
                if page is not None and page >= 0 and title:
                    found.setdefault(page + 1, []).append(title)
    except malformed:
        return {}
    return found


# A hyphen at a line's end is the word's own before a capital or digit, and before the "und" of "Vor- und Nachteile".
_HYPHENATED = re.compile(
    r"(?<=[^\W\d_])(?:\u00ad|[-\u2010](?=\n[ \t]*[a-zß-ÿ])(?!\n[ \t]*(?:and|or|und|oder|bzw)\b))\n[ \t]*(?=\w)"
)
_OWN_HYPHEN = re.compile(r"(?<=\w)([-\u2010])\n[ \t]*(?=[A-Z0-9])")
_PAGE_NUMBER = re.compile(r"\s*(?:[-–—]\s*)?(?:\d{1,4}|[ivxlc]{1,7})(?:\s*[-–—])?\s*")
_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})
_ENDS_A_SENTENCE = re.compile(r"[.!?:。！？][\"'”’»)\]]*$")


def page_paragraphs(text: str) -> str:
    """Put the lines of a page back into paragraphs, parted by blank lines.

    Words hyphenated at a line's end are joined, a page number at the top or bottom is left out, and a line that ends
    a sentence well before the margin, or is short and followed by a capital, ends its paragraph.
    """
    text = tidy(text).translate(_LIGATURES)
    lines = [line.rstrip() for line in text.strip().split("\n")]
    for end in (0, -1):
        if len(lines) > 1 and _PAGE_NUMBER.fullmatch(lines[end]):
            del lines[end]
    lengths = [len(line) for line in lines if line]
    width = statistics.quantiles(lengths, n=10)[-1] if len(lengths) > 1 else 0
    paragraphs: list[list[str]] = [[]]
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if line:
            paragraphs[-1].append(line)
        ended = len(line) < 0.8 * width and _ENDS_A_SENTENCE.search(line)
        heading_like = len(line) < 0.5 * width and line[-1:] not in ",;-\u2010\u00ad" and not following[:1].islower()
        if not line or ended or heading_like:
            paragraphs.append([])
    return "\n\n".join(filter(None, (_rejoined(paragraph) for paragraph in paragraphs)))


def _rejoined(lines: list[str]) -> str:
    text = _OWN_HYPHEN.sub(r"\1", _HYPHENATED.sub("", "\n".join(lines)))
    return " ".join(text.replace("\u00ad", "").split())
