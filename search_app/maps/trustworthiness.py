"""How far a map can be trusted: trustworthiness (Venna & Kaski 2001) and the share of neighbours kept."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ingest.readers.draft import MODALITIES, Modality
from ingest.space.steady_sample import steady_sample
from search_app.maps.layout import Gap, Placing, Trust
from search_app.search.modality_items import Group
from search_app.search.snapshot import Snapshot

NEIGHBOURS = 10
SAMPLE = 2_000
"""Items that a map is measured on: a steady sample, each modality in its share, among themselves."""


def trust_of(snapshot: Snapshot, means: Mapping[Modality, NDArray[np.float64]], place: Placing) -> Trust | None:
    """How far the map that `place` draws can be trusted; None with fewer than 2 * NEIGHBOURS + 2 items.

    Neighbours in the full space are those by Euclidean distance once each vector has lost its modality's mean, of
    `means`: in the space that the map was drawn from.
    """
    vectors, spots = [], []
    for modality in MODALITIES:
        group = snapshot.groups.get(modality)
        if group is None or not len(group):
            continue
        rows = steady_sample(group.ids, max(1, SAMPLE * len(group) // max(len(snapshot), SAMPLE)))
        vectors.append(group.vectors[rows] - means[modality].astype(np.float32))
        spots.append(place(modality, group.vectors[rows]))
    if sum(map(len, vectors)) < 2 * NEIGHBOURS + 2:
        return None
    return measured(np.concatenate(vectors), np.concatenate(spots))


def measured(vectors: NDArray[np.floating], spots: NDArray[np.floating], count: int = NEIGHBOURS) -> Trust:
    """The trust of a map of `vectors`, shape (n, dimension), at `spots`, shape (n, axes); n is above 2 * `count`."""
    n = len(vectors)
    if n <= 2 * count:
        raise ValueError(f"{n} items are too few to measure {count} neighbours of")
    # The rank of every item among the neighbours of each in the full space: 1 for the nearest, itself 0.
    order = np.argsort(_distances(vectors), axis=1, kind="stable")
    ranks = np.empty((n, n), np.int32)
    np.put_along_axis(ranks, order, np.arange(n, dtype=np.int32)[np.newaxis], axis=1)
    near = np.argsort(_distances(spots), axis=1, kind="stable")[:, 1 : count + 1]
    found = np.take_along_axis(ranks, near, axis=1)
    too_far = np.maximum(found - count, 0).sum(dtype=np.int64)
    trustworthiness = 1.0 - 2.0 * float(too_far) / (n * count * (2 * n - 3 * count - 1))
    return Trust(trustworthiness, float((found <= count).mean()), n)


def gap_of(groups: Mapping[Modality, Group], means: Mapping[Modality, NDArray[np.float64]]) -> Gap | None:
    """The size of the modality gap, as it is and once each modality has lost its mean of `means`; None without two."""
    if any(name not in groups or not len(groups[name]) for name in MODALITIES):
        return None
    centres = {name: groups[name].total / len(groups[name]) for name in MODALITIES}
    image, text = (centres[name] for name in MODALITIES)
    closed = (image - means["image"]) - (text - means["text"])
    return Gap(float(np.linalg.norm(image - text)), float(np.linalg.norm(closed)))


def _distances(points: NDArray[np.floating]) -> NDArray[np.float32]:
    """Squared Euclidean distances, shape (n, n), an item's to itself below all others."""
    points = np.asarray(points, np.float32)
    lengths = np.einsum("ij,ij->i", points, points)
    squares = lengths[:, np.newaxis] + lengths[np.newaxis] - 2.0 * (points @ points.T)
    np.fill_diagonal(squares, -np.inf)
    return squares
