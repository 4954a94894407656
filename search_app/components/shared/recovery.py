"""Loads a page again that Streamlit's script has lost.

Streamlit's browser side now and then receives a message for an element that it no longer holds, for example when a
run is interrupted at the wrong moment.  It then leaves a blank page, which only a reload brings back.
"""

from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

_KEY = "recovery"


@cache
def _component() -> Any:
    script = Path(__file__).with_name("recovery.js").read_text(encoding="utf-8")
    return st.components.v2.component("nearspace.recovery", js=script)


def recover_lost_page() -> None:
    """Let the browser load the page again, at most every ten seconds, once it has been lost."""
    with st.container(key=_KEY):
        _component()(key=f"{_KEY}-listener", data=None, height=1)
