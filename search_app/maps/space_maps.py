"""The maps of one open space: fitted on first use, saved beside it, and refitted only on request."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import astuple, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import Encoder
from ingest.readers.draft import MODALITIES, Modality
from search_app.maps.layout import (
    AxisEnd,
    AxisInfo,
    Layout,
    MapSpec,
    ModalityGap,
    PlaceVectors,
    SemanticAxis,
    Trust,
    with_spec,
)
from search_app.maps.manifold import (
    SETTINGS,
    Manifold,
    fit_manifold,
    load_manifold,
    neighbours_method,
    save_manifold,
)
from search_app.maps.semantic_axes import AxisDirection, axis_direction, end_vectors
from search_app.maps.trustworthiness import measure_trust, modality_gap
from search_app.search.array_cache import PROJECTION_FOLDER, load_arrays, save_arrays
from search_app.search.background_tasks import Progress, Task, TaskQueue
from search_app.search.modality_items import ModalityItems
from search_app.search.pca_reduction import groups_of
from search_app.search.projection import Drift, LiveProjections, Projection, Projections
from search_app.search.projection import drift as pca_drift
from search_app.search.query_schema import Dimensions, MapView
from search_app.search.query_vectors import Probe
from search_app.search.searcher import Searcher
from search_app.search.snapshot import Snapshot

LEAST_NEIGHBOURS = 50
"""Items from which on a layout of neighbours is fitted unasked: of fewer, straight axes show all there is."""
_CACHED_LAYOUTS = 6
_SAVED_TRUSTS = 64


class SpaceMaps:
    """The maps of one open space; safe to share between threads."""

    def __init__(
        self, folder: Path, fingerprint: str, projections: LiveProjections, tasks: TaskQueue | None = None
    ) -> None:
        """`folder` is the space's, `fingerprint` its encoder's; fits run in the queue `tasks`."""
        self.tasks = tasks or TaskQueue()
        self._folder = folder / PROJECTION_FOLDER
        self._fingerprint = fingerprint
        self._key = f"{fingerprint} {SETTINGS}"
        self._projections = projections
        self._lock = threading.RLock()
        self._layouts: OrderedDict[tuple[object, ...], Layout] = OrderedDict()
        self._manifolds: dict[str, Manifold] = {}
        self._trusts: dict[str, Trust | None] | None = None
        self._started: set[str] = set()
        self._closed = False
        self._wanted: dict[str, str] = {}  # the fit that each visitor waits for
        self._looked_at = -1  # the revision whose layout of neighbours was looked after last

    @classmethod
    def of(cls, searcher: Searcher) -> "SpaceMaps":
        """The maps of the space that `searcher` searches, by the components that it keeps."""
        space = searcher.space
        return cls(space.folder, space.manifest.encoder.fingerprint, searcher.live_projections)

    def layout(self, snapshot: Snapshot, spec: MapSpec, encoder: Encoder | None = None) -> Layout | None:
        """The map laid out; None before UMAP or t-SNE has been fitted for it: then `start` the fit.

        `encoder` is needed for a semantic axis that begins or ends at words.  Raises ItemNotFound for an axis to an
        item that no longer exists.
        """
        with self._lock:
            projections = self._projections.now(snapshot)
            manifold = None if spec.method == "pca" else self._manifold(spec)
            if spec.method != "pca" and manifold is None:
                return None
            key = (spec, snapshot.revision, id(projections if manifold is None else manifold))
            if key not in self._layouts:
                # A layout may hold all vectors of its snapshot.
                for old in [known for known in self._layouts if known[1] != snapshot.revision]:
                    del self._layouts[old]
                if manifold is None:
                    self._layouts[key] = self._layout_by_components(snapshot, spec, projections, encoder)
                else:
                    self._layouts[key] = _layout_by_manifold(snapshot, spec, manifold)
                while len(self._layouts) > _CACHED_LAYOUTS:
                    self._layouts.popitem(last=False)
            self._layouts.move_to_end(key)
            return self._layouts[key]

    def start(self, snapshot: Snapshot, spec: MapSpec) -> Task[None]:
        """Fit the map anew in the background, in the orientation of the former fit; `layout` then returns it.

        While a fit of the same map runs, its task is returned.
        """
        self._started.add(_fit_key(spec))
        return self.tasks.start(_fit_key(spec), lambda progress: self._fit(snapshot, spec, progress))

    def task(self, spec: MapSpec) -> Task[None] | None:
        """The last fit of this map that `start` began, if any."""
        return self.tasks.get(_fit_key(spec))

    def neighbours(self, gap: bool = False, dimensions: Dimensions = 2) -> MapSpec:
        """The layout of neighbours that this installation can fit."""
        return MapSpec(neighbours_method(), dimensions, gap)

    def is_fitted(self, spec: MapSpec) -> bool:
        """Whether `layout` returns this map at once."""
        return spec.method == "pca" or self._manifold(spec) is not None

    def keep_neighbours(self, snapshot: Snapshot) -> None:
        """Start the fit of the flat layout of neighbours where there is none, or the space has moved on since.

        Asked once for each revision, so that a fit that was stopped stays so; not in a space of few items.
        """
        if self._closed or len(snapshot) < LEAST_NEIGHBOURS or snapshot.revision == self._looked_at:
            return
        self._looked_at = snapshot.revision
        spec = self.neighbours()
        layout = self.layout(snapshot, spec)
        if layout is None or layout.drift.offered:
            self.start(snapshot, spec)

    def want(self, visitor: str, spec: MapSpec | None) -> None:
        """Note which fit a visitor waits for, None for none; one that nobody waits for any more is cancelled."""
        wanted = None if spec is None else _fit_key(spec)
        with self._lock:
            before = self._wanted.pop(visitor, None)
            if wanted is not None:
                self._wanted[visitor] = wanted
            kept = set(self._wanted.values())
            if wanted is None:
                kept.add(_fit_key(self.neighbours()))  # it is fitted for everyone, and holds up nobody
                started = {before} if before else set()
            else:
                started = set(self._started)
        for key in started - kept:
            if (task := self.tasks.get(key)) is not None:
                task.cancel()

    def close(self) -> None:
        """Cancel all fits, and begin no more unasked."""
        self._closed = True
        for key in list(self._started):
            if (task := self.tasks.get(key)) is not None:
                task.cancel()

    def gap(self, snapshot: Snapshot) -> ModalityGap | None:
        """The size of the modality gap; None unless there are both images and passages."""
        return modality_gap(snapshot.groups, self.means(snapshot, gap=False))

    def projection(self, snapshot: Snapshot, gap: bool) -> Projection:
        """The space's principal components, with the modality gap or without."""
        return self._projections.now(snapshot).of(gap)

    def means(self, snapshot: Snapshot, gap: bool) -> Mapping[Modality, NDArray[np.float64]]:
        """The mean that is subtracted from vectors of each modality; with the gap left open, the same for all."""
        return self.projection(snapshot, gap).means

    # ---- principal components and semantic axes -----------------------------------------------------------------

    def _layout_by_components(
        self, snapshot: Snapshot, spec: MapSpec, projections: Projections, encoder: Encoder | None
    ) -> Layout:
        projection = projections.of(spec.gap)
        means = None if spec.gap else projection.means
        columns: list[int | AxisDirection] = []
        for axis in spec.drawn_axes:
            if isinstance(axis, SemanticAxis):
                columns.append(axis_direction(snapshot, *end_vectors(axis, encoder, snapshot), means))
            else:
                columns.append(axis - 1)
        place, place_probe = _placers(projection, columns)
        trust_key = f"{projections.newest}/{projections.fitted_on}/{_fit_key(spec)}"
        return Layout(
            spec,
            snapshot.revision,
            *_place_items(snapshot, spec.dimensions, lambda name, group: place(name, group.vectors)),
            axes=tuple(
                AxisInfo(axis, start=_words(axis.start), end=_words(axis.end))
                if isinstance(axis, SemanticAxis)
                else AxisInfo(axis, projection.kept[axis - 1])
                for axis in spec.drawn_axes
            ),
            variance=projection.kept,
            place=place,
            place_probe=place_probe,
            measure_trust=lambda: self._trust(trust_key, lambda: measure_trust(snapshot, projection.means, place)),
            drift=pca_drift(projections, snapshot, spec.gap),
            fitted_on=projections.fitted_on,
            items_at_fit=projections.fitted_on,
        )

    def _trust(self, key: str, measure: Callable[[], Trust | None]) -> Trust | None:
        """The trust saved under that key; else the result of `measure`, which is saved for the next start."""
        path = self._folder / "trust.npz"
        with self._lock:
            if self._trusts is None:
                file = load_arrays(path, self._fingerprint)
                self._trusts = {known: Trust(*values) for known, values in file.facts.items()} if file else {}
            if key not in self._trusts:
                measured = self._trusts[key] = measure()
                if measured is not None:
                    known = [(each, trust) for each, trust in self._trusts.items() if trust][-_SAVED_TRUSTS:]
                    facts = {each: astuple(trust) for each, trust in known}
                    save_arrays(path, self._fingerprint, {}, facts)
            return self._trusts[key]

    # ---- UMAP and t-SNE --------------------------------------------------------------------------------------------

    def _path(self, spec: MapSpec) -> Path:
        return self._folder / f"{spec.method}-{spec.dimensions}d-{'open' if spec.gap else 'closed'}.npz"

    def _manifold(self, spec: MapSpec) -> Manifold | None:
        name = _fit_key(spec)
        with self._lock:
            if name not in self._manifolds and (found := load_manifold(self._path(spec), self._key)):
                self._manifolds[name] = found
            return self._manifolds.get(name)

    def _fit(self, snapshot: Snapshot, spec: MapSpec, progress: Progress) -> None:
        if spec.method == "pca":
            progress(0.0, f"fitting PCA on {len(snapshot):,} items")
            self._projections.refit(snapshot)
            return
        means = self.means(snapshot, spec.gap)
        former = self._manifold(spec)
        fitted = fit_manifold(spec.method, spec.dimensions, snapshot, means, progress, former)
        fitted = replace(fitted, trust=measure_trust(snapshot, means, fitted.place))
        save_manifold(self._path(spec), self._key, fitted)
        with self._lock:
            self._manifolds[_fit_key(spec)] = fitted


