"""The aligner at the end of `lite`'s image tower, in numpy: it maps a picture's features to its captions' vectors."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]

_ROOT_HALF = 0.5**0.5
_DENSITY_AT_ZERO = 1.0 / math.sqrt(2.0 * math.pi)
_ERF_COEFFICIENTS = (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)  # highest power first


@dataclass(frozen=True)
class Aligner:
    """Image vector = normalise(MLP(pooled) + prior @ linear), the MLP with one hidden layer and GELU."""

    hidden_weight: Array
    """Shape (hidden, features)."""
    hidden_bias: Array
    """Shape (hidden,)."""
    out_weight: Array
    """Shape (dimension, hidden)."""
    out_bias: Array
    """Shape (dimension,)."""
    linear: Array
    """Shape (dimension, dimension): how the prior, the mean of the likeliest classes' names, is mapped."""

    def vectors(self, pooled: Array, prior: Array) -> Array:
        """Unit rows (n, dimension) of pooled features (n, features) and priors (n, dimension)."""
        hidden, _ = gelu(pooled @ self.hidden_weight.T + self.hidden_bias)
        return unit(hidden @ self.out_weight.T + self.out_bias + prior @ self.linear)

    def weights(self) -> dict[str, Array]:
        """The weights by name, not copied."""
        return {name: getattr(self, name) for name in NAMES}

    def moved_towards(self, other: "Aligner", share: float) -> "Aligner":
        """The aligner whose weights are moved towards those of `other` by `share`, 0 to 1."""
        return from_weights({name: a + share * (other.weights()[name] - a) for name, a in self.weights().items()})


NAMES = tuple(field.name for field in fields(Aligner))


def from_weights(weights: Mapping[str, Array]) -> Aligner:
    """The aligner of `Aligner.weights`; raises ValueError if the shapes do not fit together."""
    aligner = Aligner(**{name: weights[name] for name in NAMES})
    hidden, dimension = len(aligner.hidden_bias), len(aligner.out_bias)
    if (
        aligner.hidden_weight.shape[:1] != (hidden,)
        or aligner.out_weight.shape != (dimension, hidden)
        or aligner.linear.shape != (dimension, dimension)
    ):
        raise ValueError("the shapes of the aligner's weights do not fit together")
    return aligner


def gelu(x: Array) -> tuple[Array, Array]:
    """GELU (Hendrycks and Gimpel 2016) of each number, and its derivative."""
    share_below = (0.5 * (1.0 + _erf(x * _ROOT_HALF))).astype(x.dtype)  # the normal distribution's share below x
    density = (np.exp(-0.5 * x * x) * _DENSITY_AT_ZERO).astype(x.dtype)
    return x * share_below, share_below + x * density


def unit(rows: Array) -> Array:
    """Each row divided by its length."""
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12), dtype=rows.dtype)


def _erf(x: Array) -> Array:
    """The error function to 1.5e-7 (Abramowitz and Stegun 1964, 7.1.26), since numpy has none."""
    size = np.abs(x)
    t = 1.0 / (1.0 + 0.3275911 * size)
    polynomial = np.zeros_like(t)
    for coefficient in _ERF_COEFFICIENTS:
        polynomial = (polynomial + coefficient) * t
    return np.asarray(np.sign(x) * (1.0 - polynomial * np.exp(-size * size)))
