"""The aligner: maps the image tower's output into the frozen text tower's space, trained on captions.

Image vector = normalise(MLP(p) + prior), after "locked text tuning" (LiT, Zhai et al. 2022) with a ConSE prior
(Norouzi et al. 2014): the mean of the class names' vectors weighted by the tower's 20 largest class probabilities.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from ingest.encoders.base import Log
from ingest.encoders.training.efficientnet_lite2 import FEATURES
from ingest.encoders.training.export import TOP_CLASSES, AlignerWeights

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Recipe:
    """How the aligner is trained while the tower is frozen."""

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
        """Start with the prior alone; `names` [1000, 384] are the class names' vectors."""
        super().__init__()
        dimension = names.shape[1]
        self.names: Tensor
        self.register_buffer("names", names)
        self.hidden = nn.Linear(FEATURES, recipe.hidden)
        self.out = nn.Linear(recipe.hidden, dimension)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)
        self.linear = nn.Parameter(torch.eye(dimension))
        self.log_scale = nn.Parameter(torch.tensor(-math.log(recipe.temperature)))
        """Minus the logarithm of the loss's temperature."""
        self.dropout = recipe.dropout

    def forward(self, pooled: Tensor, logits: Tensor) -> Tensor:
        """Give unit rows [n, 384]."""
        x = F.dropout(F.gelu(self.hidden(pooled)), self.dropout, self.training)
        return F.normalize(self.out(x) + top_probabilities(logits) @ self.names @ self.linear, dim=1)

    def temperature(self) -> float:
        """The current temperature of the loss."""
        return math.exp(-float(self.log_scale.detach()))

    def parameter_groups(self, rate: float, weight_decay: float) -> list[dict[str, object]]:
        """The parameters for an optimiser; only the MLP's matrices decay."""
        decayed = [self.hidden.weight, self.out.weight]
        free = [self.hidden.bias, self.out.bias, self.linear, self.log_scale]
        return [
            {"params": decayed, "weight_decay": weight_decay, "lr": rate},
            {"params": free, "weight_decay": 0.0, "lr": rate},
        ]

    def weights(self) -> AlignerWeights:
        """The weights that the exported model needs, with the prior's linear map folded into the names."""
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


def train(pooled: Tensor, logits: Tensor, captions: Tensor, names: Tensor, recipe: Recipe, log: Log) -> Aligner:
    """Train on v views of n pictures: pooled [v, n, 1280], logits [v, n, 1000], captions [n, k, 384]."""
    torch.manual_seed(recipe.seed)
    aligner = Aligner(names, recipe)
    optimiser = torch.optim.AdamW(aligner.parameter_groups(recipe.rate, recipe.weight_decay))
    views, count = pooled.shape[:2]
    steps = count // recipe.batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.rate, total_steps=recipe.epochs * steps)
    for epoch in range(1, recipe.epochs + 1):
        total = 0.0
        for rows in torch.randperm(count)[: steps * recipe.batch].split(recipe.batch):
            which = torch.randint(views, rows.shape)
            vectors = aligner(pooled[which, rows], logits[which, rows])
            loss = contrastive_loss(vectors, captions[rows], aligner.log_scale.exp())
            of_classes = class_loss(vectors, logits[which, rows], aligner.names, recipe.keep_temperature)
            optimiser.zero_grad()
            (loss + recipe.keep_classes * of_classes).backward()
            optimiser.step()
            schedule.step()
            total += float(loss.detach())
        if epoch % 10 == 0 or epoch == recipe.epochs:
            log(f"aligner, epoch {epoch} of {recipe.epochs}: loss {total / steps:.3f}")
    aligner.eval()
    return aligner


def contrastive_loss(vectors: Tensor, captions: Tensor, scale: Tensor) -> Tensor:
    """Symmetric InfoNCE of pictures [n, d] and their captions [n, k, d], all k of them at once.

    Each caption should find its own picture among n; each picture should give its own k captions the same probability,
    and the captions of the others none.  The floor of the second part, log k, is subtracted.
    """
    count, per_picture, dimension = captions.shape
    cosines = vectors @ captions.reshape(count * per_picture, dimension).T * scale
    owners = torch.arange(count)
    to_pictures = F.cross_entropy(cosines.T, owners.repeat_interleave(per_picture))
    own = cosines.view(count, count, per_picture)[owners, owners]
    to_captions = (torch.logsumexp(cosines, dim=1, keepdim=True) - own).mean() - math.log(per_picture)
    return (to_pictures + to_captions) / 2


def class_loss(vectors: Tensor, logits: Tensor, names: Tensor, temperature: float) -> Tensor:
    """How far naming by the nearest class name is from the tower's own class probabilities (cross-entropy)."""
    return F.cross_entropy(vectors @ names.T / temperature, torch.softmax(logits, dim=1))


def _numpy(tensor: Tensor) -> Array:
    return np.ascontiguousarray(tensor.detach().float().numpy())