def _fit_key(spec: MapSpec) -> str:
    """The same key for two specifications that one fit serves; it is also the key of a saved trust."""
    axes = with_spec(MapView(), spec).axis
    parts = [*(f"axis={axis}" for axis in axes), *["gap=open"] * spec.gap, *["map=3d"] * (spec.dimensions == 3)]
    return "&".join([*parts, f"projection={spec.method}"])


def _words(end: AxisEnd) -> str:
    return end.value if end.kind == "text" else ""


def _place_items(
    snapshot: Snapshot, dimensions: int, place_group: Callable[[Modality, ModalityItems], NDArray[np.float32]]
) -> tuple[NDArray[np.int64], NDArray[np.int8], NDArray[np.float32]]:
    """The ids, modalities and positions of all items, images first; `place_group` gives the positions of a group."""
    groups = groups_of(snapshot)
    ids = [group.ids for _, group in groups]
    modalities = [np.full(len(group), MODALITIES.index(name), np.int8) for name, group in groups]
    positions = [place_group(name, group) for name, group in groups]
    return (
        np.concatenate([np.empty(0, np.int64), *ids]),
        np.concatenate([np.empty(0, np.int8), *modalities]),
        np.concatenate([np.empty((0, dimensions), np.float32), *positions]),
    )


def _placers(
    projection: Projection, columns: list[int | AxisDirection]
) -> tuple[PlaceVectors, Callable[[Probe], NDArray[np.float32]]]:
    """Functions that place vectors, and a query, along components (by index, from 0) and semantic axes."""

    def place(modality: Modality, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        along = [
            column.place(modality, vectors)
            if isinstance(column, AxisDirection)
            else projection.place(modality, vectors, (column,))[:, 0]
            for column in columns
        ]
        return np.stack(along, axis=1)

    def place_probe(probe: Probe) -> NDArray[np.float32]:
        along = [
            column.place_probe(probe)
            if isinstance(column, AxisDirection)
            else float(projection.place_probe(probe, (column,))[0])
            for column in columns
        ]
        return np.array(along, np.float32)

    return place, place_probe


def _layout_by_manifold(snapshot: Snapshot, spec: MapSpec, manifold: Manifold) -> Layout:
    came, left = 0, 0

    def place(modality: Modality, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        return manifold.place(modality, vectors)

    def place_probe(probe: Probe) -> NDArray[np.float32]:
        position = probe.composed(lambda modality, vector: vector - manifold.reduction.means[modality])
        reduced = (manifold.reduction.basis @ position)[np.newaxis].astype(np.float32)
        return np.asarray(manifold.place_reduced(reduced)[0], np.float32)

    def place_group(name: Modality, group: ModalityItems) -> NDArray[np.float32]:
        nonlocal came, left
        ids = manifold.ids.get(name, np.empty(0, np.int64))
        positions = np.empty((len(group), spec.dimensions), np.float32)
        places = np.minimum(np.searchsorted(ids, group.ids), max(len(ids) - 1, 0))
        known = ids[places] == group.ids if len(ids) else np.zeros(len(group), np.bool_)
        positions[known] = manifold.positions[name][places[known]] if known.any() else positions[known]
        positions[~known] = manifold.place(name, group.vectors[~known])
        came, left = came + int((~known).sum()), left + int(known.sum())
        return positions

    placed = _place_items(snapshot, spec.dimensions, place_group)  # counts the items that came and that are left
    return Layout(
        spec,
        snapshot.revision,
        *placed,
        axes=(AxisInfo(None),) * spec.dimensions,
        variance=(),
        place=place,
        place_probe=place_probe,
        measure_trust=lambda: manifold.trust,
        drift=Drift(manifold.items_at_fit, came, manifold.items_at_fit - left, 1.0, None),
        fitted_on=len(manifold.fit_rows),
        items_at_fit=manifold.items_at_fit,
    )
