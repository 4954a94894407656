"""Keyboard shortcuts: from the query box to the results, between them, and into the details of one.

A small invisible component listens to keys in the page; each clicks the button of its name.  It never takes a key from
somebody who is typing.
"""

from dataclasses import replace
from pathlib import Path

import streamlit as st

from search_app.components.shared.formatting import in_html
from search_app.components.shared.page_script import page_script
from search_app.search.query import Query
from search_app.search.query_schema import Display

KEYS = (
    ("/", "to the question"),
    ("j  k", "next result, previous result"),
    ("← → ↑ ↓", "between results, once one is chosen"),
    ("Enter", "details of the chosen result"),
    ("m", "more like it"),
    ("s", "search from it alone"),
    ("x", "choose it; with Shift, all from the last chosen one"),
    ("n", "more results"),
    ("← →", "in the details: previous result, next result"),
    ("f", "in the details: the picture alone on the screen"),
    ("+  -", "there: larger, smaller"),
    ("Esc", "close the picture, then the details; leave the results"),
    ("?", "these keys"),
)
_KEY = "keys"
_SCRIPT = Path(__file__).with_name("keyboard.js")


def listen_for_keys(query: Query) -> None:
    """Let keys act on the results of `query`; scrolls to the results when another page of them is shown."""
    question = repr(replace(query.at_start, display=Display()))
    page_script("keys", _SCRIPT)(key=_KEY, data={"question": question, "page": query.listing.page}, height=1)


def keys_button() -> None:
    """Draw a button that opens the list of keys."""
    with st.popover("Keys", key="keys-help", icon=":material/keyboard:", type="tertiary", width="content"):
        rows = "".join(
            f"<dt>{''.join(f'<kbd>{in_html(key)}</kbd>' for key in keys.split())}</dt><dd>{in_html(effect)}</dd>"
            for keys, effect in KEYS
        )
        st.html(f'<div class="ns-keys"><h4>Keys</h4><dl>{rows}</dl></div>')
