"""Everything else that narrows a search, in a popover: only what this space has, and how much of it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import streamlit as st

from search_app.components.shared import page_url
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import in_markdown, snippet
from search_app.search.filters import LONGEST_PART, MOST_PARTS, Filters
from search_app.search.query import Query
from search_app.search.snapshot import Snapshot
from search_app.search.topics.model import MIN_ITEMS

_FORMATS, _SHAPES, _COLOURS = "filter-formats", "filter-shapes", "filter-colours"
_AFTER, _BEFORE, _PIXELS, _CAPTIONED = "filter-after", "filter-before", "filter-pixels", "filter-captioned"
_TOPICS = "filter-topics"
_TITLE, _EXACT, _WHERE = "filter-title", "filter-exact", "filter-where"
_SIZES = (0, 300_000, 1_000_000, 2_000_000, 8_000_000, 12_000_000, 24_000_000)
_EARLIEST, _LATEST = date(1800, 1, 1), date(2200, 1, 1)


def narrowing(query: Query, snapshot: Snapshot, space: AppSpace | None = None) -> None:
    """Draw the popover as the query has it, with the topics of `space`; a change goes into the URL."""
    filters, counts, state = query.filters, snapshot.facet_counts, st.session_state
    set_here = len(list(_parts(filters)))
    with (
        st.popover(
            f"Filters · {set_here}" if set_here else "Filters",
            icon=":material/tune:",
            key="filter-more",
            width="content",
        ),
        st.container(key="filter-panel", gap="small"),
    ):
        state[_EXACT] = "; ".join(filters.phrases)
        st.text_input(
            "Says, word for word",
            key=_EXACT,
            placeholder="ISO 9001",
            max_chars=LONGEST_PART,
            on_change=_changed,
            help="In its text, title, file name or keywords. A final * lets the last word go on.",
        )
        state[_TITLE] = filters.title
        st.text_input("Title says", key=_TITLE, max_chars=LONGEST_PART, on_change=_changed)
        _of_topics(filters, snapshot, space)
        formats = counts.formats | {name: 0 for name in filters.formats if name not in counts.formats}
        if len(formats) > 1 or filters.formats:
            state[_FORMATS] = list(dict.fromkeys(filters.formats))
            st.multiselect(
                "Format",
                list(formats),
                key=_FORMATS,
                format_func=lambda name: f"{name} ({formats[name]:,})",
                placeholder="Any",
                on_change=_changed,
                max_selections=MOST_PARTS,  # a link keeps no more
            )
        left, right = st.columns(2)
        state[_AFTER], state[_BEFORE] = filters.after, filters.before
        with left:
            _date("From", _AFTER)
        with right:
            _date("To", _BEFORE)
        _of_pictures(filters, snapshot)
        state[_WHERE] = "; ".join(filters.where)
        st.text_input(
            "Metadata",
            key=_WHERE,
            placeholder="camera=Canon EOS R5",
            max_chars=LONGEST_PART,
            on_change=_changed,
            help="A key with its value, or a key alone for any value; several with ; between.",
        )


def _of_topics(filters: Filters, snapshot: Snapshot, space: AppSpace | None) -> None:
    topics = space.searcher.topics.current(snapshot) if space else None
    counts = topics.counts(snapshot) if topics else {}
    counts |= {name: 0 for name in filters.topics if name not in counts}
    if len(counts) > 1 or filters.topics:
        st.session_state[_TOPICS] = list(filters.topics)
        st.multiselect(
            "Topic",
            list(counts),
            key=_TOPICS,
            format_func=lambda name: f"{name} ({counts[name]:,})" if counts[name] else name,
            placeholder="Any",
            on_change=_changed,
            max_selections=MOST_PARTS,
        )
    elif space is not None and topics is None and len(snapshot) >= MIN_ITEMS:
        task = space.searcher.topics.task()
        if task is None or task.status.finished:
            st.button("Find topics", icon=":material/category:", on_click=_find_topics, args=(space, snapshot))
        else:
            st.caption(f"Finding topics, {100 * task.status.share:.0f} % done")


def _find_topics(space: AppSpace, snapshot: Snapshot) -> None:
    space.searcher.topics.start(snapshot, space.encoder())


def _date(label: str, key: str) -> None:
    given = st.session_state[key] or _LATEST  # a link may ask for any day
    first, last = min(_EARLIEST, given), max(_LATEST, given)
    st.date_input(label, key=key, min_value=first, max_value=last, format="YYYY-MM-DD", on_change=_changed)


def _of_pictures(filters: Filters, snapshot: Snapshot) -> None:
    counts, state = snapshot.facet_counts, st.session_state
    if counts.shapes or filters.shapes:
        shapes = counts.shapes | {name: 0 for name in filters.shapes if name not in counts.shapes}
        state[_SHAPES] = list(filters.shapes)
        st.pills(
            "Orientation",
            list(shapes),
            key=_SHAPES,
            selection_mode="multi",
            format_func=lambda name: f"{name} {shapes[name]:,}",
            on_change=_changed,
        )
    if counts.colours or filters.colours:
        colours = counts.colours | {name: 0 for name in filters.colours if name not in counts.colours}
        state[_COLOURS] = list(filters.colours)
        st.pills(
            "Colour",
            list(colours),
            key=_COLOURS,
            selection_mode="multi",
            format_func=lambda name: f"{name} {colours[name]:,}",
            on_change=_changed,
        )
    sizes = [size for size in _SIZES if size <= counts.most_pixels]
    if len(sizes) > 1 or filters.min_pixels:
        state[_PIXELS] = filters.min_pixels
        st.selectbox(
            "Picture size",
            sorted({*sizes, filters.min_pixels}),
            key=_PIXELS,
            format_func=lambda size: f"at least {_megapixels(size)}" if size else "Any",
            on_change=_changed,
        )
    if counts.captioned or filters.captioned:
        state[_CAPTIONED] = filters.captioned
        st.toggle(f"Has a caption ({counts.captioned:,})", key=_CAPTIONED, on_change=_changed)


def _megapixels(pixels: int) -> str:
    return f"{pixels / 1e6:.3g} megapixels"


def _changed() -> None:
    query, _ = page_url.current()
    filters, state = query.filters, st.session_state

    def listed(key: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(part.strip() for part in str(state[key]).split(";") if part.strip()))

    page_url.go(
        replace(
            query,
            filters=replace(
                filters,
                formats=tuple(state.get(_FORMATS, filters.formats)),
                after=state.get(_AFTER),
                before=state.get(_BEFORE),
                min_pixels=int(state.get(_PIXELS, filters.min_pixels)),
                topics=tuple(state.get(_TOPICS, filters.topics)),
                shapes=tuple(state.get(_SHAPES, filters.shapes)),
                colours=tuple(state.get(_COLOURS, filters.colours)),
                captioned=bool(state.get(_CAPTIONED, filters.captioned)),
                title=str(state[_TITLE]).strip(),
                phrases=listed(_EXACT),
                where=listed(_WHERE),
            ),
        )
    )


def narrowed_by(query: Query) -> None:
    """Draw a chip for each filter that is set in the popover, which takes it away again."""
    parts = list(_parts(query.filters))
    if not parts:
        return
    with st.container(key="narrowed", horizontal=True, vertical_alignment="center", gap="xsmall"):
        for number, (words, without) in enumerate(parts, start=1):
            st.button(
                in_markdown(snippet(words, 60)),
                key=f"drop-filter-{number}",
                icon=":material/close:",
                on_click=_drop,
                args=(without,),
                help="Take this filter away",
            )


def _drop(changes: dict[str, Any]) -> None:
    query, _ = page_url.current()
    page_url.go(replace(query, filters=replace(query.filters, **changes)))


def _parts(filters: Filters) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each filter in words, with the change that takes it away."""
    lists = (
        ("phrases", "says “{}”"),
        ("topics", "about {}"),
        ("formats", "{} files"),
        ("shapes", "{}"),
        ("colours", "mostly {}"),
        ("where", "{}"),
    )
    for name, words in lists:
        values: tuple[str, ...] = getattr(filters, name)
        for value in values:
            yield words.format(value), {name: tuple(other for other in values if other != value)}
    if filters.selection:
        yield "in a selection of the map", {"selection": ""}
    if filters.title:
        yield f"title says “{filters.title}”", {"title": ""}
    if filters.after:
        yield f"from {filters.after.isoformat()}", {"after": None}
    if filters.before:
        yield f"to {filters.before.isoformat()}", {"before": None}
    if filters.min_pixels:
        yield f"at least {_megapixels(filters.min_pixels)}", {"min_pixels": 0}
    if filters.max_pixels:
        yield f"at most {_megapixels(filters.max_pixels)}", {"max_pixels": 0}
    if filters.min_bytes:
        yield f"at least {filters.min_bytes:,} bytes", {"min_bytes": 0}
    if filters.max_bytes:
        yield f"at most {filters.max_bytes:,} bytes", {"max_bytes": 0}
    if filters.captioned:
        yield "has a caption", {"captioned": False}
