"""The axes of the map: which principal components they are, or from what to what they lead; written to the URL."""

from dataclasses import replace

import streamlit as st

from search_app.components.shared import page_url
from search_app.components.shared.app_space import AppSpace
from search_app.maps.layout import Axis, AxisEnd, MapSpec, SemanticAxis, spec_of, with_spec
from search_app.search.projection import COMPONENTS
from search_app.search.terms import LONGEST_TEXT

_AXIS_START = "the item that an axis begins at, in the space"
_SIDES = ("right", "up", "deep")
_SEMANTIC = 0  # among the choices of an axis, beside the numbers of components


def axes_controls(spec: MapSpec) -> None:
    """Draw what each straight axis is; choices are written to the URL."""
    with st.expander("Axes", key="map-axes", expanded=bool(spec.semantic_axes)):
        st.caption("Each axis is one along which items differ most, or leads from one phrase to another.")
        for place, axis in enumerate(spec.drawn_axes):
            _axis_controls(place, axis)
        st.button("The first axes", key="axes-plain", type="tertiary", on_click=_set_axes, args=((),))


def reset_axes_button() -> None:
    """Draw a button that resets axes that cannot be laid out to the first straight ones."""
    st.button("Back to the first axes", key="map-plain", icon=":material/undo:", on_click=_set_axes, args=((),))


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
        format_func=lambda number: f"axis {number}" if number else "from … to …",
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
