"""Semantic axes: every item lies where its similarity to two phrases or items puts it.

On the axis from A to B an item x lies at cos(x, B) - cos(x, A).  With the modality gap closed, x, A and B lose their
modality's mean first, and the axis its mean over each modality, so that pictures and passages of one meaning lie
together and 0 is the average item.  With the gap left open, the cosines are raw.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import Encoder
from ingest.errors import ItemNotFound
from ingest.readers.draft import MODALITIES, Modality
from search_app.maps.layout import AxisEnd, SemanticAxis
from search_app.search.query_vectors import Probe, unit, within_window
from search_app.search.snapshot import Snapshot

_CHUNK = 8_192  # rows multiplied at a time


@dataclass(frozen=True)
class AxisDirection:
    """A semantic axis as a vector."""

    means: Mapping[Modality, NDArray[np.float64]] | None
    """The mean of each modality, subtracted before vectors are compared; None with the gap left open."""
    vector: NDArray[np.float32]
    """The unit vector at the high end less that at the low end, shape (dimension,)."""
    offsets: Mapping[Modality, float]
    """The average similarity of the items of each modality, which is 0 on the axis."""

    def place(self, modality: Modality, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Where vectors of one modality, shape (n, dimension), lie on the axis: shape (n,)."""
        return _similarity(vectors, self.vector, self.means[modality] if self.means else None) - np.float32(
            self.offsets[modality]
        )

    def place_probe(self, probe: Probe) -> float:
        """Where a query lies on the axis."""
        position = probe.centred(self.means) if self.means else probe.raw
        return float(position @ self.vector)


def axis_direction(
    snapshot: Snapshot,
    ends: Sequence[NDArray[np.float32]],
    modalities: Sequence[Modality],
    means: Mapping[Modality, NDArray[np.float64]] | None,
) -> AxisDirection:
    """The axis between two unit vectors, of those `modalities`, each without its mean of `means`, if any."""
    low, high = (
        unit(vector - means[modality]) if means else unit(vector)
        for vector, modality in zip(ends, modalities, strict=True)
    )
    difference = np.asarray(high - low, np.float32)
    offsets = dict.fromkeys(MODALITIES, 0.0)
    if means:
        for modality, group in snapshot.groups.items():
            if len(group):
                offsets[modality] = float(_similarity(group.sample, difference, means[modality]).mean())
    return AxisDirection(means, difference, offsets)


def end_vectors(
    axis: SemanticAxis, encoder: Encoder | None, snapshot: Snapshot
) -> tuple[list[NDArray[np.float32]], list[Modality]]:
    """The unit vectors of an axis's two ends, and the modality of each.  Raises ItemNotFound."""
    vectors: list[NDArray[np.float32]] = []
    modalities: list[Modality] = []
    for end in (axis.start, axis.end):
        vector, modality = _encode_end(end, encoder, snapshot)
        vectors.append(vector)
        modalities.append(modality)
    return vectors, modalities


def _encode_end(end: AxisEnd, encoder: Encoder | None, snapshot: Snapshot) -> tuple[NDArray[np.float32], Modality]:
    if end.kind == "text":
        if encoder is None:
            raise ValueError("an axis to words needs an encoder")
        return encoder.encode_texts([within_window(end.value, encoder)])[0], "text"
    found = snapshot.find(end.value)
    if found is None:
        raise ItemNotFound(f"The space has no item {end.value!r} for an axis (any more). Choose another for that end.")
    group, row = found
    return group.vectors[row], group.modality


def _similarity(
    vectors: NDArray[np.float32], axis: NDArray[np.float32], mean: NDArray[np.float64] | None
) -> NDArray[np.float32]:
    similarity = np.empty(len(vectors), np.float32)
    for start in range(0, len(vectors), _CHUNK):
        rows = vectors[start : start + _CHUNK]
        if mean is None:
            similarity[start : start + _CHUNK] = rows @ axis
            continue
        rows = rows - mean.astype(np.float32)
        lengths = np.maximum(np.linalg.norm(rows, axis=1), 1e-9)
        similarity[start : start + _CHUNK] = (rows @ axis) / lengths
    return similarity
