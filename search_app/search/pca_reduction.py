"""Fewer dimensions than the space has, for methods that are slow or lost in many: its first principal components."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.readers.draft import MODALITIES, Modality
from ingest.space.steady_sample import steady_sample
from search_app.search.modality_items import ModalityItems
from search_app.search.snapshot import Snapshot

REDUCED = 50
"""Components that are kept: they hold nearly all of what tells items apart."""
_FITTED = 20_000  # items at most that the components are fitted on


@dataclass(frozen=True)
class Reduction:
    """From vectors of a modality to their first principal components."""

    means: Mapping[Modality, NDArray[np.float64]]
    """What a vector of each modality loses first, shape (dimension,)."""
    basis: NDArray[np.float32]
    """Unit rows, shape (at most REDUCED, dimension)."""

    def apply(self, modality: Modality, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """The vectors, shape (n, dimension), in fewer dimensions: shape (n, len(basis))."""
        shift = (self.basis @ self.means[modality]).astype(np.float32)
        return np.asarray(vectors @ self.basis.T - shift, dtype=np.float32)


def reduction_of(snapshot: Snapshot, means: Mapping[Modality, NDArray[np.float64]]) -> Reduction:
    """The principal components of a steady sample of the space, each modality without its mean of `means`."""
    scatter = np.zeros((snapshot.dimension, snapshot.dimension))
    for modality, group in snapshot.groups.items():
        rows = group.vectors[sampled(group, snapshot, _FITTED)] - means[modality].astype(np.float32)
        scatter += rows.T @ rows
    values, columns = np.linalg.eigh(scatter)
    basis = columns.T[::-1][:REDUCED]
    basis = basis[values[::-1][:REDUCED] > 1e-6 * max(float(values[-1]), 1e-12)]
    signs = np.sign(basis[np.arange(len(basis)), np.argmax(np.abs(basis), axis=1)])
    return Reduction(means, np.asarray(basis * signs[:, np.newaxis], np.float32))


def sampled(group: ModalityItems, snapshot: Snapshot, most: int) -> NDArray[np.int64]:
    """Rows of a group in its share of a steady sample of at most `most` items of the space, rising."""
    return steady_sample(group.ids, max(1, most * len(group) // max(len(snapshot), most)))


def groups_of(snapshot: Snapshot) -> list[tuple[Modality, ModalityItems]]:
    """The groups that have items, images first."""
    return [(name, snapshot.groups[name]) for name in MODALITIES if snapshot.groups.get(name)]
