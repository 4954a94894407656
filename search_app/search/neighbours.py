"""The neighbours of an item by true distances in the full space, not on a map.

Vectors have unit length, so their Euclidean distance follows from their cosine: d^2 = 2 - 2 cos, and both give one
order.  Centred, that is, without the mean of its modality, a vector no longer has unit length, and the two may differ:
the cosine compares directions alone, the distance lengths too.  Within a modality centring moves no two items apart
or together, so that only its neighbours in the other modality change by Euclidean distance.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.readers.draft import MODALITIES, Modality
from search_app.search.background_scores import modality_means
from search_app.search.modality_items import ModalityItems
from search_app.search.query_schema import Measure as Measure
from search_app.search.snapshot import Snapshot


@dataclass(frozen=True)
class Neighbour:
    """An item near another."""

    id: str
    cosine: float
    distance: float
    """Euclidean."""


def nearest(
    snapshot: Snapshot, item_id: str, measure: Measure = "cosine", *, centred: bool = False, count: int = 10
) -> dict[Modality, list[Neighbour]]:
    """The `count` items of each modality that are nearest to an item, nearest first; without itself.

    None of a modality that has no other items, and none at all where the item is not in the snapshot.
    """
    found = snapshot.find(item_id)
    if found is None:
        return {}
    home, row = found
    means = modality_means(snapshot, None)
    none = np.zeros(snapshot.dimension)
    vector = home.vectors[row] - (means[home.modality] if centred else none)
    answer: dict[Modality, list[Neighbour]] = {}
    for modality in MODALITIES:
        if (group := snapshot.groups.get(modality)) is None:
            continue
        cosines, distances = _distances(group, means[modality] if centred else none, vector)
        others = np.arange(len(group)) != row if group is home else np.ones(len(group), np.bool_)
        rows = np.flatnonzero(others)
        # Equals stay in the order of their ids.
        order = rows[np.argsort(-cosines[rows] if measure == "cosine" else distances[rows], kind="stable")[:count]]
        answer[modality] = [
            Neighbour(str(int(group.ids[place])), float(cosines[place]), float(distances[place])) for place in order
        ]
    return answer


def _distances(
    group: ModalityItems, mean: NDArray[np.float64], vector: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Cosine and Euclidean distance of each item, once it has lost `mean`, with `vector`; shape (len(group),) each."""
    # |x - m|^2 = 1 - 2 x.m + |m|^2 for a unit x: one pass over the rows, and no shifted copy of them.
    sides = np.stack([vector, mean], axis=1).astype(np.float32)
    products = (group.vectors @ sides).astype(np.float64)
    squares = np.maximum(1.0 - 2.0 * products[:, 1] + float(mean @ mean), 0.0)
    dots = products[:, 0] - float(mean @ vector)
    length = float(np.linalg.norm(vector))
    cosines = np.clip(dots / np.maximum(np.sqrt(squares) * length, 1e-12), -1.0, 1.0)
    return cosines, np.sqrt(np.maximum(squares + length**2 - 2.0 * dots, 0.0))
