"""Corrections of Streamlit's own markup, in the browser: the direction of text, and a wrong role."""

from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st


def correct_markup() -> None:
    """Correct what Streamlit writes from now on; called once in a run of a page."""
    with st.container(key="markup"):
        _component()(key="markup-corrections", height=1)


@cache
def _component() -> Any:
    script = Path(__file__).with_name("markup.js").read_text(encoding="utf-8")
    return st.components.v2.component("nearspace.markup", js=script)
