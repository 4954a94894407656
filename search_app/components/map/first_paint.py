"""The first paint of a large map: the map goes to the browser alone, and the rest of the page follows once it is drawn.

A map of many points takes the browser a moment; everything else on the page would hold it up.
"""

import time
from collections.abc import Mapping
from typing import Any

import streamlit as st

from search_app.components.map.scatter import DrawnMap

_PAINTED = "a map has been drawn"
_MANY = 10_000  # points; fewer are drawn at once
_TIMEOUT = 1.0  # seconds, after which the rest of the page follows in any case
_POLL_EVERY = 0.02  # seconds


def map_goes_first(picture: DrawnMap) -> bool:
    """Whether to send the map before the rest: it has many points, and this visit has drawn no map yet."""
    return len(picture.rows) >= _MANY and not st.session_state.get(_PAINTED)


def mark_painted(values: Mapping[str, Any]) -> None:
    """Note that the browser has drawn the map: the handler of `scatter`'s action `drawn`."""
    st.session_state[_PAINTED] = True


def wait_until_painted() -> None:
    """Wait until the browser has drawn the map, which runs the page again, or has taken too long."""
    until = time.monotonic() + _TIMEOUT
    while time.monotonic() < until:
        time.sleep(_POLL_EVERY)
        st.session_state.get(_PAINTED)  # here Streamlit restarts the page if the browser has sent something
    st.session_state[_PAINTED] = True
