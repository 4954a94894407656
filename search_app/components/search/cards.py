"""The HTML of a result: a picture at its own aspect, a passage with its best sentence, or a row of a list."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ingest.formatting import format_count
from ingest.readers.passages import Span
from ingest.space import Item
from search_app.components.search.choosing_corner import choosing_corner
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.card_actions import action_button
from search_app.components.shared.formatting import excerpt, headline, in_html, snippet, source_label
from search_app.components.shared.media import alt_text, media_url
from search_app.components.shared.thumbnails import resized_thumbnail
from search_app.search.hits import Closeness, Hit
from search_app.search.result_groups import PASSAGES_SHOWN, Entry

Render = Callable[[Span | None], str]
"""Returns the HTML of a result, with the best sentence of its passage highlighted if that is known."""

_TILE_LENGTH, _PASSAGE_LENGTH, _ROW_LENGTH = 120, 260, 190  # characters of a passage: in a grid, on its shelf, in a row
_TILE_ASPECT = 1.7
_NARROWEST, _WIDEST = 0.65, 3.5  # aspects of a picture's place: of others a part stays empty; its number needs room
_CLASSES: Mapping[Closeness, str] = {
    "very close": "ns-very",
    "close": "ns-near",
    "loosely related": "ns-loose",
    "no real match": "ns-none",
}


@dataclass(frozen=True)
class CardMaker:
    """Makes the HTML of results, of which some are `unfolded`; `items` are what they show, by id."""

    space: AppSpace
    items: Mapping[str, Item]
    unfolded: tuple[str, ...]

    def tile(self, entry: Entry, item: Item, number: str) -> Render:
        """A result in a grid."""
        name = f'<div class="ns-facts">{_heading(item)}{_closeness(entry.hit)}{_source(item)}</div>'
        strip = (
            f'<div class="ns-strip-line">{_number(number)}{_meter(entry.hit)}'
            f"{_actions(entry.hit.id, self._near_duplicates_button(entry, short=True))}</div>"
        )
        if item.modality == "image":
            body = picture_button(self.space, item, key=f"hit-{number}") + strip + name
            return lambda _: _article(number, item, body, "ns-tile-card", aspect_of(item))
        return lambda span: _article(
            number, item, passage_button(item, span) + strip + name, "ns-tile-card", _TILE_ASPECT
        )

    def passage(self, entry: Entry, item: Item, number: str) -> Render:
        """A passage on its shelf."""
        links = self._links(entry)
        ends = f'<div class="ns-card-links">{links}</div>' if links else ""
        actions = _actions(entry.hit.id)

        def render(span: Span | None) -> str:
            text = excerpt(item.text, span, _PASSAGE_LENGTH)
            return _article(
                number,
                item,
                f'{_number(number)}<div class="ns-body"><div class="ns-passage-head"><div class="ns-facts">'
                f"{_heading(item)}{_source(item)}</div>{actions}{_closeness(entry.hit)}</div>"
                f'<div class="ns-excerpt" dir="auto">{text}</div>{ends}</div>',
                "ns-passage-card",
            )

        return render

    def row(self, entry: Entry, item: Item, number: str) -> Render:
        """A result in a list, whose columns line up."""
        if item.modality == "image":
            front = picture_button(self.space, item, key=f"hit-{number}")
        else:
            front = '<span class="ns-glyph" aria-hidden="true">¶</span>'
        facts = f'<div class="ns-facts">{_heading(item)}{_source(item)}</div>'
        links = self._links(entry)
        ends = f'<div class="ns-card-links">{links}</div>' if links else ""
        last = f"{_closeness(entry.hit)}{_actions(entry.hit.id)}"

        def render(span: Span | None) -> str:
            text = excerpt(item.text, span, _ROW_LENGTH)  # the text of a picture is its caption
            shown = f'<div class="ns-excerpt" dir="auto">{text}</div>'
            middle = f'<div class="ns-row-words">{shown}{ends}</div>'
            return _article(number, item, f"{_number(number)}{front}{facts}{middle}{last}", "ns-listed")

        return render

    def _links(self, entry: Entry) -> str:
        """Buttons for near-duplicates, and for further passages of the same document."""
        links = self._near_duplicates_button(entry)
        shown = [self.items[hit.id] for hit in entry.passages[:PASSAGES_SHOWN] if hit.id in self.items]
        if entry.passages:
            links += action_button("details", entry.hit.id, f"+{format_count(len(entry.passages), 'more passage')}")
        for item in shown if any(item.page is not None for item in shown) else ():
            page = f"p. {item.page}" if item.page is not None else snippet(item.text, 30)
            links += action_button("details", item.id, page)
        return links

    def _near_duplicates_button(self, entry: Entry, short: bool = False) -> str:
        if not entry.alike:
            return ""
        if entry.hit.id in self.unfolded:
            return action_button("fold", entry.hit.id, "Hide" if short else "Hide those like it")
        label = f"+{len(entry.alike):,}" if short else f"+{len(entry.alike):,} like it"
        return action_button("unfold", entry.hit.id, label)


def picture_button(space: AppSpace, item: Item, key: str, side: int = 0) -> str:
    """The picture of an item, which opens its details; `key` names the place on the page that shows it.

    With `side` it has at most so many pixels in each direction.
    """
    thumbnail = space.thumbnail(item)
    if thumbnail is None:
        shown = '<span class="ns-missing-thumbnail">no thumbnail</span>'
    else:
        path = space.thumbnail_path(item) if side else None
        smaller = resized_thumbnail(path, side) if path else None
        url = media_url(smaller or thumbnail.jpeg, key)
        paper = " ns-paper" if thumbnail.on_white else ""
        shown = f'<img class="ns-picture{paper}" src="{url}" alt="{in_html(alt_text(item))}" loading="lazy">'
    return _opener(item, shown)


def passage_button(item: Item, span: Span | None) -> str:
    """The beginning of a passage or its best sentence, as a tile that opens its details."""
    text = excerpt(item.text, span, _TILE_LENGTH)
    return _opener(item, f'<span class="ns-tile-words" dir="auto">{text}</span>')


def start_card(space: AppSpace, item: Item, place: int) -> str:
    """A small card of an item to start a search from."""
    button = f'<div class="ns-actions">{action_button("from", item.id, "Start here")}</div>'
    name = f'<div class="ns-facts">{_heading(item)}</div>'
    if item.modality == "image":
        front, aspect = picture_button(space, item, f"start-{place}", _START_SIDE), aspect_of(item)
    else:
        front, aspect = passage_button(item, None), _TILE_ASPECT
    return (
        f'<article class="ns-starter ns-tile-card ns-{item.modality}" style="--aspect:{aspect:.3g}">'
        f'{front}<div class="ns-strip-line">{button}</div>{name}</article>'
    )


_START_SIDE = 200  # pixels: a picture to start from is never shown large


def aspect_of(item: Item) -> float:
    """The width of a picture's place in a grid, as a multiple of its height."""
    width, height = float(item.meta.get("width", 1) or 1), float(item.meta.get("height", 1) or 1)
    return min(max(width / max(height, 1.0), _NARROWEST), _WIDEST)


