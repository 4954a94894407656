"""Plain HTML buttons on result cards, and what each does with its item.

A browser takes milliseconds to draw one of Streamlit's buttons, and a page of results has a hundred.  So the cards have
plain buttons that name an action and an item, and a small invisible component reports which was clicked.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import streamlit as st

from search_app.components.shared import page_url
from search_app.components.shared.formatting import in_html
from search_app.components.shared.page_script import page_script

ACTIONS: Mapping[str, Callable[[str], None]] = {
    "from": page_url.search_like,
    "more": partial(page_url.judge, liked=True),
    "less": partial(page_url.judge, liked=False),
    "details": page_url.open_details,
    "unfold": partial(page_url.unfold, shown=True),
    "fold": partial(page_url.unfold, shown=False),
}
"""What each action does with the id of an item."""
_KEY = "card-actions"
_SCRIPT = Path(__file__).with_name("card_actions.js")


def action_button(action: str, item_id: str, label: str, icon: str = "") -> str:
    """The HTML of a button for one of ACTIONS; one that shows only an icon has its label as a tooltip."""
    text, attributes = in_html(label), f'class="ns-action" data-action="{action}" data-item="{in_html(item_id)}"'
    if not icon:
        return f'<button type="button" {attributes}>{text}</button>'
    return (
        f'<button type="button" {attributes} title="{text}" aria-label="{text}">'
        f'<span class="ns-icon" translate="no" aria-hidden="true">{icon}</span></button>'
    )


def listen_for_clicks() -> None:
    """Run the action of each button that is clicked, before the page is drawn again."""

    def on_click() -> None:
        click = st.session_state[_KEY].get("click")
        if isinstance(click, Mapping) and click.get("action") in ACTIONS and str(click.get("item", "")).isdecimal():
            ACTIONS[click["action"]](str(click["item"]))

    page_script("card_actions", _SCRIPT)(key=_KEY, data=None, on_click_change=on_click, height=1)
