"""Beside the map: the selected item with its neighbours, the selection, and the results of the query."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ingest.errors import SpaceError
from ingest.space import Item
from search_app.components.map.axes import axis_button
from search_app.components.map.item_list import panel_heading, rows, section, thumbnails
from search_app.components.shared import page_layout, page_url
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import (
    MEASURES,
    count_of,
    headline,
    in_html,
    percentile_label,
    snippet,
    source_label,
    unwrapped,
)
from search_app.components.shared.media import thumbnail_image
from search_app.maps.contrast import Contrast, contrast
from search_app.search.export import items_as_csv
from search_app.search.neighbours import Neighbour, nearest
from search_app.search.query_schema import MapView
from search_app.search.searcher import Answer
from search_app.search.selections import keep_selection
from search_app.search.snapshot import Snapshot
from search_app.search.topics.vocabulary import Vocabulary

NEIGHBOURS = 10
_MEASURE = "space-measure"
_CARDS = 12
_TABLE = 1_000
_HITS = 24
_PROBLEM = "problem of the last selection"
_WORDS = 8
_PASSAGE = 700


def item_neighbours(snapshot: Snapshot, view: MapView) -> list[Neighbour]:
    """The items nearest to the selected item in the full space, nearest first, of both modalities.

    With the gap closed each modality is centred, as on the map.
    """
    found = nearest(snapshot, view.item, view.measure, centred=not view.gap, count=NEIGHBOURS)
    together = [each for part in found.values() for each in part]
    together.sort(key=lambda each: each.distance if view.measure == "euclidean" else -each.cosine)
    return together[:NEIGHBOURS]


def item_panel(space: AppSpace, item: Item, near: Sequence[Neighbour], view: MapView) -> None:
    """Draw an item and its neighbours."""
    with st.container(key="map-item"):
        panel_heading(headline(item), source_label(item))
        if item.modality == "image":
            thumbnail_image(space, item, key="map-item-photo")
        if text := snippet(unwrapped(item.text), _PASSAGE):
            st.html(f'<div class="ns-full-text">{in_html(text)}</div>')
        with st.container(horizontal=True, gap="xsmall", key="map-item-acts"):
            st.button(
                "Details",
                key="map-details",
                icon=":material/open_in_full:",
                type="tertiary",
                on_click=page_url.open_details,
                args=(item.id,),
            )
            st.button(
                "Search from it",
                key="map-search-from",
                icon=":material/travel_explore:",
                type="tertiary",
                on_click=page_url.search_like,
                args=(item.id,),
            )
            axis_button(space, item.id)
    with st.container(key="near-head", horizontal=True, vertical_alignment="center", gap="small"):
        section("Nearest in the full space")
        st.session_state[_MEASURE] = view.measure
        st.segmented_control(
            "Distance",
            list(MEASURES),
            key=_MEASURE,
            required=True,
            format_func=MEASURES.__getitem__,
            label_visibility="collapsed",
            on_change=_on_measure,
            help="Of vectors as they are, both give one order; once each modality is centred they may differ.",
        )
    items = {each.id: each for each in space.ledger.items.get([each.id for each in near])}
    remarks = {each.id: f"{each.distance if view.measure == 'euclidean' else each.cosine:.2f}" for each in near}
    rows(space, [items[each.id] for each in near if each.id in items], "near", remarks)


def _on_measure() -> None:
    page_url.change_map(measure=st.session_state[_MEASURE])


def missing_item_panel() -> None:
    """Say that the item of the link no longer exists."""
    with st.container(key="map-item"):
        panel_heading("That item is no longer in the space", "Its file was removed, or changed and read again.")


def selection_panel(space: AppSpace, ids: NDArray[np.int64], snapshot: Snapshot, vocabulary: Vocabulary | None) -> None:
    """Draw the selection: cards, how it differs from the rest, a table and its export."""
    count = len(ids)
    with st.container(key="map-selection"):
        share = f"{100 * count / max(len(snapshot), 1):.1f} % of the space" if count else "Nothing lies in there."
        panel_heading(f"{count:,} {'item' if count == 1 else 'items'} selected", share)
        if not count:
            return
        means = space.maps.means(snapshot, gap=False)
        found = contrast(snapshot, ids, means, space.ledger.items.texts, vocabulary, count=_CARDS)
        st.html(f'<div class="ns-note">{" ".join(_facts(found, len(snapshot)))}</div>')
        _filter_button(space, ids)
        section("In its middle", "the items nearest to it" if count > _CARDS else "")
        thumbnails(space, space.ledger.items.get(list(found.medoids[:_CARDS])), "selected")
        with st.expander("Table", key="selection-table"):
            listed = space.ledger.items.get([str(number) for number in ids[:_TABLE]])
            st.dataframe(
                {
                    "name": [headline(item) for item in listed],
                    "kind": [item.modality for item in listed],
                    "folder": [item.folder for item in listed],
                    "text": [snippet(item.text, 200) for item in listed],
                },
                hide_index=True,
                height=280,
            )
            if count > _TABLE:
                st.html(f'<div class="ns-note">The first {_TABLE:,} of {count:,}; the file has them all.</div>')
        st.download_button(
            "Save as CSV",
            data=lambda: items_as_csv(space.ledger.items.get([str(number) for number in ids])),
            file_name="selection.csv",
            mime="text/csv",
            key="selection-csv",
            icon=":material/download:",
            on_click="ignore",
        )


def _facts(found: Contrast, whole: int) -> list[str]:
    """The content of a selection and how it differs from the rest, in sentences of HTML."""
    counts = [count_of(found.images, "image"), count_of(found.texts, "text")]
    facts = [f"{' and '.join(counts)}."]
    rest = "from the rest" if found.images + found.texts < whole else "at all"
    if found.nearest_words:
        words = ", ".join(word for word, _ in found.nearest_words[:_WORDS])
        facts.append(f"What sets them apart {rest}: <b>{in_html(words)}</b>.")
    if found.distinctive_words:
        words = ", ".join(each.word for each in found.distinctive_words[:_WORDS])
        facts.append(f"Their texts and captions say <b>{in_html(words)}</b>.")
    facts.append(f"How alike they are: <b>{found.spread:.2f}</b> of 1 (mean cosine to their middle).")
    return facts


def _filter_button(space: AppSpace, ids: NDArray[np.int64]) -> None:
    """Draw a button that saves the selection in the space and filters the next searches by it."""
    query, _ = page_url.current()
    st.button(
        "Search in these",
        key="search-in-selection",
        icon=":material/filter_alt:",
        type="tertiary",
        on_click=_filter_by_selection,
        args=(space, ids),
    )
    if problem := st.session_state.pop(_PROBLEM, ""):
        page_layout.notice("The selection cannot be searched in", str(problem), is_error=True)
    elif query.filters.selection:
        page_layout.note("The next searches find items of the selection alone, until the filter is taken away.")


def _filter_by_selection(space: AppSpace, ids: NDArray[np.int64]) -> None:
    query, view = page_url.current()
    try:
        name = keep_selection(space.folder, ids)
    except SpaceError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    page_url.go(replace(query, filters=replace(query.filters, selection=name)).at_start, view)


def results_panel(space: AppSpace, answer: Answer) -> None:
    """Draw the results of the query, by the numbers that they have on the map."""
    hits = answer.ranking.hits[:_HITS]
    found = [answer.items[hit.id] for hit in hits if hit.id in answer.items]
    remarks = {hit.id: f"{hit.rank}" for hit in hits}
    rows(space, found, "hits", remarks)
    if not hits:
        st.html('<div class="ns-note">Nothing was found.</div>')
    elif not answer.ranking.matches:
        st.html(
            f'<div class="ns-note">Nothing really matches; the first is {in_html(percentile_label(hits[0]))}.</div>'
        )
