"""Principal components of a whole space: fitted when they are first needed or asked for, and kept beside it."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.readers.draft import MODALITIES, Modality
from ingest.space.steady_sample import steady_sample
from search_app.search.array_cache import PROJECTION_FOLDER, CachedArrays, load_arrays, save_arrays
from search_app.search.modality_items import ModalityItems
from search_app.search.query_vectors import Probe
from search_app.search.snapshot import Snapshot

AXES = 3
"""Of a map."""
COMPONENTS = 10
"""Principal components that are kept; any of them may be an axis of a map."""
REFIT_AFTER = 0.2
"""Share of items that came or went since the fit from which on a refit is offered."""
LOSS_AFTER = 0.2
"""Share of the variance kept that new items may lose before a refit is offered."""
_ANOTHER_SPACE = 4  # times as many items as were fitted, or half of them gone: the old axes tell nothing of it
_CHUNK = 4_096  # rows multiplied at a time, in float32; the sum of the products is kept in float64
_FEW = 20  # new items tell nothing of a loss
_MEASURED = 4_096  # new items at most that a loss is measured on
_TIED = 0.1  # components whose variances differ by less than this share may turn into one another between fits

_ROUNDING = 1e-6  # of the unit rows' own length: what float32 products leave of a variance that is none


@dataclass(frozen=True)
class Projection:
    """A fitted map from the space to its principal components (Pearson 1901)."""

    means: dict[Modality, NDArray[np.float64]]
    """What is subtracted from a vector of each modality, shape (dimension,)."""
    components: NDArray[np.float64]
    """Unit rows, shape (COMPONENTS, dimension); rows of zeros where the items span fewer axes."""
    kept: tuple[float, ...]
    """For each component, the share of the items' variance that lies along it, 0 to 1."""

    def place(
        self, modality: Modality, vectors: NDArray[np.float32], axes: Sequence[int] = range(AXES)
    ) -> NDArray[np.float32]:
        """Where vectors of one modality, shape (n, dimension), lie along the components `axes`: (n, len(axes))."""
        chosen = self.components[list(axes)]
        shift = chosen @ self.means[modality]
        return np.asarray(vectors @ chosen.T.astype(np.float32) - shift, dtype=np.float32)

    def place_probe(self, probe: Probe, axes: Sequence[int] = range(AXES)) -> NDArray[np.float32]:
        """Where a query lies: the weighted midpoint of its parts, without what they leave out; (len(axes),)."""
        spot = probe.composed(lambda modality, vector: vector - self.means[modality])
        return np.asarray(self.components[list(axes)] @ spot, dtype=np.float32)

    def vector_at(self, modality: Modality, spot: NDArray[np.floating], axes: Sequence[int]) -> NDArray[np.float64]:
        """The vector of a modality that lies at `spot` along `axes` and nowhere along the others, shape (dimension,).

        It is not of unit length: a map's middle is the modality's mean, which is shorter.
        """
        return self.means[modality] + np.asarray(spot, np.float64) @ self.components[list(axes)]


@dataclass(frozen=True)
class Projections:
    """The two maps of one fit: with the modality gap as it is, and with each modality centred on its own mean."""

    fitted_on: int
    """How many items there were."""
    newest: int
    """The highest id among them: later items have higher ones."""
    gap_open: Projection
    gap_closed: Projection

    def of(self, gap: bool) -> Projection:
        """The map with the gap, or the one without."""
        return self.gap_open if gap else self.gap_closed


@dataclass(frozen=True)
class Drift:
    """How far a space has moved on since its map was fitted."""

    fitted_on: int
    """How many items there were."""
    came: int
    """Items that are newer than the fit; they are on the map, placed by it."""
    gone: int
    kept_then: float
    """The share of the variance that the first COMPONENTS kept of the items that were fitted, 0 to 1."""
    kept_of_new: float | None
    """The share that they keep of the items that came since; None while there are too few to tell."""

    @property
    def share(self) -> float:
        """Items that came or went, for each that was fitted."""
        return (self.came + self.gone) / max(self.fitted_on, 1)

    @property
    def loss(self) -> float:
        """What new items lose of the variance kept, 0 to 1."""
        if self.kept_of_new is None or self.kept_then <= 0.0:
            return 0.0
        return max(0.0, 1.0 - self.kept_of_new / self.kept_then)

    @property
    def offered(self) -> bool:
        """Whether a refit is worth it."""
        return self.share > REFIT_AFTER or self.loss > LOSS_AFTER


