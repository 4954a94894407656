"""The map as a place to work in: every item, what it lies near, and what can be asked of a place."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ingest.encoders.base import Encoder
from ingest.errors import NearspaceError, SpaceChanged
from search_app.components.map import first_paint
from search_app.components.map.captions import drawn_line, told
from search_app.components.map.decoded_place import decoded, spot_panel, vocabulary_of
from search_app.components.map.export import map_out
from search_app.components.map.scatter import Drawing, answers, drawing, look, scatter
from search_app.components.map.scene import marked, question_label, scene_of
from search_app.components.map.side_panel import gone_panel, item_panel, neighbours_of, results_panel, selection_panel
from search_app.components.map.toolbar import colourings_of, map_bar, plain_axes
from search_app.components.map.topics_panel import (
    by_topic,
    flight,
    names_on_map,
    topic_clicked,
    topics_of,
    topics_panel,
)
from search_app.components.search.details_dialog import details_dialog
from search_app.components.search.filter_row import asked_and_filters
from search_app.components.search.keyboard import listen_for_keys
from search_app.components.search.query_box import query_box
from search_app.components.search.query_terms import asked_of
from search_app.components.shared import page_layout, page_url
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.open_page import draw_page, loaded_encoder, show_empty_space
from search_app.maps.area import Area, drawn, inside, read_area
from search_app.maps.colouring import Coding, coding
from search_app.maps.decoding import Decoded
from search_app.maps.layout import Layout, MapSpec, spec_of
from search_app.search.filters import let_through, with_quoted_phrases
from search_app.search.neighbours import Neighbour
from search_app.search.pca_reduction import groups_of
from search_app.search.query import Query
from search_app.search.schema import Filters, MapView
from search_app.search.searcher import Answer
from search_app.search.selections import open_selection
from search_app.search.snapshot import Snapshot
from search_app.search.topics.model import Topics

_NAME = "space_map"
_ASKED, _TRAIL = "what the map was asked last", "questions before this one"
_TRAIL_LENGTH = 5
_HOW = (
    "Click a point to see it and what it lies near, or an empty place to see what it stands for. Draw around points "
    "with the lasso to compare them with the rest."
)
_LOOK_EVERY = 1.0  # seconds between looks at a fit


def map_page() -> None:
    """Draw the page as its URL asks."""
    draw_page(_draw)


def _draw(space: AppSpace, query: Query, snapshot: Snapshot) -> None:
    box = st.container(key="map-box")
    if not len(snapshot):
        with box:
            query_box(space, query)
        show_empty_space(space, snapshot)
        return
    view = _fresh(query, page_url.current()[1])
    # What comes and goes has a place of its own: the map stays where it is in the page, and so what is looked at.
    with st.container(key="map-asked"):
        answer = _answer(space, query)
        details_dialog(space, query, answer, space.encoder() if answer else None)
        listen_for_keys(query)
    bar = st.container(key="map-controls")
    topics = topics_of(space, snapshot)

    def above() -> None:
        with box:
            query_box(space, query)
        with bar:
            map_bar(space, view, query, snapshot, colourings_of(space, query, ["topic"] if topics else []))

    with st.container(key="map-work"):
        try:
            layout = _layout(space, snapshot, view)
        except SpaceChanged:
            raise
        except NearspaceError as error:
            above()
            page_layout.error_notice("This map cannot be laid out", error)
            plain_axes()
            return
        place = decoded(space, snapshot, view, layout, topics) if layout else None
    left, right = st.columns([2.35, 1], gap="medium")
    if layout is None:
        above()
        with left:
            _fitting(space, snapshot, spec_of(view))
        return
    first = first_paint.goes_first(drawing(layout))
    if first:
        first_paint.keep_room(box, bar)
    with left:
        refit = st.container(key="map-refit")
        # The map goes to the browser first: what is around it would hold it up.
        looked = _looked(space, snapshot, view, layout, answer, topics)
        _map(space, snapshot, query, view, layout, answer, topics, place, looked, first=first)
    if first:
        first_paint.until_drawn()
    above()
    with refit:
        _refit(space, snapshot, layout)
    with left:
        told(layout)
        map_out(space, snapshot, layout, topics)
    with right:
        _side(space, snapshot, view, answer, layout, topics, place, looked)


def _fresh(query: Query, view: MapView) -> MapView:
    """The view; a question that is asked anew takes away what was looked at before."""
    before = st.session_state.get(_ASKED)
    st.session_state[_ASKED] = query.at_start
    if before is None or before == query.at_start or not view.focused:
        return view
    page_url.go(query, view.unfocused)
    return view.unfocused


def _answer(space: AppSpace, query: Query) -> Answer | None:
    """The answer to the question, with its chips and filters; None where nothing is asked, or it cannot be."""
    if query.is_empty:
        # A topic that is looked at is told of beside the map.
        if replace(query.filters, topic=()) != Filters():
            asked_and_filters(space, query, space.searcher.vectors.now())
        return None
    asked = asked_of(space, query)
    asked_and_filters(space, query, space.searcher.vectors.now(), asked)
    try:
        return space.searcher.ask(query, loaded_encoder(space), asked.pictures)
    except SpaceChanged:
        raise
    except NearspaceError as error:
        page_layout.error_notice("The search cannot be done", error)
        return None


# ---- fitting -------------------------------------------------------------------------------------------------------


def _layout(space: AppSpace, snapshot: Snapshot, view: MapView) -> Layout | None:
    spec = spec_of(view)
    encoder: Encoder | None = None
    if any(end.kind == "text" for meaning in spec.meanings for end in (meaning.start, meaning.end)):
        encoder = loaded_encoder(space)
    with page_layout.spinner("Laying out the map …"):
        return space.maps.layout(snapshot, spec, encoder)


@st.fragment(run_every=_LOOK_EVERY)
def _fitting(space: AppSpace, snapshot: Snapshot, spec: MapSpec) -> None:
    """Show how far a fit is, and the map once it is done; begins it where nobody has."""
    maps = space.maps
    task = maps.task(spec)
    if task is None:
        task = maps.start(snapshot, spec)
    status = task.status
    if status.state == "done":
        st.rerun()
    with st.container(key="map-fitting"):
        if status.state in ("failed", "cancelled"):
            why = status.problem or "It was stopped."
            page_layout.notice("This map has not been fitted", why, is_error=status.state == "failed")
            if st.button("Fit it", key="fit-again", icon=":material/refresh:"):
                maps.start(snapshot, spec)
            return
        st.progress(status.share, text=f"{status.message or 'waiting for another fit'} · {status.seconds:.0f} s")
        page_layout.note("The fit runs in the background and is kept beside the space: it is done once.")
        if st.button("Stop", key="fit-stop", icon=":material/stop:", type="tertiary"):
            task.cancel()


def _refit(space: AppSpace, snapshot: Snapshot, layout: Layout) -> None:
    """Offer a new fit where the space has moved on from this one."""
    task = space.maps.task(layout.spec)
    if task is not None and not task.status.finished:
        _fitting(space, snapshot, layout.spec)
    elif layout.drift.offered:
        drift = layout.drift
        with st.container(key="map-drift", horizontal=True, vertical_alignment="center", gap="small"):
            page_layout.note(
                f"Since this map was fitted, {drift.came:,} items came and {drift.gone:,} went. "
                "They are drawn where the old axes put them."
            )
            if st.button("Fit it anew", key="refit", icon=":material/refresh:", type="tertiary"):
                space.maps.start(snapshot, layout.spec)
                st.rerun()


# ---- the map -------------------------------------------------------------------------------------------------------


def _map(
    space: AppSpace,
    snapshot: Snapshot,
    query: Query,
    view: MapView,
    layout: Layout,
    answer: Answer | None,
    topics: Topics | None,
    place: Decoded | None,
    looked: "_Looked",
    *,
    first: bool,
) -> None:
    picture = drawing(layout)
    near = [each.id for each in (looked.near if place is None else place.items)]
    area, coloured = looked.area, looked.coloured
    lit = _lit(space, snapshot, query, looked.within)
    item = marked(picture, [view.item])
    scene = {
        **scene_of(space, picture, query, view, answer),
        "told": drawn_line(picture, snapshot, len(answer.ranking.hits) if answer else 0),
        "trail": _trail(space, picture, layout, query, answer),
        "item": item[0] if item else None,
        "near": marked(picture, near),
        "spot": picture.at(np.array(view.spot)).tolist() if len(view.spot) == layout.spec.dimensions else None,
        "area": picture.at(np.array(area.corners)).tolist() if area and not area.lens else None,
        "topics": names_on_map(picture, topics, snapshot, coloured) if topics and view.names else [],
        "fly": flight(picture, topics, snapshot),
        "window": view.window,
        "sheet": view.pictures,
    }
    acts = _acts(picture, topics) | ({"drawn": first_paint.drawn} if first else {})
    with st.container(key="map-place"):
        scatter(_NAME, picture, look(picture, coloured, page_layout.theme(), lit), scene, acts)
        answers(_NAME, space)


@dataclass(frozen=True)
class _Looked:
    """What is looked at on the map, for the map itself and for what is told beside it."""

    coloured: Coding
    near: tuple[Neighbour, ...]
    """The neighbours of the item that is looked at."""
    area: Area | None
    within: NDArray[np.bool_] | None
    """Which items lie in that area, those that are hidden left out, shape (len(layout),); None without an area."""


def _looked(
    space: AppSpace,
    snapshot: Snapshot,
    view: MapView,
    layout: Layout,
    answer: Answer | None,
    topics: Topics | None,
) -> _Looked:
    coloured = _coding(space, snapshot, view, answer, topics)
    area = read_area(view.area) if view.area else None
    within = _selected(layout, area, coloured, view) if area else None
    near = neighbours_of(snapshot, view) if view.item else []
    return _Looked(coloured, tuple(near), area, within)


def _coding(
    space: AppSpace, snapshot: Snapshot, view: MapView, answer: Answer | None, topics: Topics | None
) -> Coding:  # fmt: skip
    if view.colouring == "topic" and topics is not None:
        return by_topic(topics, snapshot)
    return coding(view.colouring, snapshot, space.ledger, answer.probe if answer else None)


def _lit(
    space: AppSpace, snapshot: Snapshot, query: Query, within: NDArray[np.bool_] | None
) -> NDArray[np.bool_] | None:
    """Which items stand out: those that the filters let through and the selection holds; None where all do."""
    lit = None
    filters = with_quoted_phrases(query)
    if filters.narrow or filters.modality:
        topics = space.searcher.topics.current(snapshot) if filters.topic else None
        selected = open_selection(space.folder, filters.selection) if filters.selection else None
        masks = let_through(filters, snapshot, space.ledger, topics, selected)
        none = {name: np.zeros(len(group), np.bool_) for name, group in groups_of(snapshot)}
        lit = np.concatenate([masks.get(name, none[name]) for name, _ in groups_of(snapshot)])
    if within is not None:
        lit = within if lit is None else lit & within
    return lit


def _selected(layout: Layout, area: Area, coloured: Coding, view: MapView) -> NDArray[np.bool_]:
    """Which items the area holds, those that are hidden left out; shape (len(layout),)."""
    hidden = [kind.code for kind in coloured.kinds if kind.name in view.hidden]
    return inside(area, layout.spots) & ~np.isin(coloured.codes, hidden)


def _trail(
    space: AppSpace, picture: Drawing, layout: Layout, query: Query, answer: Answer | None
) -> list[dict[str, Any]]:
    """Where the last questions of this visit lie, oldest first, without the present one."""
    # By the space, since a question's vectors mean nothing in another one.
    kept: list[tuple[Query, Any]] = st.session_state.setdefault(f"{_TRAIL} {space.identity}", [])
    now = query.at_start
    if answer is not None and answer.probe is not None and (not kept or kept[-1][0] != now):
        kept[:] = [*(entry for entry in kept if entry[0] != now), (now, answer.probe)][-_TRAIL_LENGTH:]
    dimension = picture.layout.spec.dimensions
    before = [(asked, probe) for asked, probe in kept if asked != now]
    spots = [(asked, layout.place_probe(probe)) for asked, probe in before]
    return [
        {"at": picture.at(spot).tolist(), "label": question_label(asked)}
        for asked, spot in spots
        if len(spot) == dimension
    ]


def _acts(picture: Drawing, topics: Topics | None) -> dict[str, Callable[[Mapping[str, Any]], None]]:
    """What is done when a person does something on the map."""

    def pick(told: Mapping[str, Any]) -> None:
        if str(told.get("id", "")).isdecimal():
            page_url.look_at_item(str(told["id"]))

    def spot(told: Mapping[str, Any]) -> None:
        at = np.array(told.get("at") or (), np.float64)
        if len(at) == picture.layout.spec.dimensions:
            page_url.look_at_nothing()
            page_url.look(spot=tuple(float(number) for number in picture.spot(at)))

    def area(told: Mapping[str, Any]) -> None:
        points, matrix = told.get("points") or (), told.get("matrix")
        if matrix:
            found = drawn(points, picture.lens(matrix))
        else:
            found = drawn(picture.spot(np.array(points, np.float64).reshape(-1, 2)).tolist()) if points else None
        if found is not None:
            query, view = page_url.current()
            page_url.go(query, view.unfocused)
            page_url.look(area=found.written())

    def hide(told: Mapping[str, Any]) -> None:
        page_url.look(hidden=tuple(str(name) for name in told.get("hidden") or ()))

    def topic(told: Mapping[str, Any]) -> None:
        if isinstance(code := told.get("code"), int):
            topic_clicked(topics, code)

    return {"pick": pick, "spot": spot, "area": area, "hide": hide, "topic": topic}


# ---- beside the map ------------------------------------------------------------------------------------------------


def _side(
    space: AppSpace,
    snapshot: Snapshot,
    view: MapView,
    answer: Answer | None,
    layout: Layout,
    topics: Topics | None,
    place: Decoded | None,
    looked: _Looked,
) -> None:
    if view.item:
        found = space.ledger.items([view.item])
        item_panel(space, found[0], looked.near, view) if found else gone_panel()
    elif place is not None:
        spot_panel(space, place)
    elif looked.within is not None:
        chosen = layout.ids[looked.within]
        selection_panel(space, chosen, snapshot, vocabulary_of(space, snapshot, topics))
    if answer is not None:
        results_panel(space, answer)
    elif not view.focused:
        page_layout.note(_HOW)
        topics_panel(space, snapshot, topics)
