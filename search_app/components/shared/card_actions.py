"""Buttons within HTML, and what each does to an item when it is pressed.

A browser takes milliseconds to draw a button of Streamlit's own, and a page of results has a hundred.  So theirs are
plain ones that name an act and an item, and a small component without any looks of its own tells which was pressed.
"""

from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import streamlit as st

from search_app.components.shared import page_url
from search_app.components.shared.formatting import in_html

ACTS: Mapping[str, Callable[[str], None]] = {
    "from": page_url.search_like,
    "more": partial(page_url.judge, liked=True),
    "less": partial(page_url.judge, liked=False),
    "details": page_url.open_details,
    "unfold": partial(page_url.unfold, shown=True),
    "fold": partial(page_url.unfold, shown=False),
}
"""What is done with the id of an item, by the name of the act."""
_KEY = "acts"


def act_button(act: str, item_id: str, label: str, icon: str = "") -> str:
    """The HTML of a button that does one of ACTS; with an icon alone its label is told under the pointer."""
    words, attributes = in_html(label), f'class="ns-act" data-act="{act}" data-item="{in_html(item_id)}"'
    if not icon:
        return f'<button type="button" {attributes}>{words}</button>'
    return (
        f'<button type="button" {attributes} title="{words}" aria-label="{words}">'
        f'<span class="ns-icon" translate="no" aria-hidden="true">{icon}</span></button>'
    )


@cache
def _component() -> Any:
    script = Path(__file__).with_name("card_actions.js").read_text(encoding="utf-8")
    return st.components.v2.component("nearspace.acts", js=script)


def listen() -> None:
    """Do what the buttons of this page say, before it is drawn again."""

    def pressed() -> None:
        told = st.session_state[_KEY].get("press")
        if isinstance(told, Mapping) and told.get("act") in ACTS and str(told.get("item", "")).isdecimal():
            ACTS[told["act"]](str(told["item"]))

    _component()(key=_KEY, data=None, on_press_change=pressed, height=1)
