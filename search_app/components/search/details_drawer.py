"""A drawer beside the results with everything about one item: its content, its source, its neighbours, the numbers.

Opening it and going from one result to the next draw only the drawer; the results and the map stay as they are.  A
small component (`details_drawer.js`) knows the order of the results as they are drawn, and shows a picture alone on the
screen (`picture_viewer.js`).
"""

import io
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import streamlit as st

from ingest.encoders.base import Encoder
from ingest.space import Item
from search_app.components.search.details_facts import facts
from search_app.components.search.document_view import document_view
from search_app.components.search.neighbours_panel import map_section, neighbours_section
from search_app.components.shared import page_url
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import headline, in_html
from search_app.components.shared.media import alt_text, media_url
from search_app.components.shared.page_script import page_script
from search_app.search.hits import Hit
from search_app.search.originals import is_unchanged, open_original, picture_in_file
from search_app.search.query import Query
from search_app.search.result_groups import with_numbers
from search_app.search.searcher import Answer
from search_app.search.terms import Term

_SHOWN_SIDE, _WHOLE_SIDE = 1_600, 4_096  # pixels, at most: in the drawer, and where one zooms into it
_MAX_DOWNLOAD_BYTES = 500_000_000  # of an original
_SECTION = "details-section"
_ABOUT, _NEIGHBOURS, _MAP = "About", "Neighbours", "On the map"
_KEY = "details-events"
_SCRIPTS = [Path(__file__).with_name(name) for name in ("picture_viewer.js", "details_drawer.js")]
_ZOOMED = "the item whose picture is zoomed into"


def details_drawer(space: AppSpace, query: Query, answer: Answer | None = None, encoder: Encoder | None = None) -> None:
    """Show the details of the item that the URL names, if any, and of each that is opened from now on.

    `answer` gives its place among the results.
    """
    with st.container(key="details-place"):
        st.html(Path(__file__).with_name("details.css"))
        _drawer(space, answer, encoder)


def _show() -> None:
    """Show the details that the browser asks for, and remember whether their whole picture is wanted."""
    asked = st.session_state[_KEY].get("show")
    if isinstance(asked, Mapping) and (not asked.get("item") or str(asked["item"]).isdecimal()):
        item_id = str(asked.get("item") or "")
        st.session_state[_ZOOMED] = item_id if asked.get("whole") else ""
        page_url.open_details(item_id)


@st.fragment
def _drawer(space: AppSpace, answer: Answer | None, encoder: Encoder | None) -> None:
    # Read here, not passed in: going to the next result draws only the drawer.
    query, _ = page_url.current()
    opened = query.display.opened
    with st.container(key="details-listener"):
        page_script("details", *_SCRIPTS)(key=_KEY, data={"opened": opened}, on_show_change=_show, height=1)
    if opened:
        with st.container(key="details", gap="small"):
            _details(space, query, answer, encoder)


def _details(space: AppSpace, query: Query, answer: Answer | None, encoder: Encoder | None) -> None:
    found = space.ledger.items.get([query.display.opened])
    if not found:
        _head("", "This item is no longer in the space", query.display.opened)
        return
    item, listed = found[0], _listed(answer)
    number = _result_numbers(answer, query).get(item.id, "")
    kind = "picture" if item.modality == "image" else "passage"
    _head(
        f'{kind}<span class="ns-details-number">{f", result {number}" if number else ""}</span>',
        headline(item),
        item.id,
    )
    with st.container(key="details-body", gap="small"):
        if item.modality == "image":
            _picture(space, item)
        else:
            document_view(space, item, answer, encoder, set(listed))
        _action_row(space, item)
        st.session_state.setdefault(_SECTION, _ABOUT)
        section = st.segmented_control(
            "Section", [_ABOUT, _NEIGHBOURS, _MAP], key=_SECTION, required=True, label_visibility="collapsed"
        )
        if section == _NEIGHBOURS:
            neighbours_section(space, item)
        elif section == _MAP:
            map_section(space, item)
        else:
            facts(space, item, listed.get(item.id) or _further(answer, item.id))


def _listed(answer: Answer | None) -> dict[str, Hit]:
    """All hits of the page by id, with near-duplicates and further passages."""
    entries = answer.page.entries if answer else ()
    return {hit.id: hit for entry in entries for hit in (entry.hit, *entry.alike, *entry.passages)}


