"""The map as a Plotly figure: every item, the query as a star, its hits with their numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from ingest.readers.draft import MODALITIES, Modality
from search_app.engine.group import steady_sample
from search_app.engine.hits import Hit
from search_app.engine.projection import AXES, Projection
from search_app.engine.query import MapView
from search_app.engine.snapshot import Snapshot
from search_app.views.palette import LIGHT, MAP_FOLDERS, MAP_MODALITY, MAP_OTHER, MAP_STAR, Theme
from search_app.views.words import PLURAL, in_plotly

MOST_POINTS = 20_000
"""Items drawn at most; of a larger space a steady sample is drawn, and the hits always."""
HEIGHT = 470

_SYMBOLS: dict[Modality, str] = {"image": "circle", "text": "diamond"}
_GRID = "rgba(130,135,154,.20)"
_CLEAR = "rgba(0,0,0,0)"
_CAMERA = {"eye": {"x": 1.15, "y": 1.15, "z": 0.75}, "center": {"x": 0, "y": 0, "z": -0.1}}


@dataclass(frozen=True)
class LegendEntry:
    """One kind of mark on the map."""

    name: str
    """Untrusted: may be a folder's name."""
    colour: str
    square: bool
    """Whether its marks are diamonds instead of dots."""
    count: int


@dataclass(frozen=True)
class Drawn:
    """A figure, and what to say beside it."""

    figure: go.Figure
    legend: tuple[LegendEntry, ...]
    shown: int
    """How many items are drawn."""


@dataclass(frozen=True)
class Extent:
    """The part of a map that a person has chosen to look at."""

    map: str
    """Which map it belongs to, see `map_name`."""
    ranges: tuple[tuple[float, float], tuple[float, float]] | None = None
    """Of a flat map, from left to right and from bottom to top; None for the whole."""
    camera: Mapping[str, Any] | None = None
    """Of a scene, as Plotly writes it."""

    @staticmethod
    def read(told: Mapping[str, Any]) -> "Extent | None":
        """An extent as the browser tells it; None when it is not one."""
        try:
            ranges = [(float(told[axis][0]), float(told[axis][1])) for axis in "xy" if told.get(axis)]
            camera = {
                place: {axis: float(told["camera"][place][axis]) for axis in "xyz"}
                for place in ("eye", "center", "up")
                if told.get("camera")
            }
        except (KeyError, TypeError, ValueError, IndexError):
            return None
        whole = len(ranges) != 2 or not np.isfinite(ranges).all()
        return Extent(str(told.get("map", "")), None if whole else (ranges[0], ranges[1]), camera or None)


def map_name(view: MapView, projection: Projection) -> str:
    """A name that a map keeps while its axes mean the same."""
    return f"{view.dimensions}-{view.gap}-{projection.kept}"


@dataclass(frozen=True)
class Layer:
    """The items of one modality that are drawn."""

    modality: Modality
    ids: NDArray[np.int64]
    folders: NDArray[np.int32]
    spots: NDArray[np.float32]
    """Shape (len(ids), 3)."""


