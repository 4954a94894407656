"""The controls over the map: projection, axes, colour, gap, pictures and topic names.  Each writes the URL."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from search_app.components.shared import page_url
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import snippet
from search_app.maps.layout import (
    METHODS,
    Axis,
    AxisEnd,
    MapSpec,
    ModalityGap,
    SemanticAxis,
    spec_of,
    with_spec,
)
from search_app.search.projection import COMPONENTS
from search_app.search.query import Query
from search_app.search.query_schema import Dimensions, MapView
from search_app.search.snapshot import Snapshot
from search_app.search.terms import LONGEST_TEXT

_METHOD, _DIMENSIONS, _COLOUR, _GAP = "space-method", "space-dimensions", "space-colour", "space-gap"
_SHEET, _NAMES = "space-sheet", "space-names"
_AXIS_START = "the item that an axis begins at, in the space"
_SIDES = ("right", "up", "deep")
_SEMANTIC = 0  # among the choices of an axis, beside the numbers of components
_COLOURS = {"modality": "Modality", "folder": "Folder", "date": "Date", "topic": "Topic", "match": "Closeness"}
_METADATA = "meta:"
_MOST_KEYS = 40
_HIDDEN_KEYS = ("width", "height", "format", "id")  # metadata that differs for every item, or has a filter of its own


def toolbar(space: AppSpace, view: MapView, query: Query, snapshot: Snapshot, colourings: Sequence[str]) -> None:
    """Draw the controls; `colourings` are what the points can be coloured by, as a link names them."""
    spec = spec_of(view)
    state = st.session_state
    state[_METHOD], state[_DIMENSIONS] = spec.method, spec.dimensions
    state[_COLOUR] = view.colouring if view.colouring in colourings else "modality"
    state[_GAP], state[_SHEET], state[_NAMES] = view.gap, view.pictures, view.names
    with st.container(key="map-bar", horizontal=True, vertical_alignment="center", gap="small"):
        st.segmented_control(
            "Projection",
            list(METHODS),
            key=_METHOD,
            required=True,
            format_func=METHODS.__getitem__,
            label_visibility="collapsed",
            on_change=_on_change,
            help="PCA keeps distances as well as straight axes can; UMAP and t-SNE keep neighbours, not distances.",
        )
        st.segmented_control(
            "Dimensions",
            [2, 3],
            key=_DIMENSIONS,
            required=True,
            format_func=lambda number: f"{number}-D",
            label_visibility="collapsed",
            on_change=_on_change,
        )
        if spec.method == "pca":
            _axes(spec)
        st.selectbox(
            "Colour by",
            colourings,
            key=_COLOUR,
            format_func=_colour_name,
            label_visibility="collapsed",
            width=185,
            on_change=_on_change,
        )
        _gap(space.maps.gap(snapshot))
        st.toggle(
            "Pictures",
            key=_SHEET,
            on_change=_on_change,
            help="Draw pictures on the map, one for each part of what is in view; closer shows more.",
        )
        st.toggle("Topics", key=_NAMES, on_change=_on_change, help="Write the names of topics at their centres.")


def colouring_choices(space: AppSpace, query: Query, more: Sequence[str] = ()) -> list[str]:
    """The attributes that points can be coloured by; `more` comes after the folder."""
    keys = space.ledger.search_index.metadata_keys()
    shown = sorted((key for key in keys if key not in _HIDDEN_KEYS), key=lambda key: (-keys[key], key))[:_MOST_KEYS]
    match = ["match"] if not query.is_empty else []
    return ["modality", "folder", *more, "date", *match, *(f"{_METADATA}{key}" for key in shown)]


def _colour_name(by: str) -> str:
    name = _COLOURS.get(by) or snippet(by.removeprefix(_METADATA), 40)
    return f"Colour: {name}"


def _gap(gap: ModalityGap | None) -> None:
    figures = ""
    if gap is not None:
        figures = (
            f" Between the mean image and the mean passage lie {gap.raw:.2f} (of at most 2); once each modality is "
            f"centred, {gap.closed:.2f}."
        )
    st.toggle(
        "Gap" if gap is None else f"Gap {gap.raw:.2f}",
        key=_GAP,
        on_change=_on_change,
        help="Image and text vectors lie in two separate cones. Off: each modality is centred on its own mean, so that "
        f"a picture and a passage of one meaning lie together. On: the cones as they are.{figures}",
    )


def _on_change() -> None:
    state = st.session_state
    query, view = page_url.current()
    spec = spec_of(view)
    dimensions: Dimensions = 3 if state[_DIMENSIONS] == 3 else 2
    changed = replace(spec, method=state[_METHOD], dimensions=dimensions, gap=bool(state[_GAP]))
    new_view = with_spec(view, changed)
    new_view = replace(new_view, pictures=bool(state[_SHEET]), names=bool(state[_NAMES]))
    if changed != spec:
        new_view = replace(new_view, spot=(), area="", window="")  # these are positions on the former map
    if state[_COLOUR] != view.colouring:
        new_view = replace(new_view, colouring=state[_COLOUR], hidden=())
    page_url.go(query, new_view)


# ---- axes ----------------------------------------------------------------------------------------------------------


def _axes(spec: MapSpec) -> None:
    semantic = bool(spec.semantic_axes)
    with st.popover("Axes", icon=":material/open_with:", type="primary" if semantic else "secondary", key="map-axes"):
        st.caption("Each axis is a principal component, or leads from one phrase to another.")
        for place, axis in enumerate(spec.drawn_axes):
            _axis_controls(place, axis)
        st.button("The first components", key="axes-plain", type="tertiary", on_click=_set_axes, args=((),))


def reset_axes_button() -> None:
    """Draw a button that resets axes that cannot be laid out to the first components."""
    st.button("Back to the first components", key="map-plain", icon=":material/undo:", on_click=_set_axes, args=((),))


def _axis_controls(place: int, axis: Axis) -> None:
    kind, low, high = (f"axis-{part}-{place}" for part in ("kind", "from", "to"))
    state = st.session_state
    state[kind] = axis if isinstance(axis, int) else _SEMANTIC
    if isinstance(axis, SemanticAxis):
        state[low], state[high] = _end_as_text(axis.start), _end_as_text(axis.end)
    st.selectbox(
        f"Axis to the {_SIDES[place]}" if place == 0 else f"Axis {_SIDES[place]}",
        [*range(1, COMPONENTS + 1), _SEMANTIC],
        key=kind,
        format_func=lambda number: f"component {number}" if number else "from … to …",
        on_change=_on_axis_kind,
        args=(place,),
    )
    if not isinstance(axis, SemanticAxis):
        return
    left, right = st.columns(2)
    for column, key, label in ((left, low, "From"), (right, high, "To")):
        column.text_input(label, key=key, max_chars=LONGEST_TEXT, on_change=_on_axis_words, args=(place,))


def _end_as_text(end: AxisEnd) -> str:
    return end.value if end.kind == "text" else f"item {end.value}"


def _parse_end(written: str) -> AxisEnd | None:
    words = written.strip()
    number = words.removeprefix("item ")
    if number != words and number.isascii() and number.isdecimal() and len(number) < 19:
        return AxisEnd("item", number)
    return AxisEnd("text", words[:LONGEST_TEXT]) if words else None


_FIRST_WORDS = (("day", "night"), ("indoors", "outdoors"), ("people", "nature"))


def _on_axis_kind(place: int) -> None:
    chosen = int(st.session_state[f"axis-kind-{place}"])
    axis: Axis = chosen or SemanticAxis(*(AxisEnd("text", words) for words in _FIRST_WORDS[place]))
    _set_axis(place, axis)


def _on_axis_words(place: int) -> None:
    ends = [_parse_end(str(st.session_state[f"axis-{part}-{place}"])) for part in ("from", "to")]
    if ends[0] is not None and ends[1] is not None and ends[0] != ends[1]:
        _set_axis(place, SemanticAxis(ends[0], ends[1]))


def _set_axis(place: int, axis: Axis) -> None:
    _, view = page_url.current()
    axes = list(spec_of(view).drawn_axes)
    if axis in axes:
        axes[axes.index(axis)] = axes[place]  # the two change places
    axes[place] = axis
    _set_axes(tuple(axes))


def axis_button(space: AppSpace, item_id: str) -> None:
    """Draw a button that starts a semantic axis at an item, or ends a started one at it."""
    key = f"{_AXIS_START} {space.identity}"
    start = st.session_state.get(key, "")
    started = bool(start) and start != item_id
    st.button(
        "Axis to it" if started else "Axis from it",
        key="map-axis-item",
        icon=":material/open_with:",
        type="tertiary",
        help="Lay the axis to the right from the item chosen before to this one: every item then lies where its "
        "similarity to the two puts it."
        if started
        else "Begin an axis at this item; then choose the item that it leads to.",
        disabled=start == item_id,
        on_click=_end_axis if started else _begin_axis,
        args=(key, start, item_id) if started else (key, item_id),
    )


def _begin_axis(key: str, item_id: str) -> None:
    st.session_state[key] = item_id


def _end_axis(key: str, start: str, end: str) -> None:
    del st.session_state[key]
    query, view = page_url.current()
    page_url.go(query, with_spec(view, replace(spec_of(view), method="pca")))
    _set_axis(0, SemanticAxis(AxisEnd("item", start), AxisEnd("item", end)))


def _set_axes(axes: tuple[Axis, ...]) -> None:
    query, view = page_url.current()
    plain = axes == tuple(range(1, len(axes) + 1))
    spec = replace(spec_of(view), axes=() if plain else axes)
    page_url.go(query, replace(with_spec(view, spec), spot=(), area="", window=""))
