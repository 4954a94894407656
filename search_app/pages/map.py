"""The page of the map: every item as a point, its neighbours, selections, decoded places and topics."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from ingest.encoders.base import Encoder
from ingest.errors import NearspaceError, SpaceChanged, SpaceError
from search_app.components.map import first_paint
from search_app.components.map.axes import reset_axes_button
from search_app.components.map.captions import count_caption, trust_note
from search_app.components.map.decoded_place import decode_place, place_panel, place_vocabulary
from search_app.components.map.drawer import RESULTS, TOPICS, list_button, list_panel, list_shown
from search_app.components.map.export import export_buttons
from search_app.components.map.fitting import awaited_spec, best_view, fit_chip, note_wanted, refit_offer, stand_in
from search_app.components.map.menus import colour_menu, view_menu
from search_app.components.map.scatter import DrawnMap, Handler, drawn_map, item_details, point_colours, scatter
from search_app.components.map.scene import item_marks, query_label, scene_of
from search_app.components.map.side_panel import (
    item_neighbours,
    item_panel,
    missing_item_panel,
    results_panel,
    selection_panel,
)
from search_app.components.map.topics_panel import (
    current_topics,
    topic_clicked,
    topic_colouring,
    topic_labels,
    topic_view,
    topics_panel,
)
from search_app.components.search.details_drawer import details_drawer
from search_app.components.search.filter_row import filters
from search_app.components.search.keyboard import listen_for_keys
from search_app.components.search.query_bar import query_bar
from search_app.components.search.query_terms import term_contents
from search_app.components.shared import page_layout, page_url
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.open_page import draw_page, loaded_encoder, show_empty_space
from search_app.maps.area import Area, inside, parse_area, simplified_area
from search_app.maps.colouring import Colouring, colour_items
from search_app.maps.decoding import DecodedPlace
from search_app.maps.layout import Layout, spec_of
from search_app.search.filter_masks import item_masks, with_quoted_phrases
from search_app.search.neighbours import Neighbour
from search_app.search.pca_reduction import groups_of
from search_app.search.query import Query
from search_app.search.query_schema import MapView
from search_app.search.query_vectors import Probe
from search_app.search.searcher import Answer
from search_app.search.selections import keep_selection, open_selection
from search_app.search.snapshot import Snapshot
from search_app.search.topics.model import Topics

_NAME = "space_map"
_LAST_QUERY, _TRAIL = "what the map was asked last", "questions before this one"
_TRAIL_LENGTH = 5
_HELP = (
    "Click a point to see it and what it lies near, or an empty place to see what it stands for. Draw around points "
    "with the lasso to compare them with the rest."
)


@dataclass(frozen=True)
class _Page:
    """What the page is drawn from in one run."""

    space: AppSpace
    query: Query
    snapshot: Snapshot
    view: MapView
    answer: Answer | None
    topics: Topics | None


@dataclass(frozen=True)
class _Focus:
    """What the view looks at, for the map itself and for the panel beside it."""

    colouring: Colouring
    neighbours: tuple[Neighbour, ...]
    """Of the selected item."""
    area: Area | None
    chosen: NDArray[np.bool_] | None
    """Which items are selected, shape (len(layout),); None without a selection."""
    place: DecodedPlace | None
    drawer: str
    """What the drawer shows: item, place, area, topic, one of its lists, or '' where it is closed."""


def map_page() -> None:
    """Draw the page that the URL describes."""
    draw_page(_draw)


def _draw(space: AppSpace, query: Query, snapshot: Snapshot) -> None:
    with st.container(key="map-over"):
        with st.container(key="map-top", horizontal=True, vertical_alignment="top", gap="small"):
            box, bar = st.container(key="map-ask"), st.container(key="map-bar", horizontal=True, gap="small")
        asked = st.container(key="map-asked")
    beside = st.container(key="beside")
    if not len(snapshot):
        with box:
            query_bar(space, query, snapshot)
        show_empty_space(space, snapshot)
        return
    view = best_view(space, query, _view_for(query, page_url.current()[1]))
    awaited = awaited_spec(space, snapshot, view)
    note_wanted(space, awaited)
    with asked:
        answer = _answer(space, query)
        listen_for_keys(query)
    with beside:
        details_drawer(space, query, answer, space.encoder() if answer else None)
    page = _Page(space, query, snapshot, view, answer, current_topics(space, snapshot))
    with st.container(key="map-work"):
        try:
            layout = _layout(page)
        except SpaceChanged:
            raise
        except NearspaceError as error:
            _draw_above(page, box, bar, None)
            page_layout.error_notice("This map cannot be laid out", error)
            reset_axes_button()
            return
        in_its_place = layout.spec == spec_of(view)  # positions of a view are those of its own layout
        place = decode_place(space, snapshot, view, layout, page.topics) if in_its_place else None
    notes = st.container(key="map-notes")
    map_first = first_paint.map_goes_first(drawn_map(layout))
    focus = _focus(page, layout, place)
    _map(page, layout, focus, map_first=map_first)
    if map_first:
        first_paint.wait_until_painted()
    _draw_above(page, box, bar, layout)
    with notes:
        if awaited is not None:
            fit_chip(space, snapshot, awaited, asked=view.projection != "auto")
        else:
            refit_offer(space, snapshot, layout)
    with st.container(key="map-foot"):
        trust_note(layout)
    if focus.drawer:
        with st.container(key="map-drawer"):
            _side_panel(page, layout, focus)


def _draw_above(page: _Page, box: DeltaGenerator, bar: DeltaGenerator, layout: Layout | None) -> None:
    """Draw the query bar and the menus over the map, in their containers."""
    with box, st.container(key="asked", horizontal=True, gap="small"):
        query_bar(page.space, page.query, page.snapshot, compact=True)
        filters(page.query, page.snapshot, page.space, compact=True)
    with bar:
        view_menu(page.space, page.view, page.snapshot, lambda: _end_of_view_menu(page, layout))
        colour_menu(page.space, page.view, page.query, topics=page.topics is not None)
        if page.answer is not None:
            list_button(RESULTS, "Results", ":material/format_list_numbered:")


def _end_of_view_menu(page: _Page, layout: Layout | None) -> None:
    list_button(TOPICS, "List the topics", ":material/category:")
    if layout is not None:
        export_buttons(page.space, page.snapshot, layout, page.topics)
    page_layout.note(_HELP)


def _view_for(query: Query, view: MapView) -> MapView:
    """The view; a new query clears what was looked at before."""
    before = st.session_state.get(_LAST_QUERY)
    st.session_state[_LAST_QUERY] = query.at_start
    if before is None or before == query.at_start or not view.focused:
        return view
    page_url.go(query, view.unfocused)
    return view.unfocused


def _answer(space: AppSpace, query: Query) -> Answer | None:
    """The answer to the query; None without a query, or where the search fails."""
    if query.is_empty:
        return None
    contents = term_contents(space, query)
    try:
        return space.searcher.ask(query, loaded_encoder(space), contents.pictures)
    except SpaceChanged:
        raise
    except NearspaceError as error:
        page_layout.error_notice("The search cannot be done", error)
        return None


def _layout(page: _Page) -> Layout:
    """The map that the view asks for; while that one is fitted, straight axes."""
    spec = spec_of(page.view)
    encoder: Encoder | None = None
    if any(end.kind == "text" for axis in spec.semantic_axes for end in (axis.start, axis.end)):
        encoder = loaded_encoder(page.space)
    with page_layout.spinner("Laying out the map …"):
        layout = page.space.maps.layout(page.snapshot, spec, encoder)
        layout = layout or page.space.maps.layout(page.snapshot, stand_in(spec))
        assert layout is not None  # straight axes are fitted at once
        return layout


# ---- the map -------------------------------------------------------------------------------------------------------


def _map(page: _Page, layout: Layout, focus: _Focus, *, map_first: bool) -> None:
    picture, view = drawn_map(layout), page.view
    near = [each.id for each in (focus.neighbours if focus.place is None else focus.place.items)]
    item = item_marks(picture, [view.item])
    area = focus.area
    own = layout.spec == spec_of(view)  # else it stands in for one that is being fitted
    in_view = own and len(view.spot) == layout.spec.dimensions
    scene = {
        **scene_of(page.space, picture, page.query, view, page.answer),
        "caption": count_caption(picture, page.snapshot, len(page.answer.ranking.hits) if page.answer else 0),
        "trail": _trail(page, picture),
        "item": item[0] if item else None,
        "near": item_marks(picture, near),
        "place": picture.to_drawn(np.array(view.spot)).tolist() if in_view else None,
        "area": picture.to_drawn(np.array(area.corners)).tolist() if area and own and not area.view_matrix else None,
        "topics": topic_labels(picture, page.topics, page.snapshot, focus.colouring)
        if page.topics and view.names
        else [],
        "flyTo": topic_view(picture, page.topics, page.snapshot),
        "window": view.window if own else "",
        "pictures": view.pictures,
        "drawer": focus.drawer,
    }
    actions = _actions(page, picture, focus) | ({"drawn": first_paint.mark_painted} if map_first else {})
    colours = point_colours(picture, focus.colouring, page_layout.theme(), _highlighted(page, focus.chosen))
    with st.container(key="map-place"):
        scatter(_NAME, picture, colours, scene, actions)
        item_details(_NAME, page.space)


def _focus(page: _Page, layout: Layout, place: DecodedPlace | None) -> _Focus:
    view = page.view
    colouring = _colouring(page)
    area = parse_area(view.area) if view.area else None
    chosen = _chosen(page, layout, area, colouring)
    neighbours = item_neighbours(page.snapshot, view) if view.item else []
    return _Focus(colouring, tuple(neighbours), area, chosen, place, _picked(page, place, chosen))


def _chosen(page: _Page, layout: Layout, area: Area | None, colouring: Colouring) -> NDArray[np.bool_] | None:
    """The selected items: those that the space keeps, whatever map they were drawn on, else those in the area."""
    if page.view.chosen and len(kept := open_selection(page.space.folder, page.view.chosen)):
        return np.isin(layout.ids, kept)
    return _items_in(layout, area, colouring, page.view) if area and layout.spec == spec_of(page.view) else None


def _picked(page: _Page, place: DecodedPlace | None, chosen: NDArray[np.bool_] | None) -> str:
    """What has been picked, for the drawer to show; '' for nothing."""
    if page.view.item:
        return "item"
    if place is not None:
        return "place"
    if chosen is not None:
        return "area"
    if page.query.filters.topic and page.topics is not None:
        return "topic"
    return list_shown(page.query)


def _colouring(page: _Page) -> Colouring:
    if page.view.colouring == "topic" and page.topics is not None:
        return topic_colouring(page.topics, page.snapshot)
    probe = page.answer.probe if page.answer else None
    return colour_items(page.view.colouring, page.snapshot, page.space.ledger, probe)


def _highlighted(page: _Page, chosen: NDArray[np.bool_] | None) -> NDArray[np.bool_] | None:
    """Which items pass the filters and are selected; None where all do."""
    highlighted = None
    filters = with_quoted_phrases(page.query)
    if filters.narrow or filters.modality:
        topics = page.space.searcher.topics.current(page.snapshot) if filters.topic else None
        selected = open_selection(page.space.folder, filters.selection) if filters.selection else None
        masks = item_masks(filters, page.snapshot, page.space.ledger, topics, selected)
        none = {name: np.zeros(len(group), np.bool_) for name, group in groups_of(page.snapshot)}
        highlighted = np.concatenate([masks.get(name, none[name]) for name, _ in groups_of(page.snapshot)])
    if chosen is not None:
        highlighted = chosen if highlighted is None else highlighted & chosen
    return highlighted


def _items_in(layout: Layout, area: Area, colouring: Colouring, view: MapView) -> NDArray[np.bool_]:
    """Which items lie in the area, those hidden in the legend left out; shape (len(layout),)."""
    hidden = [category.code for category in colouring.categories if category.name in view.hidden]
    return inside(area, layout.positions) & ~np.isin(colouring.codes, hidden)


def _trail(page: _Page, picture: DrawnMap) -> list[dict[str, Any]]:
    """The positions of the last queries of this visit, oldest first, without the present one."""
    # By the space, since a query's vectors mean nothing in another one.
    entries: list[tuple[Query, Probe]] = st.session_state.setdefault(f"{_TRAIL} {page.space.identity}", [])
    now, answer = page.query.at_start, page.answer
    if answer is not None and answer.probe is not None and (not entries or entries[-1][0] != now):
        entries[:] = [*(entry for entry in entries if entry[0] != now), (now, answer.probe)][-_TRAIL_LENGTH:]
    positions = [(query, picture.layout.place_probe(probe)) for query, probe in entries if query != now]
    return [
        {"at": picture.to_drawn(position).tolist(), "label": query_label(query)}
        for query, position in positions
        if len(position) == picture.layout.spec.dimensions
    ]


def _kept_selection(space: AppSpace, ids: NDArray[np.int64]) -> str:
    """The name that the space keeps a selection under; '' where it is empty, or the space cannot be written."""
    try:
        return keep_selection(space.folder, ids) if len(ids) else ""
    except SpaceError:
        return ""


def _actions(page: _Page, picture: DrawnMap, focus: _Focus) -> dict[str, Handler]:
    """What a person can do on the map."""
    own = picture.layout.spec == spec_of(page.view)

    def pick(values: Mapping[str, Any]) -> None:
        if str(values.get("id", "")).isdecimal():
            page_url.focus_item(str(values["id"]))

    def place(values: Mapping[str, Any]) -> None:
        at = np.array(values.get("at") or (), np.float64)
        if len(at) == picture.layout.spec.dimensions:
            page_url.unfocus()
            page_url.change_map(spot=tuple(float(number) for number in picture.to_layout(at)))

    def area(values: Mapping[str, Any]) -> None:
        points, matrix = values.get("points") or (), values.get("matrix")
        found = None
        if matrix:
            found = simplified_area(points, picture.layout_matrix(matrix))
        elif points:
            found = simplified_area(picture.to_layout(np.array(points, np.float64).reshape(-1, 2)).tolist())
        if found is not None:
            query, view = page_url.current()
            inside_it = _items_in(picture.layout, found, focus.colouring, view)
            chosen = _kept_selection(page.space, picture.layout.ids[inside_it])
            outline = found.to_param() if own or not chosen else ""
            page_url.go(query, replace(view.unfocused, area=outline, chosen=chosen))

    def hide(values: Mapping[str, Any]) -> None:
        page_url.change_map(hidden=tuple(str(name) for name in values.get("hidden") or ()))

    def topic(values: Mapping[str, Any]) -> None:
        if isinstance(code := values.get("code"), int):
            topic_clicked(page.topics, code)

    actions: dict[str, Handler] = {"pick": pick, "area": area, "hide": hide, "topic": topic}
    if own:
        actions["place"] = place
    return actions


# ---- beside the map ------------------------------------------------------------------------------------------------


def _side_panel(page: _Page, layout: Layout, focus: _Focus) -> None:
    space, view = page.space, page.view
    if focus.drawer == "item":
        found = space.ledger.items.get([view.item])
        item_panel(space, found[0], focus.neighbours, view) if found else missing_item_panel()
    elif focus.place is not None and focus.drawer == "place":
        place_panel(space, focus.place)
    elif focus.chosen is not None and focus.drawer == "area":
        vocabulary = place_vocabulary(space, page.snapshot, page.topics)
        selection_panel(space, layout.ids[focus.chosen], page.snapshot, vocabulary)
    elif focus.drawer == "topic":
        topics_panel(space, page.snapshot, page.topics)
    elif focus.drawer == TOPICS:
        count = f"{len(page.topics)}, by what lies together" if page.topics else ""
        list_panel("Topics", count, lambda: topics_panel(space, page.snapshot, page.topics))
    elif page.answer is not None:
        answer = page.answer
        list_panel("Results", "as numbered on the map", lambda: results_panel(space, answer))
