"""Loads a page again that Streamlit's script has lost.

Streamlit's browser side now and then receives a message for an element that it no longer holds, for example when a
run is interrupted at the wrong moment.  It then leaves a blank page, which only a reload brings back.
"""

from pathlib import Path

import streamlit as st

from search_app.components.shared.page_script import page_script

LOST = "delta path|on an ElementNode|TransientNode has no anchor"
"""A pattern, for JavaScript and Python alike, of what Streamlit's script says when it loses a page."""
_KEY = "recovery"
_SCRIPT = Path(__file__).with_name("recovery.js")


def recover_lost_page() -> None:
    """Let the browser load the page again, at most every ten seconds, once it has been lost."""
    with st.container(key=_KEY):
        page_script("recovery", _SCRIPT)(key=f"{_KEY}-listener", data={"lost": LOST}, height=1)
