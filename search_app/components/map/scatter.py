"""The map in the browser: points drawn by WebGL, and everything over them; its source is in search_app/scatter.

Its parts are sent one by one, since Streamlit sends a part again only after it has changed: the positions of the points
(the largest part), their colours, and the scene drawn over them.  Details of an item are sent only when the browser
requests them, for a hover or for a picture that comes into view.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ingest.space import Item
from ingest.space.steady_sample import steady_sample
from search_app.components.map.binary_message import pack_message
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import headline, snippet, source_label
from search_app.components.shared.palette import LIGHT, MAP_KINDS, MAP_MODALITY, MAP_OTHER, SCALES, Theme
from search_app.components.shared.thumbnails import data_url, resized_thumbnail
from search_app.maps.colouring import SCALE_STEPS, Colouring
from search_app.maps.layout import Layout

MAX_POINTS = 150_000
"""Points drawn at most; of a larger space a steady sample is drawn, over the density of all items."""

FITTED = (2, 98)
"""Percentiles of each axis that a view of the whole map shows, so that a few outliers do not crowd all others."""

_UNITS = 32_000  # from the middle of a map to its edge, as int16
_DENSE = 20_000  # items from which on their density is drawn
_CELLS = 160  # of the density, each way
_SMALL_SIDE = 96  # pixels of the longer side of a picture on the map
_CACHED_MAPS = 6
_REQUESTED = (("whole", 50), ("small", 200))  # the lists of a request, and how many items of each are answered
_SCRIPT = Path(__file__).resolve().parents[2] / "static" / "map.js"
_SHIM = """
const source = new URL("app/static/map.js?%(version)s", document.baseURI).href;
export default function (component) {
  import(source).then((map) => map.%(part)s(component, "%(name)s"));
  return () => { import(source).then((map) => map.unmount("%(name)s", "%(part)s")); };
}
"""


@dataclass(frozen=True)
class DrawnMap:
    """A layout scaled for drawing: around 0, from -1 to 1."""

    layout: Layout
    name: str
    """The same for as long as the axes have the same meaning."""
    rows: NDArray[np.int64]
    """The rows of the layout that are drawn."""
    middle: NDArray[np.float64]
    reach: NDArray[np.float64]
    """From the middle to 1, for each axis."""
    packed: bytes = field(repr=False)

    def to_drawn(self, positions: NDArray[np.floating]) -> NDArray[np.float64]:
        """Drawn coordinates of positions of the layout, shape (..., dimensions)."""
        return np.asarray((positions - self.middle) / self.reach)

    def to_layout(self, at: NDArray[np.floating]) -> NDArray[np.float64]:
        """Positions of the layout at the drawn coordinates `at`, shape (..., dimensions)."""
        return np.asarray(at * self.reach + self.middle)

    def layout_matrix(self, matrix: Sequence[float]) -> tuple[float, ...]:
        """The browser's matrix, from drawn coordinates to the view, as one from positions of the layout to the view."""
        drawn = np.eye(4)
        drawn[:3, :3] = np.diag(1.0 / self.reach)
        drawn[:3, 3] = -self.middle / self.reach
        whole = np.reshape(np.asarray(matrix, np.float64), (4, 4)).T @ drawn
        return tuple(float(number) for number in whole.T.ravel())


_cached_maps: OrderedDict[tuple[int, int], DrawnMap] = OrderedDict()


def drawn_map(layout: Layout, most: int = MAX_POINTS) -> DrawnMap:
    """A layout scaled for drawing, with about `most` points at most; cached, since packing many takes a while."""
    known = _cached_maps.get((id(layout), most))
    if known is None or known.layout is not layout:
        known = _cached_maps[id(layout), most] = _scale(layout, most)
        while len(_cached_maps) > _CACHED_MAPS:
            _cached_maps.popitem(last=False)
    return known


