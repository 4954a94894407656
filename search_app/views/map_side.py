"""Beside the map: the item that is looked at with its neighbours, the selection, and the results of the question."""

from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ingest.space import Item
from search_app.engine.exporting import items_as_csv
from search_app.engine.neighbours import Measure, Neighbour, nearest
from search_app.engine.query import MapView
from search_app.engine.search import Answer
from search_app.engine.snapshot import Snapshot
from search_app.views import links
from search_app.views.cards import photo
from search_app.views.details import show_details
from search_app.views.map_items import rows, section, thumbnails
from search_app.views.resources import OpenSpace
from search_app.views.words import closeness, headline, in_html, snippet, unwrapped, whereabouts

NEIGHBOURS = 10
_MEASURE = "space-measure"
_MEASURES: dict[Measure, str] = {"cosine": "Cosine", "euclidean": "Euclidean"}
_CARDS = 12
_TABLE = 1_000
_HITS = 24
_PASSAGE = 700


def neighbours_of(snapshot: Snapshot, view: MapView) -> list[Neighbour]:
    """The nearest items of the item that is looked at in the full space, nearest first, of both modalities.

    With the gap closed each modality is centred, as on the map.
    """
    measure: Measure = "euclidean" if view.euclidean else "cosine"
    found = nearest(snapshot, view.item, measure, centred=not view.gap, count=NEIGHBOURS)
    together = [each for part in found.values() for each in part]
    together.sort(key=lambda each: each.distance if view.euclidean else -each.cosine)
    return together[:NEIGHBOURS]


def item_panel(space: OpenSpace, item: Item, near: Sequence[Neighbour], view: MapView) -> None:
    """Draw an item and its neighbours."""
    with st.container(key="map-item"):
        _head(headline(item), whereabouts(item))
        if item.modality == "image":
            photo(space, item, key="map-item-photo")
        if text := snippet(unwrapped(item.text), _PASSAGE):
            st.html(f'<div class="ns-full">{in_html(text)}</div>')
        with st.container(horizontal=True, gap="xsmall", key="map-item-acts"):
            if st.button("Details", key="map-details", icon=":material/open_in_full:", type="tertiary"):
                show_details(space, item, None)
            st.button(
                "Search from it",
                key="map-search-from",
                icon=":material/travel_explore:",
                type="tertiary",
                on_click=links.ask_like,
                args=(item.id,),
            )
    with st.container(key="near-head", horizontal=True, vertical_alignment="center", gap="small"):
        section("Nearest in the full space")
        st.session_state[_MEASURE] = "euclidean" if view.euclidean else "cosine"
        st.segmented_control(
            "Distance",
            list(_MEASURES),
            key=_MEASURE,
            required=True,
            format_func=_MEASURES.__getitem__,
            label_visibility="collapsed",
            on_change=_measured,
            help="Of vectors as they are, both give one order; once each modality is centred they may differ.",
        )
    items = {each.id: each for each in space.space.ledger.items([each.id for each in near])}
    remarks = {each.id: f"{each.distance if view.euclidean else each.cosine:.2f}" for each in near}
    rows(space, [items[each.id] for each in near if each.id in items], "near", remarks)


def _measured() -> None:
    links.look(euclidean=st.session_state[_MEASURE] == "euclidean")


def _head(title: str, remark: str = "") -> None:
    """A heading with a button that takes what is looked at away."""
    with st.container(key="map-side-head", horizontal=True, vertical_alignment="top", gap="small"):
        st.html(
            f'<div class="ns-item"><h4>{in_html(title)}</h4><div class="ns-where">{in_html(remark)}</div></div>',
            width="stretch",
        )
        st.button("Close", key="map-close", icon=":material/close:", type="tertiary", on_click=links.look_at_nothing)


def gone_panel() -> None:
    """Say that the item of the link is not there any more."""
    with st.container(key="map-item"):
        _head("That item is not in the space any more", "Its file was removed, or changed and read again.")


def selection_panel(space: OpenSpace, ids: NDArray[np.int64], snapshot: Snapshot) -> None:
    """Draw what is selected: cards, what is in it, a table and its export."""
    count = len(ids)
    with st.container(key="map-selection"):
        share = f"{100 * count / max(len(snapshot), 1):.1f} % of the space" if count else "Nothing lies in there."
        _head(f"{count:,} {'item' if count == 1 else 'items'} selected", share)
        if not count:
            return
        chosen = _spread_out(ids, _CARDS)
        thumbnails(space, space.space.ledger.items([str(number) for number in chosen]), "selected")
        with st.expander("Table", key="selection-table"):
            listed = space.space.ledger.items([str(number) for number in ids[:_TABLE]])
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
            data=lambda: items_as_csv(space.space.ledger.items([str(number) for number in ids])),
            file_name="selection.csv",
            mime="text/csv",
            key="selection-csv",
            icon=":material/download:",
            on_click="ignore",
        )


def _spread_out(ids: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """At most `most` of the ids, from all parts of their list."""
    if len(ids) <= most:
        return ids
    return ids[np.linspace(0, len(ids) - 1, most).round().astype(np.int64)]


def results_panel(space: OpenSpace, answer: Answer) -> None:
    """Draw the results of the question, as numbered on the map."""
    hits = answer.ranking.hits[:_HITS]
    section("Results", "as numbered on the map")
    found = [answer.items[hit.id] for hit in hits if hit.id in answer.items]
    remarks = {hit.id: f"{hit.rank}" for hit in hits}
    rows(space, found, "hits", remarks)
    if not hits:
        st.html('<div class="ns-note">Nothing was found.</div>')
    elif not answer.ranking.matches:
        st.html(f'<div class="ns-note">Nothing here really matches; the first is {in_html(closeness(hits[0]))}.</div>')
