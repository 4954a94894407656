"""What is clicked in the lab's own markup: a button there carries `data-pick`, an action's name and a value."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from search_app.components.shared.formatting import in_html

KEY = "lab-pointing"


def pick(action: str, value: str) -> str:
    """The attribute that makes a button of markup call an action with a value."""
    return f'data-pick="{in_html(f"{action}:{value}")}"'


def listen(actions: Mapping[str, Callable[[str], None]]) -> None:
    """Call an action with the value of what is clicked, as a callback before the page is drawn again.

    Values come from the browser and may be anything.  Called once in a run of the page.
    """

    def picked() -> None:
        name, _, value = str(st.session_state[KEY].get("pick") or "").partition(":")
        if name in actions:
            actions[name](value)

    _component()(key=KEY, on_pick_change=picked, height=1)


@cache
def _component() -> Any:
    script = Path(__file__).with_name("clicks.js").read_text(encoding="utf-8")
    return st.components.v2.component("nearspace.lab_pointing", js=script)
