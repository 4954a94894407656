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

from ingest.encoders.base import Log
from ingest.encoders.training.activations import Activations
from ingest.encoders.training.blocks import LastBlocks, as_tensor
from ingest.encoders.training.train_aligner import Aligner, contrast, keep


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
class Material:
    """n training pictures in v views, with k captions each."""

    activations: Sequence[Activations]
    """One array [n, 17, 17, 120] a view."""
    logits: Tensor
    """The published tower's, [v, n, 1000]."""
    captions: Tensor
    """Vectors of the captions, [n, k, 384]."""

    def draw(self, rows: NDArray[np.int64], rng: np.random.Generator) -> "Drawn":
        """The pictures `rows`, each in any one of its views, half of them mirrored."""
        which = rng.integers(len(self.activations), size=len(rows))
        entered: NDArray[np.float16] = np.stack(
            [self.activations[view][row] for view, row in zip(which, rows, strict=True)]
        )
        mirrored = rng.random(len(rows)) < 0.5
        return as_tensor(entered, mirrored), self.logits[which, rows], self.captions[rows]


State = Mapping[str, Tensor]
"""What a module's state_dict gives."""
Drawn = tuple[Tensor, Tensor, Tensor]
"""Activations [b, 120, 17, 17], published logits [b, 1000] and captions [b, k, 384] of b pictures."""


def finetune(
    blocks: LastBlocks,
    aligner: Aligner,
    photos: Material,
    cutouts: Material,
    recipe: FineTuning,
    checkpoint: Path,
    log: Log,
) -> None:
    """Train both in place; after every epoch `checkpoint` is written, from which a stopped run goes on."""
    groups = aligner.parameter_groups(recipe.aligner_rate, recipe.weight_decay)
    tower = [parameter for parameter in blocks.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW([{"params": tower, "weight_decay": 0.0, "lr": recipe.tower_rate}, *groups])
    steps = _steps(photos, recipe)
    total = steps * recipe.epochs
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: pace(step, total, recipe.warm_up))
    parts: dict[str, Any] = {"blocks": blocks, "aligner": aligner, "optimiser": optimiser, "schedule": schedule}
    done = _resume(checkpoint, parts, log)
    blocks.train()
    aligner.train()
    for epoch in range(done + 1, recipe.epochs + 1):
        # Seeded anew each time, so that a resumed run draws what an unbroken one would have drawn.
        torch.manual_seed(recipe.seed * 1000 + epoch)
        sums = np.zeros(3)
        rng = np.random.default_rng((recipe.seed, epoch))
        for x, logits, captions in _batches(photos, cutouts, recipe, rng):
            pooled, found = blocks(x)
            vectors = aligner(pooled, found)
            found_captions = contrast(vectors, captions, aligner.log_scale.exp())
            kept = keep(vectors, logits, aligner.names, recipe.keep_temperature)
            strayed = divergence(found, logits)
            optimiser.zero_grad()
            (found_captions + recipe.keep_classes * kept + recipe.keep_logits * strayed).backward()
            optimiser.step()
            schedule.step()
            sums += [float(loss.detach()) for loss in (found_captions, kept, strayed)]
        _write(checkpoint, parts, epoch)
        captions_loss, names_loss, logits_loss = sums / steps
        log(
            f"fine-tuning, epoch {epoch} of {recipe.epochs}: captions {captions_loss:.3f}, names {names_loss:.3f}, "
            f"logits {logits_loss:.3f}, temperature {aligner.temperature():.3f}"
        )
    blocks.eval()
    aligner.eval()


def pace(step: int, total: int, warm_up: float) -> float:
    """The share of the full rate at a step: rising over `warm_up` of `total`, and a half cosine over it all."""
    return min(1.0, (step + 1) / (warm_up * total)) * 0.5 * (1 + math.cos(math.pi * min(step, total) / total))


def divergence(logits: Tensor, published: Tensor) -> Tensor:
    """Kullback-Leibler divergence of class probabilities from the published tower's, both given as logits [n, c]."""
    return F.kl_div(
        F.log_softmax(logits, dim=1), F.log_softmax(published, dim=1), log_target=True, reduction="batchmean"
    )


def blend(module: nn.Module, start: State, ends: Sequence[State], share: float) -> None:
    """Give the module the mean of `ends`, taken back to `share` of the way there from `start`.

    The mean of several runs from one start does better than each ("model soups", Wortsman et al. 2022), and short of
    the end a fine-tuned model keeps more of what it could before (WiSE-FT, Wortsman et al. 2022).
    """
    module.load_state_dict(
        {
            name: torch.lerp(begun, torch.stack([end[name] for end in ends]).mean(dim=0), share)
            for name, begun in start.items()
        }
    )


def _steps(photos: Material, recipe: FineTuning) -> int:
    return len(photos.captions) // (recipe.batch - recipe.cutouts)


def _batches(photos: Material, cutouts: Material, recipe: FineTuning, rng: np.random.Generator) -> Iterator[Drawn]:
    """Batches of photos, each once an epoch but for a rest, and of some cut-outs, drawn anew for every batch."""
    steps, share = _steps(photos, recipe), recipe.batch - recipe.cutouts
    for rows in np.array_split(rng.permutation(len(photos.captions))[: steps * share], steps):
        parts = [photos.draw(rows, rng)]
        if recipe.cutouts:
            parts.append(cutouts.draw(rng.permutation(len(cutouts.captions))[: recipe.cutouts], rng))
        activations, logits, captions = (torch.cat(tensors) for tensors in zip(*parts, strict=True))
        yield activations.contiguous(memory_format=torch.channels_last), logits, captions


def _resume(checkpoint: Path, parts: dict[str, Any], log: Log) -> int:
    """Load what `checkpoint` holds, if it is there, and give how many epochs were done."""
    if not checkpoint.exists():
        return 0
    kept = torch.load(checkpoint, weights_only=True)
    for name, part in parts.items():
        part.load_state_dict(kept[name])
    done = int(kept["epochs"])
    log(f"going on after epoch {done}, from {checkpoint}")
    return done


def _write(checkpoint: Path, parts: dict[str, Any], epochs: int) -> None:
    draft = checkpoint.with_suffix(".part")
    torch.save({"epochs": epochs, **{name: part.state_dict() for name, part in parts.items()}}, draft)
    draft.replace(checkpoint)
