"""The image tower as ONNX: batch norm folded into the convolutions, the aligner at the end, weights stored small."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.runtime.onnx_graph import Graph, Stored, as_stored
from ingest.encoders.training.efficientnet_lite2 import (
    FROZEN_BLOCKS,
    IMAGE_SIZE,
    BlockShape,
    EfficientNetLite2,
    block_shapes,
    same_padding,
)

if TYPE_CHECKING:
    import onnx

TOP_CLASSES = 20
"""How many class probabilities the prior averages (ConSE, Norouzi et al. 2014)."""
FROZEN_CONVOLUTIONS = 3 * FROZEN_BLOCKS
"""The stem, the two of the first block, the three of each further one."""
ACTIVATION_SHAPE = (17, 17, 120)
"""Height, width and channels of the inputs of the blocks that are fine-tuned."""

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Storage:
    """How the weights are kept in the file; biases stay float32."""

    convolutions: Stored
    matrices: Stored
    """The classifier, the aligner's layers and the prior."""


EXACT = Storage("float32", "float32")
SMALL = Storage("float16", "int8")
"""8 bits for the convolutions too would save 4.4 MB and cost about half a point; see the model card."""


@dataclass(frozen=True)
class FoldedTower:
    """The tower's convolutions with their batch norms folded in, in the order of use, and its classifier."""

    convolutions: tuple[tuple[Array, Array], ...]
    """(weight [out, in / groups, k, k], bias [out]) of stem, blocks' expand, depthwise and project, head."""
    classifier: tuple[Array, Array]
    """weight [1000, 1280], bias [1000]."""

    def rounded(self, storage: Storage) -> "FoldedTower":
        """The same tower as `storage` keeps it."""
        return FoldedTower(
            convolutions=tuple((as_stored(weight, storage.convolutions), bias) for weight, bias in self.convolutions),
            classifier=(as_stored(self.classifier[0], storage.matrices), self.classifier[1]),
        )


@dataclass(frozen=True)
class AlignerWeights:
    """What turns pooled features p and class probabilities into a vector: MLP(p) + prior @ top-20 probabilities."""

    hidden: tuple[Array, Array]
    """weight [h, 1280], bias [h]; GELU after it."""
    out: tuple[Array, Array]
    """weight [384, h], bias [384]."""
    prior: Array
    """One row per class, shape [1000, 384]: the class's name in the text tower's space, through the linear map."""

    def rounded(self, storage: Storage) -> "AlignerWeights":
        """The same weights as `storage` keeps them."""
        return AlignerWeights(
            hidden=(as_stored(self.hidden[0], storage.matrices), self.hidden[1]),
            out=(as_stored(self.out[0], storage.matrices), self.out[1]),
            prior=as_stored(self.prior, storage.matrices),
        )


def fold(tower: EfficientNetLite2) -> FoldedTower:
    """Fold every batch norm into its convolution."""
    pairs = [(tower._conv_stem, tower._bn0)]
    for block in tower._blocks:
        if block.shape.expansion > 1:
            pairs.append((block._expand_conv, block._bn0))
        pairs += [(block._depthwise_conv, block._bn1), (block._project_conv, block._bn2)]
    pairs.append((tower._conv_head, tower._bn1))
    folded = []
    for convolution, norm in pairs:
        gain = norm.weight.detach().double() / (norm.running_var.double() + norm.eps).sqrt()
        weight = convolution.weight.detach().double() * gain[:, None, None, None]
        bias = norm.bias.detach().double() - norm.running_mean.double() * gain
        folded.append((weight.float().numpy(), bias.float().numpy()))
    classifier = tower._fc.weight.detach().float().numpy(), tower._fc.bias.detach().float().numpy()
    return FoldedTower(tuple(folded), classifier)


def first_blocks_model(tower: FoldedTower) -> bytes:
    """ONNX: `pixels` uint8 [n, 260, 260, 3] to `activations`, float16 [n, *ENTRANCE]: the inputs of the last blocks."""
    from onnx import TensorProto, helper

    graph = Graph()
    convolve = _Convolutions(graph, tower, EXACT)
    activations = _first_blocks(graph, convolve)
    half = graph.node("Cast", activations, to=TensorProto.FLOAT16)
    graph.node("Transpose", half, name="activations", perm=[0, 2, 3, 1])
    output = helper.make_tensor_value_info("activations", TensorProto.FLOAT16, ["n", *ACTIVATION_SHAPE])
    return graph.model("efficientnet_lite2_first_blocks", [_pixels()], [output])


