"""The filters beside the query bar: pictures, passages or both, and a button for all others."""

from dataclasses import replace
from typing import cast

import streamlit as st

from ingest.readers.draft import Modality
from search_app.components.search.more_filters import more_filters
from search_app.components.shared import page_url
from search_app.components.shared.app_space import AppSpace
from search_app.search.query import Query
from search_app.search.snapshot import Snapshot

_KIND = "filter-modality"
_KINDS: dict[str, tuple[Modality, ...]] = {"All": (), "Pictures": ("image",), "Passages": ("text",)}


def filters(query: Query, snapshot: Snapshot, space: AppSpace | None = None, *, compact: bool = False) -> None:
    """Draw the filters as the query has them, the topics of `space` among them; a change goes into the URL.

    Where there is little room, `compact` puts all of them behind the button.
    """
    with st.container(key="filters", horizontal=True, vertical_alignment="center", gap="small", width="content"):
        if not compact:
            _kinds(query)
        more_filters(query, snapshot, space, first=(lambda: _kinds(query)) if compact else None)


def _kinds(query: Query) -> None:
    st.session_state[_KIND] = next(name for name, modality in _KINDS.items() if modality == query.filters.modality)
    st.segmented_control(
        "Show", list(_KINDS), key=_KIND, required=True, label_visibility="collapsed", on_change=_changed
    )


def _changed() -> None:
    query, _ = page_url.current()
    modality = _KINDS[cast(str, st.session_state[_KIND] or "All")]
    page_url.go(replace(query, filters=replace(query.filters, modality=modality)))
