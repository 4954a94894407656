"""A dialog that looks for an item of the collection, to ask for it as a part of the question."""

from collections.abc import Sequence

import streamlit as st

from ingest.space import Item
from ingest.space.steady_sample import steady_sample
from search_app.components.shared import page_url
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import headline, in_html, in_markdown, snippet
from search_app.components.shared.media import alt_text, media_url
from search_app.components.shared.open_page import loaded_encoder
from search_app.components.shared.thumbnails import resized_thumbnail
from search_app.search.query import Query
from search_app.search.snapshot import Snapshot
from search_app.search.terms import Term

_REQUESTED = "an item of the collection is to be picked"
_FOUND = 12
_SIDE = 320


def request_picker() -> None:
    """Open the dialog in the next run of the page."""
    st.session_state[_REQUESTED] = True


def open_picker(space: AppSpace, snapshot: Snapshot, query: Query) -> None:
    """Draw the dialog, if it was requested; not over the details of an item."""
    if st.session_state.pop(_REQUESTED, False) and not query.display.opened:
        _dialog(space, snapshot)


@st.dialog("From the collection", width="large")
def _dialog(space: AppSpace, snapshot: Snapshot) -> None:
    words = st.text_input("Look for", key="pick-words", placeholder="a bird, a castle …", autocomplete="off")
    found = _found(space, snapshot, str(words or "").strip())
    with st.container(key="pick-grid"):
        for item in found:
            with st.container(key=f"pick-{item.id}", gap="xxsmall"):
                st.html(_shown(space, item))
                if st.button(
                    in_markdown(snippet(headline(item), 40)),
                    key=f"pick-item-{item.id}",
                    type="tertiary",
                    help="Add it to the question",
                    on_click=page_url.add_term,
                    args=(Term("item", item.id),),
                ):
                    st.rerun()
    if not found:
        st.html('<div class="ns-note">Nothing found.</div>')


def _shown(space: AppSpace, item: Item) -> str:
    path = space.thumbnail_path(item)
    jpeg = resized_thumbnail(path, _SIDE) if path else None
    if jpeg:
        return f'<img src="{media_url(jpeg, f"pick-{item.id}")}" alt="{in_html(alt_text(item))}">'
    return f'<p class="ns-pick-text" dir="auto">{in_html(snippet(item.text, 160))}</p>'


def _found(space: AppSpace, snapshot: Snapshot, words: str) -> Sequence[Item]:
    if words:
        answer = space.searcher.ask(Query(text=words, count=_FOUND), loaded_encoder(space))
        return [answer.items[hit.id] for hit in answer.ranking.hits if hit.id in answer.items]
    groups = [group for group in snapshot.groups.values() if len(group)]
    ids = [str(group.ids[row]) for group in groups for row in steady_sample(group.ids, _FOUND // len(groups))]
    return space.ledger.items.get(ids)
