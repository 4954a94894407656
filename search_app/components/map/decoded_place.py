"""An empty place of the map, decoded back into the space: the words and items that lie nearest to it."""

import streamlit as st

from ingest.errors import NearspaceError
from search_app.components.map.item_list import panel_heading, rows, section
from search_app.components.shared import page_url
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import in_html
from search_app.components.shared.open_page import loaded_encoder
from search_app.maps.decoding import DecodedPlace, decode
from search_app.maps.layout import Layout
from search_app.search.query_schema import MapView
from search_app.search.snapshot import Snapshot
from search_app.search.topics.model import Topics
from search_app.search.topics.vocabulary import Vocabulary

ITEMS = 10
_WORDS = 8
_SEARCHED_WORDS = 3


def place_vocabulary(space: AppSpace, snapshot: Snapshot, topics: Topics | None) -> Vocabulary | None:
    """The words that name places; None before topics have been found, since to encode them all takes a while."""
    if topics is None:
        return None
    try:
        return space.searcher.topics.vocabulary(loaded_encoder(space), snapshot)
    except NearspaceError:
        return None  # without the encoder there are no words


def decode_place(
    space: AppSpace, snapshot: Snapshot, view: MapView, layout: Layout, topics: Topics | None
) -> DecodedPlace | None:
    """What the place that the view looks at stands for; None where it looks at none of this map."""
    if len(view.spot) != layout.spec.dimensions:
        return None
    projection = space.maps.projection(snapshot, layout.spec.gap)
    return decode(layout, view.spot, snapshot, projection, place_vocabulary(space, snapshot, topics), ITEMS)


def place_panel(space: AppSpace, found: DecodedPlace) -> None:
    """Draw what a place stands for."""
    with st.container(key="map-spot"):
        words = [word for word, _ in found.words[:_WORDS]]
        panel_heading(", ".join(words[:_SEARCHED_WORDS]) or "An empty place", "what this place of the map stands for")
        how = (
            "What an item exactly here would mean, reckoned back from the axes of the map."
            if found.method == "inverse"
            else "What an item here would mean, as far as the items drawn nearest to it show."
        )
        more = f" The nearest words are <b>{in_html(', '.join(words))}</b>." if words else ""
        st.html(f'<div class="ns-note">{how}{more}</div>')
        if words:
            st.button(
                "Search for these words",
                key="spot-search",
                icon=":material/search:",
                type="tertiary",
                on_click=page_url.search_text,
                args=(" ".join(words[:_SEARCHED_WORDS]),),
            )
        section("Nearest to it in the full space")
        items = {each.id: each for each in space.ledger.items.get([near.id for near in found.items])}
        remarks = {near.id: f"{near.cosine:.2f}" for near in found.items}
        rows(space, [items[near.id] for near in found.items if near.id in items], "spot", remarks)
