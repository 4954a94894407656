"""The links between the app's pages; a query and a space stay what they are from one page to the next."""

from collections.abc import Sequence

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from search_app.views import links

_PAGES = "the app's pages"


def announce(pages: Sequence[StreamlitPage]) -> None:
    """Say which pages there are, in the order of their links, before one of them is run."""
    st.session_state[_PAGES] = tuple(pages)


def page_links() -> None:
    """Draw a link to each page, where there are several."""
    pages: tuple[StreamlitPage, ...] = st.session_state.get(_PAGES, ())
    if len(pages) < 2:
        return
    with st.container(key="pages", horizontal=True, gap="small", vertical_alignment="center", width="content"):
        for page in pages:
            st.page_link(page, query_params=links.shared())
