"""Results as cards in a grid or as rows of a list: what was found, where it comes from, and how close it is.

They are one piece of HTML: a browser takes long for the many elements that Streamlit would make of them.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ingest.encoders.base import Encoder
from ingest.readers.passages import Span
from ingest.space import Item
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.card_actions import act_button
from search_app.components.shared.formatting import closeness, excerpt, headline, in_html, numbers, snippet, whereabouts
from search_app.components.shared.media import media_url
from search_app.components.shared.thumbnails import Thumbnail
from search_app.search.hits import Hit
from search_app.search.query import Query
from search_app.search.result_groups import PASSAGES_SHOWN, Entry, with_numbers
from search_app.search.searcher import Answer

_AT_ONCE = 6  # results, that a screen shows; the sooner they are there
_DRAWN_IN = 0.2  # seconds that a browser gets for it
_KINDS = {"image": "IMAGE", "text": "TEXT"}
_IN_CARD, _MARKED, _IN_ROW = 320, 135, 420  # characters of a passage; a card shows about as many as it marks
_MARKS = {"very close": "ns-very", "close": "ns-near", "loosely related": "ns-loose", "no real match": "ns-none"}


_Draw = Callable[[Span | None], str]
"""The HTML of a result, with the best sentence of its passage marked where that is known."""


@dataclass(frozen=True)
class _Piece:
    """Results that are drawn together, as one piece of HTML, and where."""

    slot: DeltaGenerator
    results: tuple[tuple[Item, _Draw], ...]

    def draw(self, spans: Mapping[str, Span]) -> None:
        """Draw them, with the best sentences at `spans`, by the id of the item."""
        self.slot.html("".join(draw(spans.get(item.id)) for item, draw in self.results))


@dataclass(frozen=True)
class Results:
    """The results that are drawn; what has passages whose best sentence is still to be found is marked by `mark`."""

    space: AppSpace
    query: Query
    answer: Answer
    waiting: list[_Piece] = field(default_factory=list)

    def draw(self) -> None:
        """Draw a card for each result whose item is still there; images and passages apart if asked for so."""
        if not self.query.listing.separate:
            self._part(self.answer.page.entries, "results")
            return
        for modality, title in (("image", "Images"), ("text", "Passages")):
            own = [entry for entry in self.answer.page.entries if entry.hit.modality == modality]
            if own:
                st.html(f'<div class="ns-section ns-part">{title}<small>{len(own)}</small></div>')
                self._part(own, f"results-{modality}")

    def mark(self, encoder: Encoder) -> None:
        """Find the best sentence of the passages where that takes the encoder, and mark it."""
        if self.waiting:
            time.sleep(_DRAWN_IN)  # the browser may be on this very machine, and has the results to draw first
        for piece in self.waiting:
            if spans := self._best(_passages(piece), encoder):
                piece.draw(spans)

    def _best(self, texts: dict[str, str], encoder: Encoder) -> dict[str, Span]:
        question = self.answer.question
        if question is None or not texts:
            return {}
        return self.space.sentences.best(texts, question, self.answer.means["text"], encoder)

    def _part(self, entries: Sequence[Entry], key: str) -> None:
        listed = self.query.display.layout == "list"
        with st.container(key=f"{key}-list" if listed else key):
            for some in (entries[:_AT_ONCE], entries[_AT_ONCE:]):
                if some:
                    self._piece(some, self._row if listed else self._card)

    def _piece(self, entries: Sequence[Entry], draw: Callable[[Entry, Item, str], _Draw]) -> None:
        results = [
            (item, draw(entry, item, name))
            for name, entry in with_numbers(entries, self.query.display.unfolded)
            if (item := self.answer.items.get(entry.hit.id))
        ]
        if not results:
            return
        piece = _Piece(st.empty(), tuple(results))
        texts = _passages(piece)
        # Sentences that are known cost nothing; the others are marked once everything has been drawn.
        known = self.space.sentences.known(texts)
        piece.draw(self._best(known, self.space.encoder()))
        if self.answer.question is not None and len(known) < len(texts):
            self.waiting.append(piece)

    def _card(self, entry: Entry, item: Item, name: str) -> _Draw:
        hit, under = entry.hit, self._fold(entry)
        if count := len(entry.passages):
            under += act_button("details", hit.id, f"+{count:,} more passage{'s' * (count != 1)}")
        facts = f'<div class="ns-facts">{_title(item)}{_caption(item, 120)}{_score(hit)}</div>'
        rest = facts + (f'<div class="ns-under">{under}</div>' if under else "") + _acts(hit)
        if item.modality == "image":
            front = _picture_front(self.space, item, key=f"hit-{name}", badge=name)
            return lambda _: _article(name, front + rest)
        return lambda span: _article(name, _passage_front(item, name, span) + rest)

    def _row(self, entry: Entry, item: Item, name: str) -> _Draw:
        hit, side, number = entry.hit, "", ""
        if item.modality == "image":
            side = _picture_front(self.space, item, key=f"hit-{name}", badge=name)
        else:
            number = f'<span class="ns-badge ns-text">{name}</span>'
        head = f'<div class="ns-row">{number}<div class="ns-facts">{_title(item)}</div></div>'
        rest = f"{self._further(entry)}{_score(hit)}{_acts(hit, self._fold(entry))}"

        def draw(span: Span | None) -> str:
            words = excerpt(item.text, span, _IN_ROW)  # those of a picture are its caption
            shown = f'<div class="ns-words">{words}</div>' if words else ""
            return _article(name, f'{side}<div class="ns-body">{head}{shown}{rest}</div>', listed=True)

        return draw

    def _further(self, entry: Entry) -> str:
        """Further passages of the document, each a way into it."""
        items = self.answer.items
        shown = [items[hit.id] for hit in entry.passages[:PASSAGES_SHOWN] if hit.id in items]
        rows = ""
        for item in shown:
            page = f"p. {item.page}: " if item.page is not None else ""
            rows += act_button("details", item.id, f"{page}{snippet(item.text, 110)}")
        if left := len(entry.passages) - len(shown):
            rows += f'<div class="ns-note">and {left:,} more of this document</div>'
        return f'<div class="ns-further">{rows}</div>' if rows else ""

    def _fold(self, entry: Entry) -> str:
        if not entry.alike:
            return ""
        if entry.hit.id in self.query.display.unfolded:
            return act_button("fold", entry.hit.id, "Hide those like it")
        return act_button("unfold", entry.hit.id, f"+{len(entry.alike):,} like it")


def _passages(piece: _Piece) -> dict[str, str]:
    """The texts of its passages, by the id of the item."""
    return {item.id: item.text for item, _ in piece.results if item.modality == "text"}


def _acts(hit: Hit, further: str = "") -> str:
    return (
        '<div class="ns-acts">'
        f"{act_button('from', hit.id, 'Search from this alone', 'travel_explore')}"
        f"{act_button('more', hit.id, 'More like this', 'thumb_up')}"
        f"{act_button('less', hit.id, 'Less like this', 'thumb_down')}"
        f"{act_button('details', hit.id, 'Details')}{further}</div>"
    )


def _article(name: str, body: str, listed: bool = False) -> str:
    """The HTML of the result with that number."""
    return f'<article class="ns-result{" ns-listed" if listed else ""}" data-rank="{name}">{body}</article>'


def starters(space: AppSpace, items: Sequence[Item]) -> None:
    """Draw small cards of items to start from."""
    drawn = ""
    for place, item in enumerate(items, start=1):
        if item.modality == "image":
            front = _picture_front(space, item, key=f"start-{place}")
        else:
            front = _passage_front(item, "", None)
        act = act_button("from", item.id, "Start here")
        drawn += f'<article class="ns-starter">{front}<div class="ns-acts">{act}</div></article>'
    if drawn:
        with st.container(key="starters"):
            st.html(drawn)


def _title(item: Item) -> str:
    name, place = in_html(headline(item)), in_html(whereabouts(item))
    return f'<h4 title="{name}">{name}</h4><div class="ns-where" title="{place}">{place}</div>'


def _caption(item: Item, longest: int) -> str:
    caption = in_html(snippet(item.text, longest)) if item.modality == "image" else ""
    return f'<div class="ns-caption" title="{caption}">{caption}</div>'


def _score(hit: Hit) -> str:
    return (
        f'<div class="ns-score"><b class="{_MARKS[hit.closeness]}">{_match(hit)}</b>'
        f"<span>{closeness(hit)}</span><details><summary>numbers</summary>{numbers(hit)}</details></div>"
    )


def _match(hit: Hit) -> str:
    """How close a hit is in a word; one that is found by a name or a code says so."""
    return "says your words" if hit.rare_words > 0.5 else hit.closeness


def _marks(item: Item, badge: str) -> str:
    number = f'<span class="ns-badge">{badge}</span>' if badge else ""
    return f'{number}<span class="ns-kind">{_KINDS[item.modality]}</span>'


def _picture_front(space: AppSpace, item: Item, key: str, badge: str = "") -> str:
    small = space.thumbnail(item)
    if small is None:
        picture = '<div class="ns-gone">no thumbnail</div>'
    else:
        address = media_url(small.jpeg, key)
        picture = f'<img class="ns-{_fit(item, small)}" src="{address}" alt="{in_html(_shows(item))}" decoding="sync">'
    return f'<div class="ns-image">{_marks(item, badge)}{picture}</div>'


def _passage_front(item: Item, badge: str, span: Span | None) -> str:
    words = excerpt(item.text, span, _MARKED if span else _IN_CARD)
    return f'<div class="ns-text">{_marks(item, badge)}<div class="ns-passage"><p>{words}</p></div></div>'


def photo(space: AppSpace, item: Item, key: str, width: int | None = None) -> None:
    """Draw an image's thumbnail by itself."""
    small = space.thumbnail(item)
    if small is None:
        st.html('<div class="ns-gone">no thumbnail</div>')
        return
    with st.container(key=f"{_fit(item, small)}-{key}", width=width or "stretch"):
        st.image(small.jpeg, alt=_shows(item), width="stretch")


def _fit(item: Item, small: Thumbnail) -> str:
    """How a thumbnail lies in its frame: a cut-out on `paper`, `cover` where that crops little, else `whole`."""
    wide, high = float(item.meta.get("width", 1)), float(item.meta.get("height", 1))
    return "paper" if small.on_white else "cover" if 1.25 <= wide / max(high, 1.0) <= 1.8 else "whole"


def _shows(item: Item) -> str:
    """What an image shows, for those who do not see it."""
    return snippet(item.text or item.name, 120)