def _further(answer: Answer | None, item_id: str) -> Hit | None:
    """The hit of an item that the page does not list, if the search scored it."""
    return next((hit for hit in answer.ranking.hits if hit.id == item_id), None) if answer else None


def _result_numbers(answer: Answer | None, query: Query) -> dict[str, str]:
    """The number on each result's card, by item id, in order."""
    entries = answer.page.entries if answer else ()
    return {entry.hit.id: number for number, entry in with_numbers(entries, query.display.unfolded)}


def _head(kind: str, title: str, item_id: str) -> None:
    """Draw the title, and the buttons that the script listens to."""
    tools = "".join(
        f'<button type="button" class="ns-tool" data-details="{name}" aria-label="{label}" title="{label}" '
        f'aria-keyshortcuts="{key}"><span class="ns-icon" translate="no" aria-hidden="true">{icon}</span></button>'
        for name, label, key, icon in (
            ("previous", "Previous result", "ArrowLeft", "chevron_left"),
            ("next", "Next result", "ArrowRight", "chevron_right"),
            ("close", "Close the details", "Escape", "close"),
        )
    )
    with st.container(key="details-head"):
        st.html(
            f'<div class="ns-details-head" data-item="{in_html(item_id)}"><div class="ns-item">'
            f'<div class="ns-eyebrow">{kind}</div><h4 dir="auto">{in_html(title)}</h4></div>{tools}</div>'
        )


def _action_row(space: AppSpace, item: Item) -> None:
    with st.container(key="details-actions", horizontal=True, gap="xsmall"):
        if st.button("Search from this alone", key="details-more", icon=":material/travel_explore:"):
            page_url.search_like(item.id)
            st.rerun()
        # A result is close to the query: half its weight already removes what is like it, and keeps more of the rest.
        for label, icon, weight in (("Add to the question", "add", 1.0), ("Leave out", "remove", -0.5)):
            term = Term("item", item.id, weight)
            key, sign = f"details-{icon}", f":material/{icon}:"
            if st.button(label, key=key, icon=sign, type="tertiary", on_click=page_url.add_term, args=(term,)):
                st.rerun()
        _download_button(space, item)


def _download_button(space: AppSpace, item: Item) -> None:
    source = space.ledger.sources.get(item.path)
    available = source is not None and source.size <= _MAX_DOWNLOAD_BYTES and is_unchanged(space.stored, item)

    def content() -> bytes:
        file = open_original(space.stored, item)
        if file is None:
            return b""
        with file:
            return file.read()

    st.download_button(
        "Download",
        data=content,
        file_name=PurePosixPath(item.name).name,
        mime="application/octet-stream",
        key="details-download",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
        disabled=not available,
        help=None if available else "The file is missing, has changed since it was read, or is too large to send.",
    )


def _picture(space: AppSpace, item: Item) -> None:
    """Draw the picture of its file as a button that shows it alone on the screen, or else its thumbnail."""
    side = _WHOLE_SIDE if st.session_state.get(_ZOOMED) == item.id else _SHOWN_SIDE
    picture = picture_in_file(space.stored, item, side // 2)
    note = ""
    if picture is not None:
        picture.thumbnail((side, side))
        jpeg, size = io.BytesIO(), picture.size
        picture.save(jpeg, "JPEG", quality=90)
        content = jpeg.getvalue()
    elif thumbnail := space.thumbnail(item):
        content, size = thumbnail.jpeg, thumbnail.picture().size
        note = "The file itself has changed or can no longer be read; this is its thumbnail."
    else:
        st.html('<div class="ns-missing-thumbnail">no picture</div>')
        return
    whole = max(item.meta.get("width", 0), item.meta.get("height", 0)) if picture is not None else 0
    st.html(
        f'<button type="button" class="ns-details-picture" data-details="zoom" data-item="{in_html(item.id)}" '
        f'data-whole="{whole}" aria-label="Show the picture alone on the screen" title="Full screen (f)">'
        f'<img src="{media_url(content, "details-picture")}" width="{size[0]}" height="{size[1]}" '
        f'alt="{in_html(alt_text(item))}"></button>' + (f'<div class="ns-note">{note}</div>' if note else "")
    )
