"""Results as cards in a grid or as rows of a list: what was found, where it comes from, and how close it is.

They are drawn as one piece of HTML, because a browser is slow with the many elements that Streamlit would create.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ingest.encoders.base import Encoder
from ingest.formatting import format_count
from ingest.readers.passages import Span
from ingest.space import Item
from search_app.components.search.choosing_corner import choosing_corner
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.card_actions import action_button
from search_app.components.shared.formatting import (
    excerpt,
    headline,
    in_html,
    percentile_label,
    score_details,
    snippet,
    source_label,
)
from search_app.components.shared.media import alt_text, media_url, thumbnail_fit
from search_app.search.hits import ENOUGH_RARE_WORDS, Hit
from search_app.search.query import Query
from search_app.search.result_groups import PASSAGES_SHOWN, Entry, with_numbers
from search_app.search.searcher import Answer

_FIRST_BATCH = 6  # results that fit on a screen, drawn first
_DRAWING_SECONDS = 0.2  # that a browser gets to draw them
_MODALITY_LABELS = {"image": "IMAGE", "text": "TEXT"}
_CARD_LENGTH, _HIGHLIGHT_LENGTH, _ROW_LENGTH = 320, 135, 420  # characters of a passage; a card shows some 135 of them
_CLOSENESS_CLASSES = {
    "very close": "ns-very",
    "close": "ns-near",
    "loosely related": "ns-loose",
    "no real match": "ns-none",
}


_Render = Callable[[Span | None], str]
"""Returns the HTML of a result, with the best sentence of its passage highlighted if that is known."""


@dataclass(frozen=True)
class _Batch:
    """Results that are drawn together as one piece of HTML, and the element that shows them."""

    slot: DeltaGenerator
    results: tuple[tuple[Item, _Render], ...]

    def draw(self, spans: Mapping[str, Span]) -> None:
        """Draw them, with the best sentences at `spans`, by item id."""
        self.slot.html("".join(render(spans.get(item.id)) for item, render in self.results))


@dataclass(frozen=True)
class ResultCards:
    """The results of a page; `highlight_best_sentences` completes passages whose best sentence was not known."""

    space: AppSpace
    query: Query
    answer: Answer
    unfinished: list[_Batch] = field(default_factory=list)

    def draw(self) -> None:
        """Draw a card for each result whose item still exists; images and passages separately if the query says so."""
        if not self.query.listing.separate:
            self._section(self.answer.page.entries, "results")
            return
        for modality, title in (("image", "Images"), ("text", "Passages")):
            entries = [entry for entry in self.answer.page.entries if entry.hit.modality == modality]
            if entries:
                st.html(f'<div class="ns-section ns-part">{title}<small>{len(entries)}</small></div>')
                self._section(entries, f"results-{modality}")

    def highlight_best_sentences(self, encoder: Encoder) -> None:
        """Find the best sentences that need the encoder, and draw their passages again with them highlighted."""
        if self.unfinished:
            time.sleep(_DRAWING_SECONDS)  # a browser on this machine needs the processor to draw the results first
        for batch in self.unfinished:
            if spans := self._best_sentences(_passages(batch), encoder):
                batch.draw(spans)

    def _best_sentences(self, texts: dict[str, str], encoder: Encoder) -> dict[str, Span]:
        question = self.answer.question
        if question is None or not texts:
            return {}
        return self.space.sentences.best(texts, question, self.answer.means["text"], encoder)

    def _section(self, entries: Sequence[Entry], key: str) -> None:
        as_list = self.query.display.layout == "list"
        with st.container(key=f"{key}-list" if as_list else key):
            for batch in (entries[:_FIRST_BATCH], entries[_FIRST_BATCH:]):
                if batch:
                    self._batch(batch, self._row if as_list else self._card)

    def _batch(self, entries: Sequence[Entry], render: Callable[[Entry, Item, str], _Render]) -> None:
        results = [
            (item, render(entry, item, number))
            for number, entry in with_numbers(entries, self.query.display.unfolded)
            if (item := self.answer.items.get(entry.hit.id))
        ]
        if not results:
            return
        batch = _Batch(st.empty(), tuple(results))
        texts = _passages(batch)
        # Known sentences cost nothing; the others are highlighted once everything has been drawn.
        known = self.space.sentences.known(texts)
        batch.draw(self._best_sentences(known, self.space.encoder()))
        if self.answer.question is not None and len(known) < len(texts):
            self.unfinished.append(batch)

    def _card(self, entry: Entry, item: Item, number: str) -> _Render:
        hit, links = entry.hit, self._near_duplicates_button(entry)
        if count := len(entry.passages):
            links += action_button("details", hit.id, f"+{format_count(count, 'more passage')}")
        facts = f'<div class="ns-facts">{_title(item)}{_caption(item, 120)}{_score(hit)}</div>'
        rest = facts + (f'<div class="ns-card-links">{links}</div>' if links else "") + _action_row(hit)
        if item.modality == "image":
            front = _picture_front(self.space, item, key=f"hit-{number}", badge=number)
            return lambda _: _article(number, item, front + rest)
        return lambda span: _article(number, item, _passage_front(item, number, span) + rest)

    def _row(self, entry: Entry, item: Item, number: str) -> _Render:
        hit, picture, badge = entry.hit, "", ""
        if item.modality == "image":
            picture = _picture_front(self.space, item, key=f"hit-{number}", badge=number)
        else:
            badge = f'<span class="ns-badge ns-text">{number}</span>'
        head = f'<div class="ns-row">{badge}<div class="ns-facts">{_title(item)}</div></div>'
        rest = f"{self._more_passages(entry)}{_score(hit)}{_action_row(hit, self._near_duplicates_button(entry))}"

        def render(span: Span | None) -> str:
            text = excerpt(item.text, span, _ROW_LENGTH)  # the text of a picture is its caption
            shown = f'<div class="ns-excerpt">{text}</div>' if text else ""
            return _article(number, item, f'{picture}<div class="ns-body">{head}{shown}{rest}</div>', as_row=True)

        return render

    def _more_passages(self, entry: Entry) -> str:
        """Buttons for further passages of the same document."""
        items = self.answer.items
        shown = [items[hit.id] for hit in entry.passages[:PASSAGES_SHOWN] if hit.id in items]
        rows = ""
        for item in shown:
            page = f"p. {item.page}: " if item.page is not None else ""
            rows += action_button("details", item.id, f"{page}{snippet(item.text, 110)}")
        if left := len(entry.passages) - len(shown):
            rows += f'<div class="ns-note">and {left:,} more of this document</div>'
        return f'<div class="ns-more-passages">{rows}</div>' if rows else ""

    def _near_duplicates_button(self, entry: Entry) -> str:
        if not entry.alike:
            return ""
        if entry.hit.id in self.query.display.unfolded:
            return action_button("fold", entry.hit.id, "Hide those like it")
        return action_button("unfold", entry.hit.id, f"+{len(entry.alike):,} like it")


def _passages(batch: _Batch) -> dict[str, str]:
    """The texts of the passages of a batch, by item id."""
    return {item.id: item.text for item, _ in batch.results if item.modality == "text"}


def _action_row(hit: Hit, more: str = "") -> str:
    return (
        '<div class="ns-actions">'
        f"{action_button('from', hit.id, 'Search from this alone', 'travel_explore')}"
        f"{action_button('more', hit.id, 'More like this', 'thumb_up')}"
        f"{action_button('less', hit.id, 'Less like this', 'thumb_down')}"
        f"{action_button('details', hit.id, 'Details')}{more}</div>"
    )


def _article(number: str, item: Item, body: str, as_row: bool = False) -> str:
    """The HTML of the result with that number; its corner chooses it."""
    css_class = "ns-result ns-listed" if as_row else "ns-result"
    return (
        f'<article class="{css_class}" data-rank="{number}" data-item="{in_html(item.id)}">'
        f"{choosing_corner(item)}{body}</article>"
    )


def starter_cards(space: AppSpace, items: Sequence[Item]) -> None:
    """Draw small cards of items to start a search from."""
    html = ""
    for place, item in enumerate(items, start=1):
        if item.modality == "image":
            front = _picture_front(space, item, key=f"start-{place}")
        else:
            front = _passage_front(item, "", None)
        button = action_button("from", item.id, "Start here")
        html += f'<article class="ns-starter">{front}<div class="ns-actions">{button}</div></article>'
    if html:
        with st.container(key="starters"):
            st.html(html)


def _title(item: Item) -> str:
    title, source = in_html(headline(item)), in_html(source_label(item))
    return f'<h4 title="{title}">{title}</h4><div class="ns-source-label" title="{source}">{source}</div>'


def _caption(item: Item, max_length: int) -> str:
    caption = in_html(snippet(item.text, max_length)) if item.modality == "image" else ""
    return f'<div class="ns-caption" title="{caption}">{caption}</div>'


def _score(hit: Hit) -> str:
    return (
        f'<div class="ns-score"><b class="{_CLOSENESS_CLASSES[hit.closeness]}">{_closeness_label(hit)}</b>'
        f"<span>{percentile_label(hit)}</span><details><summary>numbers</summary>{score_details(hit)}</details></div>"
    )


def _closeness_label(hit: Hit) -> str:
    """How close a hit is, in words; a hit that contains the words of the query says so."""
    return "says your words" if hit.rare_words > ENOUGH_RARE_WORDS else hit.closeness


def _badges(item: Item, badge: str) -> str:
    number = f'<span class="ns-badge">{badge}</span>' if badge else ""
    return f'{number}<span class="ns-modality">{_MODALITY_LABELS[item.modality]}</span>'


def _picture_front(space: AppSpace, item: Item, key: str, badge: str = "") -> str:
    thumbnail = space.thumbnail(item)
    if thumbnail is None:
        picture = '<div class="ns-missing-thumbnail">no thumbnail</div>'
    else:
        url, fit, alt = media_url(thumbnail.jpeg, key), thumbnail_fit(item, thumbnail), in_html(alt_text(item))
        picture = f'<img class="ns-{fit}" src="{url}" alt="{alt}" decoding="sync">'
    return f'<div class="ns-image">{_badges(item, badge)}{picture}</div>'


def _passage_front(item: Item, badge: str, span: Span | None) -> str:
    text = excerpt(item.text, span, _HIGHLIGHT_LENGTH if span else _CARD_LENGTH)
    return f'<div class="ns-text">{_badges(item, badge)}<div class="ns-passage"><p>{text}</p></div></div>'
