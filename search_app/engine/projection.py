"""The map: principal components of a whole space, fitted once in a while and kept beside it."""

import os
import threading
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.readers.draft import MODALITIES, Modality
from search_app.engine.group import Group
from search_app.engine.query import Probe
from search_app.engine.snapshot import Snapshot

AXES = 3
PROJECTION_FOLDER = "projections"
_REFIT_AFTER = 0.2  # share of items that came or went since the fit
_CHUNK = 4_096  # rows multiplied at a time, in float32; the sum of the products is kept in float64

_ROUNDING = 1e-6  # of the unit rows' own length: what float32 products leave of a variance that is none


@dataclass(frozen=True)
class Projection:
    """A fitted map from the space to three dimensions (principal component analysis, Pearson 1901)."""

    means: dict[Modality, NDArray[np.float64]]
    """What is subtracted from a vector of each modality, shape (dimension,)."""
    components: NDArray[np.float64]
    """Unit rows, shape (AXES, dimension); rows of zeros where the items span fewer axes."""
    kept: tuple[float, ...]
    """For each axis, the share of the items' variance that lies along it, 0 to 1."""

    def place(self, modality: Modality, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Where vectors of one modality, shape (n, dimension), lie on the map: shape (n, AXES)."""
        shift = self.components @ self.means[modality]
        return np.asarray(vectors @ self.components.T.astype(np.float32) - shift, dtype=np.float32)

    def place_probe(self, probe: Probe) -> NDArray[np.float32]:
        """Where a query lies: the weighted midpoint of its parts, without what they leave out; shape (AXES,)."""
        spot = probe.composed(lambda modality, vector: vector - self.means[modality])
        return np.asarray(self.components @ spot, dtype=np.float32)


@dataclass(frozen=True)
class Projections:
    """The two maps of one fit: with the modality gap as it is, and with each modality centred on its own mean."""

    fitted_on: int
    """How many items there were."""
    gap_open: Projection
    gap_closed: Projection

    def of(self, gap: bool) -> Projection:
        """The map with the gap, or the one without."""
        return self.gap_open if gap else self.gap_closed


def fit(groups: Mapping[Modality, Group], dimension: int) -> Projections:
    """Fit both maps on all items, from the modalities' scatter matrices, summed in float64.

    An axis's sign is chosen so that its largest loading is positive, so that a map does not flip between fits.
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
    return Projections(
        total,
        gap_open=_principal(within + between, total, dict.fromkeys(MODALITIES, overall)),
        gap_closed=_principal(within, total, means),
    )


def _scatter(vectors: NDArray[np.float32], mean: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sum of outer products of the rows less `mean`, shape (dimension, dimension)."""
    products = np.zeros((vectors.shape[1], vectors.shape[1]))
    for start in range(0, len(vectors), _CHUNK):
        rows = vectors[start : start + _CHUNK]
        products += rows.T @ rows
    return products - len(vectors) * np.outer(mean, mean)


def _principal(scatter: NDArray[np.float64], count: int, means: dict[Modality, NDArray[np.float64]]) -> Projection:
    dimension = len(scatter)
    values, columns = np.linalg.eigh(scatter)
    values = values[::-1][:AXES]
    components = columns.T[::-1][:AXES].copy()
    variance = float(np.trace(scatter))
    flat = values <= _ROUNDING * count
    components[flat], values[flat] = 0.0, 0.0
    for row in components:
        if row[np.argmax(np.abs(row))] < 0:
            row *= -1.0
    if dimension < AXES:
        components = np.vstack([components, np.zeros((AXES - dimension, dimension))])
        values = np.concatenate([values, np.zeros(AXES - dimension)])
    kept = tuple(float(value / variance) if value else 0.0 for value in values)
    return Projection(means, components, kept)


class LiveProjections:
    """Keeps the projections of one space: fitted anew when a fifth of its items came or went, saved beside it."""

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
            if self._current is None or _outgrown(self._current.fitted_on, len(snapshot)):
                self._current = fit(snapshot.groups, snapshot.dimension)
                _save(self._path, self._fingerprint, self._current)
            return self._current


def _outgrown(fitted_on: int, count: int) -> bool:
    return abs(count - fitted_on) > _REFIT_AFTER * fitted_on


def _save(path: Path, fingerprint: str, projections: Projections) -> None:
    """Write the file whole or not at all; a folder that cannot be written only costs the next start a fit."""
    temporary = path.with_name(f"{path.stem}.{os.getpid()}.{threading.get_ident()}.tmp")
    arrays: dict[str, NDArray[np.generic]] = {
        "fingerprint": np.array(fingerprint),
        "fitted_on": np.array(projections.fitted_on),
    }
    for name, projection in (("open", projections.gap_open), ("closed", projections.gap_closed)):
        arrays[f"{name}_components"] = projection.components
        arrays[f"{name}_kept"] = np.array(projection.kept)
        arrays[f"{name}_means"] = np.array([projection.means[modality] for modality in MODALITIES])
    try:
        path.parent.mkdir(exist_ok=True)
        with temporary.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        temporary.replace(path)
    except OSError:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _load(path: Path, fingerprint: str, dimension: int) -> Projections | None:
    """The saved projections; None when there are none for this encoder, or the file is damaged."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            if str(file["fingerprint"]) != fingerprint:
                return None
            return Projections(
                int(file["fitted_on"]),
                gap_open=_projection(file, "open", dimension),
                gap_closed=_projection(file, "closed", dimension),
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _projection(file: Mapping[str, NDArray[np.float64]], name: str, dimension: int) -> Projection:
    means = file[f"{name}_means"]
    components = file[f"{name}_components"]
    if means.shape != (len(MODALITIES), dimension) or components.shape != (AXES, dimension):
        raise ValueError(f"the projection {name} is of another dimension")
    kept = tuple(float(share) for share in file[f"{name}_kept"])
    return Projection(dict(zip(MODALITIES, means, strict=True)), components, kept)
