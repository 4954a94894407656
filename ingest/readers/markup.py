"""Markdown and reStructuredText: their title, headings and paragraphs as plain text."""

import re
import textwrap
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.readers.document import MAX_FACT_LENGTH, Block, Document, outline, title_from_name
from ingest.readers.draft import Value
from ingest.readers.malformed import MALFORMED
from ingest.readers.text import decode_text, parse_text, read_content, tidy

if TYPE_CHECKING:
    from docutils import nodes
    from markdown_it.token import Token

MAX_RST = 2_000_000
"""Most characters of reStructuredText that are parsed; docutils is slow, so longer ones are read as plain text."""

_MAX_FACTS = 20

_FRONT_MATTER = re.compile(
    r"\A---[ \t]*\n(?=[\w\"'-]+[ \t]*:)(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE
)
_TOML_FRONT_MATTER = re.compile(r"\A\+\+\+[ \t]*\n(.*?)^\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)


def read_markdown(path: Path) -> Document:
    """Read the Markdown file at `path`; raises ReadError, or SkipSource if it is empty."""
    return parse_markdown(decode_text(read_content(path)), title_from_name(path))


def parse_markdown(text: str, name: str) -> Document:
    """Make a document of Markdown; its title is its front matter's, else its one top heading, else `name`."""
    from markdown_it import MarkdownIt

    text = text.lstrip("\n")
    title, facts, body = _front_matter(text)
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(body)
    return replace(outline(_markdown_blocks(tokens), title=title, name=name), meta=facts)


def _front_matter(text: str) -> tuple[str, dict[str, Value], str]:
    """The title in the front matter, '' without one, its other facts, and the text after it."""
    if found := _FRONT_MATTER.match(text):
        import yaml

        malformed: tuple[type[Exception], ...] = (yaml.YAMLError, *MALFORMED)
        try:
            facts = yaml.safe_load(found[1])
        except malformed:
            facts = None
    elif found := _TOML_FRONT_MATTER.match(text):
        import tomllib

        try:
            facts = tomllib.loads(found[1])
        except (ValueError, RecursionError):
            facts = None
    else:
        return "", {}, text
    facts = facts if isinstance(facts, dict) else {}
    title = facts.pop("title", None)
    return _as_line(title) if isinstance(title, str | int | float) else "", _plain_facts(facts), text[found.end() :]


def _plain_facts(facts: dict[Any, Any]) -> dict[str, Value]:
    """Single values and lists of them; dates as ISO 8601, lists with ", " between."""
    plain: dict[str, Value] = {}
    for key, value in facts.items():
        name = _as_line(key) if isinstance(key, str) else ""
        if not name or name.startswith("chroma:") or len(plain) == _MAX_FACTS:
            continue
        if isinstance(value, bool) or (isinstance(value, int | float) and abs(value) < 2**62):
            plain[name] = value
            continue
        parts = [
            part.isoformat() if isinstance(part, date) else _as_line(part)
            for part in (value if isinstance(value, list) else [value])
            if isinstance(part, str | int | float | date)
        ]
        if 0 < len(joined := ", ".join(filter(None, parts))) <= MAX_FACT_LENGTH:
            plain[name] = joined
    return plain


def _as_line(value: str | int | float) -> str:
    """The value in one line; '' for a number too long for Python to write out."""
    too_long = isinstance(value, int) and value.bit_length() > 8 * MAX_FACT_LENGTH
    return "" if too_long else " ".join(tidy(str(value)).split())


def _markdown_blocks(tokens: "list[Token]") -> Iterator[Block]:
    level = 0
    lines: list[str] = []  # Items of the list, or rows of the table, that is open.
    cells: list[str] | None = None
    nested = 0
    for token in tokens:
        if token.type == "heading_open":
            level = int(token.tag[1])
        elif token.type == "heading_close":
            level = 0
        elif token.type in ("bullet_list_open", "ordered_list_open", "table_open"):
            nested += 1
        elif token.type in ("bullet_list_close", "ordered_list_close", "table_close"):
            nested -= 1
            if not nested:
                yield Block("\n".join(lines))
                lines = []
        elif token.type == "tr_open":
            cells = []
        elif token.type == "tr_close":
            lines.append("; ".join(cell for cell in cells or () if cell))
            cells = None
        else:
            for block in _markdown_block(token, level):
                if cells is not None:
                    cells.append(" ".join(block.text.split()))
                elif nested:
                    lines.append(block.text)
                else:
                    yield block


def _markdown_block(token: "Token", level: int) -> Iterator[Block]:
    if token.type == "inline":
        yield Block(_inline_text(token.children or []), level)
    elif token.type in ("fence", "code_block"):
        yield Block(token.content.rstrip())
    elif token.type == "html_block":
        from ingest.readers.html import html_blocks

        yield from html_blocks(token.content)


def _inline_text(children: "list[Token]") -> str:
    words: list[str] = []
    for token in children:
        if token.type in ("text", "code_inline"):
            words.append(token.content)
        elif token.type in ("softbreak", "hardbreak"):
            words.append("\n")
        elif token.type == "image":
            words.append(_inline_text(token.children or []))
    return "".join(words).strip()


# docutils keeps roles and languages in module globals.
_docutils_lock = threading.Lock()
_RST_SETTINGS: dict[str, Any] = {
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "_disable_config": True,
    "report_level": 5,
    "halt_level": 6,
    "warning_stream": False,
    "traceback": True,
    "doctitle_xform": False,
    "sectsubtitle_xform": False,
    "syntax_highlight": "none",
    "smart_quotes": False,
}


def read_rst(path: Path) -> Document:
    """Read the reStructuredText file at `path`; raises ReadError, or SkipSource if it is empty."""
    return parse_rst(decode_text(read_content(path)), title_from_name(path))


def parse_rst(text: str, name: str) -> Document:
    """Make a document of reStructuredText; its title is its one top heading, else `name`.

    Nothing is included from other files.  What docutils cannot parse at all is read as plain text.
    """
    from docutils.core import publish_doctree

    if len(text) > MAX_RST:
        return parse_text(text, name)
    try:
        with _docutils_lock:
            tree = publish_doctree(text, settings_overrides={**_RST_SETTINGS, "line_length_limit": len(text) + 1})
        return outline(_rst_blocks(tree), title="", name=name)
    except (RecursionError, ValueError, LookupError, AssertionError):
        return parse_text(text, name)


def _rst_blocks(root: "nodes.Node", depth: int = 0) -> Iterator[Block]:
    from docutils import nodes

    stack = [(root, depth)]
    while stack:
        node, depth = stack.pop()
        if isinstance(node, nodes.system_message):
            yield Block(_text_of_unparsed(node))
        elif isinstance(node, nodes.image):
            yield Block(node.get("alt", ""))
        elif isinstance(node, nodes.Invisible | nodes.docinfo | nodes.raw | nodes.label) or (
            isinstance(node, nodes.topic) and "contents" in node["classes"]
        ):
            continue
        elif isinstance(node, nodes.title) and isinstance(node.parent, nodes.section):
            yield Block(_rst_text(node), depth)
        elif isinstance(node, nodes.TextElement):
            yield Block(_rst_text(node))
        elif isinstance(node, nodes.Sequential | nodes.line_block | nodes.tgroup | nodes.row):
            parts = [block.text for child in node.children for block in _rst_blocks(child, depth) if block.text]
            if isinstance(node, nodes.row):
                yield Block("; ".join(" ".join(part.split()) for part in parts))
            else:
                yield Block("\n".join(parts))
        else:
            below = depth + isinstance(node, nodes.section)
            stack.extend((child, below) for child in reversed(node.children))


_UNKNOWN_ROLE = re.compile(r":[\w:.+-]+:`([^`<]*[^`<\s])\s*(?:<[^`>]*>)?`")


def _rst_text(node: "nodes.Node") -> str:
    """The text of an element; for a role that only Sphinx knows, the text that it displays."""
    from docutils import nodes

    words: list[str] = []
    for leaf in node.findall():
        if isinstance(leaf, nodes.Text):
            unknown = isinstance(leaf.parent, nodes.problematic)
            words.append(_UNKNOWN_ROLE.sub(r"\1", leaf.astext()) if unknown else leaf.astext())
        elif isinstance(leaf, nodes.image):
            words.append(leaf.get("alt", ""))
    return "".join(words)


_DIRECTIVE = re.compile(r"\.\. ([\w:.+-]+)::[ \t]*(.*)")
_FILE_DIRECTIVES = ("toctree", "include", "literalinclude", "raw")
_OPTION = re.compile(r"\s*:[\w-]+:")


def _text_of_unparsed(message: "nodes.system_message") -> str:
    """The text of a malformed table, or of a directive that only Sphinx knows; '' if it names files or code."""
    from docutils import nodes

    for source in message.children:
        if not isinstance(source, nodes.literal_block):
            continue
        directive = _DIRECTIVE.match(source.astext())
        if directive is None:
            return source.astext()
        if directive[1] in _FILE_DIRECTIVES or directive[1].startswith("auto"):
            continue
        lines = source.astext().split("\n")[1:]
        while lines and (_OPTION.match(lines[0]) or not lines[0].strip()):
            lines.pop(0)
        return "\n".join([directive[2], textwrap.dedent("\n".join(lines))]).strip()
    return ""
