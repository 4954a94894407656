"""The tower's last blocks in torch, their batch norms folded into the convolutions: the part that is fine-tuned."""

from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from ingest.encoders.training.activations import Activations
from ingest.encoders.training.efficientnet_lite2 import FROZEN_BLOCKS, block_shapes
from ingest.encoders.training.export import FROZEN_CONVOLUTIONS, FoldedTower

Array = NDArray[np.float32]
_BATCH = 64


class LastBlocks(nn.Module):
    """Activations [n, 120, 17, 17] to pooled features [n, 1280] and class logits [n, 1000]; the classifier is fixed.

    The depthwise kernels stay as published too, their biases do not: their gradients cost more than they bring.
    """

    def __init__(self, tower: FoldedTower) -> None:
        """Start as the published tower."""
        super().__init__()
        self.shapes = block_shapes()[FROZEN_BLOCKS:]
        self.convolutions = nn.ModuleList()
        strides = [stride for shape in self.shapes for stride in (1, shape.stride, 1)] + [1]
        for (weight, bias), stride in zip(tower.convolutions[FROZEN_CONVOLUTIONS:], strides, strict=True):
            out, per_group, kernel, _ = weight.shape
            groups = out if per_group == 1 else 1
            # Symmetric padding is 'SAME' here: the maps are 17 and 9 wide and the kernels odd.
            layer = nn.Conv2d(per_group * groups, out, kernel, stride, kernel // 2, groups=groups)
            layer.weight.data = torch.from_numpy(weight).clone()
            layer.bias.data = torch.from_numpy(bias).clone()
            layer.weight.requires_grad = groups == 1
            self.convolutions.append(layer)
        self.classifier: Tensor
        self.classifier_bias: Tensor
        self.register_buffer("classifier", torch.from_numpy(tower.classifier[0]))
        self.register_buffer("classifier_bias", torch.from_numpy(tower.classifier[1]))
        self.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Compute pooled features [n, 1280] and class logits [n, 1000]."""
        layers = iter(self.convolutions)
        for shape in self.shapes:
            expand, depthwise, project = next(layers), next(layers), next(layers)
            narrow = project(F.relu6(depthwise(F.relu6(expand(x)))))
            x = x + narrow if shape.is_residual else narrow
        pooled = F.relu6(next(layers)(x)).mean(dim=(2, 3))
        return pooled, F.linear(pooled, self.classifier, self.classifier_bias)

    def merged_into(self, tower: FoldedTower) -> FoldedTower:
        """The tower with its last convolutions replaced by these."""
        tuned = tuple((_numpy(layer.weight), _numpy(layer.bias)) for layer in self.convolutions)
        return FoldedTower(tower.convolutions[:FROZEN_CONVOLUTIONS] + tuned, tower.classifier)


def as_tensor(activations: Activations, mirrored: NDArray[np.bool_] | None = None) -> Tensor:
    """Activations [n, 17, 17, 120] as LastBlocks takes them, some of them `mirrored` left to right."""
    if mirrored is not None:
        activations = np.where(mirrored[:, None, None, None], activations[:, :, ::-1], activations)
    return torch.from_numpy(np.array(activations)).float().permute(0, 3, 1, 2)


def run_blocks(blocks: LastBlocks, activations: Activations, *, mirrored: bool = False) -> tuple[Tensor, Tensor]:
    """Pooled features [n, 1280] and class logits [n, 1000] of many activations, without gradients."""
    with torch.inference_mode():
        parts = [blocks(as_tensor(part, np.full(len(part), mirrored))) for part in _batches(activations)]
    pooled, logits = zip(*parts, strict=True)
    # Cloned, since tensors of the inference mode may not enter a loss.
    return torch.cat(pooled).clone(), torch.cat(logits).clone()


def _batches(activations: Activations) -> Iterator[Activations]:
    for start in range(0, len(activations), _BATCH):
        yield activations[start : start + _BATCH]


def _numpy(tensor: Tensor) -> Array:
    return np.ascontiguousarray(tensor.detach().numpy())
