"""Line charts of the family of latent spaces, all of one look."""

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from search_app.components.shared.palette import Theme

_CLEAR = "rgba(0,0,0,0)"
GRID = "rgba(130,135,154,.20)"
"""The colour of grid lines, in both themes."""


def lay_out(
    figure: go.Figure, colours: Theme, *, height: int, legend: str, x: Mapping[str, Any], y: Mapping[str, Any]
) -> go.Figure:
    """Give a chart the app's look; its legend lies at the right, at the `top` or the `bottom`.  Returns the chart."""
    axis = {"gridcolor": GRID, "zeroline": False}
    return figure.update_layout(
        height=height,
        margin={"l": 52, "r": 8, "t": 8, "b": 44},
        paper_bgcolor=_CLEAR,
        plot_bgcolor=_CLEAR,
        font={"color": colours.muted},
        legend={"x": 0.98, "y": 0.98 if legend == "top" else 0.05, "xanchor": "right", "yanchor": legend},
        xaxis={**axis, **x},
        yaxis={**axis, **y},
    )
