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
    dropout: float = 0.4
    epochs: int = 40
    batch: int = 512
    rate: float = 1e-3
    weight_decay: float = 0.05
    temperature: float = 0.05
    """Where the learned temperature starts."""
    keep_classes: float = 0.0
    """Weight of the loss that keeps the tower's own opinion of the class readable from the vector."""
    keep_temperature: float = 0.05
    prototypes: float = 0.0
    """Weight of the loss on made-up features, one kind for each class, that hold the breadth."""
    prior_gain: float = 1.0
    standardise: bool = False
    soft: float = 0.0
    per_picture: int = 1
    residual_penalty: float = 0.0
    averaged: float = 0.0
    """Decay of the running average of the weights; 0 takes the last ones."""
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
        self.linear = nn.Parameter(torch.eye(dimension) * recipe.prior_gain)
        self.dropout = recipe.dropout
        self.register_buffer("mean", torch.zeros(FEATURES))
        self.register_buffer("std", torch.ones(FEATURES))
        self.rnorm = torch.tensor(0.0)

    def forward(self, pooled: Tensor, logits: Tensor) -> Tensor:
        """Give unit rows [n, 384]."""
        return self.combine(pooled, top_probabilities(logits) @ self.names)

    def combine(self, pooled: Tensor, mix: Tensor) -> Tensor:
        x = F.dropout(F.gelu(self.hidden((pooled - self.mean) / self.std)), self.dropout, self.training)
        r = self.out(x)
        self.rnorm = r.square().sum(1).mean()
        return F.normalize(r + mix @ self.linear, dim=1)

    def weights(self) -> AlignerWeights:
        """What the exported model needs, with the prior's linear map folded into the names."""
        with torch.no_grad():
            prior = self.names @ self.linear
        hidden, out = self.hidden, self.out
        return AlignerWeights(
            (_numpy(hidden.weight), _numpy(hidden.bias)), (_numpy(out.weight), _numpy(out.bias)), _numpy(prior)
        )


def top_probabilities(logits: Tensor) -> Tensor:
    """The 20 largest softmax probabilities, made to sum to 1, the others 0."""
    least = logits.topk(TOP_CLASSES, dim=1).values[:, -1:]
    return torch.softmax(logits.masked_fill(logits < least, float("-inf")), dim=1)


def train(
    views: Sequence[Features], captions: Array, names: Array, recipe: Recipe, classifier: tuple[Array, Array], say: Say
) -> Aligner:
    """Train on `views` (each the features of the same n pictures) and `captions` [n, 5, 384]."""
    torch.manual_seed(recipe.seed)
    pooled = torch.from_numpy(np.stack([view.pooled for view in views]))
    logits = torch.from_numpy(np.stack([view.logits for view in views]))
    texts = torch.from_numpy(captions)
    fc = torch.from_numpy(classifier[0]), torch.from_numpy(classifier[1])
    aligner = Aligner(torch.from_numpy(names), recipe)
    if recipe.standardise:
        aligner.mean.copy_(pooled.mean((0, 1)))
        aligner.std.copy_(pooled.std((0, 1)) + 1e-3)
    with torch.no_grad():
        mixes = torch.stack([top_probabilities(x) @ aligner.names for x in logits])
    scale = nn.Parameter(torch.tensor(-np.log(recipe.temperature), dtype=torch.float32))
    matrices = [aligner.hidden.weight, aligner.out.weight]
    others = [aligner.hidden.bias, aligner.out.bias, scale]
    groups = [
        {"params": matrices, "weight_decay": recipe.weight_decay},
        {"params": [*others, aligner.linear], "weight_decay": 0.0},
    ]
    optimiser = torch.optim.AdamW(groups, lr=recipe.rate)
    count = pooled.shape[1]
    steps = count // recipe.batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.rate, total_steps=recipe.epochs * steps)
    average = {name: value.detach().clone() for name, value in aligner.named_parameters()}
    for epoch in range(recipe.epochs):
        order = torch.randperm(count)
        total = 0.0
        for step in range(steps):
            rows = order[step * recipe.batch : (step + 1) * recipe.batch]
            which = torch.randint(len(views), rows.shape)
            p, z = pooled[which, rows], logits[which, rows]
            v = aligner.combine(p, mixes[which, rows])
            t = texts[rows, torch.randint(texts.shape[1], rows.shape)]
            loss = _contrast(v, t, scale.exp(), recipe.soft)
            for _ in range(recipe.per_picture - 1):
                t = texts[rows, torch.randint(texts.shape[1], rows.shape)]
                loss = loss + _contrast(v, t, scale.exp(), recipe.soft)
            loss = loss / recipe.per_picture
            if recipe.residual_penalty:
                loss = loss + recipe.residual_penalty * aligner.rnorm
            if recipe.keep_classes:
                loss = loss + recipe.keep_classes * _keep(v, z, aligner.names, recipe.keep_temperature)
            if recipe.prototypes:
                q, k = _prototypes(p, z, fc)
                u = aligner(q, F.linear(q, *fc)) @ aligner.names.T / recipe.keep_temperature
                loss = loss + recipe.prototypes * F.cross_entropy(u, k)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += float(loss.detach())
            for name, value in aligner.named_parameters():
                average[name].lerp_(value.detach(), 1 - recipe.averaged)
        if (epoch + 1) % 10 == 0:
            temperature = float((-scale.detach()).exp())
            say(f"epoch {epoch + 1} of {recipe.epochs}: loss {total / steps:.3f}, temperature {temperature:.3f}")
    if recipe.averaged:
        aligner.load_state_dict({**aligner.state_dict(), **average})
    return aligner.eval()


def _contrast(v: Tensor, t: Tensor, scale: Tensor, soft: float = 0.0) -> Tensor:
    cosines = v @ t.T * scale
    if soft:
        target = torch.softmax(t @ t.T / soft, 1)
        return (F.cross_entropy(cosines, target) + F.cross_entropy(cosines.T, target)) / 2
    places = torch.arange(len(v))
    return (F.cross_entropy(cosines, places) + F.cross_entropy(cosines.T, places)) / 2


def _keep(v: Tensor, logits: Tensor, names: Tensor, temperature: float) -> Tensor:
    return F.cross_entropy(v @ names.T / temperature, torch.softmax(logits, dim=1))


def _prototypes(p: Tensor, z: Tensor, fc: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """Real features moved along a random class's classifier row until the tower is sure of that class."""
    k = torch.randint(fc[0].shape[0], (len(p),))
    direction = fc[0][k]
    lead = z.max(dim=1).values - z.gather(1, k[:, None])[:, 0] + 4.0 * torch.rand(len(p))
    length = (lead / direction.square().sum(dim=1)).clamp(min=0)[:, None]
    return (p + 1.2 * length * direction).clamp(0, 6), k


def _numpy(tensor: Tensor) -> Array:
    return np.ascontiguousarray(tensor.detach().float().numpy())
