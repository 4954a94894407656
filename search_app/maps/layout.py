"""The specification of a map, as a link keeps it (MapSpec), and the map laid out (Layout).

spec = MapSpec(method="umap", dimensions=3, gap=True)  # or spec_of(view)
maps = SpaceMaps.of(searcher)
layout = maps.layout(snapshot, spec, encoder)
if layout is None:                                   # UMAP and t-SNE take time: they are fitted in the background
    task = maps.start(snapshot, spec)                # may be called again: while it runs, it is the same task
    task.status                                      # .state, .share, .message, .problem
else:
    layout.ids, layout.modalities, layout.positions  # every item, one row each
    layout.place_probe(answer.probe)                 # where the query lies
    layout.axes, layout.trust, layout.drift          # for the caption
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal
from urllib.parse import quote, unquote

import numpy as np
from numpy.typing import NDArray

from ingest.readers.draft import MODALITIES, Modality
from search_app.search.projection import COMPONENTS, Drift
from search_app.search.query_schema import Dimensions, MapView, Projection
from search_app.search.query_vectors import Probe
from search_app.search.terms import LONGEST_TEXT, is_item

Method = Projection
METHODS: dict[Method, str] = {"pca": "PCA", "umap": "UMAP", "tsne": "t-SNE"}
"""The projections, with their names."""

_END = re.compile(r"(text|item):(.*)", re.DOTALL)


@dataclass(frozen=True)
class AxisEnd:
    """One end of a semantic axis."""

    kind: Literal["text", "item"]
    value: str
    """Words, or an item's id."""


@dataclass(frozen=True)
class SemanticAxis:
    """An axis from one phrase or item to another: an item lies where its similarity to the two puts it."""

    start: AxisEnd
    end: AxisEnd


Axis = int | SemanticAxis
"""A principal component by its number, from 1 to COMPONENTS, or a semantic axis."""


@dataclass(frozen=True)
class MapSpec:
    """The specification of a map."""

    method: Method = "pca"
    dimensions: Dimensions = 2
    gap: bool = False
    """Whether the modality gap is left as it is; otherwise each modality is centred on its own mean."""
    axes: tuple[Axis, ...] = ()
    """Of PCA: the axes drawn, at most `dimensions`; missing ones are the first free components."""

    @property
    def drawn_axes(self) -> tuple[Axis, ...]:
        """All axes drawn: as many as `dimensions`, of PCA; () for the other methods."""
        if self.method != "pca":
            return ()
        free = (number for number in range(1, COMPONENTS + 1) if number not in self.axes)
        chosen = self.axes[: self.dimensions]
        return (*chosen, *(next(free) for _ in range(self.dimensions - len(chosen))))

    @property
    def semantic_axes(self) -> tuple[SemanticAxis, ...]:
        """The axes drawn that lead from one phrase or item to another."""
        return tuple(axis for axis in self.drawn_axes if isinstance(axis, SemanticAxis))


def spec_of(view: MapView) -> MapSpec:
    """The map of a view, by principal components unless it names another; an axis that cannot be read is left out."""
    read = dict.fromkeys(axis for written in view.axis if (axis := _parse_axis(written)) is not None)
    method: Method = "pca" if view.projection == "auto" else view.projection
    axes = tuple(read)[: view.dimensions] if method == "pca" else ()
    return MapSpec(method, view.dimensions, view.gap, axes)


def with_spec(view: MapView, spec: MapSpec) -> MapView:
    """The view with another map."""
    axis = tuple(_axis_to_param(each) for each in spec.axes[: spec.dimensions]) if spec.method == "pca" else ()
    return replace(view, dimensions=spec.dimensions, gap=spec.gap, projection=spec.method, axis=axis)


def _axis_to_param(axis: Axis) -> str:
    """An axis in a link: `3`, or `text:day>item:12`, its values percent-encoded."""
    if not isinstance(axis, SemanticAxis):
        return str(axis)
    return ">".join(f"{end.kind}:{quote(end.value, safe=' ')}" for end in (axis.start, axis.end))


def _parse_axis(written: str) -> Axis | None:
    if written.isascii() and written.isdecimal():
        return int(written) if len(written) < 4 and 1 <= int(written) <= COMPONENTS else None
    ends = [_parse_end(part) for part in written.split(">")]
    if len(ends) != 2 or ends[0] is None or ends[1] is None or ends[0] == ends[1]:
        return None
    return SemanticAxis(ends[0], ends[1])


