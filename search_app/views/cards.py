"""Results as cards in a grid or as rows of a list: what was found, where it comes from, and how close it is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ingest.encoders.base import Encoder
from ingest.readers.passages import Span
from ingest.space import Item
from search_app.engine.grouping import PASSAGES_SHOWN, Entry
from search_app.engine.hits import Hit
from search_app.engine.query import Query
from search_app.engine.search import Answer
from search_app.views import links
from search_app.views.acts import act_button
from search_app.views.resources import OpenSpace
from search_app.views.words import closeness, excerpt, headline, in_html, numbers, snippet, whereabouts

_KINDS = {"image": "IMAGE", "text": "TEXT"}
_IN_CARD, _MARKED, _IN_ROW = 320, 135, 420  # characters of a passage; a card shows about as many as it marks
_MARKS = {"very close": "ns-very", "close": "ns-near", "loosely related": "ns-loose", "no real match": "ns-none"}


@dataclass(frozen=True)
class _Passage:
    """Where a passage is shown, and how, once its best sentence is known."""

    slot: DeltaGenerator
    draw: Callable[[Span | None], str]


@dataclass(frozen=True)
class Results:
    """The results that are drawn; passages whose best sentence is still to be found are marked by `mark`."""

    space: OpenSpace
    query: Query
    answer: Answer
    waiting: dict[str, tuple[str, list[_Passage]]] = field(default_factory=dict)
    """By the id of the item: its text, and where that is shown."""

    def draw(self) -> None:
        """Draw a card for each result whose item is still there; images and passages apart if asked for so."""
        if not self.query.separate:
            self._part(self.answer.page.entries, "results")
            return
        for modality, title in (("image", "Images"), ("text", "Passages")):
            own = [entry for entry in self.answer.page.entries if entry.hit.modality == modality]
            if own:
                st.html(f'<div class="ns-section ns-part">{title}<small>{len(own)}</small></div>')
                self._part(own, f"results-{modality}")

    def mark(self, encoder: Encoder) -> None:
        """Find the best sentence of the passages where that takes the encoder, and mark it."""
        spans = self._best({item_id: text for item_id, (text, _) in self.waiting.items()}, encoder)
        for item_id, (_, places) in self.waiting.items():
            for place in places:
                if item_id in spans:
                    place.slot.html(place.draw(spans[item_id]))

    def _best(self, texts: dict[str, str], encoder: Encoder) -> dict[str, Span]:
        question = self.answer.question
        if question is None or not texts:
            return {}
        return self.space.sentences.best(texts, question, self.answer.means["text"], encoder)

    def _part(self, entries: Sequence[Entry], key: str) -> None:
        listed = self.query.look.layout == "list"
        with st.container(key=f"{key}-list" if listed else key):
            for entry in entries:
                self._entry(entry, listed)

    def _entry(self, entry: Entry, listed: bool) -> None:
        items = self.answer.items
        draw = self._row if listed else self._card
        if entry.hit.id in items:
            draw(entry, items[entry.hit.id], str(entry.hit.rank))
        if entry.hit.id in self.query.look.unfolded:
            for number, hit in enumerate(entry.alike, start=1):
                if hit.id in items:
                    draw(Entry(hit), items[hit.id], f"{entry.hit.rank}-{number}")

    def _card(self, entry: Entry, item: Item, name: str) -> None:
        hit = entry.hit
        with st.container(key=f"card-{name}"):
            if item.modality == "image":
                _picture_front(self.space, item, key=f"hit-{name}", badge=name)
            else:
                self._passage(hit, item.text, partial(_passage_front, item, name))
            under = self._fold(entry)
            if count := len(entry.passages):
                under += act_button("details", hit.id, f"+{count:,} more passage{'s' * (count != 1)}")
            facts = f'<div class="ns-facts">{_title(item)}{_caption(item, 120)}{_score(hit)}</div>'
            st.html(facts + (f'<div class="ns-under">{under}</div>' if under else "") + _acts(hit))

    def _row(self, entry: Entry, item: Item, name: str) -> None:
        hit = entry.hit
        with st.container(key=f"card-{name}", horizontal=True, gap="small"):
            if item.modality == "image":
                with st.container(key=f"side-{name}", width=150):
                    _picture_front(self.space, item, key=f"hit-{name}", badge=name)
            with st.container(key=f"main-{name}", gap="xxsmall"):
                number = f'<span class="ns-badge ns-text">{name}</span>' if item.modality == "text" else ""
                st.html(f'<div class="ns-row">{number}<div class="ns-facts">{_title(item)}</div></div>')
                if item.modality == "text":
                    self._passage(hit, item.text, partial(_row_passage, item.text))
                elif item.text:
                    st.html(f'<div class="ns-words">{in_html(snippet(item.text, _IN_ROW))}</div>')
                st.html(f"{self._further(entry)}{_score(hit)}{_acts(hit, self._fold(entry))}")

    def _passage(self, hit: Hit, text: str, draw: Callable[[Span | None], str]) -> None:
        """Draw a passage with its best sentence marked: now, where that is known, else by `mark`."""
        slot = st.empty()
        if self.space.sentences.known({hit.id: text}):
            spans = self._best({hit.id: text}, self.space.encoder())
            slot.html(draw(spans.get(hit.id)))
            return
        slot.html(draw(None))
        self.waiting.setdefault(hit.id, (text, []))[1].append(_Passage(slot, draw))

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
        if entry.hit.id in self.query.look.unfolded:
            return act_button("fold", entry.hit.id, "Hide those like it")
        return act_button("unfold", entry.hit.id, f"+{len(entry.alike):,} like it")


def _acts(hit: Hit, further: str = "") -> str:
    return (
        '<div class="ns-acts">'
        f"{act_button('from', hit.id, 'Search from this alone', 'travel_explore')}"
        f"{act_button('more', hit.id, 'More like this', 'thumb_up')}"
        f"{act_button('less', hit.id, 'Less like this', 'thumb_down')}"
        f"{act_button('details', hit.id, 'Details')}{further}</div>"
    )


def starters(space: OpenSpace, items: Sequence[Item]) -> None:
    """Draw small cards of items to start from."""
    with st.container(key="starters"):
        for place, item in enumerate(items, start=1):
            with st.container(key=f"starter-{place}"):
                if item.modality == "image":
                    _picture_front(space, item, key=f"start-{place}")
                else:
                    st.html(_passage_front(item, "", None))
                with st.container(key=f"acts-start-{place}", horizontal=True):
                    st.button(
                        "Start here",
                        key=f"start-here-{place}",
                        type="tertiary",
                        icon=":material/travel_explore:",
                        on_click=links.ask_like,
                        args=(item.id,),
                    )


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
    return "says your words" if hit.said > 0.5 else hit.closeness


def _marks(item: Item, badge: str) -> str:
    number = f'<span class="ns-badge">{badge}</span>' if badge else ""
    return f'{number}<span class="ns-kind">{_KINDS[item.modality]}</span>'


def _picture_front(space: OpenSpace, item: Item, key: str, badge: str = "") -> None:
    st.html(f'<div class="ns-image">{_marks(item, badge)}</div>')
    photo(space, item, key=key)


def _passage_front(item: Item, badge: str, span: Span | None) -> str:
    words = excerpt(item.text, span, _MARKED if span else _IN_CARD)
    return f'<div class="ns-text">{_marks(item, badge)}<div class="ns-passage"><p>{words}</p></div></div>'


def _row_passage(text: str, span: Span | None) -> str:
    return f'<div class="ns-words">{excerpt(text, span, _IN_ROW)}</div>'


def photo(space: OpenSpace, item: Item, key: str, width: int | None = None) -> None:
    """Draw an image's thumbnail: filling its frame when that crops little, whole otherwise."""
    small = space.thumbnail(item)
    if small is None:
        st.html('<div class="ns-gone">no thumbnail</div>')
        return
    wide, high = float(item.meta.get("width", 1)), float(item.meta.get("height", 1))
    fit = "paper" if small.on_white else "cover" if 1.25 <= wide / max(high, 1.0) <= 1.8 else "whole"
    with st.container(key=f"{fit}-{key}", width=width or "stretch"):
        st.image(small.jpeg, alt=snippet(item.text or item.name, 120), width="stretch")