def fit(groups: Mapping[Modality, ModalityItems], dimension: int, former: Projections | None = None) -> Projections:
    """Fit both maps on all items, from the modalities' scatter matrices, summed in float64.

    A component's sign is chosen so that its largest loading is positive, or with a `former` fit so that it points
    where that one's does, so that a map does not flip; components of nearly the same variance are turned to the
    former ones as well as can be (orthogonal Procrustes, Schönemann 1966).
    """
    counts = {name: len(groups[name]) if name in groups else 0 for name in MODALITIES}
    total = sum(counts.values())
    sums = {name: groups[name].total if counts[name] else np.zeros(dimension) for name in MODALITIES}
    overall = np.sum(list(sums.values()), axis=0) / max(total, 1)
    means = {name: sums[name] / counts[name] if counts[name] else overall for name in MODALITIES}
    within = np.zeros((dimension, dimension))
    between = np.zeros((dimension, dimension))
    for name in MODALITIES:
        if counts[name]:
            within += _scatter(groups[name].vectors, means[name])
            offset = means[name] - overall
            between += counts[name] * np.outer(offset, offset)
    together = dict.fromkeys(MODALITIES, overall)
    return Projections(
        total,
        max((int(groups[name].ids[-1]) for name in MODALITIES if counts[name]), default=0),
        gap_open=_principal(within + between, total, together, former.gap_open if former else None),
        gap_closed=_principal(within, total, means, former.gap_closed if former else None),
    )