def _scale(layout: Layout, most: int) -> DrawnMap:
    dimensions = layout.spec.dimensions
    low, high = (
        (layout.positions.min(axis=0), layout.positions.max(axis=0))
        if len(layout)
        else (np.zeros(dimensions), np.ones(dimensions))
    )
    middle, reach = (low + high).astype(np.float64) / 2.0, np.maximum((high - low).astype(np.float64) / 2.0, 1e-9)
    if layout.isometric:
        # One scale for all axes: distances on the map are those of the projection.
        reach = np.full(dimensions, reach.max())
    rows = drawn_rows(layout, most)
    at = (layout.positions - middle) / reach
    name = f"{layout.spec} {layout.fitted_on} {layout.items_at_fit}"
    ids = layout.ids[rows]
    arrays: dict[str, NDArray[np.generic]] = {
        "spots": np.round(at[rows] * _UNITS).astype(np.int16),
        "kinds": layout.modalities[rows].astype(np.uint8),
        # 32 bits hold every id of most spaces; a 64-bit float holds the others.
        "ids": ids.astype(np.uint32) if not len(ids) or int(ids.max()) < 2**32 else ids.astype(np.float64),
    }
    box = (-1.0, -1.0, 1.0, 1.0)
    if len(layout) >= _DENSE and dimensions == 2:
        arrays["density"] = density(at)
    header = {
        "name": name,
        "packed": _digest(arrays),
        "n": len(rows),
        "dimensions": dimensions,
        "fit": fitted_box(at).tolist(),
        "densitySize": _CELLS,
        "densityBox": box,
    }
    return DrawnMap(layout, name, rows, middle, reach, pack_message(header, arrays))


