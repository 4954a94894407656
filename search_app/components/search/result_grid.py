"""The grid of pictures in the browser: their size, how many rows a shelf shows first, and the place one came from.

A small invisible component does what style sheets cannot: it remembers the size that a person chose, hides the
pictures beyond the first rows of a shelf, asks for more as one scrolls towards the end, and returns to where the page
was when one comes back to it.
"""

from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

_KEY = "result-grid"
SIZE_SLIDER = (
    '<input type="range" class="ns-size" min="0.6" max="3" step="0.1" value="1" '
    'aria-label="Size of the pictures" title="Size of the pictures">'
)
"""The HTML of the slider that sets the size; the component listens to it, so that no picture is drawn anew."""


@cache
def _component() -> Any:
    script = Path(__file__).with_name("result_grid.js").read_text(encoding="utf-8")
    return st.components.v2.component("nearspace.result_grid", js=script)


def arrange_grids() -> None:
    """Have the browser arrange the grids of this page as they are drawn."""
    _component()(key=_KEY, data=None, height=1)
