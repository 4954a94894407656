"""The links between the app's pages; each keeps the query and the space of the current page."""

from collections.abc import Sequence

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from search_app.components.shared import page_url
from search_app.search.url_state import Params

_PAGES = "the app's pages"


def register_pages(pages: Sequence[StreamlitPage]) -> None:
    """Register the pages, in the order of their links, before one of them runs."""
    st.session_state[_PAGES] = tuple(pages)


def page_link(url_path: str, label: str, icon: str, params: Params | None = None) -> None:
    """Draw a link to the page with that path, unless there is none or it is the current page.

    Its parameters are `params`, or else those that all pages share.
    """
    pages: tuple[StreamlitPage, ...] = st.session_state.get(_PAGES, ())
    for page in pages:
        if page.url_path == url_path and not (st.context.url or "").split("?")[0].endswith(f"/{url_path}"):
            with st.container(key=f"to-{url_path or 'search'}", width="content"):
                st.page_link(page, label=label, icon=icon or None, query_params=params or page_url.shared_params())


def page_links() -> None:
    """Draw a link to each page, if there are several."""
    pages: tuple[StreamlitPage, ...] = st.session_state.get(_PAGES, ())
    if len(pages) < 2:
        return
    with st.container(key="pages", horizontal=True, gap="small", vertical_alignment="center", width="content"):
        for page in pages:
            st.page_link(page, query_params=page_url.shared_params())
