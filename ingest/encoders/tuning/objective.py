"""The loss that training an aligner minimises, with its gradients written out, and the optimiser."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.lite.aligner import Aligner, Array, gelu

_TINY = 1e-12


@dataclass(frozen=True)
class Batch:
    """Pictures and captions that training distinguishes from one another."""

    pooled: Array
    """Shape (n, features)."""
    prior: Array
    """Shape (n, dimension)."""
    texts: Array
    """Unit rows, shape (m, dimension)."""
    belongs: NDArray[np.bool_]
    """Whether caption j is one of picture i's, shape (n, m); true somewhere in every row and every column."""


def contrastive_loss(
    aligner: Aligner, log_scale: float, batch: Batch, dropped: Array | None = None
) -> tuple[float, dict[str, Array], float]:
    """Symmetric InfoNCE (Radford et al. 2021) where a picture may have several captions and a caption several pictures.

    `dropped` multiplies the hidden layer (n, hidden), as dropout does.  Returns the loss, its gradient by each of the
    aligner's weights, and by `log_scale`, the logarithm of the factor of cosines.
    """
    before = batch.pooled @ aligner.hidden_weight.T + aligner.hidden_bias
    hidden, slope = gelu(before)
    hidden_kept = hidden if dropped is None else hidden * dropped
    unnormalised = hidden_kept @ aligner.out_weight.T + aligner.out_bias + batch.prior @ aligner.linear
    lengths = np.maximum(np.linalg.norm(unnormalised, axis=1, keepdims=True), _TINY)
    vectors = unnormalised / lengths
    scale = float(np.exp(log_scale))
    cosines = vectors @ batch.texts.T
    by_picture, d_by_picture = _cross_entropy(scale * cosines, batch.belongs)
    by_caption, d_by_caption = _cross_entropy(scale * cosines.T, batch.belongs.T)
    d_scores = 0.5 * (d_by_picture + d_by_caption.T)
    d_vectors = scale * (d_scores @ batch.texts)
    d_raw = (d_vectors - vectors * (vectors * d_vectors).sum(axis=1, keepdims=True)) / lengths
    d_hidden = d_raw @ aligner.out_weight
    if dropped is not None:
        d_hidden = d_hidden * dropped
    d_before = d_hidden * slope
    gradients = {
        "hidden_weight": d_before.T @ batch.pooled,
        "hidden_bias": d_before.sum(axis=0),
        "out_weight": d_raw.T @ hidden_kept,
        "out_bias": d_raw.sum(axis=0),
        "linear": batch.prior.T @ d_raw,
    }
    return 0.5 * (by_picture + by_caption), gradients, float((d_scores * cosines).sum() * scale)


def _cross_entropy(scores: Array, relevant: NDArray[np.bool_]) -> tuple[float, Array]:
    """The mean over rows of the cross-entropy with equal targets for all relevant columns; its gradient by `scores`."""
    target = relevant / relevant.sum(axis=1, keepdims=True)
    shifted = scores - scores.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    loss = -float((target * logs).sum() / len(scores))
    return loss, ((np.exp(logs) - target) / len(scores)).astype(scores.dtype)


@dataclass
class AdamW:
    """AdamW (Loshchilov and Hutter 2019), whose decay draws weights back to where they started (Li et al. 2018)."""

    start: Mapping[str, Array]
    decay: float
    """Share of the way back that is taken at each step, for a rate of 1."""
    betas: tuple[float, float] = (0.9, 0.98)
    _first: dict[str, Array] = field(default_factory=dict)
    _second: dict[str, Array] = field(default_factory=dict)
    _steps: int = 0

    def step(self, weights: Mapping[str, Array], gradients: Mapping[str, Array], rate: float) -> dict[str, Array]:
        """The weights after one step at this rate."""
        self._steps += 1
        near, far = self.betas
        moved: dict[str, Array] = {}
        for name, gradient in gradients.items():
            first = self._first[name] = near * self._first.get(name, 0.0) + (1 - near) * gradient
            second = self._second[name] = far * self._second.get(name, 0.0) + (1 - far) * gradient**2
            direction = (first / (1 - near**self._steps)) / (np.sqrt(second / (1 - far**self._steps)) + 1e-8)
            back = self.decay * (weights[name] - self.start[name])
            moved[name] = np.asarray(weights[name] - rate * (direction + back), dtype=weights[name].dtype)
        return moved
