"""The results as files: a table, JSON, or an archive with the originals; each is made when it is downloaded."""

import io
from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from search_app.components.search.shelves import ask_shown, shelf_count
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.page_layout import note
from search_app.search.export import as_csv, as_json, write_zip
from search_app.search.query import LARGEST_COUNT, Query
from search_app.search.query_pictures import open_picture
from search_app.search.results import Result, results_of

MAX_ARCHIVE_BYTES = 200_000_000
"""The limit on originals in an archive made here: Streamlit holds it in memory."""

_SCOPE = "export-what"
_THIS_PAGE, _MORE = "These", f"The first {LARGEST_COUNT}"


def export_menu(space: AppSpace, query: Query) -> None:
    """Draw a button that opens the choice of formats."""
    with (
        st.popover("Export", key="export", icon=":material/download:", type="tertiary", width="content"),
        st.container(key="export-panel", gap="small", width=250),
    ):
        _choices(space, query)


@st.fragment
def _choices(space: AppSpace, query: Query) -> None:
    scope = st.segmented_control(
        "Results", [_THIS_PAGE, _MORE], key=_SCOPE, default=_THIS_PAGE, required=True, label_visibility="collapsed"
    )
    if scope == _MORE:
        query = replace(query.at_start, count=LARGEST_COUNT // shelf_count(query, space.searcher.vectors.now()))

    def find_results() -> list[Result]:
        pictures = {name: open_picture(space.folder, name) for name in query.images}
        existing = {name: picture for name, picture in pictures.items() if picture is not None}
        return list(results_of(ask_shown(space.searcher, query, space.encoder(), existing).answer))

    download_buttons(space, find_results, "results", key="export")
    note(f"The archive holds the files themselves, up to {MAX_ARCHIVE_BYTES // 1_000_000} MB.")


def download_buttons(space: AppSpace, find: Callable[[], list[Result]], name: str, *, key: str) -> None:
    """Draw a button for each format, for what `find` gives once it is clicked; `name` is said in the file's name."""

    def make_archive() -> bytes:
        output = io.BytesIO()
        write_zip(space.stored, find(), output, most_bytes=MAX_ARCHIVE_BYTES)
        return output.getvalue()

    formats: tuple[tuple[str, str, str, Callable[[], bytes]], ...] = (
        ("Table (CSV)", "csv", "table", lambda: as_csv(find())),
        ("JSON", "json", "data_object", lambda: as_json(find())),
        ("Originals (zip)", "zip", "folder_zip", make_archive),
    )
    for label, suffix, icon, make in formats:
        st.download_button(
            label,
            data=make,
            file_name=f"nearspace-{name}.{suffix}",
            mime="application/octet-stream",
            key=f"{key}-{suffix}",
            icon=f":material/{icon}:",
            on_click="ignore",
            width="stretch",
        )
