"""Trains an aligner from `lite`'s own: drawn back to its start, and stopped when validation pictures get no better."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.lite.aligner import Aligner, Array, from_weights
from ingest.encoders.tuning.caption_vectors import Captions, Rows
from ingest.encoders.tuning.image_features import Features
from ingest.encoders.tuning.objective import AdamW, Batch, contrastive_loss

SHARES = (0.25, 0.5, 0.75, 1.0)
"""How far from `lite`'s weights towards the trained ones the result may be (Wortsman et al. 2022)."""

_SOFTNESS = 0.02  # of a rank, in cosines
OnEpoch = Callable[[int, int], None]
"""Receives (epochs done, largest number of epochs)."""


@dataclass(frozen=True)
class Recipe:
    """How an aligner is tuned."""

    rate: float = 3e-4
    decay: float = 1.0
    dropout: float = 0.8
    """High, as for `lite` itself: a person's pictures are few."""
    epochs: int = 60
    batch: int = 1024
    """Large, since a caption is distinguished from every other picture of its batch."""
    patience: int = 15
    """Epochs without a better score after which training ends."""
    temperature: float = 0.05
    """Where the learned temperature starts."""
    seed: int = 0


@dataclass(frozen=True)
class TrainedAligner:
    """The result of training."""

    aligner: Aligner
    epochs: int
    """After how many epochs its weights were taken; 0 when nothing was better than the start."""
    share: float
    """How far it is from the start to those weights."""


def train(
    start: Aligner, features: Features, captions: Captions, validation: Rows, recipe: Recipe, on_epoch: OnEpoch
) -> TrainedAligner:
    """Tune `start` on `features` and their `captions`, except for the pictures `validation`, on which it is scored.

    The same input gives the same weights on one machine.
    """
    rng = np.random.default_rng(recipe.seed)
    score_of = _ValidationScore(features, captions, validation)
    training = np.setdiff1d(np.arange(len(features.pictures)), validation)
    weights = {name: np.asarray(value, np.float32) for name, value in start.weights().items()}
    log_scale = np.array([-np.log(recipe.temperature)], np.float32)
    # All weights are drawn back to the start, biases and temperature too: that is what keeps few pairs in check.
    optimiser = AdamW({**weights, "log_scale": log_scale}, recipe.decay)
    steps = recipe.epochs * max(1, -(-len(training) // recipe.batch))
    best, best_epoch, best_score, done = start, 0, score_of(start), 0
    for epoch in range(1, recipe.epochs + 1):
        for rows in _batches(training, recipe.batch, rng):
            aligner = from_weights(weights)
            batch = _draw_batch(features, captions, rows, rng)
            dropped = _dropout((len(rows), len(aligner.hidden_bias)), recipe.dropout, rng)
            _, gradients, by_scale = contrastive_loss(aligner, float(log_scale[0]), batch, dropped)
            gradients["log_scale"] = np.array([by_scale], np.float32)
            rate = _learning_rate(recipe.rate, done, steps)
            weights = optimiser.step({**weights, "log_scale": log_scale}, gradients, rate)
            log_scale = np.clip(weights.pop("log_scale"), 0.0, np.log(100.0))
            done += 1
        aligner = from_weights(weights)
        score = score_of(aligner)
        if score > best_score:
            best, best_epoch, best_score = aligner, epoch, score
        on_epoch(epoch, recipe.epochs)
        if epoch - best_epoch >= recipe.patience:
            break
    shares = {share: start.moved_towards(best, share) for share in SHARES} if best_epoch else {1.0: start}
    share = max(shares, key=lambda chosen: score_of(shares[chosen]))
    return TrainedAligner(shares[share], best_epoch, share)


class _ValidationScore:
    """Scores an aligner on the validation pictures, searched among all of them."""

    def __init__(self, features: Features, captions: Captions, validation: Rows) -> None:
        self._features, self._captions, self._validation = features, captions, validation
        self._texts = np.unique(np.concatenate([captions.rows_by_picture[row] for row in validation]))
        all_pictures = np.arange(len(features.pictures))
        self._to_texts = captions.belongs(validation, np.arange(len(captions.vectors)))
        self._to_images = captions.belongs(all_pictures, self._texts)

    def __call__(self, aligner: Aligner) -> float:
        """The mean reciprocal rank of both directions, softened so that small steps count."""
        images = aligner.vectors(self._features.pooled[0], self._features.prior[0])
        texts = self._captions.vectors
        by_image = _soft_reciprocal_rank(images[self._validation] @ texts.T, self._to_texts)
        by_text = _soft_reciprocal_rank((images @ texts[self._texts].T).T, self._to_images.T)
        return (by_image + by_text) / 2


def _soft_reciprocal_rank(cosines: Array, relevant: NDArray[np.bool_]) -> float:
    best = np.where(relevant, cosines, -np.inf).max(axis=1, keepdims=True)
    # Each irrelevant one counts by how near it comes to the relevant one, not only by whether it is closer.
    nearness = 1 / (1 + np.exp(-(cosines - best) / _SOFTNESS))
    return float((1 / (1 + np.where(relevant, 0.0, nearness).sum(axis=1))).mean())


def _batches(rows: Rows, size: int, rng: np.random.Generator) -> list[Rows]:
    """All rows in a new order, in batches of nearly one size of at most `size`."""
    return np.array_split(rng.permutation(rows), max(1, -(-len(rows) // size)))


def _draw_batch(features: Features, captions: Captions, rows: Rows, rng: np.random.Generator) -> Batch:
    """A batch of one view and one caption of each picture."""
    views = rng.integers(0, len(features.pooled), len(rows))
    texts = np.unique([rng.choice(captions.rows_by_picture[row]) for row in rows])
    return Batch(
        pooled=features.pooled[views, rows],
        prior=features.prior[views, rows],
        texts=captions.vectors[texts],
        belongs=captions.belongs(rows, texts),
    )


def _dropout(shape: tuple[int, int], share: float, rng: np.random.Generator) -> NDArray[np.float32]:
    is_kept = rng.random(shape, np.float32) >= share
    return np.asarray(is_kept / np.float32(1 - share), dtype=np.float32)


def _learning_rate(highest: float, done: int, steps: int) -> float:
    """A tenth of the steps up to the highest rate, then down to 0 along a cosine."""
    rising = max(1, steps // 10)
    if done < rising:
        return highest * (done + 1) / rising
    return highest * 0.5 * (1 + float(np.cos(np.pi * (done - rising) / max(1, steps - rising))))
