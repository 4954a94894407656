"""Principal component analysis as a linear autoencoder: vectors reconstructed from few numbers, and what is lost.

The best linear code of k numbers is that of the first k principal components (Baldi and Hornik 1989).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search_app.lab.latent_spaces.latent_space import Floats, distances, shared

_QUERIES = 200
NEIGHBOURS = 10


@dataclass(frozen=True)
class ReconstructionResult:
    """What a code of some length keeps of the vectors."""

    components: int
    error: float
    """Share of the variance that is lost, 0 to 1."""
    recall: float
    """Share of the NEIGHBOURS nearest items that are found still, 0 to 1."""


def measure_reconstruction(vectors: Floats, others: Floats | None = None) -> list[ReconstructionResult]:
    """What codes of 1, 2, 4, ... components keep of `vectors` (n, d), unit rows.

    Neighbours are those among `others` (m, d), as when words look for pictures, or among the vectors themselves; what
    is rebuilt is compared with what is rebuilt, by cosine.
    """
    among = vectors if others is None else others
    middle, among_middle = vectors.mean(axis=0), among.mean(axis=0)
    first, second = vectors - middle, among - among_middle
    _, columns = np.linalg.eigh((second.T @ second).astype(np.float64))
    directions = np.asarray(columns[:, ::-1], np.float32)
    variance = float((first.astype(np.float64) ** 2).sum())
    queries = np.linspace(0, len(first) - 1, min(_QUERIES, len(first))).astype(np.int64)
    own = queries if others is None else None
    truth = _nearest(first[queries], second, own)
    found = []
    for components in lengths(vectors.shape[1]):
        basis = directions[:, :components]
        ours, theirs = first @ basis, second @ basis
        left = 1.0 - float((ours.astype(np.float64) ** 2).sum()) / max(variance, 1e-12)
        kept = float(shared(truth, _nearest(ours[queries], theirs, own)).mean())
        found.append(ReconstructionResult(components, max(0.0, left), kept))
    return found


def lengths(dimension: int) -> list[int]:
    """1, 2, 4, ... up to `dimension` itself."""
    return [*(2**power for power in range(dimension.bit_length()) if 2**power < dimension), dimension]


def _nearest(some: Floats, others: Floats, own: NDArray[np.int64] | None) -> NDArray[np.int64]:
    """The rows of `others` nearest to each of `some` by cosine, `own` rows left out: shape (len(some), NEIGHBOURS)."""
    far = distances(some, others, "cosine")
    if own is not None:
        far[np.arange(len(some)), own] = np.inf
    count = min(NEIGHBOURS, len(others) - (own is not None))
    return np.asarray(np.argsort(far, axis=1, kind="stable")[:, : max(count, 0)], np.int64)
