"""Draws results: their shelves, the divider before the weaker ones, and ways to see more without losing the place.

Cards are drawn as one piece of HTML for many, because a browser is slow with the elements that Streamlit would create.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ingest.encoders.base import Encoder
from ingest.formatting import format_count
from ingest.readers.draft import Modality
from ingest.readers.passages import Span
from ingest.space import Item
from search_app.components.search.cards import CardMaker, Render, start_card
from search_app.components.search.shelves import PARTS, Shelf, Shown
from search_app.components.shared import page_url
from search_app.components.shared.app_space import AppSpace
from search_app.search.query import Query
from search_app.search.query_schema import MOST_PAGES, Part
from search_app.search.result_groups import Entry, with_numbers
from search_app.search.searcher import Answer

_FIRST_BATCH = 5  # results that fit on a screen, drawn first; of passages, those of a shelf that is not shown in full
_ROWS_ABOVE = 3  # of the passages above a shelf of pictures, so that both are in view
_DRAWING_SECONDS = 0.2  # that a browser gets to draw them
_TITLES: Mapping[Modality | None, str] = {"image": "Pictures", "text": "Passages", None: "Results"}


@dataclass(frozen=True)
class _Batch:
    """Results that are drawn together as one piece of HTML, and the element that shows them."""

    slot: DeltaGenerator
    results: tuple[tuple[Item, Render], ...]

    def draw(self, spans: Mapping[str, Span]) -> None:
        """Draw them, with the best sentences at `spans`, by item id."""
        self.slot.html("".join(render(spans.get(item.id)) for item, render in self.results))


@dataclass(frozen=True)
class ResultView:
    """The results as they are shown; `highlight_best_sentences` completes passages whose sentence was not known."""

    space: AppSpace
    query: Query
    shown: Shown
    unfinished: list[_Batch] = field(default_factory=list)

    @property
    def answer(self) -> Answer:
        """The answer that is shown."""
        return self.shown.answer

    def draw(self) -> None:
        """Draw the good answers on their shelves, then the divider, and the weaker ones once they are asked for."""
        good = [shelf for shelf in self.shown.shelves if shelf.good]
        for shelf in good:
            above = shelf.modality == "text" and good[-1] is not shelf
            self._good_shelf(shelf, alone=len(good) == 1, rows=_ROWS_ABOVE if above else _FIRST_BATCH)
        if not good:
            self._nothing_good()
        self._weaker()

    def highlight_best_sentences(self, encoder: Encoder) -> None:
        """Find the best sentences that need the encoder, and draw their passages again with them highlighted."""
        if self.unfinished:
            time.sleep(_DRAWING_SECONDS)  # a browser on this machine needs the processor to draw the results first
        for batch in self.unfinished:
            if spans := self._best_sentences(_passages(batch), encoder):
                batch.draw(spans)

    def _is_expanded(self, part: Part) -> bool:
        return part in self.query.display.expanded

    def _good_shelf(self, shelf: Shelf, *, alone: bool, rows: int) -> None:
        """Draw a shelf; one that is not shown in full has so many `rows` of passages."""
        full = alone or self._is_expanded(PARTS[shelf.modality]) if shelf.modality else True
        with st.container(key=f"shelf-{shelf.name}", gap="small"):
            if not alone:
                self._shelf_head(shelf, full, rows if shelf.modality == "text" else _FIRST_BATCH)
            in_rows = shelf.modality == "text" or self.query.display.layout == "list"
            entries = shelf.good if full or not in_rows else shelf.good[:rows]
            self._section(shelf, entries, f"results-{shelf.name}")
            if full and self.shown.continues(shelf):
                self._more_button(f"more-{shelf.name}")

    def _shelf_head(self, shelf: Shelf, full: bool, first: int) -> None:
        """The title of a shelf, with a button that shows all of it."""
        assert shelf.modality
        part, count = PARTS[shelf.modality], self.shown.good_of(shelf.modality)
        with st.container(key=f"head-{part}", horizontal=True, vertical_alignment="center", gap="small"):
            title = _TITLES[shelf.modality]
            goes_on = self.shown.continues(shelf)
            marked = " data-goes-on" if goes_on else ""  # else its button is hidden where the first rows show them all
            st.html(f'<h2 class="ns-section"{marked}>{title}<small>{count:,}</small></h2>', width="content")
            more = len(shelf.good) > first or goes_on
            if full:
                self._toggle(part, f"Fewer {part}", "expand_less", shown=False)
            elif more:
                self._toggle(part, f"All {part}", "expand_more", shown=True)

    def _toggle(self, part: Part, label: str, icon: str, *, shown: bool) -> None:
        key = f"all-{part}" if shown else f"fewer-{part}"
        st.button(
            label,
            key=key,
            icon=f":material/{icon}:",
            icon_position="right",
            type="tertiary",
            on_click=page_url.expand,
            args=(part,),
            kwargs={"shown": shown},
        )

    def _more_button(self, key: str) -> None:
        if self.query.display.pages < MOST_PAGES:
            icon, show = ":material/expand_more:", page_url.show_more
            st.button("Show more", key=key, icon=icon, on_click=show, args=(self.query,))

    def _nothing_good(self) -> None:
        """The nearest few; that they are no more is said above."""
        with st.container(key="nearest", gap="small"):
            for shelf in self.shown.shelves:
                self._section(shelf, self.shown.nearest(shelf), f"nearest-{shelf.name}")

    def _weaker(self) -> None:
        """The divider, and behind it what does not really match."""
        count, opened = self.shown.weaker, self._is_expanded("weaker")
        if not count:
            return
        with st.container(key="divider", horizontal=True, vertical_alignment="center"):
            label = f"Hide the weaker ones ({count:,})" if opened else format_count(count, "weaker one")
            self._toggle("weaker", label, "expand_less" if opened else "expand_more", shown=not opened)
        if not opened:
            return
        with st.container(key="weaker", gap="small"):
            # Page by page, so that nothing comes in above what one looks at.
            for number in range(self.query.display.pages):
                for shelf in self.shown.shelves:
                    rest = shelf.weaker[len(self.shown.nearest(shelf)) :]
                    page = self.query.listing.page - 1 + number
                    own = [entry for entry in rest if self.shown.page_of(entry) == page]
                    self._section(shelf, own, f"weaker-{number}-{shelf.name}")
            if self.shown.page.more:
                self._more_button("more-weaker")

    def _section(self, shelf: Shelf, entries: Sequence[Entry], key: str) -> None:
        if not entries:
            return
        make, render = CardMaker(self.space, self.answer.items, self.query.display.unfolded), "grid"
        draw: Callable[[Entry, Item, str], Render] = make.tile
        if self.query.display.layout == "list":
            draw, render = make.row, "list"
        elif shelf.modality == "text":
            draw, render = make.passage, "passages"
        with st.container(key=f"{key}-{render}"):
            for batch in self._batches(entries):
                self._batch(batch, draw)

    def _batches(self, entries: Sequence[Entry]) -> Iterator[list[Entry]]:
        """The results in view first, so that nothing delays them, then page by page: what is drawn stays as it is."""
        yield list(entries[:_FIRST_BATCH])
        for _, page in groupby(entries[_FIRST_BATCH:], key=lambda entry: self.shown.page_of(entry)):
            yield list(page)

    def _batch(self, entries: Sequence[Entry], render: Callable[[Entry, Item, str], Render]) -> None:
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

    def _best_sentences(self, texts: dict[str, str], encoder: Encoder) -> dict[str, Span]:
        question = self.answer.question
        if question is None or not texts:
            return {}
        return self.space.sentences.best(texts, question, self.answer.means["text"], encoder)


def starter_cards(space: AppSpace, items: Sequence[Item]) -> None:
    """Draw small cards of items to start a search from."""
    html = "".join(start_card(space, item, place) for place, item in enumerate(items, start=1))
    if html:
        with st.container(key="starters-grid"):
            st.html(html)


def _passages(batch: _Batch) -> dict[str, str]:
    """The texts of the passages of a batch, by item id."""
    return {item.id: item.text for item, _ in batch.results if item.modality == "text"}
