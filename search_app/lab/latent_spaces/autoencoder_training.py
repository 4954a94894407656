"""Autoencoders of a space: trained in the background, epoch by epoch, and saved beside the space."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from search_app.lab.latent_spaces.autoencoder import PIXELS, Autoencoder, EpochResult, Floats, Recipe, train
from search_app.search.array_cache import PROJECTION_FOLDER, load_arrays, save_arrays
from search_app.search.background_tasks import Progress, Task, TaskQueue

Losses = tuple[float, float, float]
"""Of an epoch: the training error, the held-out error, and the codes' divergence from the prior."""


@dataclass(frozen=True)
class TrainedModel:
    """An autoencoder and its losses."""

    model: Autoencoder
    losses: tuple[Losses, ...]
    """Of each epoch."""


class TrainingTasks:
    """The autoencoders of one space; safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        """`folder` is the space's; nothing is read yet."""
        self._folder = folder / PROJECTION_FOLDER
        self._tasks = TaskQueue()
        self._losses: dict[str, list[Losses]] = {}

    def load(self, recipe: Recipe, ids: Sequence[str]) -> TrainedModel | None:
        """The model trained by this recipe on these pictures, if there is one."""
        found = load_arrays(self._path(recipe), _key(recipe, ids))
        if found is None or found.arrays["in"].shape[0] != PIXELS:
            return None
        losses = found.arrays["losses"].reshape(-1, 3).tolist()
        weights = {name: value for name, value in found.arrays.items() if name != "losses"}
        return TrainedModel(Autoencoder(weights, recipe.variational), tuple((a, b, c) for a, b, c in losses))

    def start(self, recipe: Recipe, ids: Sequence[str], pictures: Floats) -> Task[None]:
        """Train on `pictures` (n, PIXELS) of the items `ids`; the same task while it runs."""
        key = _key(recipe, ids)

        def work(progress: Progress) -> None:
            for old in [known for known in self._losses if self._tasks.get(known) is None]:
                del self._losses[old]
            losses = self._losses[key] = []
            last: EpochResult | None = None
            for last in train(pictures, recipe):
                losses.append((last.error, last.held_out, last.divergence))
                progress(last.epoch / last.epochs, f"epoch {last.epoch} of {last.epochs}")
            if last is not None:
                save_arrays(self._path(recipe), key, {**last.model.weights, "losses": np.array(losses)}, {})

        return self._tasks.start(key, work)

    def task(self, recipe: Recipe, ids: Sequence[str]) -> Task[None] | None:
        """The last training by this recipe on these pictures since the program started, if any."""
        return self._tasks.get(_key(recipe, ids))

    def losses(self, recipe: Recipe, ids: Sequence[str]) -> list[Losses]:
        """The losses of all finished epochs of a training that runs or has run."""
        return list(self._losses.get(_key(recipe, ids), ()))

    def _path(self, recipe: Recipe) -> Path:
        kind = "vae" if recipe.variational else "autoencoder"
        return self._folder / f"{kind}-{recipe.code_size}.npz"


def _key(recipe: Recipe, ids: Sequence[str]) -> str:
    """A digest of everything that determines the weights."""
    recipe_text = f"{recipe} {PIXELS} {' '.join(ids)}"
    return hashlib.sha256(recipe_text.encode()).hexdigest()[:24]
