"""Documents: every supported format to one shape, a title and sections of plain text."""

import codecs
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ingest.errors import ReadError, SkipSource
from ingest.readers.draft import Value, writable
from ingest.readers.formats import SUBTITLE_SUFFIXES
from ingest.readers.reading_options import DEFAULT_READING, TABLE_SUFFIXES, ReadingOptions
from ingest.sources.walk import unreadable

MAX_TEXT_BYTES = 50_000_000
"""Largest text, Markdown, reStructuredText or HTML file that is read."""
LONGEST_FACT = 500
"""Characters of what a document says of itself; longer ones are no facts to filter by."""
LONGEST_TITLE = 80
"""Most characters of a first line that counts as the title of a plain text."""


@dataclass(frozen=True)
class Section:
    """A stretch of a document under one heading; or a page, where the format has pages."""

    heading: str
    """The heading with its parent's before it, without the title; '' where there is none."""
    page: int | None
    """Page, counted from 1, where the format has pages."""
    text: str
    """Plain text, never empty; blank lines part its paragraphs."""
    meta: dict[str, Value] = field(default_factory=dict)
    """Facts of this section alone, such as the second at which it begins."""


@dataclass(frozen=True)
class Document:
    """A document's title and what it says."""

    title: str
    sections: tuple[Section, ...]
    gaps: str = ""
    """What of the source could not be read though the rest could, in words for a person; '' when all is here."""
    meta: dict[str, Value] = field(default_factory=dict)
    """Facts of the whole document, such as its author; every passage carries them."""


@dataclass(frozen=True)
class Block:
    """A heading or a paragraph of marked-up text, as `outline` takes them."""

    text: str
    level: int = 0
    """Depth of a heading, from 1; 0 for anything else."""


def read_document(path: Path, reading: ReadingOptions = DEFAULT_READING) -> Document:
    """Read the document at `path` as `reading` says.

    Raises ReadError, or SkipSource where there is no text to be found in it.
    """
    suffix = path.suffix.lower()
    if suffix == ".pdf":
        from ingest.readers.pdf import read_pdf

        document = read_pdf(path)
    elif suffix == ".docx":
        from ingest.readers.office import read_docx

        document = read_docx(path)
    elif suffix == ".pptx":
        from ingest.readers.office import read_pptx

        document = read_pptx(path)
    elif suffix == ".epub":
        from ingest.readers.epub import read_epub

        document = read_epub(path)
    elif suffix in TABLE_SUFFIXES:
        from ingest.readers.tables import read_table

        document = read_table(path, reading)
    else:
        data = read_bytes(path)
        if not data.strip():
            raise SkipSource("empty file: there is no text in it. Leave it out, or write something in it.")
        document = _parser_for(suffix)(data, title_from_name(path))
    if not document.sections:
        raise SkipSource("empty document: there is no text in it. Leave it out, or write something in it.")
    return document


def _parser_for(suffix: str) -> Callable[[bytes, str], Document]:
    if suffix in (".html", ".htm", ".xhtml"):
        from ingest.readers.html import html_document

        return html_document
    if suffix in (".md", ".markdown"):
        from ingest.readers.markup import markdown_document

        return lambda data, name: markdown_document(decode_text(data), name)
    if suffix == ".rst":
        from ingest.readers.markup import rst_document

        return lambda data, name: rst_document(decode_text(data), name)
    if suffix in SUBTITLE_SUFFIXES:
        from ingest.readers.subtitles import subtitles_document

        return lambda data, name: subtitles_document(decode_text(data), name, suffix)
    return lambda data, name: text_document(decode_text(data), name)


def read_bytes(path: Path) -> bytes:
    """Return a text file's bytes; raises ReadError where it cannot be read or is larger than MAX_TEXT_BYTES."""
    try:
        size = path.stat().st_size
        if size > MAX_TEXT_BYTES:
            raise ReadError(
                f"too large: {size / 1e6:,.0f} MB of text, and {MAX_TEXT_BYTES // 1_000_000} MB are read at most. "
                "Cut it into several files, or leave it out."
            )
        return path.read_bytes()
    except OSError as error:
        raise unreadable(error) from error


