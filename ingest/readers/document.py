"""A document: a title and sections of plain text, the one form that every document format is read to."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ingest.readers.draft import Value

MAX_FACT_LENGTH = 500
"""Most characters of a document's own facts, such as its author; longer values are no use as filters."""


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
    """A document's title and text."""

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


def title_from_name(path: Path) -> str:
    """The file's name as a title: without its suffix, underscores read as spaces."""
    return " ".join(path.stem.replace("_", " ").split())


def outline(blocks: Iterable[Block], *, title: str, name: str) -> Document:
    """Make a document of headings and paragraphs in order.

    The title is `title`, else the first heading where it is the only one of its depth and none is above it, else
    `name`.  No heading is lost: one with nothing below it becomes text itself.
    """
    blocks = [Block(block.text.strip(), block.level) for block in blocks if block.text.strip()]
    if not title:
        title = _title_heading(blocks)
    title = " ".join(title.split())
    sections: list[Section] = []
    path: list[tuple[int, str]] = []  # The headings above this place, from the outermost.
    texts: list[str] = []

    def close() -> None:
        if texts:
            sections.append(Section(_joined([words for _, words in path[-2:]]), None, "\n\n".join(texts)))
            texts.clear()

    for index, block in enumerate(blocks):
        if not block.level:
            texts.append(block.text)
            continue
        close()
        words = " ".join(block.text.split())
        path = [above for above in path if above[0] < block.level]
        if words.casefold() == title.casefold():
            continue
        following = blocks[index + 1] if index + 1 < len(blocks) else Block("", 1)
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
