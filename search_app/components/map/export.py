"""The map as a file: a page that opens without Nearspace, and what the TensorFlow Embedding Projector loads."""

from collections.abc import Callable

import streamlit as st

from ingest.space import Item
from search_app.components.shared.app_space import AppSpace
from search_app.maps.html_export import ExportedMap, export_html
from search_app.maps.layout import Layout
from search_app.maps.projector_export import export_projector
from search_app.search.snapshot import Snapshot
from search_app.search.topics.model import Topics

_FILES = (
    ("page", "A page that opens offline (HTML)", "html", "text/html", ":material/web:"),
    ("projector", "For the Embedding Projector (zip)", "zip", "application/zip", ":material/folder_zip:"),
)
_MAKE: dict[str, Callable[..., ExportedMap]] = {"page": export_html, "projector": export_projector}


def export_buttons(space: AppSpace, snapshot: Snapshot, layout: Layout, topics: Topics | None) -> None:
    """Draw a button for each file, which is made when it is downloaded."""

    def picture(item: Item) -> bytes | None:
        found = space.thumbnail(item)
        return found.jpeg if found else None

    def made(name: str) -> Callable[[], bytes]:
        ledger = space.ledger
        return lambda: _MAKE[name](layout, snapshot, space.name, ledger.items.get, picture, topics).content

    st.html('<div class="ns-eyebrow">Save</div>')
    for name, label, suffix, kind, icon in _FILES:
        st.download_button(
            label,
            data=made(name),
            file_name=f"map.{suffix}",
            mime=kind,
            key=f"map-out-{name}",
            icon=icon,
            type="tertiary",
            on_click="ignore",
        )
