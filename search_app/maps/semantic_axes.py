"""Axes with a meaning: every item lies where its similarity to two phrases or items puts it.

On the axis from A to B an item x lies at cos(x, B) - cos(x, A).  With the modality gap closed, x, A and B lose their
modality's mean first, and the axis its mean over each modality, so that pictures and passages of one meaning lie
together and 0 is an item that is as usual.  With the gap left open, the cosines are raw.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import Encoder
from ingest.errors import ItemNotFound
from ingest.readers.draft import MODALITIES, Modality
from search_app.maps.layout import End, Meaning
from search_app.search.query_vectors import Probe, unit, within_window
from search_app.search.snapshot import Snapshot

_CHUNK = 8_192  # rows multiplied at a time


@dataclass(frozen=True)
class Direction:
    """An axis with a meaning, as vectors."""

    means: Mapping[Modality, NDArray[np.float64]] | None
    """What a vector loses before it is compared; None with the gap left open."""
    toward: NDArray[np.float32]
    """The unit vector at the high end less that at the low end, shape (dimension,)."""
    usual: Mapping[Modality, float]
    """What an item of each modality has on average, and which is 0 on the axis."""

    def place(self, modality: Modality, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Where vectors of one modality, shape (n, dimension), lie on the axis: shape (n,)."""
        return _similarity(vectors, self.toward, self.means[modality] if self.means else None) - np.float32(
            self.usual[modality]
        )

    def place_probe(self, probe: Probe) -> float:
        """Where a query lies on the axis."""
        spot = probe.centred(self.means) if self.means else probe.raw
        return float(spot @ self.toward)


def direction(
    snapshot: Snapshot,
    ends: Sequence[NDArray[np.float32]],
    kinds: Sequence[Modality],
    means: Mapping[Modality, NDArray[np.float64]] | None,
) -> Direction:
    """The axis between two unit vectors, of the modalities `kinds`, each without its mean of `means`, if any."""
    low, high = (
        unit(vector - means[kind]) if means else unit(vector) for vector, kind in zip(ends, kinds, strict=True)
    )
    toward = np.asarray(high - low, np.float32)
    usual = dict.fromkeys(MODALITIES, 0.0)
    if means:
        for modality, group in snapshot.groups.items():
            if len(group):
                usual[modality] = float(_similarity(group.sample, toward, means[modality]).mean())
    return Direction(means, toward, usual)


def ends_of(
    meaning: Meaning, encoder: Encoder | None, snapshot: Snapshot
) -> tuple[list[NDArray[np.float32]], list[Modality]]:  # fmt: skip
    """The unit vectors of an axis's two ends, and the modality of each.  Raises ItemNotFound."""
    vectors: list[NDArray[np.float32]] = []
    kinds: list[Modality] = []
    for end in (meaning.start, meaning.end):
        vector, kind = _end(end, encoder, snapshot)
        vectors.append(vector)
        kinds.append(kind)
    return vectors, kinds


def _end(end: End, encoder: Encoder | None, snapshot: Snapshot) -> tuple[NDArray[np.float32], Modality]:
    if end.kind == "text":
        if encoder is None:
            raise ValueError("an axis to words needs the encoder")
        return encoder.encode_texts([within_window(end.value, encoder)])[0], "text"
    found = snapshot.find(end.value)
    if found is None:
        raise ItemNotFound(f"The space has no item {end.value!r} for an axis (any more). Choose another for that end.")
    group, row = found
    return group.vectors[row], group.modality


def _similarity(
    vectors: NDArray[np.float32], toward: NDArray[np.float32], mean: NDArray[np.float64] | None
) -> NDArray[np.float32]:  # fmt: skip
    placed = np.empty(len(vectors), np.float32)
    for start in range(0, len(vectors), _CHUNK):
        rows = vectors[start : start + _CHUNK]
        if mean is None:
            placed[start : start + _CHUNK] = rows @ toward
            continue
        rows = rows - mean.astype(np.float32)
        lengths = np.maximum(np.linalg.norm(rows, axis=1), 1e-9)
        placed[start : start + _CHUNK] = (rows @ toward) / lengths
    return placed
