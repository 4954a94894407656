"""What is around every page: the style, the head with the space's name and counts, and notices."""

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
_LOOK_EVERY = 4.0  # seconds between looks at the ledger's revision


def style() -> None:
    """Apply the app's style sheet."""
    st.html(STYLE)


def theme() -> Theme:
    """The colours of the theme that the browser shows."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def head(where: SpaceChoice) -> DeltaGenerator:
    """Draw the name, links to the pages, and the choice where there are several spaces; returns where counts belong."""
    with st.container(key="head", horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.html('<div class="ns-brand"><img src="app/static/icon.png" alt=""><b>Nearspace</b></div>', width="content")
        navigation.page_links()
        with st.container(key="head-space", horizontal=True, vertical_alignment="center", gap="small", width="content"):
            counts = st.container(key="head-counts", width="content")
            if len(where.existing) > 1:
                names = list(where.existing) if where.name in where.existing else [where.name, *where.existing]
                st.session_state[_PICKER] = where.name
                st.selectbox(
                    "Space", names, key=_PICKER, label_visibility="collapsed", width=170, on_change=_space_picked
                )
    return counts


def _space_picked() -> None:
    page_url.go_to_space(st.session_state[_PICKER])


@st.fragment(run_every=_LOOK_EVERY)
def count_line(space: AppSpace, revision: int, drawn_for: Theme, named: bool) -> None:
    """Say what the space holds, kept up to date; when it is not as at `revision` any more, offer to show the new.

    A page that was `drawn_for` another theme than the browser now shows is drawn again, as a chart cannot change its
    colours by itself.  `named` says whether the space's name goes before the counts.
    """
    if theme() != drawn_for:
        st.rerun()
    ledger = space.ledger
    try:
        counts, changed = ledger.items.counts(), ledger.revision() != revision
    except SpaceChanged:
        st.rerun()
    words = " · ".join(f"<b>{count_of(counts[modality], modality)}</b>" for modality in MODALITIES)
    with st.container(key="counts", horizontal=True, vertical_alignment="center", gap="small"):
        name = f"{in_html(space.name)} · " if named else ""
        st.html(f'<div class="ns-count">{name}{words}</div>', width="content")
        if changed and st.button("Show what is new", key="refresh", icon=":material/refresh:", type="tertiary"):
            st.rerun()


def notice(title: str, *lines: str, command: str = "", bad: bool = False) -> None:
    """Show words in a box; all of them may be untrusted.  `command` is set apart, to be copied."""
    body = "".join(f"<p>{in_html(line)}</p>" for line in lines)
    code = f"<pre>{in_html(command)}</pre>" if command else ""
    kind = "ns-notice ns-bad" if bad else "ns-notice"
    st.html(f'<div class="{kind}" role="status"><h3>{in_html(title)}</h3>{body}{code}</div>')


def note(words: str) -> None:
    """Show a remark in small letters; it may be untrusted."""
    st.html(f'<div class="ns-note">{in_html(words)}</div>')


def error_notice(title: str, error: Exception) -> None:
    """Show an error that was raised on purpose."""
    notice(title, str(error), bad=True)


@contextmanager
def waiting(words: str) -> Iterator[None]:
    """Say `words` for as long as something takes.

    Its place is there also when nothing has to be said, so that what comes after it stays where it was; it takes no
    room then.
    """
    with st.container(), st.spinner(words):
        yield
