"""What a map is asked for, as a link keeps it, and what comes of it.

spec = MapSpec(method="umap", dimensions=3, gap=True)   # or spec_of(view)
layout = maps.layout(snapshot, spec, encoder)
if layout is None:                               # UMAP and t-SNE take time: they are fitted in the background
    task = maps.start(snapshot, spec)    # again at any time: it is the same task
    task.status                                   # .state, .share, .words, .problem
else:
    layout.ids, layout.modalities, layout.spots  # every item, one row each
    layout.place_probe(answer.probe)             # the query's star
    layout.axes, layout.trust, layout.drift      # what to say beside the map
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
from search_app.search.query_vectors import Probe
from search_app.search.schema import Dimensions, MapView, Projection
from search_app.search.terms import LONGEST_TEXT, is_item

Method = Projection
METHODS: dict[Method, str] = {"pca": "PCA", "umap": "UMAP", "tsne": "t-SNE"}
"""The projections there are, with their names."""

_END = re.compile(r"(text|item):(.*)", re.DOTALL)


@dataclass(frozen=True)
class End:
    """One end of an axis with a meaning."""

    kind: Literal["text", "item"]
    value: str
    """Words, or an item's id."""


@dataclass(frozen=True)
class Meaning:
    """An axis from one phrase or item to another: an item lies where its similarity to the two puts it."""

    start: End
    end: End


Axis = int | Meaning
"""A principal component by its number, from 1 to COMPONENTS, or an axis with a meaning."""


@dataclass(frozen=True)
class MapSpec:
    """What a map is asked for."""

    method: Method = "pca"
    dimensions: Dimensions = 2
    gap: bool = False
    """Whether the modality gap is left as it is; otherwise each modality is centred on its own mean."""
    axes: tuple[Axis, ...] = ()
    """Of PCA: what is drawn along each axis, `dimensions` of them; () stands for the first components."""

    @property
    def drawn(self) -> tuple[Axis, ...]:
        """What is drawn along each axis: as many as `dimensions`, of PCA; () for the other methods."""
        if self.method != "pca":
            return ()
        free = (number for number in range(1, COMPONENTS + 1) if number not in self.axes)
        given = self.axes[: self.dimensions]
        return (*given, *(next(free) for _ in range(self.dimensions - len(given))))

    @property
    def meanings(self) -> tuple[Meaning, ...]:
        """The axes that have a meaning."""
        return tuple(axis for axis in self.drawn if isinstance(axis, Meaning))


def spec_of(view: MapView) -> MapSpec:
    """The map of a view; an axis that cannot be read is left out."""
    read = dict.fromkeys(axis for written in view.axis if (axis := _read(written)) is not None)
    axes = tuple(read)[: view.dimensions] if view.projection == "pca" else ()
    return MapSpec(view.projection, view.dimensions, view.gap, axes)


def with_spec(view: MapView, spec: MapSpec) -> MapView:
    """The view with another map."""
    axis = tuple(_written(each) for each in spec.axes[: spec.dimensions]) if spec.method == "pca" else ()
    return replace(view, dimensions=spec.dimensions, gap=spec.gap, projection=spec.method, axis=axis)


def _written(axis: Axis) -> str:
    """An axis in a link: `3`, or `text:day>item:12`; what would be read otherwise is percent-encoded."""
    if not isinstance(axis, Meaning):
        return str(axis)
    return ">".join(f"{end.kind}:{quote(end.value, safe=' ')}" for end in (axis.start, axis.end))


def _read(written: str) -> Axis | None:
    if written.isascii() and written.isdecimal():
        return int(written) if len(written) < 4 and 1 <= int(written) <= COMPONENTS else None
    ends = [_read_end(part) for part in written.split(">")]
    if len(ends) != 2 or ends[0] is None or ends[1] is None or ends[0] == ends[1]:
        return None
    return Meaning(ends[0], ends[1])


def _read_end(written: str) -> End | None:
    found = _END.fullmatch(written)
    if not found:
        return None
    value = unquote(found[2]).strip()
    if found[1] == "item":
        return End("item", value) if is_item(value) else None
    return End("text", value[:LONGEST_TEXT]) if value else None


@dataclass(frozen=True)
class Trust:
    """How far a map can be trusted: what of each item's nearest neighbours in the full space is near it on the map."""

    trustworthiness: float
    """At NEIGHBOURS neighbours, 0 to 1 (Venna & Kaski 2001): 1 when no item is near on the map that is far in truth."""
    kept: float
    """Mean share of an item's NEIGHBOURS nearest neighbours that are also among its nearest on the map, 0 to 1."""
    sample: int
    """Items that it was measured on, among themselves: a steady sample."""


@dataclass(frozen=True)
class Gap:
    """The size of the modality gap: the distance between the mean image and the mean passage."""

    raw: float
    """Of unit vectors as they are, 0 to 2."""
    closed: float
    """Once each modality is centred on its mean: nothing but rounding, and what items did since the fit."""


@dataclass(frozen=True)
class AxisTold:
    """What to say of an axis of a map; `start` and `end` are untrusted words."""

    axis: Axis | None
    """None for an axis of UMAP or t-SNE, which has no meaning of its own."""
    kept: float | None = None
    """Of a component: the share of the items' variance that lies along it, 0 to 1."""
    start: str = ""
    """Of an axis with a meaning: what lies at its low end."""
    end: str = ""
    """Of an axis with a meaning: what lies at its high end."""


Placing = Callable[[Modality, NDArray[np.float32]], NDArray[np.float32]]
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
    """For each item, the place of its modality in MODALITIES."""
    spots: NDArray[np.float32]
    """Shape (n, spec.dimensions)."""
    axes: tuple[AxisTold, ...]
    """One for each dimension."""
    variance: tuple[float, ...]
    """The share of the items' variance along each of the first components, 0 to 1, for a bar chart; () unless PCA."""
    place: Placing = field(repr=False)
    """Where any vectors lie on this map, without a new fit."""
    place_probe: Callable[[Probe], NDArray[np.float32]] = field(repr=False)
    """Where a query lies, shape (spec.dimensions,)."""
    measured: Callable[[], Trust | None] = field(repr=False)
    """Measures how far this map can be trusted; see `trust`."""
    drift: Drift
    """What has come and gone since the fit, and whether a refit is worth it."""
    fitted: int
    """Items that the fit itself looked at, a steady sample of a large space; all others were placed by it."""
    of: int
    """Items that the space had then."""

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def isometric(self) -> bool:
        """Whether a unit is as long along every axis; else each axis is to be stretched to the map's size."""
        return not self.spec.meanings

    @cached_property
    def trust(self) -> Trust | None:
        """How far this map can be trusted, measured once it is asked for; None where there are too few items for it."""
        return self.measured()

    @cached_property
    def images(self) -> int:
        """How many of the rows are images: the first ones."""
        return int(np.count_nonzero(self.modalities == MODALITIES.index("image")))

    def rows_of(self, ids: Sequence[str] | NDArray[np.int64]) -> NDArray[np.int64]:
        """The row of each id that is on the map, in the order given; ids that are not are left out."""
        wanted = np.array([int(each) for each in ids if str(each).isdecimal()], np.int64)
        images, texts = self.ids[: self.images], self.ids[self.images :]
        rows = np.full(len(wanted), -1, np.int64)
        for part, start in ((images, 0), (texts, self.images)):
            places = np.minimum(np.searchsorted(part, wanted), len(part) - 1) if len(part) else np.zeros(0, np.int64)
            if len(part):
                there = part[places] == wanted
                rows[there] = places[there] + start
        return rows[rows >= 0]
