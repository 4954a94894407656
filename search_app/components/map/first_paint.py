"""The first map of a visit: it goes to the browser alone, and what is around it follows once it is drawn."""

import time
from collections.abc import Mapping
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from search_app.components.map.scatter import Drawing

_DRAWN = "a map has been drawn"
_MANY = 10_000  # points; fewer are drawn in no time
_PATIENCE = 1.0  # seconds; a browser that has not drawn the map by then gets the rest all the same
_LOOK = 0.02  # seconds between looks


def goes_first(picture: Drawing) -> bool:
    """Whether what is around the map would hold it up: it has many points, and none was drawn in this visit."""
    return len(picture.rows) >= _MANY and not st.session_state.get(_DRAWN)


def keep_room(*places: DeltaGenerator) -> None:
    """Hold the place of what will be drawn in `places`, so that the map stays where it is."""
    for place in places:
        place.html('<div class="ns-map-placeholder"></div>')


def drawn(told: Mapping[str, Any]) -> None:
    """The browser has drawn the map: an act of `scatter`."""
    st.session_state[_DRAWN] = True


def until_drawn() -> None:
    """Wait until the browser has drawn the map, which runs the page again, or has taken too long for it."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        time.sleep(_LOOK)
        st.session_state.get(_DRAWN)  # where Streamlit begins anew, if the browser has told something
    st.session_state[_DRAWN] = True
