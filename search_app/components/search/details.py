"""Everything about one item, in a dialog: itself, where it comes from, its neighbours, and its place on a map."""

from collections.abc import Mapping
from pathlib import PurePosixPath

import streamlit as st

from ingest.encoders.base import Encoder
from ingest.space import Item
from search_app.components.search.document import document
from search_app.components.search.neighbours_panel import neighbours, on_the_map
from search_app.components.shared import page_url
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import closeness, headline, in_html, readable_size, snippet
from search_app.search.hits import Hit
from search_app.search.originals import is_unchanged, open_original, picture_in_file
from search_app.search.query import Query
from search_app.search.result_groups import with_numbers
from search_app.search.searcher import Answer
from search_app.search.terms import Term

_SIDE = 1_600
_PLACES = 20  # other files of the same content that are named
_LARGEST = 500_000_000  # bytes of an original that the page hands out
_SECTION = "details-section"
_ABOUT, _NEAR, _MAP = "About", "Neighbours", "On the map"
_TOLD_APART = ("width", "height", "taken", "colours", "seconds", "frame")


def details(space: AppSpace, query: Query, answer: Answer | None = None, encoder: Encoder | None = None) -> None:
    """Open the details that the URL asks for, if it does; `answer` tells what is before and after, and how close."""
    if query.display.opened:
        _dialog(space, answer, encoder)


def _closed() -> None:
    page_url.open_details("")


@st.dialog("Details", width="large", on_dismiss=_closed)
def _dialog(space: AppSpace, answer: Answer | None, encoder: Encoder | None) -> None:
    # Read here, not handed over: going to the next result draws the dialog alone.
    query, _ = page_url.current()
    found = space.ledger.items.get([query.display.opened])
    if not found:
        st.html('<div class="ns-note">This item is not in the space any more.</div>')
        return
    item = found[0]
    hits = _hits(answer)
    _head(item, _numbers(answer, query))
    with st.container(key="details-body"):
        left, right = st.columns([1.25, 1], gap="medium")
        with left, st.container(key="details-itself", gap="small"):
            if item.modality == "image":
                _picture(space, item)
            else:
                document(space, item, answer, encoder, set(hits))
        with right, st.container(key="details-facts", gap="small"):
            _acts(space, item)
            st.session_state.setdefault(_SECTION, _ABOUT)
            section = st.segmented_control(
                "Section", [_ABOUT, _NEAR, _MAP], key=_SECTION, required=True, label_visibility="collapsed"
            )
            if section == _NEAR:
                neighbours(space, item)
            elif section == _MAP:
                on_the_map(space, item)
            else:
                _about(space, item, hits.get(item.id))


def _hits(answer: Answer | None) -> dict[str, Hit]:
    """The hits of the page, those beneath others too, by id."""
    entries = answer.page.entries if answer else ()
    return {hit.id: hit for entry in entries for hit in (entry.hit, *entry.alike, *entry.passages)}


def _numbers(answer: Answer | None, query: Query) -> dict[str, str]:
    """The number that each result's card has, by its id, in the order in which they are shown."""
    entries = answer.page.entries if answer else ()
    return {entry.hit.id: number for number, entry in with_numbers(entries, query.display.unfolded)}


def _head(item: Item, numbers: Mapping[str, str]) -> None:
    """The name, and the ways to the results before and after."""
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


def _acts(space: AppSpace, item: Item) -> None:
    with st.container(key="details-acts", horizontal=True, gap="xsmall"):
        if st.button("Search from this alone", key="details-more", icon=":material/travel_explore:"):
            page_url.search_like(item.id)
            st.rerun()
        # A result is close to the question: at half its weight its likes are gone already, and more of the rest stays.
        for label, icon, weight in (("Add to the question", "add", 1.0), ("Leave out", "remove", -0.5)):
            term = Term("item", item.id, weight)
            key, sign = f"details-{icon}", f":material/{icon}:"
            if st.button(label, key=key, icon=sign, type="tertiary", on_click=page_url.add_term, args=(term,)):
                st.rerun()
        _original(space, item)


def _original(space: AppSpace, item: Item) -> None:
    source = space.ledger.sources.get(item.path)
    there = source is not None and source.size <= _LARGEST and is_unchanged(space.stored, item)

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
        disabled=not there,
        help=None if there else "The file has gone, has changed since it was read, or is too large to be sent.",
    )


def _about(space: AppSpace, item: Item, hit: Hit | None) -> None:
    source = space.ledger.sources.get(item.path)
    facts: dict[str, str] = {"folder": item.folder}
    if item.also:
        more = [f"and {len(item.also) - _PLACES:,} more"] if len(item.also) > _PLACES else []
        facts["also at"] = "\n".join([*item.also[:_PLACES], *more])
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
        key.replace("_", " "): snippet(str(value), 300) for key, value in item.meta.items() if key not in _TOLD_APART
    }
    if hit is not None:
        kind = "images" if item.modality == "image" else "passages"
        facts["match"] = hit.closeness
        facts["closeness"] = closeness(hit)
        facts["cosine"] = f"{hit.cosine:.4f} (comparable only among {kind})"
        facts["distance"] = f"{hit.distance:.4f} (Euclidean, between vectors of unit length)"
        facts["score"] = f"{hit.score:.2f} standard deviations above what is usual for this query"
    rows = "".join(
        f"<dt>{in_html(name)}</dt><dd>{in_html(value).replace(chr(10), '<br>')}</dd>" for name, value in facts.items()
    )
    path = (
        f'<dt>source</dt><dd><span class="ns-copied-words">{in_html(item.path)}</span> '
        '<button type="button" class="ns-copy" aria-label="Copy the path">Copy</button></dd>'
    )
    st.html(f'<div class="ns-item ns-details"><dl>{path}{rows}</dl></div>')


def _picture(space: AppSpace, item: Item) -> None:
    alt = snippet(item.text or item.name, 120)
    picture = picture_in_file(space.stored, item, _SIDE // 2)
    if picture is None:
        if small := space.thumbnail(item):
            st.image(small.jpeg, alt=alt)
        st.html(
            '<div class="ns-note">The file itself has changed or cannot be read any more; this is its thumbnail.</div>'
        )
        return
    picture.thumbnail((_SIDE, _SIDE))
    st.image(picture, alt=alt, width="stretch")
