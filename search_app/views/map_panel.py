"""The map with its controls, beside the results."""

from dataclasses import replace

import numpy as np
import streamlit as st

from search_app.engine.query import MapView, Query
from search_app.engine.search import Answer
from search_app.engine.snapshot import Snapshot
from search_app.views import links
from search_app.views.frame import theme
from search_app.views.map import Drawn, draw, layers
from search_app.views.map_clicks import extent, listen
from search_app.views.palette import MAP_STAR
from search_app.views.resources import OpenSpace
from search_app.views.words import in_html, snippet

_DIMENSIONS, _COLOUR, _GAP = "map-dimensions", "map-colour", "map-gap"
_CONFIG = {
    "displaylogo": False,
    "scrollZoom": True,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d", "resetCameraLastSave3d", "hoverClosest3d"],
}


@st.fragment
def map_panel(space: OpenSpace, snapshot: Snapshot, query: Query, answer: Answer | None) -> None:
    """Draw the map; its own settings redraw it alone."""
    _, view = links.current()
    with st.container(key="map-panel"):
        _controls(view)
        projection = space.searcher.projections(snapshot).of(view.gap)
        placed = layers(snapshot, projection)
        hits = answer.ranking.hits if answer else ()
        ids = np.concatenate([layer.ids for layer in placed]) if placed else np.empty(0, np.int64)
        labels = space.labels.of([*ids.tolist(), *(int(hit.id) for hit in hits)], snapshot)
        star = projection.place_probe(answer.probe) if answer and answer.probe else None
        drawn = draw(snapshot, projection, view, placed, labels, hits, star, _star_label(query), theme(), extent())
        # One key for each number of dimensions: Plotly cannot turn a flat chart into a scene in place.
        st.plotly_chart(
            drawn.figure,
            key=f"map-{view.dimensions}d",
            config=_CONFIG,
            width="stretch",
            alt="Map of the space: nearby marks are close in meaning",
        )
        listen(links.ask_like, view.dimensions)
        _legend(drawn, star is not None, bool(hits))
        _note(snapshot, view, drawn, projection.kept[: view.dimensions])


def _controls(view: MapView) -> None:
    st.session_state[_DIMENSIONS] = f"{view.dimensions}-D"
    # The page of the map knows more of them.
    st.session_state[_COLOUR] = "folder" if view.colouring == "folder" else "modality"
    st.session_state[_GAP] = view.gap
    with st.container(key="map-controls", horizontal=True, vertical_alignment="center", gap="small"):
        st.html('<div class="ns-map-title" id="nearspace-map">Map</div>', width="content")
        st.segmented_control(
            "Dimensions",
            ["2-D", "3-D"],
            key=_DIMENSIONS,
            required=True,
            label_visibility="collapsed",
            on_change=_changed,
        )
        st.segmented_control(
            "Colour by",
            ["modality", "folder"],
            key=_COLOUR,
            required=True,
            label_visibility="collapsed",
            on_change=_changed,
        )
        st.toggle(
            "Gap",
            key=_GAP,
            on_change=_changed,
            help="Image and text vectors lie in two separate cones. Off: each modality is centred on its own mean, "
            "so that a picture and a passage of one meaning lie together. On: the cones as they are.",
        )


def _changed() -> None:
    state = st.session_state
    query, view = links.current()
    colouring = "folder" if state[_COLOUR] == "folder" else "modality"
    links.go(
        query,
        replace(view, dimensions=3 if state[_DIMENSIONS] == "3-D" else 2, colouring=colouring, gap=bool(state[_GAP])),
    )


def _star_label(query: Query) -> str:
    named = {"text": "", "image": "your picture", "item": "an item", "between": "between two items"}
    label = ""
    for term in query.asked:
        sign = (" − " if term.weight < 0 else " + ") if label else ("− " if term.weight < 0 else "")
        label += sign + (named[term.kind] or snippet(term.value, 60))
    return label


def _legend(drawn: Drawn, star: bool, hits: bool) -> None:
    entries = []
    if star:
        entries.append(f'<span><em style="color:{MAP_STAR}">★</em>query</span>')
    if hits:
        entries.append("<span><b>①</b>results, as numbered in the list</span>")
    entries += [
        f'<span><i class="{"ns-square" if entry.square else ""}" style="background:{entry.colour}"></i>'
        f"{in_html(entry.name)} {entry.count:,}</span>"
        for entry in drawn.legend
    ]
    st.html(f'<div class="ns-legend">{"".join(entries)}</div>')


def _note(snapshot: Snapshot, view: MapView, drawn: Drawn, kept: tuple[float, ...]) -> None:
    shares = " + ".join(f"{100 * share:.1f}" for share in kept)
    sentences = [
        f"Principal components of the whole space: the {view.dimensions} axes keep "
        f"{shares} = {100 * sum(kept):.1f} % of its variance"
        + (", the gap between the modalities included." if view.gap else ", each modality centred on its own mean.")
    ]
    if drawn.shown < len(snapshot):
        sentences.append(f"{drawn.shown:,} of {len(snapshot):,} items drawn, a steady sample.")
    sentences.append("Click a point to search from it.")
    st.html(f'<div class="ns-note">{" ".join(sentences)}</div>')
