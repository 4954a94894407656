"""The box that takes words and a picture together, and what is being asked at the moment."""

from dataclasses import replace

import streamlit as st
from PIL.Image import Image

from ingest.errors import ReadError, SpaceError
from ingest.readers.kinds import IMAGE_SUFFIXES
from ingest.space import Item
from search_app.engine.pictures import keep_picture
from search_app.engine.query import LONGEST_TEXT, Query
from search_app.views import links
from search_app.views.cards import photo
from search_app.views.resources import OpenSpace
from search_app.views.words import headline, in_html, snippet, unwrapped, whereabouts

KEY = "query-box"
_IN_BOX = "text in the query box"
_PROBLEM = "problem of the last upload"
_MEGABYTES = 50


def query_box(space: OpenSpace, query: Query) -> None:
    """Draw the box.  What is submitted becomes the query in the URL; an upload is kept in the space.

    Words are the whole text of the query, so they stay in the box to be changed.  New words or a new picture replace
    the item that the query was like; words and an uploaded picture are asked together.
    """
    # The box empties itself when it is submitted, and must not be written to while somebody types into it.
    if st.session_state.get(_IN_BOX) != query.text:
        st.session_state[KEY] = query.text
        st.session_state[_IN_BOX] = query.text
    with st.container(key="ask"):
        st.chat_input(
            "Describe it, or paste a picture",
            key=KEY,
            accept_file=True,
            file_type=sorted(suffix.removeprefix(".") for suffix in IMAGE_SUFFIXES),
            max_upload_size=_MEGABYTES,
            on_submit=_submitted,
            args=(space,),
        )
    if problem := st.session_state.pop(_PROBLEM, None):
        from search_app.views.frame import notice

        notice("This picture cannot be searched for", problem, bad=True)


def _submitted(space: OpenSpace) -> None:
    value = st.session_state[KEY]
    st.session_state.pop(_IN_BOX, None)
    if value is None:
        return
    query, _ = links.current()
    text = str(value.text).strip()[:LONGEST_TEXT]
    picture = query.picture
    if value.files:
        at_least = space.space.manifest.encoder.image_size
        try:
            picture = keep_picture(space.space.folder, value.files[0].getvalue(), at_least=at_least)
        except (ReadError, SpaceError) as error:
            st.session_state[_PROBLEM] = f"{snippet(value.files[0].name, 80)}: {error}"
            return
    if text or value.files:
        links.go(replace(query, text=text, picture=picture, like=""))


def chips(query: Query, picture: Image | None) -> None:
    """Show the parts of the query, each with a button that drops it."""
    if not (query.text or query.picture):
        return
    with st.container(key="chips", horizontal=True, vertical_alignment="center", gap="small"):
        if query.text:
            with st.container(key="chip-text", horizontal=True, vertical_alignment="center", gap="xxsmall"):
                words = in_html(snippet(query.text, 120))
                st.html(f'<div class="ns-chip"><small>words</small><b>{words}</b></div>', width="content")
                _drop("text", "Clear the words")
        if query.picture:
            with st.container(key="chip-picture", horizontal=True, vertical_alignment="center", gap="xxsmall"):
                if picture is not None:
                    small = picture.copy()
                    small.thumbnail((160, 160))
                    st.image(small, width=40, alt="Your picture")
                st.html('<div class="ns-chip"><small>your picture</small></div>', width="content")
                _drop("picture", "Clear the picture")


def from_item(space: OpenSpace, item: Item) -> None:
    """Show the item that the query is like."""
    from search_app.views.details import show_details

    with (
        st.container(key="from-item"),
        st.container(key="from-item-row", horizontal=True, vertical_alignment="top", gap="small"),
    ):
        if item.modality == "image":
            photo(space, item, key="from-item-photo", width=150)
        with st.container(width="stretch", gap="xxsmall", key="from-item-words"):
            text = unwrapped(item.text)
            full = f'<div class="ns-full">{in_html(text)}</div>' if text else ""
            st.html(
                f'<div class="ns-item"><div class="ns-eyebrow">searching from this {_kind(item)}</div>'
                f"<h4>{in_html(headline(item))}</h4>"
                f'<div class="ns-where">{in_html(whereabouts(item))}</div>{full}</div>'
            )
            with st.container(horizontal=True, gap="xsmall"):
                if st.button("Details", key="from-item-details", icon=":material/open_in_full:", type="tertiary"):
                    show_details(space, item, None)
                _drop("like", "Clear")


def _kind(item: Item) -> str:
    return "image" if item.modality == "image" else "passage"


def _drop(part: str, label: str) -> None:
    st.button(
        label, key=f"clear-{part}", icon=":material/close:", type="tertiary", on_click=links.clear_part, args=(part,)
    )
