"""A small map that shows where one item lies: the space behind it, its neighbours about it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from ingest.readers.draft import MODALITIES
from ingest.space.steady_sample import steady_sample
from search_app.components.shared.palette import MAP_MODALITY, MAP_STAR, Theme
from search_app.search.projection import Projection
from search_app.search.snapshot import Snapshot

MAX_POINTS = 1_500
"""Items of each modality that are drawn behind it, at most."""
HEIGHT = 300

_CLEAR = "rgba(0,0,0,0)"
_SYMBOLS = {"image": "circle", "text": "diamond"}


def small_map(
    snapshot: Snapshot, projection: Projection, item_id: str, near: Sequence[str], theme: Theme
) -> go.Figure | None:
    """The item as a star among its neighbours `near` and a steady sample of the space; None where it is not there."""
    found = snapshot.find(item_id)
    if found is None:
        return None
    traces: list[dict[str, Any]] = []
    for modality in MODALITIES:
        group = snapshot.groups.get(modality)
        if group is None or not len(group):
            continue
        close = group.rows_of(np.array([int(other) for other in near], np.int64))
        for rows, size, opacity in ((steady_sample(group.ids, MAX_POINTS), 4, 0.3), (close, 9, 1.0)):
            positions = projection.place(modality, group.vectors[rows])
            marks = {
                "size": size,
                "opacity": opacity,
                "color": MAP_MODALITY[modality],
                "symbol": _SYMBOLS[modality],
                "line": {"width": 0 if size < 9 else 1, "color": theme.card},
            }
            traces.append(_trace(positions[:, 0], positions[:, 1], marks))
    home, row = found
    position = projection.place(home.modality, home.vectors[row : row + 1])
    star = {"size": 19, "color": MAP_STAR, "symbol": "star", "line": {"width": 1.5, "color": "#FFFFFF"}}
    traces.append(_trace(position[:, 0], position[:, 1], star))
    axis = {"visible": False, "fixedrange": True}
    layout = {
        "height": HEIGHT,
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "paper_bgcolor": _CLEAR,
        "plot_bgcolor": _CLEAR,
        "showlegend": False,
        "xaxis": axis,
        "yaxis": axis | {"scaleanchor": "x"},
    }
    return go.Figure(traces, layout)


def _trace(x: Any, y: Any, marks: dict[str, Any]) -> dict[str, Any]:
    return {"type": "scatter", "mode": "markers", "x": x, "y": y, "marker": marks, "hoverinfo": "skip"}
