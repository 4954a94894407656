"""The drawer beside the map: it opens only for what has been picked, an item, a place, an area, a topic or a list."""

from collections.abc import Callable

import streamlit as st

from search_app.components.map.item_list import panel_heading
from search_app.components.shared import page_url
from search_app.search.query import Query

RESULTS, TOPICS = "results", "topics"
"""The lists that the drawer can show."""

_LIST = "the list in the drawer of the map"


def list_shown(query: Query) -> str:
    """The list that has been asked for: RESULTS, TOPICS or ''."""
    name = str(st.session_state.get(_LIST, ""))
    return "" if name == RESULTS and query.is_empty else name


def show_list(name: str) -> None:
    """Show a list in the drawer, and nothing else; '' for none.  A button's callback."""
    st.session_state[_LIST] = name
    page_url.unfocus()


def list_button(name: str, label: str, icon: str) -> None:
    """Draw a button that shows a list in the drawer."""
    st.button(label, key=f"map-list-{name}", icon=icon, type="tertiary", on_click=show_list, args=(name,))


def list_panel(title: str, remark: str, draw: Callable[[], None]) -> None:
    """Draw a list under a heading that closes it."""
    panel_heading(title, remark, close=lambda: show_list(""))
    draw()
