"""The query box, which takes text and a picture together, and the card of the item that is searched from."""

from dataclasses import replace

import streamlit as st

from ingest.errors import ReadError, SpaceError
from ingest.space import Item
from search_app.components.search.query_terms import MEGABYTES, term_problem
from search_app.components.shared import page_url
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import headline, in_html, snippet, source_label, unwrapped
from search_app.components.shared.media import thumbnail_image
from search_app.components.shared.page_layout import notice
from search_app.search.query import Query
from search_app.search.query_pictures import keep_picture, upload_suffixes
from search_app.search.terms import LONGEST_TEXT

KEY = "query-box"
_BOX_TEXT = "text in the query box"
_ERROR = "problem of the last upload"


def query_box(space: AppSpace, query: Query) -> None:
    """Draw the box.  What is submitted becomes the query in the URL; an uploaded picture is stored in the space.

    The query's text stays in the box, to be edited.  New text or a new picture clears liked and unliked items; text, an
    uploaded picture and further terms are combined.
    """
    # The box empties itself when it is submitted, and must not be overwritten while somebody types.
    if st.session_state.get(_BOX_TEXT) != query.text:
        st.session_state[KEY] = query.text
        st.session_state[_BOX_TEXT] = query.text
    with st.container(key="ask"):
        st.chat_input(
            "Describe it, or paste a picture",
            key=KEY,
            accept_file=True,
            file_type=upload_suffixes(),
            max_upload_size=MEGABYTES,
            on_submit=_submitted,
            args=(space,),
        )
    if message := st.session_state.pop(_ERROR, None) or term_problem():
        notice("This cannot be searched for", message, is_error=True)


def _submitted(space: AppSpace) -> None:
    value = st.session_state[KEY]
    st.session_state.pop(_BOX_TEXT, None)
    if value is None:
        return
    query, _ = page_url.current()
    text = str(value.text).strip()[:LONGEST_TEXT]
    picture = query.image
    if value.files:
        at_least = space.manifest.encoder.image_size
        try:
            upload = value.files[0]
            picture = keep_picture(space.folder, upload.getvalue(), at_least=at_least, file_name=upload.name)
        except (ReadError, SpaceError) as error:
            st.session_state[_ERROR] = f"{snippet(value.files[0].name, 80)}: {error}"
            return
    if text or value.files:
        page_url.go(replace(query, text=text, image=picture, like=(), unlike=()))


def query_item_card(space: AppSpace, item: Item) -> None:
    """Draw the item that is searched from."""
    with (
        st.container(key="query-item"),
        st.container(key="query-item-row", horizontal=True, vertical_alignment="top", gap="small"),
    ):
        if item.modality == "image":
            thumbnail_image(space, item, key="query-item-photo", width=150)
        with st.container(width="stretch", gap="xxsmall", key="query-item-words"):
            text = unwrapped(item.text)
            full = f'<div class="ns-full-text">{in_html(text)}</div>' if text else ""
            st.html(
                f'<div class="ns-item"><div class="ns-eyebrow">searching from this {_kind(item)}</div>'
                f"<h4>{in_html(headline(item))}</h4>"
                f'<div class="ns-source-label">{in_html(source_label(item))}</div>{full}</div>'
            )
            with st.container(horizontal=True, gap="xsmall"):
                st.button(
                    "Details",
                    key="query-item-details",
                    icon=":material/open_in_full:",
                    type="tertiary",
                    on_click=page_url.open_details,
                    args=(item.id,),
                )
                st.button(
                    "Clear",
                    key="clear-like",
                    icon=":material/close:",
                    type="tertiary",
                    on_click=page_url.forget_judgement,
                    args=(item.id,),
                )


def _kind(item: Item) -> str:
    return "image" if item.modality == "image" else "passage"