def _scatter(vectors: NDArray[np.float32], mean: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sum of outer products of the rows less `mean`, shape (dimension, dimension)."""
    products = np.zeros((vectors.shape[1], vectors.shape[1]))
    for start in range(0, len(vectors), _CHUNK):
        rows = vectors[start : start + _CHUNK]
        products += rows.T @ rows
    return products - len(vectors) * np.outer(mean, mean)


def _principal(
    scatter: NDArray[np.float64], count: int, means: dict[Modality, NDArray[np.float64]], former: Projection | None
) -> Projection:
    dimension = len(scatter)
    values, columns = np.linalg.eigh(scatter)
    values = values[::-1][:COMPONENTS].copy()
    components = columns.T[::-1][:COMPONENTS].copy()
    variance = float(np.trace(scatter))
    flat = values <= _ROUNDING * count
    components[flat], values[flat] = 0.0, 0.0
    for row in components:
        if row[np.argmax(np.abs(row))] < 0:
            row *= -1.0
    if dimension < COMPONENTS:
        components = np.vstack([components, np.zeros((COMPONENTS - dimension, dimension))])
        values = np.concatenate([values, np.zeros(COMPONENTS - dimension)])
    if former is not None:
        components, values = _aligned(components, values, former.components)
    shares = tuple(float(value / variance) if value else 0.0 for value in values)
    return Projection(means, components, shares)


def _aligned(
    components: NDArray[np.float64], values: NDArray[np.float64], former: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The components turned to the `former` ones within each run of nearly tied variances, and their variances."""
    turned, variances = components.copy(), values.copy()
    start = 0
    while start < len(values) and values[start] > 0.0:
        end = start + 1
        while end < len(values) and values[end] > (1.0 - _TIED) * values[start]:
            end += 1
        # Of the rotations of this run onto the former axes, the one with the least squares left.
        left, _, right = np.linalg.svd(former[start:end] @ components[start:end].T)
        rotation = left @ right
        if former[start:end].any(axis=1).all():
            turned[start:end] = rotation @ components[start:end]
            variances[start:end] = np.einsum("ij,j,ij->i", rotation, values[start:end], rotation)
        start = end
    return turned, variances


def drift(projections: Projections, snapshot: Snapshot, gap: bool) -> Drift:
    """How far `snapshot` has moved on from the items that were fitted."""
    projection = projections.of(gap)
    came, left = 0, 0
    along, whole = 0.0, 0.0
    for modality, group in snapshot.groups.items():
        first = int(np.searchsorted(group.ids, projections.newest, side="right"))
        came, left = came + len(group) - first, left + first
        new = group.vectors[first:][steady_sample(group.ids[first:], _MEASURED)]
        if len(new):
            along += float(np.square(projection.place(modality, new, range(COMPONENTS)), dtype=np.float64).sum())
            whole += float(np.square(new - projection.means[modality]).sum())
    share = along / whole if came >= _FEW and whole > 0.0 else None
    return Drift(projections.fitted_on, came, max(0, projections.fitted_on - left), sum(projection.kept), share)


class LiveProjections:
    """Keeps the principal components of one space, saved beside it; safe to share between threads.

    They stay as they were fitted while items come and go, and new items are placed by them; `drift` tells when a
    `refit` is worth it.  They are fitted anew unasked only where the space has become another one.
    """

    def __init__(self, folder: Path, fingerprint: str) -> None:
        """`folder` is the space's; `fingerprint` the encoder's, so that another encoder's file is not used."""
        self._path = folder / PROJECTION_FOLDER / "pca.npz"
        self._fingerprint = fingerprint
        self._lock = threading.Lock()
        self._current: Projections | None = None

    def now(self, snapshot: Snapshot) -> Projections:
        """The projections to draw `snapshot` with."""
        with self._lock:
            if self._current is None:
                self._current = _load(self._path, self._fingerprint, snapshot.dimension)
            if self._current is None or _outgrown(self._current, snapshot):
                return self._fit(snapshot)
            return self._current

    def refit(self, snapshot: Snapshot) -> Projections:
        """Fit anew on all items of `snapshot`, with axes that point where the former ones do."""
        with self._lock:
            if self._current is None:
                self._current = _load(self._path, self._fingerprint, snapshot.dimension)
            return self._fit(snapshot)

    def _fit(self, snapshot: Snapshot) -> Projections:
        former = self._current if self._current and self._current.fitted_on > AXES else None
        self._current = fit(snapshot.groups, snapshot.dimension, former)
        _save(self._path, self._fingerprint, self._current)
        return self._current


def _outgrown(projections: Projections, snapshot: Snapshot) -> bool:
    left = sum(int(np.searchsorted(group.ids, projections.newest, "right")) for group in snapshot.groups.values())
    return 2 * left < projections.fitted_on or len(snapshot) > _ANOTHER_SPACE * projections.fitted_on


def _save(path: Path, fingerprint: str, projections: Projections) -> None:
    arrays: dict[str, NDArray[np.float64]] = {}
    for name, projection in (("open", projections.gap_open), ("closed", projections.gap_closed)):
        arrays[f"{name}_components"] = projection.components
        arrays[f"{name}_kept"] = np.array(projection.kept)
        arrays[f"{name}_means"] = np.array([projection.means[modality] for modality in MODALITIES])
    save_arrays(path, fingerprint, arrays, {"fitted_on": projections.fitted_on, "newest": projections.newest})


def _load(path: Path, fingerprint: str, dimension: int) -> Projections | None:
    """The saved projections; None when there are none for this encoder, or the file is damaged."""
    file = load_arrays(path, fingerprint)
    if file is None:
        return None
    try:
        return Projections(
            int(file.facts["fitted_on"]),
            int(file.facts["newest"]),
            gap_open=_projection(file, "open", dimension),
            gap_closed=_projection(file, "closed", dimension),
        )
    except (ValueError, KeyError, TypeError):
        return None


def _projection(file: CachedArrays, name: str, dimension: int) -> Projection:
    means = file.arrays[f"{name}_means"]
    components = file.arrays[f"{name}_components"]
    if means.shape != (len(MODALITIES), dimension) or components.shape != (COMPONENTS, dimension):
        raise ValueError(f"the projection {name} is of another dimension")
    shares = tuple(float(share) for share in file.arrays[f"{name}_kept"])
    return Projection(dict(zip(MODALITIES, means, strict=True)), components, shares)
