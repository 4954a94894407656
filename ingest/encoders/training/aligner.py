"""The aligner: maps the frozen image tower's output into the frozen text tower's space, trained on captions.

Image vector = normalise(MLP(p) + prior), after "locked text tuning" (LiT, Zhai et al. 2022) with a ConSE prior
(Norouzi et al. 2014): the mean of the class names' vectors weighted by the tower's 20 largest class probabilities.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from ingest.encoders.base import Say
from ingest.encoders.training.efficientnet_lite2 import FEATURES
from ingest.encoders.training.export import TOP_CLASSES, AlignerWeights
from ingest.encoders.training.features import Features

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Recipe:
    """How the aligner is trained."""

    hidden: int = 1024
    dropout: float = 0.8
    """High, because 6,000 pictures are few: with 0.4 more epochs only make it worse."""
    epochs: int = 60
    batch: int = 512
    rate: float = 1e-3
    weight_decay: float = 0.05
    temperature: float = 0.05
    """Where the learned temperature starts."""
    keep_classes: float = 0.3
    """Weight of the loss that keeps the tower's own opinion of the class readable from the vector: the breadth."""
    keep_temperature: float = 0.05
    seed: int = 0


class Aligner(nn.Module):
    """Pooled features [n, 1280] and class logits [n, 1000] to unit rows [n, 384]."""

    def __init__(self, names: Tensor, recipe: Recipe) -> None:
        """Start as the prior alone; `names` [1000, 384] are the class names' vectors."""
        super().__init__()
        dimension = names.shape[1]
        self.names: Tensor
        self.register_buffer("names", names)
        self.hidden = nn.Linear(FEATURES, recipe.hidden)
        self.out = nn.Linear(recipe.hidden, dimension)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)
        self.linear = nn.Parameter(torch.eye(dimension))
        self.dropout = recipe.dropout

    def forward(self, pooled: Tensor, logits: Tensor) -> Tensor:
        """Give unit rows [n, 384]."""
        return self.combine(pooled, top_probabilities(logits) @ self.names)

    def combine(self, pooled: Tensor, prior: Tensor) -> Tensor:
        """Give unit rows [n, 384] from pooled features and the mean class name [n, 384]."""
        x = F.dropout(F.gelu(self.hidden(pooled)), self.dropout, self.training)
        return F.normalize(self.out(x) + prior @ self.linear, dim=1)

    def weights(self) -> AlignerWeights:
        """What the exported model needs, with the prior's linear map folded into the names."""
        hidden, out = self.hidden, self.out
        return AlignerWeights(
            hidden=(_numpy(hidden.weight), _numpy(hidden.bias)),
            out=(_numpy(out.weight), _numpy(out.bias)),
            prior=_numpy(self.names @ self.linear),
        )


def top_probabilities(logits: Tensor) -> Tensor:
    """The 20 largest softmax probabilities, made to sum to 1, the others 0."""
    least = logits.topk(TOP_CLASSES, dim=1).values[:, -1:]
    return torch.softmax(logits.masked_fill(logits < least, float("-inf")), dim=1)


def train(views: Sequence[Features], captions: Array, names: Array, recipe: Recipe, say: Say) -> Aligner:
    """Train on `views` (each the features of the same n pictures), `captions` [n, k, 384] and `names` [1000, 384]."""
    torch.manual_seed(recipe.seed)
    aligner = Aligner(torch.from_numpy(names), recipe)
    pooled = torch.from_numpy(np.stack([view.pooled for view in views]))
    logits = torch.from_numpy(np.stack([view.logits for view in views]))
    # The prior never changes, so it is computed once for every view.
    priors = torch.stack([top_probabilities(view) @ aligner.names for view in logits])
    texts = torch.from_numpy(captions)
    scale = nn.Parameter(torch.tensor(-np.log(recipe.temperature), dtype=torch.float32))
    optimiser = _optimiser(aligner, scale, recipe)
    count = pooled.shape[1]
    steps = count // recipe.batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.rate, total_steps=recipe.epochs * steps)
    for epoch in range(1, recipe.epochs + 1):
        total = 0.0
        for rows in torch.randperm(count)[: steps * recipe.batch].split(recipe.batch):
            which = torch.randint(len(views), rows.shape)
            texts_now = texts[rows, torch.randint(texts.shape[1], rows.shape)]
            vectors = aligner.combine(pooled[which, rows], priors[which, rows])
            loss = contrast(vectors, texts_now, scale.exp())
            kept = keep(vectors, logits[which, rows], aligner.names, recipe.keep_temperature)
            optimiser.zero_grad()
            (loss + recipe.keep_classes * kept).backward()
            optimiser.step()
            schedule.step()
            total += float(loss.detach())
        if epoch % 10 == 0 or epoch == recipe.epochs:
            temperature = float((-scale.detach()).exp())
            say(f"epoch {epoch} of {recipe.epochs}: loss {total / steps:.3f}, temperature {temperature:.3f}")
    return aligner.eval()


def contrast(vectors: Tensor, texts: Tensor, scale: Tensor) -> Tensor:
    """Symmetric InfoNCE: row i of `vectors` belongs to row i of `texts` and to no other."""
    cosines = vectors @ texts.T * scale
    places = torch.arange(len(vectors))
    return (F.cross_entropy(cosines, places) + F.cross_entropy(cosines.T, places)) / 2


def keep(vectors: Tensor, logits: Tensor, names: Tensor, temperature: float) -> Tensor:
    """How far naming by the nearest class name is from the tower's own class probabilities (cross-entropy)."""
    return F.cross_entropy(vectors @ names.T / temperature, torch.softmax(logits, dim=1))


def _optimiser(aligner: Aligner, scale: nn.Parameter, recipe: Recipe) -> torch.optim.Optimizer:
    decayed = [aligner.hidden.weight, aligner.out.weight]
    free = [aligner.hidden.bias, aligner.out.bias, aligner.linear, scale]
    groups = [{"params": decayed, "weight_decay": recipe.weight_decay}, {"params": free, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=recipe.rate)


def _numpy(tensor: Tensor) -> Array:
    return np.ascontiguousarray(tensor.detach().float().numpy())