def _article(number: str, item: Item, body: str, css_class: str, aspect: float = 0.0) -> str:
    """The HTML of the result with that number; its corner chooses it."""
    style = f' style="--aspect:{aspect:.3g}"' if aspect else ""
    return (
        f'<article class="ns-result {css_class} ns-{item.modality}" data-rank="{number}" '
        f'data-item="{in_html(item.id)}"{style}>{choosing_corner(item)}{body}</article>'
    )


def _opener(item: Item, shown: str) -> str:
    return (
        f'<button type="button" class="ns-open" data-action="details" data-item="{in_html(item.id)}">{shown}</button>'
    )


def _number(number: str) -> str:
    return f'<span class="ns-rank">{number}</span>'


def _heading(item: Item) -> str:
    title = in_html(headline(item))
    return f'<h4 aria-level="3" dir="auto" title="{title}">{title}</h4>'


def _source(item: Item) -> str:
    source = in_html(source_label(item))
    return f'<div class="ns-source-label" dir="auto" title="{source}">{source}</div>'


def _meter(hit: Hit) -> str:
    """Three dots, of which the style sheet fills as many as the closeness has."""
    return f'<span class="ns-meter {_CLASSES[hit.closeness]}" aria-hidden="true"><i></i><i></i><i></i></span>'


def _closeness(hit: Hit) -> str:
    """How close a hit is, in one word beside its meter, and what else lifted it."""
    lift = f'<small class="ns-lift" dir="auto">{_emphasised(hit.lift)}</small>' if hit.lift else ""
    return f'<span class="ns-closeness">{_meter(hit)}<b>{hit.closeness}</b>{lift}</span>'


def _emphasised(lift: str) -> str:
    """What lifted a hit, as HTML: `contains *red*` with the words between its stars emphasised."""
    return re.sub(r"\*(.+?)\*", r"<em>\1</em>", in_html(lift))


def _actions(item_id: str, more: str = "") -> str:
    return (
        '<div class="ns-actions">'
        f"{action_button('from', item_id, 'Search from this alone', 'travel_explore')}"
        f"{action_button('more', item_id, 'More like this', 'thumb_up')}"
        f"{action_button('less', item_id, 'Less like this', 'thumb_down')}"
        f"{action_button('details', item_id, 'Details', 'info')}{more}</div>"
    )