_BYTE_ORDER_MARKS = (  # The longer ones first: UTF-32's begins with UTF-16's.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Everything below the space but tab, line ends, form feed and escape: no text in any encoding has these.
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x1b\x0b\x1a"))
_NOT_A_TEXT = "not a text: its content is binary. Give it its right suffix, or leave it out."


def decode_text(data: bytes) -> str:
    """Decode a text file: by its byte order mark, as UTF-8, or by the encoding it is most likely in.

    Line ends become "\\n" and control characters spaces.  Raises ReadError where the content is no text.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return tidy(data.decode(encoding, "replace"))
    data = data.removeprefix(codecs.BOM_UTF8)
    if wide := _unmarked_utf_16(data):
        return tidy(data.decode(wide, "replace"))
    controls = len(data) - len(data.translate(None, _CONTROLS))
    if data.count(0) > len(data) / 1_000 or controls > len(data) / 50:
        raise ReadError(_NOT_A_TEXT)
    try:
        # Japanese mail and old web pages are in seven bits, and so would pass for UTF-8.
        return tidy(data.decode("iso2022_jp" if _SEVEN_BIT_JAPANESE.search(data) else "utf-8"))
    except UnicodeDecodeError:
        repaired = data.decode("utf-8", "replace")
    wrong = repaired.count("\ufffd")
    right = len(repaired) - len(repaired.encode("ascii", "ignore")) - wrong
    if right > 10 * wrong:  # UTF-8 with a few bytes lost.
        return tidy(repaired)
    return tidy(data.decode(_likely_encoding(data), "replace"))


_SEVEN_BIT_JAPANESE = re.compile(rb"\x1b\$[@B]")


def _unmarked_utf_16(data: bytes) -> str:
    """UTF-16's byte order where a text without a mark has most of its zeros at even or at odd places; '' elsewhere."""
    head = data[: 1 << 16]
    high, low = head[::2].count(0), head[1::2].count(0)
    if len(data) % 2 or max(high, low) < 0.6 * len(head) / 2 or min(high, low) > 0.02 * len(head):
        return ""
    return "utf-16-be" if high > low else "utf-16-le"


_RUN_OF_HIGH_BYTES = re.compile(rb"[\x80-\xff]+")


def _likely_encoding(data: bytes) -> str:
    """Guess the encoding of a text that is not UTF-8; a few accented letters alone are taken as Western European."""
    import chardet

    runs = _RUN_OF_HIGH_BYTES.findall(data[:1_000_000])
    if sum(map(len, runs)) < 2 * len(runs):
        # Accents stand alone among plain letters, so the alphabet is Latin.  Told so, the detector errs no more on
        # short texts, where it would else see Cyrillic in "città".
        latin = ["cp1252", "cp1250", "cp1254", "cp1257", "iso8859-2", "mac-roman"]
        guess = chardet.detect(data, include_encodings=latin, compat_names=False)
        sure = guess["confidence"] >= 0.09 or not _is_all(data, "cp1252")
        found = guess["encoding"] or "cp1252" if sure else "cp1252"
        # The currency sign of the one is the euro of the other, and nobody writes the sign.
        euro = found == "cp1252" and b"\xa4" in data and not _CP1252_ALONE.search(data)
        return "iso8859-15" if euro else found
    era = chardet.EncodingEra.MODERN_WEB
    guess = chardet.detect(data, encoding_era=era, prefer_superset=True, compat_names=False)
    return guess["encoding"] or "cp1252"


_CP1252_ALONE = re.compile(rb"[\x80-\x9f]")


def _is_all(data: bytes, encoding: str) -> bool:
    """Whether every byte of `data` stands for a character in `encoding`."""
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


_OTHER_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff]")


def tidy(text: str) -> str:
    """Bring line ends to "\\n", page breaks to blank lines, and what is no character to spaces or U+FFFD."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x85", "\n").replace("\u2028", "\n")
    text = text.replace("\f", "\n\n").replace("\u2029", "\n\n").replace("\x0b", "\n")
    return writable(_OTHER_CONTROLS.sub(" ", text))


def title_from_name(path: Path) -> str:
    """Return the file's name as a title: without its suffix, underscores read as spaces."""
    return " ".join(path.stem.replace("_", " ").split())


def text_document(text: str, name: str) -> Document:
    """Make a document of plain text; its title is a first line that looks like a heading, else `name`."""
    text = text.strip()
    first, _, rest = text.partition("\n")
    first, rest = first.strip(), rest.lstrip(" \t")
    heading_like = (
        0 < len(first) <= LONGEST_TITLE
        and rest.startswith("\n")
        and first[-1] not in ".!?,;:。！？，；："
        and any(letter.isalpha() for letter in first)
    )
    if heading_like:
        return Document(first, (Section("", None, rest.strip()),))
    return Document(name, (Section("", None, text),) if text else ())


def outline(blocks: Iterable[Block], *, title: str, name: str) -> Document:
    """Make a document of headings and paragraphs in order.

    The title is `title`, else the first heading where it is the only one of its depth and none is above it, else
    `name`.  No heading is lost: one with nothing below it becomes text itself.
    """
    kept = [Block(block.text.strip(), block.level) for block in blocks if block.text.strip()]
    if not title:
        title = _title_heading(kept)
    title = " ".join(title.split())
    sections: list[Section] = []
    path: list[tuple[int, str]] = []  # The headings above this place, from the outermost.
    texts: list[str] = []

    def close() -> None:
        if texts:
            sections.append(Section(_joined([words for _, words in path[-2:]]), None, "\n\n".join(texts)))
            texts.clear()

    for index, block in enumerate(kept):
        if not block.level:
            texts.append(block.text)
            continue
        close()
        words = " ".join(block.text.split())
        path = [above for above in path if above[0] < block.level]
        if words.casefold() == title.casefold():
            continue
        following = kept[index + 1] if index + 1 < len(kept) else Block("", 1)
        if following.level and following.level <= block.level:
            texts.append(words)
            close()
        else:
            path.append((block.level, words))
    close()
    if not sections and title:
        sections.append(Section("", None, title))
    return Document(title or name, tuple(sections))


def _title_heading(blocks: list[Block]) -> str:
    levels = [block.level for block in blocks if block.level]
    if levels and levels[0] == min(levels) and levels.count(levels[0]) == 1:
        return next(block.text for block in blocks if block.level)
    return ""


def _joined(headings: list[str]) -> str:
    return ": ".join(heading.rstrip(" :") for heading in headings)
