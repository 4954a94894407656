"""Trains an aligner from `lite`'s own: drawn back to its start, and stopped when other pictures get no better."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.lite.aligner import Aligner, Array, from_weights
from ingest.encoders.tuning.caption_vectors import Captions, Places
from ingest.encoders.tuning.image_features import Features
from ingest.encoders.tuning.objective import AdamW, Batch, contrast

SHARES = (0.25, 0.5, 0.75, 1.0)
"""How far from `lite`'s weights towards the trained ones the result may lie (Wortsman et al. 2022)."""

Watch = Callable[[int, int], None]
"""Receives (epochs done, epochs at most)."""


@dataclass(frozen=True)
class Recipe:
    """How an aligner is tuned."""

    rate: float = 3e-4
    decay: float = 1.0
    dropout: float = 0.8
    """High, as for `lite` itself: a person's pictures are few."""
    epochs: int = 60
    batch: int = 1024
    """Large, since every other picture of a batch is what a caption is told apart from."""
    patience: int = 15
    """Epochs without a better score after which training ends."""
    temperature: float = 0.05
    """Where the learned temperature starts."""
    seed: int = 0


@dataclass(frozen=True)
class Tuned:
    """What training found."""

    aligner: Aligner
    epochs: int
    """After how many epochs its weights were taken; 0 when nothing was better than the start."""
    share: float
    """How far it lies from the start to those weights."""


def train(
    start: Aligner, features: Features, captions: Captions, stop: Places, recipe: Recipe, watch: Watch
) -> Tuned:  # fmt: skip
    """Tune `start` on `features` and their `captions`, but for the pictures `stop`, on which it is judged.

    The same input gives the same weights on one machine.
    """
    chance = np.random.default_rng(recipe.seed)
    judge = _Judge(features, captions, stop)
    learnt = np.setdiff1d(np.arange(len(features.pictures)), stop)
    weights = {name: np.asarray(value, np.float32) for name, value in start.weights().items()}
    log_scale = np.array([-np.log(recipe.temperature)], np.float32)
    first = {**weights, "log_scale": log_scale}
    # Biases and the temperature are as free as the rest: the pull back to the start is what keeps few pairs in check.
    optimiser = AdamW(first, recipe.decay)
    steps = recipe.epochs * max(1, -(-len(learnt) // recipe.batch))
    best, best_epoch, best_score, done = start, 0, judge(start), 0
    for epoch in range(1, recipe.epochs + 1):
        for rows in _batches(learnt, recipe.batch, chance):
            aligner = from_weights(weights)
            batch = _draw(features, captions, rows, chance)
            dropped = _dropout((len(rows), len(aligner.hidden_bias)), recipe.dropout, chance)
            _, gradients, by_scale = contrast(aligner, float(log_scale[0]), batch, dropped)
            gradients["log_scale"] = np.array([by_scale], np.float32)
            moved = optimiser.step({**weights, "log_scale": log_scale}, gradients, _rate(recipe.rate, done, steps))
            log_scale = np.clip(moved.pop("log_scale"), 0.0, np.log(100.0))
            weights = moved
            done += 1
        aligner = from_weights(weights)
        score = judge(aligner)
        if score > best_score:
            best, best_epoch, best_score = aligner, epoch, score
        watch(epoch, recipe.epochs)
        if epoch - best_epoch >= recipe.patience:
            break
    shares = {share: start.mixed(best, share) for share in SHARES} if best_epoch else {1.0: start}
    share = max(shares, key=lambda chosen: judge(shares[chosen]))
    return Tuned(shares[share], best_epoch, share)


class _Judge:
    """Scores an aligner on the pictures it does not learn from, told apart from all the others."""

    def __init__(self, features: Features, captions: Captions, stop: Places) -> None:
        self._features, self._captions, self._stop = features, captions, stop
        self._texts = np.unique(np.concatenate([captions.owned[row] for row in stop]))
        everything = np.arange(len(features.pictures))
        self._to_texts = captions.belongs(stop, np.arange(len(captions.vectors)))
        self._to_images = captions.belongs(everything, self._texts)

    def __call__(self, aligner: Aligner) -> float:
        """The mean reciprocal rank of both directions, softened so that small steps count."""
        images = aligner.vectors(self._features.pooled[0], self._features.prior[0])
        texts = self._captions.vectors
        by_image = _soft(images[self._stop] @ texts.T, self._to_texts)
        by_text = _soft((images @ texts[self._texts].T).T, self._to_images.T)
        return (by_image + by_text) / 2


def _soft(cosines: Array, right: NDArray[np.bool_]) -> float:
    best = np.where(right, cosines, -np.inf).max(axis=1, keepdims=True)
    # Each wrong one counts by how near it comes to the right one, not only by whether it is before it.
    nearness = 1 / (1 + np.exp(-(cosines - best) / _SOFTNESS))
    return float((1 / (1 + np.where(right, 0.0, nearness).sum(axis=1))).mean())


_SOFTNESS = 0.02


def _batches(rows: Places, size: int, chance: np.random.Generator) -> list[Places]:
    """All rows in a new order, in batches of nearly one size of at most `size`."""
    return np.array_split(chance.permutation(rows), max(1, -(-len(rows) // size)))


def _draw(features: Features, captions: Captions, rows: Places, chance: np.random.Generator) -> Batch:
    """One view and one caption of each picture."""
    views = chance.integers(0, len(features.pooled), len(rows))
    texts = np.unique([chance.choice(captions.owned[row]) for row in rows])
    return Batch(
        pooled=features.pooled[views, rows],
        prior=features.prior[views, rows],
        texts=captions.vectors[texts],
        belongs=captions.belongs(rows, texts),
    )


def _dropout(shape: tuple[int, int], share: float, chance: np.random.Generator) -> NDArray[np.float32]:
    kept = chance.random(shape, np.float32) >= share
    return np.asarray(kept / np.float32(1 - share), dtype=np.float32)


def _rate(highest: float, done: int, steps: int) -> float:
    """A tenth of the steps up to the highest rate, then down to 0 along a cosine."""
    rising = max(1, steps // 10)
    if done < rising:
        return highest * (done + 1) / rising
    return highest * 0.5 * (1 + float(np.cos(np.pi * (done - rising) / max(1, steps - rising))))