def _digest(arrays: Mapping[str, NDArray[np.generic]]) -> str:
    """A digest of the points: a new fit, or another space, may have as many of them."""
    digest = hashlib.blake2b(digest_size=12)
    for array in arrays.values():
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def drawn_rows(layout: Layout, most: int) -> NDArray[np.int64]:
    """The rows of a layout that are drawn, at most `most` or so: of each modality a steady sample, rising."""
    parts = []
    for start, end in ((0, layout.images), (layout.images, len(layout))):
        count = end - start
        share = count if len(layout) <= most else max(1, most * count // len(layout))
        parts.append(start + steady_sample(layout.ids[start:end], share))
    return np.concatenate(parts).astype(np.int64)


def fitted_box(at: NDArray[np.floating]) -> NDArray[np.float64]:
    """The box that a view of the whole map shows: what FITTED of the positions, shape (n, d), span on each axis."""
    if not len(at):
        return np.array([[-1.0] * at.shape[1], [1.0] * at.shape[1]])
    return np.asarray(np.round(np.percentile(at, FITTED, axis=0), 4), np.float64)


def density(at: NDArray[np.floating]) -> NDArray[np.uint8]:
    """How many positions, shape (n, 2) from -1 to 1, lie in each cell, smoothed, row by row upwards: 0 to 255."""
    cells = np.clip(((at + 1.0) * (0.5 * _CELLS)).astype(np.int64), 0, _CELLS - 1)
    counts = np.bincount(cells[:, 1] * _CELLS + cells[:, 0], minlength=_CELLS**2).reshape(_CELLS, _CELLS)
    kernel = np.exp(-0.5 * (np.arange(-6, 7) / 2.2) ** 2)
    smooth = counts.astype(np.float64)
    for axis in (0, 1):
        smooth = np.apply_along_axis(np.convolve, axis, smooth, kernel / kernel.sum(), mode="same")
    # The square root keeps sparse regions visible beside dense ones.
    return np.asarray(np.round(255.0 * np.sqrt(smooth / max(float(smooth.max()), 1e-12))), np.uint8).ravel()


def point_colours(drawn: DrawnMap, colouring: Colouring, theme: Theme, highlighted: NDArray[np.bool_] | None) -> bytes:
    """The message with the colours of the drawn points; those not `highlighted`, shape (len(layout),), are faint."""
    palette = np.zeros((256, 3), np.uint8)
    ramp = None
    if colouring.scale is not None:
        stops = SCALES[theme is LIGHT]
        places = np.linspace(0, SCALE_STEPS, len(stops))
        for channel, values in enumerate(zip(*(_rgb(stop) for stop in stops), strict=True)):
            palette[: SCALE_STEPS + 1, channel] = np.round(np.interp(np.arange(SCALE_STEPS + 1), places, values))
        ramp = {"low": colouring.scale[0], "high": colouring.scale[1], "colours": stops}
    legend = []
    for category in colouring.categories:
        if colouring.by == "modality":
            colour = list(MAP_MODALITY.values())[category.code]
        else:
            colour = MAP_OTHER if category.other else MAP_KINDS[category.code % len(MAP_KINDS)]
        palette[category.code] = _rgb(colour)
        square = colouring.by == "modality" and category.code == 1
        legend.append(
            {"code": category.code, "name": category.name, "colour": colour, "count": category.count, "square": square}
        )
    faint = np.empty(0, np.uint8) if highlighted is None else (~highlighted[drawn.rows]).astype(np.uint8)
    header = {"name": drawn.name, "by": colouring.by, "legend": legend, "ramp": ramp}
    return pack_message(header, {"codes": colouring.codes[drawn.rows], "palette": palette.ravel(), "faint": faint})


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def theme_of(theme: Theme) -> dict[str, str]:
    """The colours that the browser draws with."""
    on_badge = "#FFFFFF" if theme is LIGHT else theme.background
    names = ("background", "card", "ink", "muted", "line", "accent", "image", "text", "star")
    return {name: getattr(theme, name) for name in names} | {"onBadge": on_badge}


@cache
def _component(name: str, part: str) -> Any:
    version = hashlib.sha256(_SCRIPT.read_bytes()).hexdigest()[:16]
    js = _SHIM % {"version": version, "part": part, "name": name}
    return st.components.v2.component(f"nearspace.{name}_{part}", js=js)


Handler = Callable[[Mapping[str, Any]], None]
"""Takes what the browser tells of an action."""


def scatter(
    name: str, drawn: DrawnMap, colours: bytes, scene: Mapping[str, object], actions: Mapping[str, Handler]
) -> None:
    """Draw the map called `name`.  `scene` is what is drawn beside the points, see scatter/src/map.js.

    `actions` are called before the page is drawn again, each with its values: `pick` with an item's `id`; `place` with
    an empty place `at`; `area` with the `points` around a selection, and of a 3-D scene its `matrix`; `hide` with the
    names `hidden` in the legend; `topic` with the `code` of a topic.  The browser does not offer an action that is not
    among them.  It calls `drawn` by itself, once the map is drawn.
    """

    def on_change(action: str) -> Callable[[], None]:
        def call() -> None:
            values = st.session_state[name].get(action)
            if isinstance(values, Mapping):
                actions[action](values)

        return call

    with st.container(key=f"{name}-parts", gap=None):
        _component(name, "points")(key=f"{name}-points", data=drawn.packed, height=1)
        _component(name, "colours")(key=f"{name}-colours", data=colours, height=1)
        _component(name, "scene")(
            key=name,
            data={**scene, "name": drawn.name, "revision": drawn.layout.revision, "actions": list(actions)},
            **{f"on_{action}_change": on_change(action) for action in actions},
        )


# A fragment of its own: details of items are sent without drawing the page again.
@st.fragment
def item_details(name: str, space: AppSpace) -> None:
    """Send the details of items that the browser's map called `name` requests: names, beginnings and pictures."""
    key, pending = f"{name}-items", f"items that {name} requests"
    request = st.session_state.pop(pending, None)

    def on_request() -> None:
        st.session_state[pending] = st.session_state[key].get("request")

    data = describe_items(space, request) if isinstance(request, Mapping) else None
    _component(name, "items")(key=key, data=data, height=1, on_request_change=on_request)


def describe_items(space: AppSpace, request: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The details of the items in `request`: those under `whole` with words and picture, `small` with a small picture.

    A picture is a data URL, or '' where the item has none.
    """
    whole, small = (
        [str(each) for each in request.get(part) or () if str(each).isdecimal()][:most] for part, most in _REQUESTED
    )
    items = {item.id: item for item in space.ledger.items.get([*whole, *small])}
    return {
        "whole": {item_id: _whole(space, items.get(item_id)) for item_id in whole},
        "small": {item_id: _small(space, items.get(item_id)) for item_id in small},
    }


def _whole(space: AppSpace, item: Item | None) -> dict[str, str]:
    if item is None:
        return {"title": "an item that no longer exists", "where": "", "text": "", "picture": ""}
    found = space.thumbnail(item)
    return {
        "title": snippet(headline(item), 80),
        "where": snippet(source_label(item), 120),
        "text": snippet(item.text, 240),
        "picture": data_url(found.jpeg) if found else "",
    }


def _small(space: AppSpace, item: Item | None) -> str:
    path = space.thumbnail_path(item) if item is not None else None
    jpeg = resized_thumbnail(path, _SMALL_SIDE) if path else None
    return data_url(jpeg) if jpeg else ""
