"""The map beside the results: the first principal components of the whole space, and where the answers lie on them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from search_app.components.map.captions import count_caption, trust_note
from search_app.components.map.scatter import drawn_map, item_details, point_colours, scatter
from search_app.components.map.scene import scene_of
from search_app.components.shared import page_url
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.page_layout import note, theme
from search_app.maps.colouring import colour_items
from search_app.maps.layout import Layout, MapSpec
from search_app.search.query import Query
from search_app.search.query_schema import Dimensions, MapView
from search_app.search.searcher import Answer
from search_app.search.selections import open_selection
from search_app.search.snapshot import Snapshot

_MAX_POINTS = 20_000  # that a map of this size can show
_NAME = "search_map"
_LAYOUT, _DIMENSIONS, _COLOUR, _GAP = "map-layout", "map-dimensions", "map-colour", "map-gap"
_LAYOUTS = ("Straight axes", "Neighbours")
_COLOURS = {"modality": "Kind", "folder": "Folder"}
_SENTENCE = "Dots that lie close often mean alike."
_NUMBERED = 5
"""Results that have their number on the map; the others are ringed."""
LEAST_ITEMS = 5
"""Items that a space needs for a map to say anything."""
_CLICKED = "a point of the map was clicked"


@st.fragment
def map_panel(space: AppSpace, snapshot: Snapshot, query: Query, answer: Answer | None) -> None:
    """Draw the map; its settings redraw only the map, and a click on a point searches from its item."""
    if st.session_state.pop(_CLICKED, False):
        st.rerun()
    _, view = page_url.current()
    with st.container(key="map-panel"):
        _controls(view)
        layout = _layout(space, snapshot, view)
        picture = drawn_map(layout, _MAX_POINTS)
        hits = answer.ranking.hits if answer else ()
        coloured = colour_items(_colouring(view), snapshot, space.ledger)
        scene = {**scene_of(space, picture, query, view, answer), "caption": "", "small": True, "numbered": _NUMBERED}
        colours = point_colours(picture, coloured, theme(), _chosen(space, layout, view))
        scatter(_NAME, picture, colours, scene, {"pick": _pick, "hide": _hide})
        item_details(_NAME, space)
        trust_note(layout, _SENTENCE, f"{count_caption(picture, snapshot, len(hits))} Click a dot to search from it.")


def _layout(space: AppSpace, snapshot: Snapshot, view: MapView) -> Layout:
    """Straight axes, or the layout of neighbours where the view asks for it and it is fitted."""
    layout = None
    if view.neighbours:
        layout = space.maps.layout(snapshot, space.maps.neighbours(view.gap, view.dimensions))
        if layout is None:
            note("The layout by neighbours is not fitted yet: open the map's own page to see how far it is.")
    layout = layout or space.maps.layout(snapshot, MapSpec(dimensions=view.dimensions, gap=view.gap))
    assert layout is not None  # straight axes are fitted at once
    return layout


def _chosen(space: AppSpace, layout: Layout, view: MapView) -> NDArray[np.bool_] | None:
    """Which items are selected on the map's own page, shape (len(layout),); None without a selection."""
    kept = open_selection(space.folder, view.chosen) if view.chosen else ()
    return np.isin(layout.ids, kept) if len(kept) else None


def _pick(values: Mapping[str, Any]) -> None:
    if str(values.get("id", "")).isdecimal():
        page_url.search_like(str(values["id"]))
        st.session_state[_CLICKED] = True


def _hide(values: Mapping[str, Any]) -> None:
    page_url.change_map(hidden=tuple(str(name) for name in values.get("hidden") or ()))


def _controls(view: MapView) -> None:
    st.session_state[_DIMENSIONS] = f"{view.dimensions}-D"
    # The map page has more colourings.
    st.session_state[_COLOUR] = _colouring(view)
    st.session_state[_GAP] = view.gap
    st.session_state[_LAYOUT] = _LAYOUTS[view.neighbours]
    with st.container(
        key="map-controls", horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.html('<div class="ns-map-title" id="nearspace-map">Map</div>', width="content")
        with st.popover("View", icon=":material/tune:", type="tertiary", key="map-options", width="content"):
            st.segmented_control("Layout", list(_LAYOUTS), key=_LAYOUT, required=True, on_change=_changed)
            st.segmented_control("Dimensions", ["2-D", "3-D"], key=_DIMENSIONS, required=True, on_change=_changed)
            st.segmented_control(
                "Colour by",
                list(_COLOURS),
                key=_COLOUR,
                required=True,
                format_func=_COLOURS.__getitem__,
                on_change=_changed,
            )
            st.toggle(
                "Pictures and passages apart",
                key=_GAP,
                on_change=_changed,
                help="The vectors of pictures and of passages lie in two separate cones. Off: each kind is centred on "
                "its own mean, so that a picture and a passage of one meaning lie together. On: the cones as they are.",
            )


def _colouring(view: MapView) -> str:
    return "folder" if view.colouring == "folder" else "modality"


def _changed() -> None:
    state = st.session_state
    query, view = page_url.current()
    dimensions: Dimensions = 3 if state[_DIMENSIONS] == "3-D" else 2
    page_url.go(
        query,
        replace(
            view,
            dimensions=dimensions,
            colouring=state[_COLOUR],
            gap=bool(state[_GAP]),
            neighbours=state[_LAYOUT] == _LAYOUTS[True],
        ),
    )
