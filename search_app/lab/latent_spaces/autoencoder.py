"""Autoencoders of a collection's own pictures: a variational one (Kingma and Welling 2014), or a plain one.

Both are small: a picture of SIDE x SIDE pixels goes through one hidden layer to a code of a few numbers, and back
through another.  The variational one learns for each code how sure it is, and draws all codes together towards a
standard normal distribution, so that what lies between two codes, or is drawn at random, is a picture too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.tuning.objective import AdamW
from ingest.errors import SpaceError

if TYPE_CHECKING:
    from PIL.Image import Image

Floats = NDArray[np.float32]
Weights = dict[str, Floats]

SIDE = 24
"""Pixels; a picture is SIDE x SIDE x 3 numbers from 0 to 1."""
PIXELS = SIDE * SIDE * 3
HIDDEN = 256
CODE_SIZES = (2, 8, 32)
MIN_PICTURES = 10

_NOISE = 0.18
"""Standard deviation of a pixel around the decoder's output: it weighs reconstruction against the prior."""
_WARM_UP = 0.3  # share of the steps over which the prior gains its full weight (Sønderby et al. 2016)
_BATCH = 64
_RATE = 1e-3
_PRESENTATIONS = 30_000  # of pictures over all epochs, mirrored ones included: minutes on two cores
_MIN_EPOCHS, _MAX_EPOCHS = 20, 200
_MAX_LOG_VARIANCE = 4.0  # of a code, in absolute value
_HELD_OUT = 0.1


@dataclass(frozen=True)
class Recipe:
    """How an autoencoder is trained."""

    code_size: int = 8
    variational: bool = True
    epochs: int = 0
    """0 for as many as the number of pictures calls for."""
    seed: int = 0


@dataclass(frozen=True)
class Autoencoder:
    """A trained autoencoder."""

    weights: Weights
    variational: bool

    @property
    def code_size(self) -> int:
        """How many numbers a code has."""
        return len(self.weights["mean_bias"])

    def encode(self, pictures: Floats) -> Floats:
        """The codes of pictures (n, PIXELS): shape (n, code_size); of the variational one, the most likely codes."""
        hidden = np.tanh((pictures - 0.5) @ self.weights["in"] + self.weights["in_bias"])
        return np.asarray(hidden @ self.weights["mean"] + self.weights["mean_bias"], np.float32)

    def decode(self, codes: Floats) -> Floats:
        """The pictures (n, PIXELS) that codes (n, code_size) stand for, each number from 0 to 1."""
        hidden = np.tanh(codes @ self.weights["out"] + self.weights["out_bias"])
        return _sigmoid(hidden @ self.weights["last"] + self.weights["last_bias"])


@dataclass(frozen=True)
class EpochResult:
    """The state of training after an epoch."""

    epoch: int
    epochs: int
    error: float
    """Mean squared error of a pixel over the pictures that are training."""
    held_out: float
    """The same over pictures that are not; nan where there are too few to hold any out."""
    divergence: float
    """How far the codes are from the prior, in nats a picture; 0 for a plain autoencoder."""
    model: Autoencoder


def as_pixels(pictures: "Sequence[Image]") -> Floats:
    """Upright pictures squeezed to SIDE x SIDE: shape (n, PIXELS), 0 to 1."""
    from PIL import Image as Images

    rows = [np.asarray(one.convert("RGB").resize((SIDE, SIDE), Images.Resampling.BOX), np.float32) for one in pictures]
    return np.stack(rows).reshape(len(rows), PIXELS) / 255.0 if rows else np.empty((0, PIXELS), np.float32)


def as_pictures(rows: Floats) -> "list[Image]":
    """Pictures of SIDE x SIDE from rows (n, PIXELS)."""
    from PIL import Image as Images

    bytes_of = np.clip(np.rint(rows * 255.0), 0, 255).astype(np.uint8).reshape(-1, SIDE, SIDE, 3)
    return [Images.fromarray(one) for one in bytes_of]


