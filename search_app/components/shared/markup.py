"""Corrections of Streamlit's own markup, in the browser: the direction of text, and a wrong role."""

from pathlib import Path

import streamlit as st

from search_app.components.shared.page_script import page_script

_SCRIPT = Path(__file__).with_name("markup.js")


def correct_markup() -> None:
    """Correct what Streamlit writes from now on; called once in a run of a page."""
    with st.container(key="markup"):
        page_script("markup", _SCRIPT)(key="markup-corrections", height=1)
