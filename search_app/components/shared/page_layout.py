"""The frame of every page: the style sheet, the header with the space's name and counts, and notices."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ingest.errors import SpaceChanged
from ingest.readers.draft import MODALITIES
from search_app.components.shared import navigation, page_url
from search_app.components.shared.app_space import AppSpace, SpaceChoice
from search_app.components.shared.formatting import count_of, in_html
from search_app.components.shared.palette import DARK, LIGHT, Theme

STYLE = Path(__file__).with_name("style.css")
_PICKER = "space-picker"
_POLL_SECONDS = 4.0  # between checks of the ledger's revision


def apply_style() -> None:
    """Apply the app's style sheet."""
    st.html(STYLE)


def theme() -> Theme:
    """The colours of the theme that the browser shows."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def header(choice: SpaceChoice) -> DeltaGenerator:
    """Draw the product's name, the links to the pages, and a space picker if there are several.

    Returns the container for the counts.
    """
    with st.container(key="head", horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.html('<div class="ns-brand"><img src="app/static/icon.png" alt=""><b>Nearspace</b></div>', width="content")
        navigation.page_links()
        with st.container(key="head-space", horizontal=True, vertical_alignment="center", gap="small", width="content"):
            counts = st.container(key="head-counts", width="content")
            if len(choice.existing) > 1:
                names = list(choice.existing) if choice.name in choice.existing else [choice.name, *choice.existing]
                st.session_state[_PICKER] = choice.name
                st.selectbox(
                    "Space", names, key=_PICKER, label_visibility="collapsed", width=170, on_change=_space_picked
                )
    return counts


def _space_picked() -> None:
    page_url.go_to_space(st.session_state[_PICKER])


@st.fragment(run_every=_POLL_SECONDS)
def count_line(space: AppSpace, revision: int, drawn_theme: Theme, show_name: bool) -> None:
    """Show the space's counts, kept up to date; if it has changed since `revision`, offer to draw the page again.

    A page drawn in another theme than the browser now shows (`drawn_theme`) is drawn again, because a chart cannot
    change its own colours.  With `show_name` the space's name precedes the counts.
    """
    if theme() != drawn_theme:
        st.rerun()
    ledger = space.ledger
    try:
        counts, changed = ledger.items.counts(), ledger.revision() != revision
    except SpaceChanged:
        st.rerun()
    held = [count_of(counts[modality], modality) for modality in MODALITIES if counts[modality]]
    totals = " · ".join(f"<b>{total}</b>" for total in held or ["nothing yet"])
    with st.container(key="counts", horizontal=True, vertical_alignment="center", gap="small"):
        name = f"{in_html(space.name)} · " if show_name else ""
        st.html(f'<div class="ns-count">{name}{totals}</div>', width="content")
        if changed and st.button("Show what is new", key="refresh", icon=":material/refresh:", type="tertiary"):
            st.rerun()


def notice(title: str, *lines: str, command: str = "", is_error: bool = False) -> None:
    """Show a message in a box; every part may be untrusted.  `command` is shown as code, to be copied."""
    body = "".join(f'<p dir="auto">{in_html(line)}</p>' for line in lines)
    code = f"<pre>{in_html(command)}</pre>" if command else ""
    css_class = "ns-notice ns-error" if is_error else "ns-notice"
    st.html(f'<div class="{css_class}" role="status"><h3 dir="auto">{in_html(title)}</h3>{body}{code}</div>')


def note(text: str) -> None:
    """Show a remark in small type; it may be untrusted."""
    st.html(f'<div class="ns-note" dir="auto">{in_html(text)}</div>')


def error_notice(title: str, error: Exception) -> None:
    """Show an expected error."""
    notice(title, str(error), is_error=True)


@contextmanager
def part(name: str, shown: str) -> Iterator[None]:
    """A part of a page that is exchanged as a whole; `shown` says which of its contents is drawn, such as a tab.

    Until a page is drawn, Streamlit leaves below the new content what the former one had more of.  That is hidden when
    `shown` changes; otherwise all stays as it is until the new is there.
    """
    memory, key = f"shown part: {name}", f"part-{name}-{shown}"
    leftovers = st.empty()
    if st.session_state.get(memory, shown) != shown:
        hidden = f'.st-key-{key} .stElementContainer[data-stale="true"]'
        leftovers.html(f'<i class="ns-leftovers"></i><style>{hidden} {{ display: none; }}</style>')
    st.session_state[memory] = shown
    with st.container(key=key):
        yield
    leftovers.empty()


@contextmanager
def spinner(text: str) -> Iterator[None]:
    """Show `text` with a spinner while the block runs.

    Its container always exists, and takes no room when the block is quick, so that later elements keep their places.
    """
    with st.container(), st.spinner(text):
        yield