def train(pictures: Floats, recipe: Recipe) -> Iterator[EpochResult]:
    """Train on `pictures` (n, PIXELS) and their mirror images; yields the state of training after every epoch.

    A tenth of the pictures is held out.  The same pictures and recipe give the same weights on one machine.  Raises
    SpaceError for fewer than FEWEST_PICTURES pictures.
    """
    if len(pictures) < MIN_PICTURES:
        raise SpaceError(
            f"An autoencoder needs {MIN_PICTURES} pictures at least, and there are {len(pictures)}. "
            "Ingest more pictures."
        )
    rng = np.random.default_rng(recipe.seed)
    order = rng.permutation(len(pictures))
    aside = round(_HELD_OUT * len(pictures))
    held_out, training = pictures[order[:aside]], pictures[order[aside:]]
    training = np.concatenate([training, _mirrored(training)])
    weights = _initial_weights(recipe.code_size, training.mean(axis=0), rng)
    optimiser = AdamW(weights, decay=0.0, betas=(0.9, 0.999))
    epochs = recipe.epochs or int(np.clip(_PRESENTATIONS // len(training), _MIN_EPOCHS, _MAX_EPOCHS))
    batches = max(1, len(training) // _BATCH)
    done = 0
    for epoch in range(1, epochs + 1):
        errors, divergences = [], []
        for rows in np.array_split(rng.permutation(len(training)), batches):
            prior_weight = min(1.0, done / max(1.0, _WARM_UP * epochs * batches)) if recipe.variational else 0.0
            noise = rng.standard_normal((len(rows), recipe.code_size)).astype(np.float32)
            error, divergence, gradients = _loss(
                weights, training[rows], noise if recipe.variational else None, prior_weight
            )
            rate = _RATE * 0.5 * (1.0 + np.cos(np.pi * done / (epochs * batches)))
            weights = optimiser.step(weights, gradients, float(rate))
            errors.append(error * len(rows))
            divergences.append(divergence * len(rows))
            done += 1
        model = Autoencoder(weights, recipe.variational)
        missed = float(((model.decode(model.encode(held_out)) - held_out) ** 2).mean()) if aside else float("nan")
        yield EpochResult(epoch, epochs, sum(errors) / len(training), missed, sum(divergences) / len(training), model)


def code_plane(codes: Floats, reach: float = 2.0, steps: int = 9) -> Floats:
    """A grid of codes (steps * steps, code_size) on the plane along which `codes` (n, code_size) spread most.

    Row by row from the top left; it reaches `reach` standard deviations from the middle along both directions.
    """
    middle = codes.mean(axis=0)
    _, spread, directions = np.linalg.svd(codes - middle, full_matrices=False)
    deviations = spread / np.sqrt(max(1, len(codes)))
    across, down = (
        (directions[axis] * deviations[axis] if axis < len(directions) else np.zeros_like(middle)) for axis in (0, 1)
    )
    ends = np.linspace(-reach, reach, steps, dtype=np.float32)
    return np.asarray([middle + x * across + y * down for y in ends[::-1] for x in ends], np.float32)


def interpolated_codes(first: Floats, second: Floats, steps: int = 7) -> Floats:
    """Codes (steps, code_size) in even steps from one code (code_size,) to another, both ends included."""
    shares = np.linspace(0.0, 1.0, steps, dtype=np.float32)[:, np.newaxis]
    return np.asarray(first + shares * (second - first), np.float32)


def random_pictures(model: Autoencoder, codes: Floats, count: int, seed: int) -> Floats:
    """Pictures (count, PIXELS) of random codes: from the prior of a variational one, else from around `codes`."""
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((count, model.code_size)).astype(np.float32)
    if not model.variational:
        noise = codes.mean(axis=0) + noise * codes.std(axis=0)
    return model.decode(noise)


def variations(model: Autoencoder, code: Floats, codes: Floats, count: int, distance: float, seed: int) -> Floats:
    """Versions (count, PIXELS) of the picture of `code`: of random codes `distance` times `codes`' spread away."""
    rng = np.random.default_rng(seed)
    steps = rng.standard_normal((count, model.code_size)).astype(np.float32) * codes.std(axis=0)
    return model.decode(np.asarray(code + distance * steps, np.float32))


def _initial_weights(code_size: int, mean: Floats, rng: np.random.Generator) -> Weights:
    """Weights that keep the spread of what passes them (Glorot and Bengio 2010); the mean picture to begin with."""

    def layer(inputs: int, outputs: int) -> Floats:
        reach = np.sqrt(6.0 / (inputs + outputs))
        return rng.uniform(-reach, reach, (inputs, outputs)).astype(np.float32)

    zeros = np.zeros
    average = np.clip(mean, 0.02, 0.98)
    return {
        "in": layer(PIXELS, HIDDEN),
        "in_bias": zeros(HIDDEN, np.float32),
        "mean": layer(HIDDEN, code_size),
        "mean_bias": zeros(code_size, np.float32),
        "spread": layer(HIDDEN, code_size) * np.float32(0.1),
        "spread_bias": zeros(code_size, np.float32),
        "out": layer(code_size, HIDDEN),
        "out_bias": zeros(HIDDEN, np.float32),
        "last": layer(HIDDEN, PIXELS) * np.float32(0.1),
        "last_bias": np.asarray(np.log(average / (1.0 - average)), np.float32),
    }


def _loss(
    weights: Weights, pictures: Floats, noise: Floats | None, prior_weight: float
) -> tuple[float, float, Weights]:
    """A pixel's mean squared error, the codes' divergence from the prior, and the gradients of the loss by the weights.

    The loss of a picture is its squared error over twice the pixels' variance, plus `prior_weight` times the
    divergence: the negative evidence lower bound where `prior_weight` is 1.  Without `noise` the codes are not varied.
    """
    count = len(pictures)
    seen = pictures - 0.5
    first = np.tanh(seen @ weights["in"] + weights["in_bias"])
    mean = first @ weights["mean"] + weights["mean_bias"]
    log_variance = np.clip(first @ weights["spread"] + weights["spread_bias"], -_MAX_LOG_VARIANCE, _MAX_LOG_VARIANCE)
    inside = np.abs(log_variance) < _MAX_LOG_VARIANCE
    deviation = np.exp(0.5 * log_variance)
    codes = mean if noise is None else mean + noise * deviation
    second = np.tanh(codes @ weights["out"] + weights["out_bias"])
    measure_reconstruction = _sigmoid(second @ weights["last"] + weights["last_bias"])
    off = measure_reconstruction - pictures
    divergence = 0.5 * (mean**2 + np.exp(log_variance) - log_variance - 1.0).sum(axis=1)

    by_last = off * measure_reconstruction * (1.0 - measure_reconstruction) / (_NOISE**2 * count)
    by_second = (by_last @ weights["last"].T) * (1.0 - second**2)
    by_codes = by_second @ weights["out"].T
    by_mean = by_codes + prior_weight * mean / count
    by_spread = np.zeros_like(by_mean)
    if noise is not None:
        by_spread = by_codes * noise * deviation * 0.5 + prior_weight * 0.5 * (np.exp(log_variance) - 1.0) / count
        by_spread *= inside
    by_first = (by_mean @ weights["mean"].T + by_spread @ weights["spread"].T) * (1.0 - first**2)
    gradients = {
        "in": seen.T @ by_first,
        "in_bias": by_first.sum(axis=0),
        "mean": first.T @ by_mean,
        "mean_bias": by_mean.sum(axis=0),
        "spread": first.T @ by_spread,
        "spread_bias": by_spread.sum(axis=0),
        "out": codes.T @ by_second,
        "out_bias": by_second.sum(axis=0),
        "last": second.T @ by_last,
        "last_bias": by_last.sum(axis=0),
    }
    far = float(divergence.mean()) if noise is not None else 0.0
    return float((off**2).mean()), far, {name: np.asarray(value, np.float32) for name, value in gradients.items()}


def _mirrored(pictures: Floats) -> Floats:
    return np.ascontiguousarray(pictures.reshape(-1, SIDE, SIDE, 3)[:, :, ::-1]).reshape(-1, PIXELS)


def _sigmoid(values: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(values, -30.0, 30.0))), np.float32)
