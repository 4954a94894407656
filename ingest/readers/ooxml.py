"""Word documents (docx) and PowerPoint presentations (pptx): their title, headings, slides and notes."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.readers.document import Block, Document, Section, outline, title_from_name
from ingest.readers.draft import Value
from ingest.readers.text import tidy
from ingest.readers.zip_package import open_package, without_media

if TYPE_CHECKING:
    from datetime import datetime

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"  # repeats what is beside it
# Titles that programs set by default tell nothing about the document.
_GENERIC_TITLES = frozenset(
    ("powerpoint presentation", "presentation", "word document", "document", "untitled", "slide 1")
)


def read_docx(path: Path) -> Document:
    """Read the Word document at `path`, its footnotes at its end; raises ReadError."""
    import docx
    from docx.exceptions import PythonDocxError
    from docx.opc.exceptions import OpcError
    from docx.oxml.exceptions import XmlchemyError

    with open_package(path, "Word document (docx)", (PythonDocxError, OpcError, XmlchemyError)) as package:
        document = docx.Document(without_media(package))
        levels = _heading_levels(document)
        blocks = list(_word_blocks(document.element.body, levels))
        titles = [block.text for block in blocks if block.level == _TITLE]
        title = _own_title(document.core_properties.title) or (titles[0] if titles else "")
        blocks = [block for block in blocks if block.level != _TITLE or block.text != title]
        blocks += [Block(text) for text in _notes(document)]
        blocks = [Block(tidy(block.text), abs(block.level)) for block in blocks]
        read = outline(blocks, title=tidy(title), name=title_from_name(path))
        return Document(read.title, read.sections, meta=_facts(document.core_properties))


_TITLE = -1  # the level of a paragraph in the style "Title"


def _heading_levels(document: Any) -> dict[str, int]:
    """The depth of each heading style by its id, styles built upon a heading included."""
    levels: dict[str, int] = {}
    for style in document.styles:
        based: Any = style
        for _ in range(10):
            name = (getattr(based, "name", None) or "").lower()
            if name == "title":
                levels[style.style_id] = _TITLE
            elif name.startswith("heading ") and name[8:].isdecimal():
                levels[style.style_id] = max(1, int(name[8:]))
            based = getattr(based, "base_style", None)
            if style.style_id in levels or based is None:
                break
    return levels


def _word_blocks(container: Any, levels: dict[str, int]) -> Iterator[Block]:
    """Walk paragraphs and tables in order, through content controls, without what was deleted."""
    waiting = list(reversed(container))
    while waiting:
        element = waiting.pop()
        if element.tag == f"{_W}p":
            style = element.find(f"{_W}pPr/{_W}pStyle")
            level = levels.get(style.get(f"{_W}val"), 0) if style is not None else 0
            yield Block(_word_text(element), level)
        elif element.tag == f"{_W}tbl":
            rows = ("; ".join(filter(None, map(_cell_text, _within(row, "tc")))) for row in _within(element, "tr"))
            yield Block("\n".join(filter(None, rows)))
        elif isinstance(element.tag, str) and element.tag != f"{_W}del":
            waiting.extend(reversed(element))


def _within(element: Any, name: str) -> Iterator[Any]:
    """The rows of a table, or the cells of a row, but not those of tables inside them."""
    waiting = list(reversed(element))
    while waiting:
        child = waiting.pop()
        if child.tag == f"{_W}{name}":
            yield child
        elif child.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}ins", f"{_W}customXml"):
            waiting.extend(reversed(child))


def _cell_text(cell: Any) -> str:
    return " ".join(" ".join(_word_text(paragraph) for paragraph in cell.iter(f"{_W}p")).split())


def _word_text(paragraph: Any) -> str:
    words: list[str] = []
    waiting = list(reversed(paragraph))
    while waiting:
        element = waiting.pop()
        if element.tag == f"{_W}t":
            words.append(element.text or "")
        elif element.tag == f"{_W}tab":
            words.append(" ")
        elif element.tag in (f"{_W}br", f"{_W}cr"):
            words.append("\n")
        elif element.tag == f"{_W}noBreakHyphen":
            words.append("-")
        elif element.tag not in (_FALLBACK, f"{_W}pPr", f"{_W}rPr"):
            if element.tag == f"{_W}txbxContent":
                words.append("\n")
            waiting.extend(reversed(element))
    return "".join(words).strip()


def _notes(document: Any) -> Iterator[str]:
    from docx.oxml import parse_xml

    for relation in document.part.rels.values():
        if not relation.is_external and relation.reltype.endswith(("/footnotes", "/endnotes")):
            for paragraph in parse_xml(relation.target_part.blob).iter(f"{_W}p"):
                yield _word_text(paragraph)


def read_pptx(path: Path) -> Document:
    """Read the presentation at `path`, one section a slide with its notes, the slide's number as its page."""
    import pptx
    from pptx.exc import PythonPptxError

    with open_package(path, "presentation (pptx)", (PythonPptxError,)) as package:
        deck = pptx.Presentation(without_media(package))
        sections: list[Section] = []
        for number, slide in enumerate(deck.slides, start=1):
            heading = slide.shapes.title
            title = " ".join(tidy(heading.text_frame.text).split()) if heading is not None else ""
            bodies = [text for shape in slide.shapes for text in _shape_texts(shape, 0) if text]
            if title and bodies and " ".join(bodies[0].split()) == title:
                del bodies[0]
            if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
                bodies.append(tidy(slide.notes_slide.notes_text_frame.text).strip())
            text = "\n\n".join(filter(None, bodies)) or title
            if text:
                sections.append(Section(title if text != title else "", number, text))
        title = _own_title(deck.core_properties.title)
        if not title and sections and sections[0].page == 1:
            title = sections[0].heading or sections[0].text if len(sections[0].text) <= 80 else sections[0].heading
        return Document(title or title_from_name(path), tuple(sections), meta=_facts(deck.core_properties))


def _shape_texts(shape: Any, depth: int) -> Iterator[str]:
    if hasattr(shape, "shapes") and depth < 20:
        for inside in shape.shapes:
            yield from _shape_texts(inside, depth + 1)
    elif getattr(shape, "has_table", False):
        rows = ("; ".join(" ".join(cell.text.split()) for cell in row.cells if cell.text) for row in shape.table.rows)
        yield tidy("\n".join(filter(None, rows)))
    elif shape.has_text_frame:
        yield tidy(shape.text_frame.text).strip()


def _own_title(title: str | None) -> str:
    title = " ".join((title or "").split())
    return "" if title.casefold() in _GENERIC_TITLES or title.startswith("Microsoft ") else title


def _facts(properties: Any) -> dict[str, Value]:
    """Author and date of a document, where it has them."""
    facts: dict[str, Value] = {}
    if author := " ".join((properties.author or "").split()):
        facts["author"] = author
    made: datetime | None = properties.created
    if made is not None:
        facts["date"] = made.isoformat()
    return facts
