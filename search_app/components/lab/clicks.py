"""Clicks in the lab's own markup: a button there carries `data-action`, the name of an action and a value."""

from collections.abc import Callable, Mapping
from pathlib import Path

import streamlit as st

from search_app.components.shared.formatting import in_html
from search_app.components.shared.page_script import page_script

KEY = "lab-clicks"
_SCRIPT = Path(__file__).with_name("clicks.js")


def action_attribute(action: str, value: str) -> str:
    """The attribute by which a button in markup calls an action with a value."""
    return f'data-action="{in_html(f"{action}:{value}")}"'


def listen(actions: Mapping[str, Callable[[str], None]]) -> None:
    """Call the action of a clicked button with its value, as a callback before the page is drawn again.

    Values come from the browser and may be anything.  Called once in a run of the page.
    """

    def on_click() -> None:
        name, _, value = str(st.session_state[KEY].get("click") or "").partition(":")
        if name in actions:
            actions[name](value)

    page_script("lab_clicks", _SCRIPT)(key=KEY, on_click_change=on_click, height=1)
