"""The maps of one open space: fitted when they are first asked for, kept beside it, and refitted only when asked."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import Encoder
from ingest.readers.draft import MODALITIES, Modality
from search_app.maps.layout import AxisTold, Gap, Layout, MapSpec, Meaning, Placing, Trust, with_spec
from search_app.maps.manifold import SETTINGS, Manifold, fit_manifold, load_manifold, save_manifold
from search_app.maps.semantic_axes import Direction, direction, ends_of
from search_app.maps.trustworthiness import gap_of, trust_of
from search_app.search.array_cache import PROJECTION_FOLDER, load_arrays, save_arrays
from search_app.search.background_tasks import Progress, Task, TaskQueue
from search_app.search.modality_items import Group
from search_app.search.pca_reduction import groups_of
from search_app.search.projection import Drift, LiveProjections, Projection, Projections
from search_app.search.projection import drift as pca_drift
from search_app.search.query_vectors import Probe
from search_app.search.schema import MapView
from search_app.search.searcher import Searcher
from search_app.search.snapshot import Snapshot

_LAYOUTS = 6  # that are remembered
_TRUSTS = 64


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

    @classmethod
    def of(cls, searcher: Searcher) -> "SpaceMaps":
        """The maps of the space that `searcher` searches, by the components that it keeps."""
        space = searcher.space
        return cls(space.folder, space.manifest.encoder.fingerprint, searcher.live_projections, searcher.tasks)

    def layout(self, snapshot: Snapshot, spec: MapSpec, encoder: Encoder | None = None) -> Layout | None:
        """Where every item lies; None while UMAP or t-SNE has not been fitted for this: then `start` it.

        `encoder` is needed where an axis begins or ends at words.  Raises ItemNotFound for an axis to an item that
        has gone.
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
                    self._layouts[key] = self._of_components(snapshot, spec, projections, encoder)
                else:
                    self._layouts[key] = _of_manifold(snapshot, spec, manifold)
                while len(self._layouts) > _LAYOUTS:
                    self._layouts.popitem(last=False)
            self._layouts.move_to_end(key)
            return self._layouts[key]

    def start(self, snapshot: Snapshot, spec: MapSpec) -> Task[None]:
        """Fit the map anew in the background, its axes as they were where that can be; `layout` has it when it is done.

        While a fit of the same map runs, that one is returned.
        """
        return self.tasks.start(_name(spec), lambda progress: self._fit(snapshot, spec, progress))

    def task(self, spec: MapSpec) -> Task[None] | None:
        """The last fit of this map that was started, if any."""
        return self.tasks.get(_name(spec))

    def gap(self, snapshot: Snapshot) -> Gap | None:
        """The size of the modality gap; None unless there are both images and passages."""
        return gap_of(snapshot.groups, self.means(snapshot, gap=False))

    def projection(self, snapshot: Snapshot, gap: bool) -> Projection:
        """The space's principal components, with the modality gap or without."""
        return self._projections.now(snapshot).of(gap)

    def means(self, snapshot: Snapshot, gap: bool) -> Mapping[Modality, NDArray[np.float64]]:
        """What a vector of each modality loses before a map is drawn; with the gap left open, all lose the same."""
        return self.projection(snapshot, gap).means

    # ---- principal components, and axes with a meaning ------------------------------------------------------------

    def _of_components(
        self, snapshot: Snapshot, spec: MapSpec, projections: Projections, encoder: Encoder | None
    ) -> Layout:
        projection = projections.of(spec.gap)
        means = None if spec.gap else projection.means
        columns: list[int | Direction] = []
        for axis in spec.drawn:
            if isinstance(axis, Meaning):
                columns.append(direction(snapshot, *ends_of(axis, encoder, snapshot), means))
            else:
                columns.append(axis - 1)
        place, place_probe = _mixed(projection, columns)
        name = f"{projections.newest}/{projections.fitted_on}/{_name(spec)}"
        return Layout(
            spec,
            snapshot.revision,
            *_placed(snapshot, spec.dimensions, lambda name, group: place(name, group.vectors)),
            axes=tuple(
                AxisTold(axis, start=_words(axis, 0), end=_words(axis, 1))
                if isinstance(axis, Meaning)
                else AxisTold(axis, projection.kept[axis - 1])
                for axis in spec.drawn
            ),
            variance=projection.kept,
            place=place,
            place_probe=place_probe,
            measured=lambda: self._trust(name, lambda: trust_of(snapshot, projection.means, place)),
            drift=pca_drift(projections, snapshot, spec.gap),
            fitted=projections.fitted_on,
            of=projections.fitted_on,
        )

    def _trust(self, name: str, measure: Callable[[], Trust | None]) -> Trust | None:
        """What was measured before under that name, else by `measure`, and kept in a file for the next start."""
        path = self._folder / "trust.npz"
        with self._lock:
            if self._trusts is None:
                file = load_arrays(path, self._fingerprint)
                self._trusts = {key: Trust(*values) for key, values in file.facts.items()} if file else {}
            if name not in self._trusts:
                measured = self._trusts[name] = measure()
                if measured is not None:
                    known = [(key, trust) for key, trust in self._trusts.items() if trust][-_TRUSTS:]
                    facts = {key: [trust.trustworthiness, trust.kept, trust.sample] for key, trust in known}
                    save_arrays(path, self._fingerprint, {}, facts)
            return self._trusts[name]

    # ---- UMAP and t-SNE --------------------------------------------------------------------------------------------

    def _path(self, spec: MapSpec) -> Path:
        return self._folder / f"{spec.method}-{spec.dimensions}d-{'open' if spec.gap else 'closed'}.npz"

    def _manifold(self, spec: MapSpec) -> Manifold | None:
        name = _name(spec)
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
        fitted = replace(fitted, trust=trust_of(snapshot, means, fitted.place))
        save_manifold(self._path(spec), self._key, fitted)
        with self._lock:
            self._manifolds[_name(spec)] = fitted


