"""The browser's map: points drawn by WebGL, with all that is drawn over them; search_app/scatter has its source.

Its parts go to the browser one by one, since Streamlit sends a part again only when it has changed: where the points
lie (the largest), how they are coloured, and what is drawn beside them.  What is known of an item is sent only once
it is asked for, by a hover or by a picture that comes into view.
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

from ingest.space.steady_sample import steady_sample
from search_app.components.map.binary_message import pack
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import headline, snippet, source_label
from search_app.components.shared.palette import LIGHT, MAP_KINDS, MAP_MODALITY, MAP_OTHER, SCALES, Theme
from search_app.components.shared.thumbnails import data_url, resized_thumbnail
from search_app.maps.colouring import STEPS, Coding
from search_app.maps.layout import Layout

MOST_POINTS = 150_000
"""Points drawn at most; of a larger space a steady sample is drawn, and its density is that of all items."""

_STEPS = 32_000  # from the middle of a map to its edge, as whole numbers
_DENSE = 20_000  # items from which on their density is drawn
_CELLS = 160  # of the density, each way
_SMALL = 96  # pixels of the longer side of a picture on the map
_DRAWINGS = 6  # that are remembered
_PARTS = ("whole", "small")
_SCRIPT = Path(__file__).resolve().parents[2] / "static" / "map.js"
_SHIM = """
const source = new URL("app/static/map.js?%(version)s", document.baseURI).href;
export default function (component) {
  import(source).then((map) => map.%(part)s(component, "%(name)s"));
  return () => { import(source).then((map) => map.gone("%(name)s", "%(part)s")); };
}
"""


@dataclass(frozen=True)
class Drawing:
    """A layout as it is drawn: around 0, from -1 to 1."""

    layout: Layout
    name: str
    """Stays while the axes mean the same."""
    rows: NDArray[np.int64]
    """Of the layout, those that are drawn."""
    middle: NDArray[np.float64]
    reach: NDArray[np.float64]
    """From the middle to 1, for each axis."""
    packed: bytes = field(repr=False)

    def at(self, spots: NDArray[np.floating]) -> NDArray[np.float64]:
        """Where places of the layout, shape (..., dimensions), are drawn."""
        return np.asarray((spots - self.middle) / self.reach)

    def spot(self, at: NDArray[np.floating]) -> NDArray[np.float64]:
        """Which places of the layout are drawn at `at`, shape (..., dimensions)."""
        return np.asarray(at * self.reach + self.middle)

    def lens(self, matrix: Sequence[float]) -> tuple[float, ...]:
        """The browser's matrix, from what is drawn to the view, as one from the layout's places to the view."""
        drawn = np.eye(4)
        drawn[:3, :3] = np.diag(1.0 / self.reach)
        drawn[:3, 3] = -self.middle / self.reach
        whole = np.reshape(np.asarray(matrix, np.float64), (4, 4)).T @ drawn
        return tuple(float(number) for number in whole.T.ravel())


_drawings: OrderedDict[tuple[int, int], Drawing] = OrderedDict()


def drawing(layout: Layout, most: int = MOST_POINTS) -> Drawing:
    """How a layout is drawn, with at most `most` points or so; remembered, since packing many takes a while."""
    known = _drawings.get((id(layout), most))
    if known is None or known.layout is not layout:
        known = _drawings[id(layout), most] = _draw(layout, most)
        while len(_drawings) > _DRAWINGS:
            _drawings.popitem(last=False)
    return known


def _draw(layout: Layout, most: int) -> Drawing:
    dimensions = layout.spec.dimensions
    low, high = (
        (layout.spots.min(axis=0), layout.spots.max(axis=0))
        if len(layout)
        else (np.zeros(dimensions), np.ones(dimensions))
    )
    middle, reach = (low + high).astype(np.float64) / 2.0, np.maximum((high - low).astype(np.float64) / 2.0, 1e-9)
    if layout.isometric:
        # One unit is as long on all axes: distances on the map are those of the projection.
        reach = np.full(dimensions, reach.max())
    rows = drawn_rows(layout, most)
    at = (layout.spots - middle) / reach
    name = f"{layout.spec} {layout.fitted} {layout.of}"
    ids = layout.ids[rows]
    arrays: dict[str, NDArray[np.generic]] = {
        "spots": np.round(at[rows] * _STEPS).astype(np.int16),
        "kinds": layout.modalities[rows].astype(np.uint8),
        # 32 bits hold every id of most spaces, and 64 bits of a float any other one that there may be.
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
        "densitySize": _CELLS,
        "densityBox": box,
    }
    return Drawing(layout, name, rows, middle, reach, pack(header, arrays))


def _digest(arrays: Mapping[str, NDArray[np.generic]]) -> str:
    """Tells what is drawn from anything else: a fit anew, or another space, may have as many points."""
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


def density(at: NDArray[np.floating]) -> NDArray[np.uint8]:
    """How many of the places, shape (n, 2) from -1 to 1, lie in each cell, row by row upwards, smoothed: 0 to 255."""
    cells = np.clip(((at + 1.0) * (0.5 * _CELLS)).astype(np.int64), 0, _CELLS - 1)
    counts = np.bincount(cells[:, 1] * _CELLS + cells[:, 0], minlength=_CELLS**2).reshape(_CELLS, _CELLS)
    kernel = np.exp(-0.5 * (np.arange(-6, 7) / 2.2) ** 2)
    smooth = counts.astype(np.float64)
    for axis in (0, 1):
        smooth = np.apply_along_axis(np.convolve, axis, smooth, kernel / kernel.sum(), mode="same")
    # The root shows thin regions beside crowded ones.
    return np.asarray(np.round(255.0 * np.sqrt(smooth / max(float(smooth.max()), 1e-12))), np.uint8).ravel()


def look(drawn: Drawing, coding: Coding, theme: Theme, lit: NDArray[np.bool_] | None) -> bytes:
    """How the drawn points are coloured; those that are not `lit`, shape (len(layout),), are faint."""
    palette = np.zeros((256, 3), np.uint8)
    ramp = None
    if coding.scale is not None:
        stops = SCALES[theme is LIGHT]
        places = np.linspace(0, STEPS, len(stops))
        for channel, values in enumerate(zip(*(_rgb(stop) for stop in stops), strict=True)):
            palette[: STEPS + 1, channel] = np.round(np.interp(np.arange(STEPS + 1), places, values))
        ramp = {"low": coding.scale[0], "high": coding.scale[1], "colours": stops}
    legend = []
    for kind in coding.kinds:
        if coding.by == "modality":
            colour = list(MAP_MODALITY.values())[kind.code]
        else:
            colour = MAP_OTHER if kind.other else MAP_KINDS[kind.code % len(MAP_KINDS)]
        palette[kind.code] = _rgb(colour)
        square = coding.by == "modality" and kind.code == 1
        legend.append({"code": kind.code, "name": kind.name, "colour": colour, "count": kind.count, "square": square})
    faint = np.empty(0, np.uint8) if lit is None else (~lit[drawn.rows]).astype(np.uint8)
    header = {"name": drawn.name, "by": coding.by, "legend": legend, "ramp": ramp}
    return pack(header, {"codes": coding.codes[drawn.rows], "palette": palette.ravel(), "faint": faint})


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


def scatter(
    name: str,
    drawn: Drawing,
    coloured: bytes,
    scene: Mapping[str, object],
    acts: Mapping[str, Callable[[Mapping[str, Any]], None]],
) -> None:
    """Draw the map called `name`.  `scene` is what is drawn beside the points, see scatter/src/map.js.

    `acts` are called, before the page is drawn again, with what a person has done: `pick` an item's `id`; `spot` an
    empty place `at`; `area` the `points` around a selection, and of a scene its `matrix`; `hide` the names `hidden`;
    `topic` the `code` of a name.  What has no act cannot be done.  The browser itself does `drawn`, once the map is.
    """

    def heard(what: str) -> Callable[[], None]:
        def act() -> None:
            told = st.session_state[name].get(what)
            if isinstance(told, Mapping):
                acts[what](told)

        return act

    with st.container(key=f"{name}-parts", gap=None):
        _component(name, "points")(key=f"{name}-points", data=drawn.packed, height=1)
        _component(name, "look")(key=f"{name}-look", data=coloured, height=1)
        _component(name, "scene")(
            key=name,
            data={**scene, "name": drawn.name, "revision": drawn.layout.revision, "acts": list(acts)},
            **{f"on_{what}_change": heard(what) for what in acts},
        )


# A fragment of its own: what is known of an item is told without drawing the page again.
@st.fragment
def answers(name: str, space: AppSpace) -> None:
    """Tell the browser what the map called `name` asks for: names, beginnings and pictures of items."""
    key, asked = f"{name}-answers", f"what {name} asks for"
    wanted = st.session_state.pop(asked, None)

    def ask() -> None:
        st.session_state[asked] = st.session_state[key].get("want")

    data = told_of(space, wanted) if isinstance(wanted, Mapping) else None
    _component(name, "answers")(key=key, data=data, height=1, on_want_change=ask)


def told_of(space: AppSpace, wanted: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What is told of the items in `wanted`: `whole` with words and picture, `small` the picture alone, '' if none."""
    whole, small = ([str(each) for each in wanted.get(part) or () if str(each).isdecimal()] for part in _PARTS)
    items = {item.id: item for item in space.ledger.items([*whole[:50], *small[:200]])}
    told: dict[str, dict[str, Any]] = {"whole": {}, "small": {}}
    for item_id in whole[:50]:
        if (item := items.get(item_id)) is None:
            told["whole"][item_id] = {"title": "an item that has gone", "where": "", "text": "", "picture": ""}
            continue
        found = space.thumbnail(item)
        told["whole"][item_id] = {
            "title": snippet(headline(item), 80),
            "where": snippet(source_label(item), 120),
            "text": snippet(item.text, 240),
            "picture": data_url(found.jpeg) if found else "",
        }
    for item_id in small[:200]:
        path = space.thumbnail_path(items[item_id]) if item_id in items else None
        jpeg = resized_thumbnail(path, _SMALL) if path else None
        told["small"][item_id] = data_url(jpeg) if jpeg else ""
    return told
