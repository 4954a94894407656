"""Explores a latent space: its map, a selected point, and that point's neighbours by either distance."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from search_app.components.lab import url_state
from search_app.components.lab.item_labels import image_tag, item_label
from search_app.components.lab.latent_spaces.static_map import colour_of, map_svg, names_fit, readable
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import MEASURES, headline, in_html, in_plotly, snippet
from search_app.components.shared.page_layout import theme
from search_app.components.shared.palette import MAP_OTHER, MAP_STAR, Theme
from search_app.lab.latent_spaces.latent_space import LatentSpace, Neighbour
from search_app.search.neighbours import Measure

_COUNT = 8
_HEIGHT = 520
_CLEAR = "rgba(0,0,0,0)"
_FONT = "Inter, 'Helvetica Neue', Arial, sans-serif"


def explore(
    key: str, latent: LatentSpace, space: AppSpace, *, classes: Sequence[int] = (), class_names: Sequence[str] = ()
) -> None:
    """Draw `latent` to explore; `classes` colours the points, each an index in `class_names`, or below 0."""
    chosen = _selected_row(key, latent)
    left, right = st.columns([1.45, 1], gap="medium")
    with right:
        metric = _controls(key, latent, chosen)
        near = latent.neighbours(chosen, _COUNT, metric)
        st.html(_neighbour_list(latent, near, metric, space))
    with left:
        flat = _dimensions(key) == 2
        figure = _figure(latent, chosen, [one.row for one in near], classes, class_names, theme(), flat=flat)
        st.plotly_chart(
            figure,
            key=f"family-map-{key}-{'2d' if flat else '3d'}",
            width="stretch",
            config={"displayModeBar": False, "scrollZoom": True},
            on_select=lambda: _on_point_clicked(key),
            selection_mode="points",
            alt="Map of this latent space: nearby points are alike",
        )
        kept = latent.point_map.kept[: 2 if flat else 3]
        shares = " + ".join(f"{100 * share:.0f}" for share in kept)
        st.html(
            f'<div class="ns-note">{len(latent):,} points of {latent.vectors.shape[1]:,} numbers each, drawn by their '
            f"{len(kept)} main directions, which keep {shares} % of their differences. Neighbours are those by all "
            "numbers. Scroll to zoom, drag to move.</div>"
        )


def explorer_markup(key: str, latent: LatentSpace, space: AppSpace, *, classes: Sequence[int] = ()) -> str:
    """The map, the point that the URL names and its neighbours by the distance it names, as markup."""
    chosen, metric = _selected_row(key, latent), _metric(key)
    near = latent.neighbours(chosen, _COUNT, metric)
    drawing = map_svg(latent, chosen, [one.row for one in near], classes)
    title = f"<h4>Nearest to {in_html(snippet(latent.names[chosen], 60))}</h4>"
    return f'<div class="ns-lab-wide">{drawing}<div>{title}{_neighbour_list(latent, near, metric, space)}</div></div>'


def _metric(key: str) -> Measure:
    return next((name for name in MEASURES if name == url_state.value(f"family-{key}-by")), "cosine")


def _selected_row(key: str, latent: LatentSpace) -> int:
    """The row of the point that the URL names; 0 where it names none."""
    selected = url_state.value(f"family-{key}-at")
    known = latent.item_ids or latent.names
    return known.index(selected) if selected in known else 0


def _choose(key: str, latent: LatentSpace, row: int) -> None:
    url_state.set_param(f"family-{key}-at", (latent.item_ids or latent.names)[row])


def _controls(key: str, latent: LatentSpace, chosen: int) -> Measure:
    box = f"family-pick-{key}"
    st.session_state[box] = chosen
    metric = _metric(key)
    st.session_state[f"family-known-{key}"] = latent
    st.selectbox(
        "Nearest to",
        range(len(latent)),
        key=box,
        format_func=lambda row: snippet(latent.names[row], 60),
        on_change=lambda: _choose(key, latent, st.session_state[box]),
    )
    with st.container(horizontal=True, gap="small", key=f"family-bar-{key}"):
        by = {"" if name == "cosine" else name: title for name, title in MEASURES.items()}
        url_state.switch(f"family-{key}-by", "Distance", by, "" if metric == "cosine" else metric)
        how = {"": "2-D", "3d": "3-D"}
        url_state.switch(f"family-{key}-map", "Dimensions", how, "3d" if _dimensions(key) == 3 else "")
    return metric


def _dimensions(key: str) -> int:
    return 3 if url_state.value(f"family-{key}-map") == "3d" else 2


def _on_point_clicked(key: str) -> None:
    latent: LatentSpace = st.session_state[f"family-known-{key}"]
    points = st.session_state[f"family-map-{key}-2d"]["selection"]["points"]
    row = points[0].get("customdata") if points else None
    row = row[0] if isinstance(row, list) and row else row
    # The browser may report a point of an earlier map.
    if isinstance(row, int) and 0 <= row < len(latent):
        _choose(key, latent, row)


def _neighbour_list(latent: LatentSpace, near: Sequence[Neighbour], metric: Measure, space: AppSpace) -> str:
    items = space.ledger.items.get([latent.item_ids[one.row] for one in near]) if latent.item_ids else []
    by_id = {item.id: item for item in items}
    # A longer bar is closer by cosine, and farther away by distance, as the number beside it.
    shown = [1.0 - one.distance if metric == "cosine" else one.distance for one in near]
    most = max(shown, default=0.0) or 1.0
    rows = ""
    for one, value in zip(near, shown, strict=True):
        item = by_id.get(latent.item_ids[one.row]) if latent.item_ids else None
        label = image_tag(item_label(space, item), alt="") if item is not None and item.modality == "image" else ""
        name = headline(item) if item is not None else latent.names[one.row]
        words = f'<small dir="auto">{in_html(snippet(item.text, 90))}</small>' if item is not None and not label else ""
        rows += (
            f"<li>{label}<div><b dir='auto'>{in_html(snippet(name, 60))}</b>{words}"
            f'<i style="width:{max(100 * value / most, 0.0):.0f}%"></i></div><span>{value:.3f}</span></li>'
        )
    unit = "cosine: the higher, the closer" if metric == "cosine" else "distance: the lower, the closer"
    return f'<ol class="ns-nearest">{rows}</ol><div class="ns-note">{unit}</div>'


def _figure(
    latent: LatentSpace,
    chosen: int,
    near: Sequence[int],
    classes: Sequence[int],
    class_names: Sequence[str],
    colours: Theme,
    *,
    flat: bool,
) -> go.Figure:
    """The points by class, lines from the chosen point to its neighbours, and these over all others."""
    points = _Points(latent, [chosen, *near], flat)
    size = 9 if len(latent) < 300 else 6
    groups = np.asarray(classes) if len(classes) else np.zeros(len(latent), np.int64)
    traces: list[dict[str, Any]] = []
    for group in np.unique(groups).tolist():
        colour = colour_of(group) if len(classes) else MAP_OTHER
        name = class_names[group] if class_names and group >= 0 else ""
        rows = np.flatnonzero(groups == group).tolist()
        marks = {"size": size, "color": colour, "opacity": 0.75}
        traces.append(points.trace(rows, marks, name, {"size": 10}, unnamed=(chosen, *near)))
    traces.append(points.lines(chosen, near, colours.accent))
    bold = {"size": 11, "color": colours.ink, "weight": 700}
    marks = {"size": size + 3, "color": colours.accent, "opacity": 1}
    traces.append(points.trace(list(near), marks, "nearest", bold))
    star = {"size": size + 7, "color": MAP_STAR, "opacity": 1, "symbol": "diamond"}
    traces.append(points.trace([chosen], star, "picked", bold))
    return go.Figure({"data": traces, "layout": _figure_layout(len(latent), colours, flat)})


class _Points:
    """Makes Plotly's traces of the points of a latent space, on a flat map or in a 3-D scene."""

    def __init__(self, latent: LatentSpace, first: Sequence[int], flat: bool) -> None:
        """Names that can be read are written beside the points, those of the rows `first` before all others."""
        self._flat = flat
        self._kind = "scatter" if flat else "scatter3d"
        self._axes = "xy" if flat else "xyz"
        self._positions = latent.point_map.positions
        self._names = [in_plotly(snippet(name, 60)) for name in latent.names]
        self._named = readable(self._positions[:, :2], self._names, first, _HEIGHT) if names_fit(latent) else set()

    def trace(
        self, rows: list[int], marks: dict[str, Any], name: str, font: dict[str, Any], unnamed: Sequence[int] = ()
    ) -> dict[str, Any]:
        """The points of `rows`, with their names but for those of `unnamed`."""
        marker = {"line": {"width": 0}, **marks}
        trace: dict[str, Any] = {
            "type": self._kind,
            "mode": "markers",
            "name": in_plotly(name),
            "marker": marker if self._flat else marker | {"size": marks["size"] * 0.6},
            "hovertext": [self._names[row] for row in rows],
            "customdata": rows,
            "hoverinfo": "text",
            **{axis: self._positions[rows, place] for place, axis in enumerate(self._axes)},
        }
        if self._flat:
            trace |= {"selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": marks["opacity"]}}}
        if self._named:
            words = [self._names[row] if row in self._named and row not in unnamed else "" for row in rows]
            trace |= {"mode": "markers+text", "textposition": "top center", "textfont": font, "text": words}
        return trace

    def lines(self, chosen: int, near: Sequence[int], colour: str) -> dict[str, Any]:
        """Lines from the chosen point to its neighbours."""
        ends: dict[str, list[float | None]] = {axis: [] for axis in self._axes}
        for row in near:
            for place, axis in enumerate(self._axes):
                ends[axis] += [float(self._positions[chosen, place]), float(self._positions[row, place]), None]
        line = {"color": colour, "width": 1.5}
        return {"type": self._kind, "mode": "lines", "line": line, "hoverinfo": "skip", **ends}


def _figure_layout(points: int, colours: Theme, flat: bool) -> dict[str, Any]:
    hidden = {"showticklabels": False, "zeroline": False, "title": "", "showgrid": False}
    layout: dict[str, Any] = {
        "height": _HEIGHT,
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "paper_bgcolor": _CLEAR,
        "plot_bgcolor": _CLEAR,
        "showlegend": False,
        "dragmode": "pan" if flat else "orbit",
        "hoverlabel": {
            "bgcolor": colours.card,
            "bordercolor": colours.line,
            "font": {"color": colours.ink, "family": _FONT},
        },
        "uirevision": f"{points}-{flat}",
        "font": {"color": colours.muted, "family": _FONT},
    }
    if flat:
        return layout | {"xaxis": hidden, "yaxis": hidden | {"scaleanchor": "x"}}
    walls = hidden | {"showbackground": False, "showgrid": True, "gridcolor": colours.line, "title": {"text": ""}}
    return layout | {"scene": {f"{axis}axis": walls for axis in "xyz"} | {"aspectmode": "data"}}
