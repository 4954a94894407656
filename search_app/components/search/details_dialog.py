"""A dialog with everything about one item: its content, its source, its neighbours, and its position on a map."""

from collections.abc import Mapping
from pathlib import PurePosixPath

import streamlit as st

from ingest.encoders.base import Encoder
from ingest.space import Item
from search_app.components.search.document_view import document_view
from search_app.components.search.neighbours_panel import map_section, neighbours_section
from search_app.components.shared import page_url
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import headline, in_html, percentile_label, readable_size, snippet
from search_app.search.hits import Hit
from search_app.search.originals import is_unchanged, open_original, picture_in_file
from search_app.search.query import Query
from search_app.search.result_groups import with_numbers
from search_app.search.searcher import Answer
from search_app.search.terms import Term

_MAX_SIDE = 1_600  # pixels
_MAX_DUPLICATES = 20  # listed by path
_MAX_DOWNLOAD_BYTES = 500_000_000  # of an original
_SECTION = "details-section"
_ABOUT, _NEIGHBOURS, _MAP = "About", "Neighbours", "On the map"
_SHOWN_SEPARATELY = ("width", "height", "taken", "colours", "seconds", "frame")


def details_dialog(space: AppSpace, query: Query, answer: Answer | None = None, encoder: Encoder | None = None) -> None:
    """Open the details of the item that the URL names, if any; `answer` gives its place among the results."""
    if query.display.opened:
        _dialog(space, answer, encoder)


def _closed() -> None:
    page_url.open_details("")


@st.dialog("Details", width="large", on_dismiss=_closed)
def _dialog(space: AppSpace, answer: Answer | None, encoder: Encoder | None) -> None:
    # Read here, not passed in: going to the next result draws only the dialog.
    query, _ = page_url.current()
    found = space.ledger.items.get([query.display.opened])
    if not found:
        st.html('<div class="ns-note">This item is no longer in the space.</div>')
        return
    item = found[0]
    hits = _hits(answer)
    _header(item, _result_numbers(answer, query))
    with st.container(key="details-body"):
        left, right = st.columns([1.25, 1], gap="medium")
        with left, st.container(key="details-itself", gap="small"):
            if item.modality == "image":
                _picture(space, item)
            else:
                document_view(space, item, answer, encoder, set(hits))
        with right, st.container(key="details-facts", gap="small"):
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
                _facts(space, item, hits.get(item.id))


def _hits(answer: Answer | None) -> dict[str, Hit]:
    """All hits of the page by id, with near-duplicates and further passages."""
    entries = answer.page.entries if answer else ()
    return {hit.id: hit for entry in entries for hit in (entry.hit, *entry.alike, *entry.passages)}


def _result_numbers(answer: Answer | None, query: Query) -> dict[str, str]:
    """The number on each result's card, by item id, in order."""
    entries = answer.page.entries if answer else ()
    return {entry.hit.id: number for number, entry in with_numbers(entries, query.display.unfolded)}


def _header(item: Item, numbers: Mapping[str, str]) -> None:
    """Draw the title, and the buttons for the previous and the next result."""
    ids = list(numbers)
    place = ids.index(item.id) if item.id in numbers else None
    with st.container(key="details-head", horizontal=True, vertical_alignment="center", gap="small"):
        kind = "image" if item.modality == "image" else "passage"
        where = f"{kind}, result {numbers[item.id]}" if place is not None else kind
        st.html(
            f'<div class="ns-item"><div class="ns-eyebrow">{where}</div><h4>{in_html(headline(item))}</h4></div>',
        )
        for name, icon, step in (("Previous", "chevron_left", -1), ("Next", "chevron_right", 1)):
            to = ids[place + step] if place is not None and 0 <= place + step < len(ids) else ""
            st.button(
                name,
                key=f"details-{name.lower()}",
                icon=f":material/{icon}:",
                icon_position="left" if step < 0 else "right",
                type="tertiary",
                on_click=page_url.open_details,
                args=(to,),
                disabled=not to,
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


def _facts(space: AppSpace, item: Item, hit: Hit | None) -> None:
    source = space.ledger.sources.get(item.path)
    facts: dict[str, str] = {"folder": item.folder}
    if item.also:
        more = [f"and {len(item.also) - _MAX_DUPLICATES:,} more"] if len(item.also) > _MAX_DUPLICATES else []
        facts["also at"] = "\n".join([*item.also[:_MAX_DUPLICATES], *more])
    if item.title and item.title != headline(item):
        facts["title"] = item.title
    if item.page is not None:
        facts["page"] = str(item.page)
    if item.clock:
        facts["time"] = item.clock
    if item.modality == "image" and item.text.strip():
        facts["caption"] = item.text
    if item.modality == "image" and "width" in item.meta and "height" in item.meta:
        facts["size"] = f"{item.meta['width']} × {item.meta['height']} pixels"
    if source is not None:
        facts["file"] = readable_size(source.size)
    if "taken" in item.meta:
        facts["taken"] = str(item.meta["taken"]).replace("T", " ")
    facts |= {
        key.replace("_", " "): snippet(str(value), 300)
        for key, value in item.meta.items()
        if key not in _SHOWN_SEPARATELY
    }
    if hit is not None:
        kind = "images" if item.modality == "image" else "passages"
        facts["match"] = hit.closeness
        facts["closeness"] = percentile_label(hit)
        facts["cosine"] = f"{hit.cosine:.4f} (comparable only among {kind})"
        facts["distance"] = f"{hit.distance:.4f} (Euclidean, between vectors of unit length)"
        facts["score"] = f"{hit.score:.2f} standard deviations above what is usual for this query"
    rows = "".join(
        f"<dt>{in_html(name)}</dt><dd>{in_html(value).replace(chr(10), '<br>')}</dd>" for name, value in facts.items()
    )
    path = (
        f'<dt>source</dt><dd><span class="ns-copy-text">{in_html(item.path)}</span> '
        '<button type="button" class="ns-copy" aria-label="Copy the path">Copy</button></dd>'
    )
    st.html(f'<div class="ns-item ns-details"><dl>{path}{rows}</dl></div>')


def _picture(space: AppSpace, item: Item) -> None:
    alt = snippet(item.text or item.name, 120)
    picture = picture_in_file(space.stored, item, _MAX_SIDE // 2)
    if picture is None:
        if small := space.thumbnail(item):
            st.image(small.jpeg, alt=alt)
        st.html(
            '<div class="ns-note">The file itself has changed or can no longer be read; this is its thumbnail.</div>'
        )
        return
    picture.thumbnail((_MAX_SIDE, _MAX_SIDE))
    st.image(picture, alt=alt, width="stretch")