def _name(spec: MapSpec) -> str:
    """A name for what a fit is of: the same for two specs that one fit serves; files in a space are named by it."""
    axes = with_spec(MapView(), spec).axis
    parts = [*(f"axis={axis}" for axis in axes), *["gap=open"] * spec.gap, *["map=3d"] * (spec.dimensions == 3)]
    return "&".join([*parts, f"projection={spec.method}"])


def _words(axis: Meaning, place: int) -> str:
    end = (axis.start, axis.end)[place]
    return end.value if end.kind == "text" else ""


def _placed(
    snapshot: Snapshot, dimensions: int, lay: Callable[[Modality, Group], NDArray[np.float32]]
) -> tuple[NDArray[np.int64], NDArray[np.int8], NDArray[np.float32]]:
    """The ids, modalities and spots of all items, images first; `lay` gives the spots of a group."""
    groups = groups_of(snapshot)
    ids = [group.ids for _, group in groups]
    kinds = [np.full(len(group), MODALITIES.index(name), np.int8) for name, group in groups]
    spots = [lay(name, group) for name, group in groups]
    return (
        np.concatenate([np.empty(0, np.int64), *ids]),
        np.concatenate([np.empty(0, np.int8), *kinds]),
        np.concatenate([np.empty((0, dimensions), np.float32), *spots]),
    )


def _mixed(
    projection: Projection, columns: list[int | Direction]
) -> tuple[Placing, Callable[[Probe], NDArray[np.float32]]]:  # fmt: skip
    """How vectors, and a query, are placed along components (by their place, from 0) and directions."""

    def place(modality: Modality, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        along = [
            column.place(modality, vectors)
            if isinstance(column, Direction)
            else projection.place(modality, vectors, (column,))[:, 0]
            for column in columns
        ]
        return np.stack(along, axis=1)

    def place_probe(probe: Probe) -> NDArray[np.float32]:
        along = [
            column.place_probe(probe)
            if isinstance(column, Direction)
            else float(projection.place_probe(probe, (column,))[0])
            for column in columns
        ]
        return np.array(along, np.float32)

    return place, place_probe


def _of_manifold(snapshot: Snapshot, spec: MapSpec, manifold: Manifold) -> Layout:
    came, left = 0, 0

    def place(modality: Modality, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        return manifold.place(modality, vectors)

    def place_probe(probe: Probe) -> NDArray[np.float32]:
        spot = probe.composed(lambda modality, vector: vector - manifold.reduction.means[modality])
        return manifold.place_reduced((manifold.reduction.basis @ spot)[np.newaxis].astype(np.float32))[0]

    def lay(name: Modality, group: Group) -> NDArray[np.float32]:
        nonlocal came, left
        ids = manifold.ids.get(name, np.empty(0, np.int64))
        laid = np.empty((len(group), spec.dimensions), np.float32)
        places = np.minimum(np.searchsorted(ids, group.ids), max(len(ids) - 1, 0))
        known = ids[places] == group.ids if len(ids) else np.zeros(len(group), np.bool_)
        laid[known] = manifold.spots[name][places[known]] if known.any() else laid[known]
        laid[~known] = manifold.place(name, group.vectors[~known])
        came, left = came + int((~known).sum()), left + int(known.sum())
        return laid

    placed = _placed(snapshot, spec.dimensions, lay)  # counts what came and what is left
    return Layout(
        spec,
        snapshot.revision,
        *placed,
        axes=(AxisTold(None),) * spec.dimensions,
        variance=(),
        place=place,
        place_probe=place_probe,
        measured=lambda: manifold.trust,
        drift=Drift(manifold.of, came, manifold.of - left, 1.0, None),
        fitted=len(manifold.seen),
        of=manifold.of,
    )
