"""What a pointer does on the map: clicks on points, in two and three dimensions, and the part that is looked at.

Streamlit's own chart selection is not told of clicks in a three-dimensional Plotly scene, and a chart whose contents
change starts afresh with its whole extent in view.  So a small component without any looks of its own listens to
Plotly's events in the page.  It also lights up a hit's card under the pointer, and a card's point on the map.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from search_app.views.map import Extent

KEY = "map-clicks"
_CLICKED = "a point of the map was clicked"


@cache
def _component() -> Any:
    script = Path(__file__).with_name("map_clicks.js").read_text(encoding="utf-8")
    return st.components.v2.component("nearspace.map_clicks", js=script)


# A fragment of its own: to note what is looked at must not draw the map again.
@st.fragment
def listen(on_point: Callable[[str], None], dimensions: int) -> None:
    """Call `on_point` with the item id of a point that is clicked on the map in the container `map-panel`.

    `on_point` runs as a callback, before the whole page is drawn again.
    """
    if st.session_state.pop(_CLICKED, False):
        st.rerun()

    def clicked() -> None:
        value = st.session_state[KEY].get("point")
        if isinstance(value, str) and value.isdecimal():
            on_point(value)
            st.session_state[_CLICKED] = True

    _component()(
        key=KEY, data={"dimensions": dimensions}, on_point_change=clicked, on_extent_change=lambda: None, height=1
    )


def extent() -> Extent | None:
    """The part of the map that was last looked at; None for the whole."""
    told = st.session_state.get(KEY, {}).get("extent")
    return Extent.read(told) if told else None
