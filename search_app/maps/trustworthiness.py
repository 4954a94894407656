"""How far a map can be trusted: trustworthiness (Venna & Kaski 2001) and the share of neighbours kept."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ingest.readers.draft import MODALITIES, Modality
from ingest.space.steady_sample import steady_sample
from search_app.maps.layout import ModalityGap, PlaceVectors, Trust
from search_app.search.modality_items import ModalityItems
from search_app.search.snapshot import Snapshot

NEIGHBOURS = 10
SAMPLE = 2_000
"""Items that a map is measured on: a steady sample, each modality in its share."""


def measure_trust(
    snapshot: Snapshot, means: Mapping[Modality, NDArray[np.float64]], place: PlaceVectors
) -> Trust | None:
    """How far the map that `place` draws can be trusted; None with fewer than 2 * NEIGHBOURS + 2 items.

    Neighbours in the full space are those by Euclidean distance once each vector has lost its modality's mean, of
    `means`: in the space that the map was drawn from.
    """
    vectors, positions = [], []
    for modality in MODALITIES:
        group = snapshot.groups.get(modality)
        if group is None or not len(group):
            continue
        rows = steady_sample(group.ids, max(1, SAMPLE * len(group) // max(len(snapshot), SAMPLE)))
        vectors.append(group.vectors[rows] - means[modality].astype(np.float32))
        positions.append(place(modality, group.vectors[rows]))
    if sum(map(len, vectors)) < 2 * NEIGHBOURS + 2:
        return None
    return trust_of_positions(np.concatenate(vectors), np.concatenate(positions))


def trust_of_positions(
    vectors: NDArray[np.floating], positions: NDArray[np.floating], count: int = NEIGHBOURS
) -> Trust:
    """The trust of a map of `vectors`, shape (n, dimension), at `positions`, shape (n, axes); n exceeds 2 * `count`."""
    n = len(vectors)
    if n <= 2 * count:
        raise ValueError(f"{n} items are too few to measure {count} neighbours of")
    # The rank of every item among the neighbours of each, in the full space: 1 for the nearest, 0 for itself.
    order = np.argsort(_distances(vectors), axis=1, kind="stable")
    ranks = np.empty((n, n), np.int32)
    np.put_along_axis(ranks, order, np.arange(n, dtype=np.int32)[np.newaxis], axis=1)
    near = np.argsort(_distances(positions), axis=1, kind="stable")[:, 1 : count + 1]
    found = np.take_along_axis(ranks, near, axis=1)
    too_far = np.maximum(found - count, 0).sum(dtype=np.int64)
    trustworthiness = 1.0 - 2.0 * float(too_far) / (n * count * (2 * n - 3 * count - 1))
    return Trust(trustworthiness, float((found <= count).mean()), n)


def modality_gap(
    groups: Mapping[Modality, ModalityItems], means: Mapping[Modality, NDArray[np.float64]]
) -> ModalityGap | None:
    """The size of the modality gap, raw and after subtracting `means`; None unless there are both modalities."""
    if any(name not in groups or not len(groups[name]) for name in MODALITIES):
        return None
    centres = {name: groups[name].total / len(groups[name]) for name in MODALITIES}
    image, text = (centres[name] for name in MODALITIES)
    closed = (image - means["image"]) - (text - means["text"])
    return ModalityGap(float(np.linalg.norm(image - text)), float(np.linalg.norm(closed)))


def _distances(points: NDArray[np.floating]) -> NDArray[np.float32]:
    """Squared Euclidean distances, shape (n, n), an item's to itself below all others."""
    points = np.asarray(points, np.float32)
    lengths = np.einsum("ij,ij->i", points, points)
    squares = lengths[:, np.newaxis] + lengths[np.newaxis] - 2.0 * (points @ points.T)
    np.fill_diagonal(squares, -np.inf)
    return np.asarray(squares, np.float32)
