"""The map with its controls, beside the results: the first principal components of the whole space."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from search_app.components.map.captions import count_caption
from search_app.components.map.scatter import drawn_map, item_details, point_colours, scatter
from search_app.components.map.scene import scene_of
from search_app.components.shared import page_url
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.page_layout import theme
from search_app.maps.colouring import colour_items
from search_app.maps.layout import Layout, MapSpec
from search_app.search.query import Query
from search_app.search.query_schema import Dimensions, MapView
from search_app.search.searcher import Answer
from search_app.search.snapshot import Snapshot

_MAX_POINTS = 20_000  # that a map of this size can show
_NAME = "search_map"
_DIMENSIONS, _COLOUR, _GAP = "map-dimensions", "map-colour", "map-gap"
_CLICKED = "a point of the map was clicked"


@st.fragment
def map_panel(space: AppSpace, snapshot: Snapshot, query: Query, answer: Answer | None) -> None:
    """Draw the map; its settings redraw only the map, and a click on a point searches from its item."""
    if st.session_state.pop(_CLICKED, False):
        st.rerun()
    _, view = page_url.current()
    with st.container(key="map-panel"):
        _controls(view)
        layout = space.maps.layout(snapshot, MapSpec(dimensions=view.dimensions, gap=view.gap))
        assert layout is not None  # principal components are fitted at once
        picture = drawn_map(layout, _MAX_POINTS)
        hits = answer.ranking.hits if answer else ()
        coloured = colour_items(_colouring(view), snapshot, space.ledger)
        parts = [_kept(layout), count_caption(picture, snapshot, len(hits)), "Click one to search from it."]
        scene = {**scene_of(space, picture, query, view, answer), "caption": " ".join(parts), "small": True}
        scatter(_NAME, picture, point_colours(picture, coloured, theme(), None), scene, {"pick": _pick, "hide": _hide})
        item_details(_NAME, space)


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
    with st.container(key="map-controls", horizontal=True, vertical_alignment="center", gap="small"):
        st.html('<div class="ns-map-title" id="nearspace-map">Map</div>', width="content")
        st.segmented_control(
            "Dimensions",
            ["2-D", "3-D"],
            key=_DIMENSIONS,
            required=True,
            label_visibility="collapsed",
            on_change=_changed,
        )
        st.segmented_control(
            "Colour by",
            ["modality", "folder"],
            key=_COLOUR,
            required=True,
            label_visibility="collapsed",
            on_change=_changed,
        )
        st.toggle(
            "Gap",
            key=_GAP,
            on_change=_changed,
            help="Image and text vectors lie in two separate cones. Off: each modality is centred on its own mean, "
            "so that a picture and a passage of one meaning lie together. On: the cones as they are.",
        )


def _colouring(view: MapView) -> str:
    return "folder" if view.colouring == "folder" else "modality"


def _changed() -> None:
    state = st.session_state
    query, view = page_url.current()
    dimensions: Dimensions = 3 if state[_DIMENSIONS] == "3-D" else 2
    page_url.go(query, replace(view, dimensions=dimensions, colouring=state[_COLOUR], gap=bool(state[_GAP])))


def _kept(layout: Layout) -> str:
    shares = [axis.variance or 0.0 for axis in layout.axes]
    gap = "the gap between the modalities included" if layout.spec.gap else "each modality centred on its own mean"
    return (
        f"Principal components of the whole space: the {len(shares)} axes keep "
        f"{' + '.join(f'{100 * share:.1f}' for share in shares)} = {100 * sum(shares):.1f} % of its variance, {gap}."
    )
