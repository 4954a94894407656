"""Several results chosen by their corners, and a bar with what can be done with them.

A small component (`choosing.js`) listens to the corners and the keys; only the bar is drawn again for each choice.
What is chosen stays so on other pages of the results and in other orders, until the question changes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from ingest.errors import NearspaceError
from ingest.formatting import format_count
from ingest.space import Item
from search_app.components.library import job_actions
from search_app.components.library.overview_tab import confirm_removal
from search_app.components.search.export_menu import download_buttons
from search_app.components.shared import navigation, page_url
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.page_script import page_script
from search_app.search.query import LARGEST_COUNT, Query
from search_app.search.query_pictures import open_picture
from search_app.search.query_schema import Display, Filters, Listing
from search_app.search.results import Result, results_of
from search_app.search.selections import keep_selection
from search_app.search.terms import Term, write_term
from search_app.search.url_state import Params

MOST_CHOSEN = LARGEST_COUNT
MOST_COMPARED = 14
"""As many as the lab's table of pairs shows."""
_KEY = "choosing-events"
_SCRIPT = Path(__file__).with_name("choosing.js")
_CHOSEN = "the chosen results"
_LAB, _MAP = "closeness-lab", "space-map"


def choosing_bar(space: AppSpace, query: Query) -> None:
    """Let results be chosen, and draw the bar of their actions while there are any."""
    # Another order or page shows the same results; another question has others.
    question = repr((space.identity, replace(query, listing=Listing(), display=Display(), count=LARGEST_COUNT)))
    if st.session_state.get(_CHOSEN, ("", []))[0] != question:
        st.session_state[_CHOSEN] = question, []
    st.html(Path(__file__).with_name("choosing.css"))
    job_actions.show_error()
    _bar(space, query)


def _choose() -> None:
    """Take over what the browser says is chosen."""
    asked = st.session_state[_KEY].get("chosen")
    if isinstance(asked, Mapping) and isinstance(ids := asked.get("ids"), Sequence):
        known = dict.fromkeys(str(item_id) for item_id in ids if str(item_id).isdecimal())
        st.session_state[_CHOSEN] = st.session_state[_CHOSEN][0], list(known)[:MOST_CHOSEN]


@st.fragment
def _bar(space: AppSpace, query: Query) -> None:
    question, ids = st.session_state[_CHOSEN]
    items = space.ledger.items.get(ids)
    paths = list(dict.fromkeys(item.path for item in items))
    with st.container(key="choosing-listener"):
        data = {"question": question, "ids": [item.id for item in items], "paths": paths, "most": MOST_CHOSEN}
        page_script("choosing", _SCRIPT)(key=_KEY, data=data, on_chosen_change=_choose, height=1)
    if items:
        with st.container(key="choosing", horizontal=True, vertical_alignment="center", gap="xxsmall"):
            st.html(f'<b class="ns-chosen" role="status">{len(items):,} chosen</b>', width="content")
            _export(space, query, items)
            _compare(items)
            _show_on_map(space, query, items)
            _remove(space, paths)
            st.html(_plain_button("copy", "Copy paths", "content_copy"), width="content")
            st.html(_plain_button("clear", "Choose none", "close"), width="content")


def _plain_button(name: str, label: str, icon: str) -> str:
    """The HTML of a button that the script listens to."""
    return (
        f'<button type="button" class="ns-choosing-action" data-choosing="{name}" title="{label}">'
        f'<span class="ns-icon" translate="no" aria-hidden="true">{icon}</span><span>{label}</span></button>'
    )


def _export(space: AppSpace, query: Query, items: Sequence[Item]) -> None:
    def find() -> list[Result]:
        return _chosen_results(space, query, items)

    with (
        st.popover("Export", key="choosing-export", icon=":material/download:", type="tertiary"),
        st.container(key="choosing-export-panel", gap="small", width=220),
    ):
        download_buttons(space, find, "chosen", key="choosing")


def _chosen_results(space: AppSpace, query: Query, items: Sequence[Item]) -> list[Result]:
    """The chosen items as results of `query`, in its order, each on its own."""
    name = keep_selection(space.folder, _numbers(items))
    only = replace(
        query,
        count=LARGEST_COUNT,
        filters=Filters(selection=name),
        listing=replace(query.listing, page=1, fold=False, group=False, separate=False, diversity=0.0),
    )
    pictures = {name: open_picture(space.folder, name) for name in query.images}
    existing = {name: picture for name, picture in pictures.items() if picture is not None}
    return list(results_of(space.searcher.ask(only, space.encoder(), existing)))


def _numbers(items: Sequence[Item]) -> Any:
    import numpy as np

    return np.array([int(item.id) for item in items], np.int64)


def _compare(items: Sequence[Item]) -> None:
    fits = 2 <= len(items) <= MOST_COMPARED
    if st.button(
        "Compare",
        key="choosing-compare",
        icon=":material/science:",
        type="tertiary",
        disabled=not fits,
        help="Each with each, in the lab" if fits else f"The lab compares from 2 to {MOST_COMPARED} items",
    ):
        params = {**page_url.shared_params(), "part": ["pairs"]}
        params["pairs-thing"] = [write_term(Term("item", item.id, 1.0)) for item in items]
        _follow(_LAB, "Compare", params)


def _show_on_map(space: AppSpace, query: Query, items: Sequence[Item]) -> None:
    if st.button("On the map", key="choosing-map", icon=":material/scatter_plot:", type="tertiary"):
        try:
            name = keep_selection(space.folder, _numbers(items))
        except NearspaceError as error:
            st.toast(str(error), icon=":material/error:")
            return
        only = replace(query, filters=Filters(selection=name))
        _follow(_MAP, "On the map", page_url.shared_params(only))


def _follow(url_path: str, label: str, params: Params) -> None:
    """Have the script follow a link: unlike `st.switch_page` it leaves this page in the browser's history as it is."""
    with st.container(key="choosing-follow"):
        navigation.page_link(url_path, label, "", params)


def _remove(space: AppSpace, paths: list[str]) -> None:
    permission = job_actions.visitor_permission()
    if st.button(
        "Remove …",
        key="choosing-remove",
        icon=":material/remove_circle:",
        type="tertiary",
        disabled=not permission.may_change,
        help=f"Take {format_count(len(paths), 'file')} out of the space, once you confirm; nothing is deleted on disk"
        if permission.may_change
        else permission.reason,
    ):
        confirm_removal(space, paths, on_started=partial(_removing, len(paths)))


def _removing(count: int) -> None:
    st.session_state[_CHOSEN] = st.session_state[_CHOSEN][0], []
    st.toast(
        f"{format_count(count, 'file')} leave the space. To undo it, let them in again in the library, under Files.",
        icon=":material/remove_circle:",
    )