def _parse_end(written: str) -> AxisEnd | None:
    found = _END.fullmatch(written)
    if not found:
        return None
    value = unquote(found[2]).strip()
    if found[1] == "item":
        return AxisEnd("item", value) if is_item(value) else None
    return AxisEnd("text", value[:LONGEST_TEXT]) if value else None


@dataclass(frozen=True)
class Trust:
    """How far a map can be trusted: how many of an item's nearest neighbours are also near it on the map."""

    trustworthiness: float
    """At NEIGHBOURS neighbours, 0 to 1 (Venna & Kaski 2001): 1 when no item is near on the map that is far in truth."""
    neighbours_kept: float
    """Mean share of an item's NEIGHBOURS nearest neighbours that are also among its nearest on the map, 0 to 1."""
    sample: int
    """How many items it was measured on: a steady sample."""


@dataclass(frozen=True)
class ModalityGap:
    """The size of the modality gap: the distance between the mean image and the mean passage."""

    raw: float
    """Between unit vectors as they are, 0 to 2."""
    closed: float
    """After each modality was centred on its mean: rounding, and the drift of the items since the fit."""


@dataclass(frozen=True)
class AxisInfo:
    """An axis of a laid-out map; `start` and `end` are untrusted words."""

    axis: Axis | None
    """None for an axis of UMAP or t-SNE, which has no meaning of its own."""
    variance: float | None = None
    """Of a component: the share of the items' variance that lies along it, 0 to 1."""
    start: str = ""
    """Of a semantic axis: the words at its low end; '' for an item."""
    end: str = ""
    """Of a semantic axis: the words at its high end; '' for an item."""


PlaceVectors = Callable[[Modality, NDArray[np.float32]], NDArray[np.float32]]
"""Places vectors of one modality, shape (n, dimension), on a map: shape (n, dimensions)."""


@dataclass(frozen=True)
class Layout:
    """Where every item of a snapshot lies on a map; never changes."""

    spec: MapSpec
    revision: int
    """Of the snapshot."""
    ids: NDArray[np.int64]
    """All images, rising, then all passages, rising; shape (n,)."""
    modalities: NDArray[np.int8]
    """For each item, the index of its modality in MODALITIES."""
    positions: NDArray[np.float32]
    """Shape (n, spec.dimensions)."""
    axes: tuple[AxisInfo, ...]
    """One for each dimension."""
    variance: tuple[float, ...]
    """The share of the items' variance along each of the first components, 0 to 1, for a bar chart; () unless PCA."""
    place: PlaceVectors = field(repr=False)
    """Where any vectors lie on this map, without a new fit."""
    place_probe: Callable[[Probe], NDArray[np.float32]] = field(repr=False)
    """Where a query lies, shape (spec.dimensions,)."""
    measure_trust: Callable[[], Trust | None] = field(repr=False)
    """Measures how far this map can be trusted; see `trust`."""
    drift: Drift
    """What has come and gone since the fit, and whether a refit is worth it."""
    fitted_on: int
    """Items that the fit itself used, of a large space a steady sample; all others were placed by it."""
    items_at_fit: int
    """Items that the space had at the fit."""

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def isometric(self) -> bool:
        """Whether all axes have one scale; otherwise each is stretched to the map's size."""
        return not self.spec.semantic_axes

    @cached_property
    def trust(self) -> Trust | None:
        """How far this map can be trusted, measured on first use; None where there are too few items."""
        return self.measure_trust()

    @cached_property
    def images(self) -> int:
        """How many of the rows are images: the first ones."""
        return int(np.count_nonzero(self.modalities == MODALITIES.index("image")))

    def rows_of(self, ids: Sequence[str] | NDArray[np.int64]) -> NDArray[np.int64]:
        """The row of each id that is on the map, in the order of `ids`; unknown ids are left out."""
        numbers = np.array([int(each) for each in ids if str(each).isdecimal()], np.int64)
        images, texts = self.ids[: self.images], self.ids[self.images :]
        rows = np.full(len(numbers), -1, np.int64)
        for part, start in ((images, 0), (texts, self.images)):
            places = np.minimum(np.searchsorted(part, numbers), len(part) - 1) if len(part) else np.zeros(0, np.int64)
            if len(part):
                there = part[places] == numbers
                rows[there] = places[there] + start
        return rows[rows >= 0]
