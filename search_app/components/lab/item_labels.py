"""Labels of operands and items: a name, and a small picture where there is one."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PIL import Image

from ingest.space import Item
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import headline, in_html, isolated, snippet
from search_app.components.shared.thumbnails import data_url, resized_thumbnail
from search_app.search.query_pictures import open_picture
from search_app.search.terms import Term

SMALL, MEDIUM = 112, 320
"""Sides of pictures in pixels: beside words, and on their own."""
MARKS = {"very close": "ns-very", "close": "ns-near", "loosely related": "ns-loose", "no real match": "ns-none"}
"""The class of each word for closeness."""


@dataclass(frozen=True)
class ItemLabel:
    """The label of an operand or item."""

    name: str
    """Its own words, or a file's name."""
    words: str
    """A passage, or typed words; of a picture its caption or ''."""
    picture: bool
    source: str = ""
    """The small picture as a `data:` URL; '' for words, and where a picture no longer exists."""
    item: Item | None = None

    @property
    def quoted(self) -> str:
        """The name as it stands in a sentence."""
        return f"“{isolated(snippet(self.name, 60))}”"


def items_of(space: AppSpace, terms: Sequence[Term]) -> dict[str, Item]:
    """The items that `terms` name and that still exist, by id."""
    ids = dict.fromkeys(item_id for term in terms for item_id in term.items)
    return {item.id: item for item in space.ledger.items.get(list(ids))}


def pictures_of(space: AppSpace, terms: Sequence[Term]) -> dict[str, Image.Image]:
    """The uploaded pictures that `terms` name and that still exist, by name."""
    opened = {term.value: open_picture(space.folder, term.value) for term in terms if term.kind == "image"}
    return {name: picture for name, picture in opened.items() if picture is not None}


def term_label(
    space: AppSpace, term: Term, items: Mapping[str, Item], pictures: Mapping[str, Image.Image], side: int = SMALL
) -> ItemLabel:
    """The label of the operand that `term` names; it says so if that no longer exists."""
    if term.kind == "text":
        return ItemLabel(term.value, term.value, picture=False)
    if term.kind == "image":
        picture = pictures.get(term.value)
        return ItemLabel("your picture", "", True, embedded(picture, side) if picture else "")
    item = items.get(term.value)
    return item_label(space, item, side) if item else ItemLabel("an item that has gone", "", picture=False)


def item_label(space: AppSpace, item: Item, side: int = SMALL) -> ItemLabel:
    """The label of an item."""
    if item.modality == "text":
        return ItemLabel(headline(item), item.text, False, item=item)
    path = space.thumbnail_path(item)
    small = resized_thumbnail(path, side) if path else None
    return ItemLabel(headline(item), item.text, True, data_url(small) if small else "", item)


def image_tag(label: ItemLabel, name: str = "ns-small", *, alt: str | None = None) -> str:
    """The picture of a label as markup; '' where it has none.

    `alt` is '' where the label's name stands beside it; by default it is the caption, or else the name.
    """
    if not label.source:
        return ""
    words = snippet(label.words or label.name, 120) if alt is None else alt
    return f'<img class="{name}" src="{label.source}" alt="{in_html(words)}">'


def card(label: ItemLabel) -> str:
    """A label as markup: its picture or the beginning of its words, over its name."""
    inside = image_tag(label, "ns-large") or f'<blockquote dir="auto">{in_html(snippet(label.words, 110))}</blockquote>'
    return f'<figure>{inside}<figcaption dir="auto">{in_html(snippet(label.name, 40))}</figcaption></figure>'


def embedded(picture: Image.Image, side: int) -> str:
    """A picture reduced to `side` pixels as a data URL: `data:image/jpeg;base64,...`."""
    small = picture.convert("RGB")
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "JPEG", quality=85)
    return data_url(out.getvalue())
