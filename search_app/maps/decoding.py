"""From an empty place on a map back into the space: the vector that lies there, and what is nearest to it.

Along principal components a place is decoded by the inverse of the projection: the modality's mean plus the place's
share of each component drawn, as a decoder reads a latent space.  UMAP, t-SNE and semantic axes have no inverse: there
the vector is interpolated between the items drawn nearest, weighted by inverse distance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ingest.readers.draft import MODALITIES, Modality
from search_app.maps.layout import Layout
from search_app.search.pca_reduction import groups_of
from search_app.search.projection import Projection
from search_app.search.query_vectors import unit
from search_app.search.snapshot import Snapshot
from search_app.search.topics.holding import HELD, near_and_true
from search_app.search.topics.vocabulary import Vocabulary

Method = Literal["inverse", "interpolated"]
INTERPOLATED_ITEMS = 8
"""Drawn items between which a place is interpolated."""
_ZERO_LENGTH = 1e-6  # length of a direction that points nowhere: the middle of the map


@dataclass(frozen=True)
class NearItem:
    """An item near a decoded place."""

    id: str
    modality: Modality
    cosine: float
    """With the decoded vector of its modality; with the gap closed, both without the modality's mean."""


@dataclass(frozen=True)
class DecodedPlace:
    """What an empty place on a map stands for."""

    method: Method
    vectors: Mapping[Modality, NDArray[np.float32]]
    """The place as a vector of each modality that the space has, unit length, shape (dimension,)."""
    items: tuple[NearItem, ...]
    """The items nearest to those vectors, nearest first."""
    words: tuple[tuple[str, float], ...]
    """The words of the vocabulary that lie nearest, with their cosines, nearest first; untrusted words.

    Only those that hold of `items`, see `search_app.search.topics.holding`.
    """
    interpolated_from: tuple[str, ...] = ()
    """The ids of the items between which the place was interpolated, nearest first; () for an inverse."""


def decode(
    layout: Layout,
    position: Sequence[float],
    snapshot: Snapshot,
    projection: Projection,
    vocabulary: Vocabulary | None = None,
    count: int = 12,
) -> DecodedPlace:
    """Decode `position`, a place on the map of `layout`, in `snapshot`.

    `projection` is the space's own, with the gap as the map has it (`SpaceMaps.projection`).  Raises ValueError when
    `position` has not as many numbers as the map has dimensions.
    """
    place = np.asarray(position, np.float64)
    if place.shape != (layout.spec.dimensions,) or not np.isfinite(place).all():
        raise ValueError(f"{position!r} is no place on a map of {layout.spec.dimensions} dimensions")
    between: tuple[str, ...] = ()
    if layout.spec.method == "pca" and not layout.spec.semantic_axes:
        method: Method = "inverse"
        axes = [axis - 1 for axis in layout.spec.drawn_axes if isinstance(axis, int)]
        direction = projection.vector_at("text", place, axes) - projection.means["text"]
    else:
        method = "interpolated"
        direction, between = _interpolated(layout, place, snapshot, projection)
    vectors = {name: unit(projection.means[name] + direction) for name, _ in groups_of(snapshot)}
    items = _nearest(snapshot, vectors, direction, projection, layout.spec.gap, count)
    words: tuple[tuple[str, float], ...] = ()
    if vocabulary:
        ids = np.array(sorted(int(near.id) for near in items), np.int64)
        towards = _for_words(direction, snapshot, projection, layout)
        words = near_and_true(vocabulary, towards, count, ids, snapshot, projection.means, HELD)
    return DecodedPlace(method, vectors, items, words, between)


def _interpolated(
    layout: Layout, place: NDArray[np.float64], snapshot: Snapshot, projection: Projection
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """The interpolated vector of the items drawn nearest, less the mean, and their ids."""
    distances = np.linalg.norm(layout.positions - place.astype(np.float32), axis=1)
    rows = np.argsort(distances, kind="stable")[:INTERPOLATED_ITEMS]
    direction, total, ids = np.zeros(snapshot.dimension), 0.0, []
    for row in rows:
        item_id = str(int(layout.ids[row]))
        if (found := snapshot.find(item_id)) is None:
            continue
        group, at = found
        weight = 1.0 / max(float(distances[row]), 1e-9)
        direction += weight * (group.vectors[at] - projection.means[group.modality])
        total += weight
        ids.append(item_id)
    return direction / max(total, 1e-12), tuple(ids)


def _nearest(
    snapshot: Snapshot,
    vectors: Mapping[Modality, NDArray[np.float32]],
    direction: NDArray[np.float64],
    projection: Projection,
    gap: bool,
    count: int,
) -> tuple[NearItem, ...]:
    # The middle of the map has no direction to compare with; there, items are compared with the mean itself.
    raw = gap or float(np.linalg.norm(direction)) < _ZERO_LENGTH
    found: list[NearItem] = []
    for name, group in groups_of(snapshot):
        if raw:
            closeness = group.vectors @ vectors[name]
        else:
            mean, axis = projection.means[name], unit(direction)
            closeness = (group.vectors @ axis - np.float32(mean @ axis)) / group.lengths_without(mean)
        best = np.argsort(-closeness, kind="stable")[:count]
        found += [NearItem(str(int(group.ids[row])), name, float(closeness[row])) for row in best]
    return tuple(sorted(found, key=lambda near: (-near.cosine, int(near.id)))[:count])


def _for_words(
    direction: NDArray[np.float64], snapshot: Snapshot, projection: Projection, layout: Layout
) -> NDArray[np.float64]:
    """The direction that words are compared with: from the mean of all passages, not of the whole space."""
    texts = snapshot.groups.get("text")
    if not layout.spec.gap or texts is None or not len(texts) or len(groups_of(snapshot)) < len(MODALITIES):
        return direction
    return projection.means["text"] + direction - texts.total / len(texts)
