"""Pictures on the pages: the URL of one within our own HTML, and an item's thumbnail as an element of its own."""

import streamlit as st
from streamlit import runtime

from ingest.space import Item
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import snippet
from search_app.components.shared.thumbnails import Thumbnail


def media_url(jpeg: bytes, key: str) -> str:
    """The URL of a JPEG, relative to every page of the app; `key` names the place on the page that shows it.

    Streamlit serves it for as long as a page shows it.
    """
    url = runtime.get_instance().media_file_mgr.add(jpeg, "image/jpeg", key)
    return url.removeprefix("/")  # the app may be served under a path of its host


def thumbnail_image(space: AppSpace, item: Item, key: str, width: int | None = None) -> None:
    """Draw an image's thumbnail by itself."""
    thumbnail = space.thumbnail(item)
    if thumbnail is None:
        st.html('<div class="ns-missing-thumbnail">no thumbnail</div>')
        return
    with st.container(key=f"{thumbnail_fit(item, thumbnail)}-{key}", width=width or "stretch"):
        st.image(thumbnail.jpeg, alt=alt_text(item), width="stretch")


def thumbnail_fit(item: Item, thumbnail: Thumbnail) -> str:
    """How a thumbnail fills its frame: `paper` for a cut-out, `cover` if that crops little, else `whole`."""
    width, height = float(item.meta.get("width", 1)), float(item.meta.get("height", 1))
    return "paper" if thumbnail.on_white else "cover" if 1.25 <= width / max(height, 1.0) <= 1.8 else "whole"


def alt_text(item: Item) -> str:
    """The alternative text of an image."""
    return snippet(item.text or item.name, 120)