def image_model(tower: FoldedTower, aligner: AlignerWeights, storage: Storage) -> bytes:
    """ONNX: `pixels` uint8 [n, 260, 260, 3] to `vectors`, unit rows [n, 384]; `pooled` and `logits` are within."""
    graph = Graph()
    pooled, logits = _tower_nodes(graph, tower, storage)
    hidden = graph.node(
        "Gemm", pooled, graph.weight(aligner.hidden[0], storage.matrices), graph.weight(aligner.hidden[1]), transB=1
    )
    half = graph.weight(np.array(0.5, np.float32))
    one = graph.weight(np.array(1.0, np.float32))
    erf = graph.node("Erf", graph.node("Mul", hidden, graph.weight(np.array(np.sqrt(0.5), np.float32))))
    gelu = graph.node("Mul", graph.node("Mul", hidden, half), graph.node("Add", erf, one))
    residual = graph.node(
        "Gemm", gelu, graph.weight(aligner.out[0], storage.matrices), graph.weight(aligner.out[1]), transB=1
    )
    prior = graph.node("MatMul", _top_probabilities(graph, logits), graph.weight(aligner.prior, storage.matrices))
    vector = graph.node("Add", residual, prior)
    graph.node("LpNormalization", vector, name="vectors", axis=1, p=2)
    return graph.model("lite_image", [_pixels()], [_floats("vectors", aligner.prior.shape[1])])


class _Convolutions:
    """Adds the tower's convolutions to a graph, one at each call, in the order of use."""

    def __init__(self, graph: Graph, tower: FoldedTower, storage: Storage) -> None:
        self._graph = graph
        self._remaining = iter(tower.convolutions)
        self._storage = storage
        self._size = IMAGE_SIZE
        self._zero = graph.weight(np.array(0.0, np.float32))
        self._six = graph.weight(np.array(6.0, np.float32))

    def __call__(self, x: str, stride: int = 1, *, clip: bool) -> str:
        graph = self._graph
        weight, bias = next(self._remaining)
        kernel, per_group = weight.shape[2], weight.shape[1]
        before, after = same_padding(self._size, kernel, stride)
        self._size = -(-self._size // stride)
        x = graph.node(
            "Conv",
            x,
            graph.weight(weight, self._storage.convolutions),
            graph.weight(bias),
            strides=[stride, stride],
            pads=[before, before, after, after],
            kernel_shape=[kernel, kernel],
            group=weight.shape[0] if per_group == 1 else 1,
        )
        return graph.node("Clip", x, self._zero, self._six) if clip else x


def _first_blocks(graph: Graph, convolve: _Convolutions) -> str:
    from onnx import TensorProto

    x = graph.node("Cast", "pixels", to=TensorProto.FLOAT)
    x = graph.node("Sub", x, graph.weight(np.array(127.0, np.float32)))
    x = graph.node("Mul", x, graph.weight(np.array(1.0 / 128.0, np.float32)))
    x = graph.node("Transpose", x, perm=[0, 3, 1, 2])
    x = convolve(x, 2, clip=True)
    return _blocks(graph, convolve, x, block_shapes()[:FROZEN_BLOCKS])


def _blocks(graph: Graph, convolve: _Convolutions, x: str, shapes: list[BlockShape]) -> str:
    for shape in shapes:
        inputs = x
        if shape.expansion > 1:
            x = convolve(x, clip=True)
        x = convolve(x, shape.stride, clip=True)
        x = convolve(x, clip=False)
        if shape.is_residual:
            x = graph.node("Add", x, inputs)
    return x


def _tower_nodes(graph: Graph, tower: FoldedTower, storage: Storage) -> tuple[str, str]:
    """Add the whole tower; its results are the tensors `pooled` and `logits`."""
    convolve = _Convolutions(graph, tower, storage)
    x = _blocks(graph, convolve, _first_blocks(graph, convolve), block_shapes()[FROZEN_BLOCKS:])
    pooled = graph.node("Flatten", graph.node("GlobalAveragePool", convolve(x, clip=True)), name="pooled")
    weight, bias = (graph.weight(tower.classifier[0], storage.matrices), graph.weight(tower.classifier[1]))
    return pooled, graph.node("Gemm", pooled, weight, bias, name="logits", transB=1)


def _top_probabilities(graph: Graph, logits: str) -> str:
    """The TOP_CLASSES largest softmax probabilities, made to sum to 1, the others 0; shape [n, 1000]."""
    count = graph.weight(np.array([TOP_CLASSES], np.int64))
    values = f"{logits}_top"
    graph.nodes("TopK", logits, count, names=(values, f"{logits}_places"), axis=1)
    least = graph.node("ReduceMin", values, axes=[1], keepdims=1)
    # Exactly the top classes pass; of equal logits at the border all pass, which makes no practical difference.
    is_top = graph.node("GreaterOrEqual", logits, least)
    kept = graph.node("Where", is_top, logits, graph.weight(np.array(-1e9, np.float32)))
    return graph.node("Softmax", kept, axis=1)


def _pixels() -> "onnx.ValueInfoProto":
    from onnx import TensorProto, helper

    return helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["n", IMAGE_SIZE, IMAGE_SIZE, 3])


def _floats(name: str, width: int) -> "onnx.ValueInfoProto":
    from onnx import TensorProto, helper

    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", width])
