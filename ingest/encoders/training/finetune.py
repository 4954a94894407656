"""Fine-tunes the tower's last blocks together with the aligner, on activations computed once; can be resumed."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from ingest.atomic import atomic_path
from ingest.encoders.base import Log
from ingest.encoders.training.activations import Activations
from ingest.encoders.training.last_blocks import LastBlocks, as_tensor
from ingest.encoders.training.train_aligner import Aligner, class_loss, contrastive_loss


@dataclass(frozen=True)
class FineTuning:
    """How the last blocks and the aligner are trained together."""

    epochs: int = 10
    batch: int = 256
    cutouts: int = 24
    """How many pictures of a batch are cut-outs."""
    tower_rate: float = 3e-4
    aligner_rate: float = 5e-4
    weight_decay: float = 0.05
    """Of the aligner's matrices; the tower's do not decay."""
    warm_up: float = 0.1
    """Share of the steps in which the rates rise; after it they fall to nothing along a cosine."""
    keep_classes: float = 0.3
    """Weight of the loss that keeps the published tower's classes readable from the vector."""
    keep_logits: float = 0.3
    """Weight of the divergence of the class probabilities from the published tower's."""
    keep_temperature: float = 0.05
    seed: int = 0


@dataclass(frozen=True)
class TrainingSet:
    """n training pictures in v views, with k captions each."""

    activations: Sequence[Activations]
    """One array [n, 17, 17, 120] a view."""
    logits: Tensor
    """The published tower's, [v, n, 1000]."""
    captions: Tensor
    """Vectors of the captions, [n, k, 384]."""

    def draw(self, rows: NDArray[np.int64], rng: np.random.Generator) -> "DrawnBatch":
        """The pictures `rows`, each in any one of its views, half of them mirrored."""
        which = rng.integers(len(self.activations), size=len(rows))
        entered: NDArray[np.float16] = np.stack(
            [self.activations[view][row] for view, row in zip(which, rows, strict=True)]
        )
        mirrored = rng.random(len(rows)) < 0.5
        return as_tensor(entered, mirrored), self.logits[which, rows], self.captions[rows]


State = Mapping[str, Tensor]
"""What a module's state_dict returns."""
DrawnBatch = tuple[Tensor, Tensor, Tensor]
"""Activations [b, 120, 17, 17], published logits [b, 1000] and captions [b, k, 384] of b pictures."""


def finetune(
    blocks: LastBlocks,
    aligner: Aligner,
    photos: TrainingSet,
    cutouts: TrainingSet,
    recipe: FineTuning,
    checkpoint: Path,
    log: Log,
) -> None:
    """Train both in place; after every epoch `checkpoint` is written, from which a stopped run continues."""
    groups = aligner.parameter_groups(recipe.aligner_rate, recipe.weight_decay)
    tower = [parameter for parameter in blocks.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW([{"params": tower, "weight_decay": 0.0, "lr": recipe.tower_rate}, *groups])
    steps = _steps(photos, recipe)
    total = steps * recipe.epochs
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: learning_rate_factor(step, total, recipe.warm_up)
    )
    parts: dict[str, Any] = {"blocks": blocks, "aligner": aligner, "optimiser": optimiser, "schedule": schedule}
    done = _resume(checkpoint, parts, log)
    blocks.train()
    aligner.train()
    for epoch in range(done + 1, recipe.epochs + 1):
        # Seeded at every epoch, so that a resumed run draws what an uninterrupted one would have drawn.
        torch.manual_seed(recipe.seed * 1000 + epoch)
        sums = np.zeros(3)
        rng = np.random.default_rng((recipe.seed, epoch))
        for activations, published_logits, captions in _batches(photos, cutouts, recipe, rng):
            pooled, logits = blocks(activations)
            vectors = aligner(pooled, logits)
            of_captions = contrastive_loss(vectors, captions, aligner.log_scale.exp())
            of_names = class_loss(vectors, published_logits, aligner.names, recipe.keep_temperature)
            of_logits = kl_divergence(logits, published_logits)
            optimiser.zero_grad()
            (of_captions + recipe.keep_classes * of_names + recipe.keep_logits * of_logits).backward()
            optimiser.step()
            schedule.step()
            sums += [float(loss.detach()) for loss in (of_captions, of_names, of_logits)]
        _save_checkpoint(checkpoint, parts, epoch)
        captions_loss, names_loss, logits_loss = sums / steps
        log(
            f"fine-tuning, epoch {epoch} of {recipe.epochs}: captions {captions_loss:.3f}, names {names_loss:.3f}, "
            f"logits {logits_loss:.3f}, temperature {aligner.temperature():.3f}"
        )
    blocks.eval()
    aligner.eval()


def learning_rate_factor(step: int, total: int, warm_up: float) -> float:
    """The factor of the full rate at a step: rising over `warm_up` of `total`, and a half cosine over it all."""
    return min(1.0, (step + 1) / (warm_up * total)) * 0.5 * (1 + math.cos(math.pi * min(step, total) / total))


def kl_divergence(logits: Tensor, published: Tensor) -> Tensor:
    """Kullback-Leibler divergence of class probabilities from the published tower's, both given as logits [n, c]."""
    return F.kl_div(
        F.log_softmax(logits, dim=1), F.log_softmax(published, dim=1), log_target=True, reduction="batchmean"
    )


def average_weights(module: nn.Module, start: State, ends: Sequence[State], share: float) -> None:
    """Load the mean of `ends` into the module, moved from `start` towards it by `share` only.

    The mean of several runs from one start does better than each ("model soups", Wortsman et al. 2022), and short
    of the end a fine-tuned model keeps more of what it knew before (WiSE-FT, Wortsman et al. 2022).
    """
    module.load_state_dict(
        {
            name: torch.lerp(begun, torch.stack([end[name] for end in ends]).mean(dim=0), share)
            for name, begun in start.items()
        }
    )


def _steps(photos: TrainingSet, recipe: FineTuning) -> int:
    return len(photos.captions) // (recipe.batch - recipe.cutouts)


def _batches(
    photos: TrainingSet, cutouts: TrainingSet, recipe: FineTuning, rng: np.random.Generator
) -> Iterator[DrawnBatch]:
    """Batches of photos, each once an epoch except for a remainder, with some cut-outs drawn for every batch."""
    steps, share = _steps(photos, recipe), recipe.batch - recipe.cutouts
    for rows in np.array_split(rng.permutation(len(photos.captions))[: steps * share], steps):
        parts = [photos.draw(rows, rng)]
        if recipe.cutouts:
            parts.append(cutouts.draw(rng.permutation(len(cutouts.captions))[: recipe.cutouts], rng))
        activations, logits, captions = (torch.cat(tensors) for tensors in zip(*parts, strict=True))
        yield activations.contiguous(memory_format=torch.channels_last), logits, captions


def _resume(checkpoint: Path, parts: dict[str, Any], log: Log) -> int:
    """Load `checkpoint`, if there is one; returns how many epochs were done."""
    if not checkpoint.exists():
        return 0
    saved = torch.load(checkpoint, weights_only=True)
    for name, part in parts.items():
        part.load_state_dict(saved[name])
    done = int(saved["epochs"])
    log(f"continuing after epoch {done}, from {checkpoint}")
    return done


def _save_checkpoint(checkpoint: Path, parts: dict[str, Any], epochs: int) -> None:
    with atomic_path(checkpoint) as temporary:
        torch.save({"epochs": epochs, **{name: part.state_dict() for name, part in parts.items()}}, temporary)