def layers(snapshot: Snapshot, projection: Projection, most: int = MOST_POINTS) -> list[Layer]:
    """Place at most `most` items, each modality in its share, on the map."""
    chosen = []
    for modality in MODALITIES:
        group = snapshot.groups.get(modality)
        if group is not None and len(group):
            rows = steady_sample(group.ids, max(1, most * len(group) // max(len(snapshot), most)))
            spots = projection.place(modality, group.vectors[rows])
            chosen.append(Layer(modality, group.ids[rows], group.folders[rows], spots))
    return chosen


def draw(
    snapshot: Snapshot,
    projection: Projection,
    view: MapView,
    placed: Sequence[Layer],
    labels: Mapping[int, str],
    hits: Sequence[Hit] = (),
    star: NDArray[np.float32] | None = None,
    star_label: str = "",
    theme: Theme = LIGHT,
    extent: Extent | None = None,
) -> Drawn:
    """Draw a map; `labels` gives the plain text shown over an item, `star` the query's spot, shape (3,).

    Every mark of an item carries the item's id in `customdata`.  The map opens at `extent` if that belongs to it and
    the star lies within, else as a whole.
    """
    colours = _folder_colours(snapshot) if view.colouring == "folder" else {}
    traces: list[dict[str, Any]] = []
    counts: dict[tuple[str, str, bool], int] = {}
    size = 9 if len(snapshot) <= 300 else 7 if len(snapshot) <= 3_000 else 4
    hit_ids = np.array([int(hit.id) for hit in hits], dtype=np.int64)
    for layer in placed:
        for name, colour, rows in _split(layer, snapshot, colours):
            key = (name, colour, layer.modality == "text" and not colours)
            counts[key] = counts.get(key, 0) + len(rows)
            rows = rows[~np.isin(layer.ids[rows], hit_ids)]
            marks = {
                "size": size * 0.5 if view.dimensions == 3 else size,
                "color": colour,
                "symbol": _SYMBOLS[layer.modality],
                "opacity": 0.38 if hits else 0.8,
                "line": {"width": 0},
            }
            traces.append(
                _trace(view, layer.spots[rows], name, marks)
                | {
                    "hovertext": [_label(labels, int(number)) for number in layer.ids[rows]],
                    "customdata": [str(number) for number in layer.ids[rows]],
                }
            )
    shown = {int(number) for layer in placed for number in layer.ids}
    traces += _hit_traces(snapshot, projection, view, labels, hits, colours, theme)
    if star is not None:
        traces.append(_star_trace(view, star, star_label))
    layout = _layout(view, projection, theme)
    if star is not None and view.dimensions == 3:
        layout["scene"]["annotations"] = [_star_above(star)]
    if extent is not None and extent.map == map_name(view, projection):
        _look_at(layout, extent, star)
    figure = go.Figure(traces, layout)
    legend = [LegendEntry(name, colour, square, count) for (name, colour, square), count in counts.items()]
    if colours:
        legend.sort(key=lambda entry: (entry.colour == MAP_OTHER, -entry.count))
    return Drawn(figure, tuple(legend), len(shown | {int(hit.id) for hit in hits}))


def _folder_colours(snapshot: Snapshot) -> dict[int, str]:
    """A colour for each of the largest folders, by code; the others share one."""
    counts = snapshot.folder_counts()
    codes = {name: code for code, name in enumerate(snapshot.folder_names)}
    largest = sorted(counts, key=lambda name: (-counts[name], name))[: len(MAP_FOLDERS)]
    # In the order of their names, so that a folder keeps its colour while its neighbours grow.
    return {codes[name]: colour for name, colour in zip(sorted(largest), MAP_FOLDERS, strict=False)}


def _split(
    layer: Layer, snapshot: Snapshot, colours: Mapping[int, str]
) -> list[tuple[str, str, NDArray[np.int64]]]:  # fmt: skip
    """The rows of a layer that share a name and a colour."""
    if not colours:
        rows = np.arange(len(layer.ids), dtype=np.int64)
        return [(PLURAL[layer.modality], MAP_MODALITY[layer.modality], rows)]
    parts = [
        (snapshot.folder_names[code], colour, np.flatnonzero(layer.folders == code)) for code, colour in colours.items()
    ]
    parts.append(("other folders", MAP_OTHER, np.flatnonzero(~np.isin(layer.folders, list(colours)))))
    return [part for part in parts if len(part[2])]


def _hit_traces(
    snapshot: Snapshot,
    projection: Projection,
    view: MapView,
    labels: Mapping[int, str],
    hits: Sequence[Hit],
    colours: Mapping[int, str],
    theme: Theme,
) -> list[dict[str, Any]]:
    """One trace a modality, drawn over all others; the worst hit first, so that better ones lie above it."""
    traces = []
    for modality in MODALITIES:
        found = [(hit, snapshot.find(hit.id)) for hit in reversed(hits) if hit.modality == modality]
        rows = [(hit, place[1]) for hit, place in found if place is not None]
        if not rows:
            continue
        group = snapshot.groups[modality]
        spots = projection.place(modality, group.vectors[[row for _, row in rows]])
        own = theme.image if modality == "image" else theme.text
        fill = [colours.get(int(group.folders[row]), MAP_OTHER) if colours else own for _, row in rows]
        marks = {
            "size": 19 if view.dimensions == 2 else 11 if modality == "image" else 8,
            "color": fill,
            "symbol": _SYMBOLS[modality] if view.dimensions == 3 else "circle",
            "opacity": 1.0,
            "line": {"width": 1.5, "color": theme.card},
        }
        traces.append(
            _trace(view, spots, "hits", marks, drawn_by_gl=False)
            | {
                "mode": "markers+text",
                "text": [str(hit.rank) for hit, _ in rows],
                "textposition": "middle center",
                "textfont": {
                    "size": 11 if view.dimensions == 2 else 12,
                    "color": "#FFFFFF" if colours or theme is LIGHT else theme.background,
                    "weight": 700,
                },
                "hovertext": [f"<b>{hit.rank}</b>  {_label(labels, int(hit.id))}" for hit, _ in rows],
                "customdata": [hit.id for hit, _ in rows],
            }
        )
    return traces


def _star_trace(view: MapView, star: NDArray[np.float32], label: str) -> dict[str, Any]:
    words = f"<b>the query</b><br>{in_plotly(label)}" if label else "<b>the query</b>"
    marks = {
        # Under the star of `_star_above`.
        "size": 23 if view.dimensions == 2 else 4,
        "color": MAP_STAR,
        "symbol": "star" if view.dimensions == 2 else "diamond",
        "opacity": 1.0,
        "line": {"width": 1.5 if view.dimensions == 2 else 0, "color": "#FFFFFF"},
    }
    return _trace(view, star[np.newaxis], "query", marks, drawn_by_gl=False) | {"hovertext": [words]}


def _star_above(star: NDArray[np.float32]) -> dict[str, Any]:
    """The star of a scene: none of its symbols is one, and a label is not hidden by points in front of it."""
    x, y, z = (float(place) for place in star)
    font = {"size": 32, "color": MAP_STAR}
    return {"x": x, "y": y, "z": z, "text": "★", "font": font, "showarrow": False, "bgcolor": _CLEAR}


def _trace(
    view: MapView, spots: NDArray[np.float32], name: str, marks: dict[str, Any], *, drawn_by_gl: bool = True
) -> dict[str, Any]:
    kind = "scatter3d" if view.dimensions == 3 else "scattergl" if drawn_by_gl else "scatter"
    axes = dict(zip("xyz"[: view.dimensions], spots.T, strict=False))
    return {
        "type": kind,
        "mode": "markers",
        "name": in_plotly(name),
        "marker": marks,
        "hoverinfo": "text",
        "showlegend": False,
        **axes,
    }


def _label(labels: Mapping[int, str], number: int) -> str:
    name, _, rest = labels.get(number, "").partition("\n")
    return f"<b>{in_plotly(name)}</b><br>{in_plotly(rest)}" if rest else f"<b>{in_plotly(name)}</b>"


def _layout(view: MapView, projection: Projection, theme: Theme) -> dict[str, Any]:
    words = " of variance" if view.dimensions == 2 else ""
    titles = [
        f"axis {place} · {100 * share:.1f} %{words}" for place, share in enumerate(projection.kept[:AXES], start=1)
    ]
    axis = {
        "showticklabels": False,
        "showgrid": True,
        "gridcolor": _GRID,
        "zeroline": False,
        "showline": False,
        "ticks": "",
    }
    layout: dict[str, Any] = {
        "height": HEIGHT,
        "margin": {"l": 34, "r": 6, "t": 6, "b": 34} if view.dimensions == 2 else {"l": 0, "r": 0, "t": 0, "b": 0},
        "paper_bgcolor": _CLEAR,
        "plot_bgcolor": _CLEAR,
        "hovermode": "closest",
        "hoverlabel": {
            "align": "left",
            "bgcolor": theme.card,
            "bordercolor": theme.line,
            "font": {"size": 13, "color": theme.ink},
        },
        "modebar": {"bgcolor": _CLEAR, "color": theme.muted, "activecolor": theme.accent},
        "dragmode": "pan" if view.dimensions == 2 else "orbit",
        "showlegend": False,
        "uirevision": map_name(view, projection),
    }
    if view.dimensions == 2:
        layout["xaxis"] = axis | {"title": {"text": titles[0], "font": {"size": 12}}}
        # One unit is as long on both axes: distances on the map are those of the projection.
        layout["yaxis"] = axis | {"title": {"text": titles[1], "font": {"size": 12}}, "scaleanchor": "x"}
    else:
        walls = axis | {"showbackground": False, "showspikes": False, "gridcolor": theme.line}
        layout["scene"] = {
            f"{name}axis": walls | {"title": {"text": title, "font": {"size": 11}}}
            for name, title in zip("xyz", titles, strict=True)
        } | {"aspectmode": "data", "bgcolor": _CLEAR, "camera": _CAMERA}
    return layout


def _look_at(layout: dict[str, Any], extent: Extent, star: NDArray[np.float32] | None) -> None:
    if extent.camera is not None and "scene" in layout:
        layout["scene"]["camera"] = extent.camera
    elif extent.ranges is not None and "xaxis" in layout:
        inside = star is None or all(
            min(ends) <= float(place) <= max(ends) for ends, place in zip(extent.ranges, star, strict=False)
        )
        if inside:
            layout["xaxis"]["range"], layout["yaxis"]["range"] = map(list, extent.ranges)
