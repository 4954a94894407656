"""The image tower as ONNX: batch norm folded into the convolutions, the aligner at the end, weights stored small."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.graph import Graph, Stored, as_stored
from ingest.encoders.training.efficientnet_lite2 import (
    FEATURES,
    IMAGE_SIZE,
    EfficientNetLite2,
    block_shapes,
    same_padding,
)

if TYPE_CHECKING:
    import onnx

TOP_CLASSES = 20
"""How many class probabilities the prior averages (ConSE, Norouzi et al. 2014)."""

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


def fold(tower: EfficientNetLite2, storage: Storage = EXACT) -> FoldedTower:
    """Fold every batch norm into its convolution and round the weights to what `storage` keeps of them."""
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
        kept = as_stored(weight.float().numpy(), storage.convolutions)
        folded.append((kept, bias.float().numpy()))
    classifier = tower._fc.weight.detach().float().numpy()
    return FoldedTower(
        convolutions=tuple(folded),
        classifier=(as_stored(classifier, storage.matrices), tower._fc.bias.detach().float().numpy()),
    )


def features_model(tower: FoldedTower, storage: Storage = EXACT) -> bytes:
    """ONNX: `pixels` uint8 [n, 260, 260, 3] to `pooled` [n, 1280] and `logits` [n, 1000]."""
    graph = Graph()
    pooled, logits = _tower_nodes(graph, tower, storage)
    graph.node("Identity", pooled, name="pooled")
    graph.node("Identity", logits, name="logits")
    return graph.model("efficientnet_lite2", [_pixels()], [_floats("pooled", FEATURES), _floats("logits", 1000)])


def image_model(tower: FoldedTower, aligner: AlignerWeights, storage: Storage) -> bytes:
    """ONNX: `pixels` uint8 [n, 260, 260, 3] to `vectors`, unit rows [n, 384]."""
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


def _tower_nodes(graph: Graph, tower: FoldedTower, storage: Storage) -> tuple[str, str]:
    from onnx import TensorProto

    convolutions = iter(tower.convolutions)
    size = IMAGE_SIZE

    def convolve(x: str, stride: int = 1, *, clip: bool) -> str:
        nonlocal size
        weight, bias = next(convolutions)
        kernel, per_group = weight.shape[2], weight.shape[1]
        before, after = same_padding(size, kernel, stride)
        size = -(-size // stride)
        x = graph.node(
            "Conv",
            x,
            graph.weight(weight, storage.convolutions),
            graph.weight(bias),
            strides=[stride, stride],
            pads=[before, before, after, after],
            kernel_shape=[kernel, kernel],
            group=weight.shape[0] if per_group == 1 else 1,
        )
        return graph.node("Clip", x, zero, six) if clip else x

    zero = graph.weight(np.array(0.0, np.float32))
    six = graph.weight(np.array(6.0, np.float32))
    x = graph.node("Cast", "pixels", to=TensorProto.FLOAT)
    x = graph.node("Sub", x, graph.weight(np.array(127.0, np.float32)))
    x = graph.node("Mul", x, graph.weight(np.array(1.0 / 128.0, np.float32)))
    x = graph.node("Transpose", x, perm=[0, 3, 1, 2])
    x = convolve(x, 2, clip=True)
    for shape in block_shapes():
        inputs = x
        if shape.expansion > 1:
            x = convolve(x, clip=True)
        x = convolve(x, shape.stride, clip=True)
        x = convolve(x, clip=False)
        if shape.is_residual:
            x = graph.node("Add", x, inputs)
    x = convolve(x, clip=True)
    pooled = graph.node("Flatten", graph.node("GlobalAveragePool", x))
    weight, bias = tower.classifier
    return pooled, graph.node("Gemm", pooled, graph.weight(weight, storage.matrices), graph.weight(bias), transB=1)


def _top_probabilities(graph: Graph, logits: str) -> str:
    """The TOP_CLASSES largest softmax probabilities, made to sum to 1, the others 0; shape [n, 1000]."""
    count = graph.weight(np.array([TOP_CLASSES], np.int64))
    values = f"{logits}_top"
    graph.nodes("TopK", logits, count, names=(values, f"{logits}_places"), axis=1)
    least = graph.node("ReduceMin", values, axes=[1], keepdims=1)
    # Exactly the top classes pass; of equal logits at the border all pass, which no picture will notice.
    is_top = graph.node("GreaterOrEqual", logits, least)
    kept = graph.node("Where", is_top, logits, graph.weight(np.array(-1e9, np.float32)))
    return graph.node("Softmax", kept, axis=1)


def _pixels() -> "onnx.ValueInfoProto":
    from onnx import TensorProto, helper

    return helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["n", IMAGE_SIZE, IMAGE_SIZE, 3])


def _floats(name: str, width: int) -> "onnx.ValueInfoProto":
    from onnx import TensorProto, helper

    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", width])
