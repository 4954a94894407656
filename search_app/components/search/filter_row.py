"""The filters: what kind of items, from which folders."""

from dataclasses import replace
from typing import cast

import streamlit as st

from ingest.readers.draft import Modality
from search_app.components.search.more_filters import filter_chips, more_filters
from search_app.components.search.query_terms import TermContents, term_chips
from search_app.components.shared import page_url
from search_app.components.shared.app_space import AppSpace
from search_app.search.fields import MOST_PARTS
from search_app.search.query import Query
from search_app.search.snapshot import Snapshot

_KIND, _FOLDERS = "filter-modality", "filter-folders"
_KINDS: dict[str, tuple[Modality, ...]] = {"All": (), "Pictures": ("image",), "Passages": ("text",)}


def terms_and_filters(space: AppSpace, query: Query, snapshot: Snapshot, contents: TermContents | None = None) -> None:
    """Draw the terms of the question, with their `contents`, beside the filters, and a chip for each filter below."""
    with st.container(key="asked", horizontal=True, vertical_alignment="center", gap="small"):
        if contents is not None:
            term_chips(space, query, contents)
        filters(query, snapshot, space)
    filter_chips(query)


def filters(query: Query, snapshot: Snapshot, space: AppSpace | None = None) -> None:
    """Draw the filters as the query has them, the topics of `space` among them; a change goes into the URL."""
    folders = list(dict.fromkeys([*snapshot.folder_counts(), *query.filters.folder]))
    st.session_state[_KIND] = next(name for name, modality in _KINDS.items() if modality == query.filters.modality)
    st.session_state[_FOLDERS] = list(query.filters.folder)
    with st.container(key="filters", horizontal=True, vertical_alignment="center", gap="small"):
        st.segmented_control(
            "Show", list(_KINDS), key=_KIND, required=True, label_visibility="collapsed", on_change=_changed
        )
        st.multiselect(
            "Folders",
            folders,
            key=_FOLDERS,
            placeholder="All folders",
            label_visibility="collapsed",
            on_change=_changed,
            max_selections=MOST_PARTS,  # a link keeps no more
            disabled=len(folders) < 2,
        )
        more_filters(query, snapshot, space)


def _changed() -> None:
    query, _ = page_url.current()
    state = st.session_state
    page_url.go(
        replace(
            query,
            filters=replace(
                query.filters,
                modality=_KINDS[cast(str, state[_KIND] or "All")],
                folder=tuple(state[_FOLDERS]),
            ),
        )
    )
