"""From an empty place on a map back into the space: the vector that lies there, and what is nearest to it.

Along principal components a place is decoded by the inverse of the projection: the modality's mean plus the place's
share of each component that is drawn, as a decoder reads a latent space.  UMAP, t-SNE and axes with a meaning have no
inverse: there the vector is interpolated between the items that are drawn nearest, each weighed by its nearness.
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
from search_app.search.topics.vocabulary import Vocabulary

How = Literal["inverse", "interpolated"]
BETWEEN = 8
"""Drawn items that a place is interpolated between."""
_NOTHING = 1e-6  # length of a direction that points nowhere: the middle of the map


@dataclass(frozen=True)
class Near:
    """An item near a decoded place."""

    id: str
    modality: Modality
    cosine: float
    """With the decoded vector of its modality, both without the modality's mean where the gap is closed."""


@dataclass(frozen=True)
class Decoded:
    """What an empty place on a map stands for."""

    how: How
    vectors: Mapping[Modality, NDArray[np.float32]]
    """The place as a vector of each modality that the space has, unit length, shape (dimension,)."""
    items: tuple[Near, ...]
    """The items nearest to those vectors, nearest first."""
    words: tuple[tuple[str, float], ...]
    """The words of the vocabulary that lie nearest, with their cosines, nearest first; untrusted words."""
    between: tuple[str, ...] = ()
    """The ids of the drawn items that an interpolated place lies between, nearest first."""


def decode(
    layout: Layout,
    spot: Sequence[float],
    snapshot: Snapshot,
    projection: Projection,
    vocabulary: Vocabulary | None = None,
    count: int = 12,
) -> Decoded:
    """What `spot`, a place on the map that `layout` tells of, stands for in `snapshot`.

    `projection` is the space's own, with the gap as the map has it (`SpaceMaps.projection`).  Raises ValueError when
    `spot` has not as many numbers as the map has dimensions.
    """
    place = np.asarray(spot, np.float64)
    if place.shape != (layout.spec.dimensions,) or not np.isfinite(place).all():
        raise ValueError(f"{spot!r} is no place on a map of {layout.spec.dimensions} dimensions")
    between: tuple[str, ...] = ()
    if layout.spec.method == "pca" and not layout.spec.meanings:
        how: How = "inverse"
        axes = [axis - 1 for axis in layout.spec.drawn if isinstance(axis, int)]
        direction = projection.vector_at("text", place, axes) - projection.means["text"]
    else:
        how = "interpolated"
        direction, between = _interpolated(layout, place, snapshot, projection)
    vectors = {name: unit(projection.means[name] + direction) for name, _ in groups_of(snapshot)}
    return Decoded(
        how,
        vectors,
        _nearest(snapshot, vectors, direction, projection, layout.spec.gap, count),
        tuple(vocabulary.nearest(_for_words(direction, snapshot, projection, layout), count)) if vocabulary else (),
        between,
    )


def _interpolated(
    layout: Layout, place: NDArray[np.float64], snapshot: Snapshot, projection: Projection
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """The direction from the middle between the items drawn nearest, and their ids."""
    distances = np.linalg.norm(layout.spots - place.astype(np.float32), axis=1)
    rows = np.argsort(distances, kind="stable")[:BETWEEN]
    direction, whole, ids = np.zeros(snapshot.dimension), 0.0, []
    for row in rows:
        item_id = str(int(layout.ids[row]))
        if (found := snapshot.find(item_id)) is None:
            continue
        group, at = found
        weight = 1.0 / max(float(distances[row]), 1e-9)
        direction += weight * (group.vectors[at] - projection.means[group.modality])
        whole += weight
        ids.append(item_id)
    return direction / max(whole, 1e-12), tuple(ids)


def _nearest(
    snapshot: Snapshot,
    vectors: Mapping[Modality, NDArray[np.float32]],
    direction: NDArray[np.float64],
    projection: Projection,
    gap: bool,
    count: int,
) -> tuple[Near, ...]:
    # In the middle of the map there is no direction to compare with: what is nearest to the mean is nearest there.
    raw = gap or float(np.linalg.norm(direction)) < _NOTHING
    found: list[Near] = []
    for name, group in groups_of(snapshot):
        if raw:
            closeness = group.vectors @ vectors[name]
        else:
            mean, toward = projection.means[name], unit(direction)
            closeness = (group.vectors @ toward - np.float32(mean @ toward)) / group.lengths_without(mean)
        best = np.argsort(-closeness, kind="stable")[:count]
        found += [Near(str(int(group.ids[row])), name, float(closeness[row])) for row in best]
    return tuple(sorted(found, key=lambda near: (-near.cosine, int(near.id)))[:count])


def _for_words(
    direction: NDArray[np.float64], snapshot: Snapshot, projection: Projection, layout: Layout
) -> NDArray[np.float64]:
    """The direction as words are compared with it: from the middle of all passages, not of the whole space."""
    texts = snapshot.groups.get("text")
    if not layout.spec.gap or texts is None or not len(texts) or len(groups_of(snapshot)) < len(MODALITIES):
        return direction
    return projection.means["text"] + direction - texts.total / len(texts)
