"""Clicks on the map's points, in two and three dimensions.

Streamlit's own chart selection is not told of clicks in a three-dimensional Plotly scene, so a small component without
any looks of its own listens to Plotly's events in the page.  It also lights up a hit's card under the pointer and a
card's point on the map.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

KEY = "map-clicks"


@cache
def _component() -> Any:
    script = Path(__file__).with_name("map_clicks.js").read_text(encoding="utf-8")
    return st.components.v2.component("nearspace.map_clicks", js=script)


def listen(on_point: Callable[[str], None], dimensions: int) -> None:
    """Call `on_point` with the item id of a point that is clicked on the map in the container `map-panel`."""

    def clicked() -> None:
        value = st.session_state[KEY].get("point")
        if isinstance(value, str) and value.isdecimal():
            on_point(value)

    _component()(key=KEY, data={"dimensions": dimensions}, on_point_change=clicked, height=1)
