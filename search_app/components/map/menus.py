"""The two menus over the map: View (layout, what is drawn, files) and Colour.  Each choice is written to the URL."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import streamlit as st

from search_app.components.map.axes import axes_controls
from search_app.components.shared import page_url
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import snippet
from search_app.maps.layout import METHODS, Method, ModalityGap, spec_of, with_spec
from search_app.maps.manifold import neighbours_method
from search_app.search.query import Query
from search_app.search.query_schema import Dimensions, MapView
from search_app.search.snapshot import Snapshot

_METHOD, _DIMENSIONS, _COLOUR, _GAP = "space-method", "space-dimensions", "space-colour", "space-gap"
_SHEET, _NAMES = "space-sheet", "space-names"
_COLOURS = {"modality": "Kind", "folder": "Folder", "date": "Date", "topic": "Topic", "match": "Closeness"}
_METADATA = "meta:"
_MOST_KEYS = 40
_HIDDEN_KEYS = ("width", "height", "format", "id")  # metadata that differs for every item, or has a filter of its own
_LAYOUTS: dict[Method, tuple[str, str]] = {
    "pca": ("Straight axes", "distances as true as they can be (PCA)"),
    "umap": ("Neighbours", "alike lies together, far says little (UMAP)"),
    "tsne": ("Close neighbours", "the same in tighter groups (t-SNE)"),
}


def view_menu(space: AppSpace, view: MapView, snapshot: Snapshot, more: Callable[[], None]) -> None:
    """Draw the menu of what is drawn and how; `more` draws what stands at its end."""
    spec = spec_of(view)
    methods: list[Method] = [
        method for method in METHODS if method != "umap" or "umap" in {neighbours_method(), spec.method}
    ]
    state = st.session_state
    state[_METHOD], state[_DIMENSIONS] = spec.method, spec.dimensions
    state[_GAP], state[_SHEET], state[_NAMES] = view.gap, view.pictures, view.names
    with st.popover("View", icon=":material/tune:", key="map-view-menu"), st.container(key="map-view"):
        st.radio(
            "Layout",
            methods,
            key=_METHOD,
            format_func=lambda method: _LAYOUTS[method][0],
            captions=[_LAYOUTS[method][1] for method in methods],
            on_change=_on_change,
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
            axes_controls(spec)
        _gap(space.maps.gap(snapshot))
        st.toggle("Topic names", key=_NAMES, on_change=_on_change, help="Write the names of topics at their middles.")
        st.toggle(
            "Pictures from afar",
            key=_SHEET,
            on_change=_on_change,
            help="Closer up, pictures take the place of dots by themselves; with this they do from afar as well.",
        )
        more()


def colour_menu(space: AppSpace, view: MapView, query: Query, *, topics: bool) -> None:
    """Draw the menu of what the points are coloured by."""
    colourings = colouring_choices(space, query, ["topic"] if topics else [])
    st.session_state[_COLOUR] = view.colouring if view.colouring in colourings else "modality"
    st.selectbox(
        "Colour by",
        colourings,
        key=_COLOUR,
        format_func=_colour_name,
        label_visibility="collapsed",
        width=185,
        on_change=_on_colour,
    )


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
            f" Between the mean picture and the mean passage lie {gap.raw:.2f} (of at most 2); once each kind is "
            f"centred, {gap.closed:.2f}."
        )
    st.toggle(
        "Pictures and passages apart",
        key=_GAP,
        on_change=_on_change,
        help="The vectors of pictures and of passages lie in two separate cones. Off: each kind is centred on its own "
        f"mean, so that a picture and a passage of one meaning lie together. On: the cones as they are.{figures}",
    )


def _on_change() -> None:
    state = st.session_state
    query, view = page_url.current()
    spec = spec_of(view)
    dimensions: Dimensions = 3 if state[_DIMENSIONS] == 3 else 2
    changed = replace(spec, method=state[_METHOD], dimensions=dimensions, gap=bool(state[_GAP]))
    new_view = view if changed == spec else with_spec(view, changed)
    if changed.method == spec.method:
        new_view = replace(new_view, projection=view.projection)  # one that nobody has chosen stays open
    new_view = replace(new_view, pictures=bool(state[_SHEET]), names=bool(state[_NAMES]))
    if changed != spec:
        new_view = replace(new_view, spot=(), area="", window="")  # these are positions on the former map
    page_url.go(query, new_view)


def _on_colour() -> None:
    query, view = page_url.current()
    if (chosen := st.session_state[_COLOUR]) != view.colouring:
        page_url.go(query, replace(view, colouring=chosen, hidden=()))
