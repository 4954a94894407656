"""HTML pages: their title, headings and paragraphs, without what only serves a browser."""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ingest.readers.document import Block, Document, outline, title_from_name
from ingest.readers.text import decode_text, read_content, tidy

_LEFT_OUT = frozenset(
    "script style nav template noscript svg iframe object canvas audio video map head title button select "  # noqa: SIM905
    "option datalist textarea input dialog".split()
)
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark math meter output q "  # noqa: SIM905
    "rp rt ruby s samp small span strike strong sub sup time tt u var wbr".split()
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LINES = frozenset(("li", "tr", "dt", "dd"))
_CELLS = frozenset(("td", "th"))
_CELL_END = "\x1f"
_DECLARED = re.compile(
    rb"""<(?:meta\b[^>]*?\bcharset|\?xml\b[^>]*?\bencoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE
)


def read_html(path: Path) -> Document:
    """Read the HTML page at `path`; raises ReadError, or SkipSource if it is empty."""
    return parse_html(read_content(path), title_from_name(path))


def parse_html(data: bytes, name: str) -> Document:
    """Make a document of an HTML page; its title is the page's <title>, else its first heading, else `name`."""
    page = LexborHTMLParser(decode_html(data))
    title = " ".join((node.text() if (node := page.css_first("head > title")) else "").split())
    headings = [" ".join(node.text().split()) for node in page.css("h1")]
    if len(headings) == 1 and headings[0].casefold() in title.casefold():
        title = headings[0]  # Without the site's name, which most titles carry behind their own.
    return outline(_blocks(page.body), title=title, name=name)


def html_blocks(fragment: str) -> Iterator[Block]:
    """Yield the headings and paragraphs of a piece of HTML, such as one inside Markdown."""
    return _blocks(LexborHTMLParser(fragment).body)


def decode_html(data: bytes) -> str:
    """Decode a page by its byte order mark, else as it declares itself, else as any text."""
    marked = data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    declared = None if marked else _DECLARED.search(data[:4096])
    if declared and b"\0" not in data:
        encoding = declared[1].decode("ascii", "replace").lower()
        # Browsers read what calls itself Latin-1 as Windows-1252, and so are such pages written.
        encoding = "cp1252" if encoding in ("iso-8859-1", "latin1", "us-ascii", "ascii") else encoding
        try:
            return tidy(data.decode(encoding))
        except (LookupError, UnicodeError):
            pass  # The declaration is wrong, as it often is.
    return decode_text(data)


def _blocks(body: LexborNode | None) -> Iterator[Block]:
    if body is None:
        return
    words: list[str] = []
    level = 0
    for event, node in _events(body):
        tag = node.tag or ""
        if event == "text":
            text = node.text_content or ""
            words.append(text if _preformatted(node) else re.sub(r"\s+", " ", text))
        elif tag == "img" and event == "open":
            words.append(f" {node.attributes.get('alt') or ''} ")
        elif tag == "br" or tag in _LINES:
            words.append("\n")
        elif tag in _CELLS:
            words.append(_CELL_END if event == "close" else "")
        elif tag not in _INLINE:
            if text := _clean(words):
                yield Block(text, level)
            words = []
            if tag in _HEADINGS:
                level = _HEADINGS[tag] if event == "open" else 0
    if text := _clean(words):
        yield Block(text, level)


def _events(root: LexborNode) -> Iterator[tuple[str, LexborNode]]:
    """Walk in document order without recursion: pages may be nested deeper than Python calls may."""
    stack: list[tuple[str, LexborNode]] = [("open", root)]
    while stack:
        event, node = stack.pop()
        yield event, node
        if event != "open":
            continue
        stack.append(("close", node))
        children: list[tuple[str, LexborNode]] = []
        child = node.first_child
        while child is not None:
            if child.is_text_node:
                children.append(("text", child))
            elif child.is_element_node and child.tag not in _LEFT_OUT and "hidden" not in child.attributes:
                children.append(("open", child))
            child = child.next
        stack.extend(reversed(children))


def _preformatted(node: LexborNode) -> bool:
    parent = node.parent
    for _ in range(4):  # <pre><code><span>: deeper nesting of code is colouring at most.
        if parent is None:
            return False
        if parent.tag == "pre":
            return True
        parent = parent.parent
    return False


def _clean(words: list[str]) -> str:
    lines = (line.strip(" " + _CELL_END) if line[:2] != "  " else line.rstrip() for line in "".join(words).split("\n"))
    return "\n".join(line.replace(_CELL_END, "; ") for line in lines if line.strip()).strip()
