"""Text files: their encoding, what is tidied in any text, and plain text as a document."""

import codecs
import re
from pathlib import Path

from ingest.errors import ReadError, SkipSource, read_error
from ingest.readers.document import Document, Section, title_from_name
from ingest.readers.draft import writable

MAX_TEXT_BYTES = 50_000_000
"""Largest text, Markdown, reStructuredText or HTML file that is read."""
MAX_TITLE_LENGTH = 80
"""Most characters of a first line that counts as the title of a plain text."""


def read_text(path: Path) -> Document:
    """Read a plain text file; raises ReadError, or SkipSource if it is empty."""
    return parse_text(decode_text(read_content(path)), title_from_name(path))


def parse_text(text: str, name: str) -> Document:
    """Make a document of plain text; its title is a first line that looks like a heading, else `name`."""
    text = text.strip()
    first, _, rest = text.partition("\n")
    first, rest = first.strip(), rest.lstrip(" \t")
    heading_like = (
        0 < len(first) <= MAX_TITLE_LENGTH
        and rest.startswith("\n")
        and first[-1] not in ".!?,;:。！？，；："
        and any(letter.isalpha() for letter in first)
    )
    if heading_like:
        return Document(first, (Section("", None, rest.strip()),))
    return Document(name, (Section("", None, text),) if text else ())


def read_content(path: Path) -> bytes:
    """A text document's bytes; raises ReadError as `read_bytes`, and SkipSource if they are only white space."""
    data = read_bytes(path)
    if not data.strip():
        raise SkipSource("empty file: there is no text in it. Leave it out, or write something in it.")
    return data


def read_bytes(path: Path) -> bytes:
    """A text file's bytes; raises ReadError if it cannot be read or is larger than MAX_TEXT_BYTES."""
    try:
        size = path.stat().st_size
        if size > MAX_TEXT_BYTES:
            raise ReadError(
                f"too large: {size / 1e6:,.0f} MB of text, and {MAX_TEXT_BYTES // 1_000_000} MB are read at most. "
                "Cut it into several files, or leave it out."
            )
        return path.read_bytes()
    except OSError as error:
        raise read_error(error) from error


_BYTE_ORDER_MARKS = (  # The longer ones first: UTF-32's begins with UTF-16's.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Everything below the space but tab, line ends, form feed and escape: no text in any encoding has these.
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x1b\x0b\x1a"))
_BINARY = "not a text: its content is binary. Give it its right suffix, or leave it out."


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
        raise ReadError(_BINARY)
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
        # Accents stand alone among plain letters, so the alphabet is Latin.  With that known, the detector no longer
        # errs on short texts, where it would see Cyrillic in "città".
        latin = ["cp1252", "cp1250", "cp1254", "cp1257", "iso8859-2", "mac-roman"]
        guess = chardet.detect(data, include_encodings=latin, compat_names=False)
        sure = guess["confidence"] >= 0.09 or not _decodes_as(data, "cp1252")
        found = guess["encoding"] or "cp1252" if sure else "cp1252"
        # The currency sign of one is the euro sign of the other, and hardly anybody writes the currency sign.
        euro = found == "cp1252" and b"\xa4" in data and not _CP1252_ALONE.search(data)
        return "iso8859-15" if euro else found
    era = chardet.EncodingEra.MODERN_WEB
    guess = chardet.detect(data, encoding_era=era, prefer_superset=True, compat_names=False)
    return guess["encoding"] or "cp1252"


_CP1252_ALONE = re.compile(rb"[\x80-\x9f]")


def _decodes_as(data: bytes, encoding: str) -> bool:
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


def shortened(text: str, longest: int) -> str:
    """Cut `text` to at most `longest` characters, at a space and with an ellipsis."""
    return text if len(text) <= longest else re.sub(r"\s\S*\Z", "", text[: longest - 1]) + "…"
