"""A BERT sentence encoder as ONNX, written from its safetensors weights without torch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.runtime.onnx_graph import CONTRIB, Graph, to_int8

VERSION = "bert-mean-2"
"""Part of the encoder's fingerprint: change it whenever the graph's results change."""

Weight = NDArray[np.float32]
Weights = Mapping[str, Weight]


@dataclass(frozen=True)
class BertShape:
    """The shape of a BERT, as far as its weights do not show it."""

    layers: int
    heads: int
    dimension: int
    layer_norm_epsilon: float


def bert_model(weights: Weights, shape: BertShape) -> bytes:
    """ONNX: `ids` and `mask`, int32 [n, tokens], to `vectors`, unit rows [n, dimension] (mean over unmasked tokens).

    Padding is 0 in `mask`.  Uses ONNX Runtime's fused operators, so it runs in ONNX Runtime alone.
    """
    from onnx import TensorProto

    graph = Graph()

    def linear(x: str, matrix: Weight, bias: Weight | None = None, *, has_outliers: bool = False) -> str:
        y = graph.node("MatMul", x, graph.weight(matrix))
        return y if bias is None else graph.node("Add", y, graph.weight(bias))

    def attend(x: str, matrix: Weight, bias: Weight) -> str:
        parts = x, graph.weight(matrix), graph.weight(bias), "mask"
        return graph.node("Attention", *parts, domain=CONTRIB, num_heads=shape.heads)

    x = _layers(graph, weights, shape, linear, attend)
    mask = graph.node("Cast", "mask", to=TensorProto.FLOAT)
    mask = graph.node("Unsqueeze", mask, graph.weight(np.array([2], np.int64)))
    total = graph.node("ReduceSum", graph.node("Mul", x, mask), graph.weight(np.array([1], np.int64)), keepdims=0)
    count = graph.node("ReduceSum", mask, graph.weight(np.array([1], np.int64)), keepdims=0)
    return _finish_model(graph, shape, graph.node("Div", total, count), ("ids", "mask"))


def bert_model_8bit(weights: Weights, shape: BertShape) -> bytes:
    """ONNX: `ids`, int32 [1, tokens], to `vectors`, a unit row [1, dimension], by 8-bit matrix products.

    Matrices have a scale for each column; their inputs get a scale from the text alone, so a text's vector does not
    depend on what is encoded with it: that is why it takes one text at a time.
    """
    graph = Graph()

    def linear(x: str, matrix: Weight, bias: Weight | None = None, *, has_outliers: bool = False) -> str:
        steps, scale = to_int8(matrix, axis=1)
        packed = graph.weight(steps), graph.weight(scale.reshape(-1)), graph.weight(np.zeros(matrix.shape[1], np.int8))
        bias_input = () if bias is None else (graph.weight(bias),)
        if not has_outliers:
            return graph.node("DynamicQuantizeMatMul", x, *packed, *bias_input, domain=CONTRIB)
        # A few tokens have values a hundred times those of the others, which would lose all precision: each token is
        # scaled to the same size first, and back afterwards.
        size = graph.node("ReduceMax", graph.node("Abs", x), axes=[2], keepdims=1)
        y = graph.node("DynamicQuantizeMatMul", graph.node("Div", x, size), *packed, domain=CONTRIB)
        return graph.node("Mul", y, size)

    def attend(x: str, matrix: Weight, bias: Weight) -> str:
        parts = tuple(graph.fresh(part) for part in ("query", "key", "value"))
        graph.nodes("Split", linear(x, matrix, bias), names=parts, axis=2)
        return graph.node("MultiHeadAttention", *parts, domain=CONTRIB, num_heads=shape.heads)

    x = _layers(graph, weights, shape, linear, attend)
    return _finish_model(graph, shape, graph.node("ReduceMean", x, axes=[1], keepdims=0), ("ids",))


def _finish_model(graph: Graph, shape: BertShape, mean: str, inputs: Sequence[str]) -> bytes:
    from onnx import TensorProto, helper

    graph.node("LpNormalization", mean, name="vectors", axis=1, p=2)
    input_infos = [helper.make_tensor_value_info(name, TensorProto.INT32, ["n", "tokens"]) for name in inputs]
    output_infos = [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["n", shape.dimension])]
    return graph.model("bert_mean", input_infos, output_infos)


def _embeddings(graph: Graph, weights: Weights, shape: BertShape) -> str:
    # Every text is one segment, so segment 0 is added to the positions once, here.
    positions = weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
    names = graph.fresh("embedded"), graph.fresh("mask_index")
    graph.nodes(
        "EmbedLayerNormalization",
        "ids",
        "",
        graph.weight(weights["embeddings.word_embeddings.weight"]),
        graph.weight(positions),
        "",
        graph.weight(weights["embeddings.LayerNorm.weight"]),
        graph.weight(weights["embeddings.LayerNorm.bias"]),
        names=names,
        domain=CONTRIB,
        epsilon=shape.layer_norm_epsilon,
    )
    return names[0]


def _layers(graph: Graph, weights: Weights, shape: BertShape, linear: "_Linear", attend: "_Attend") -> str:
    x = _embeddings(graph, weights, shape)
    for layer in range(shape.layers):
        x = _layer(graph, weights, f"encoder.layer.{layer}.", x, shape, linear, attend)
    return x


def _layer(
    graph: Graph, weights: Weights, prefix: str, x: str, shape: BertShape, linear: "_Linear", attend: "_Attend"
) -> str:
    def matrix(name: str) -> Weight:
        return weights[f"{prefix}{name}.weight"].T

    def vector(name: str) -> str:
        return graph.weight(weights[f"{prefix}{name}"])

    def add_and_norm(y: str, skip: str, name: str) -> str:
        return graph.node(
            "SkipLayerNormalization",
            y,
            skip,
            vector(f"{name}.LayerNorm.weight"),
            vector(f"{name}.LayerNorm.bias"),
            vector(f"{name}.dense.bias"),
            domain=CONTRIB,
            epsilon=shape.layer_norm_epsilon,
        )

    parts = [f"attention.self.{part}" for part in ("query", "key", "value")]
    attended = attend(
        x,
        np.concatenate([matrix(part) for part in parts], axis=1),
        np.concatenate([weights[f"{prefix}{part}.bias"] for part in parts]),
    )
    x = add_and_norm(linear(attended, matrix("attention.output.dense")), x, "attention.output")
    widened = linear(x, matrix("intermediate.dense"))
    widened = graph.node("BiasGelu", widened, vector("intermediate.dense.bias"), domain=CONTRIB)
    return add_and_norm(linear(widened, matrix("output.dense"), has_outliers=True), x, "output")


class _Linear(Protocol):
    """Adds x @ matrix + bias."""

    def __call__(self, x: str, matrix: Weight, bias: Weight | None = None, *, has_outliers: bool = False) -> str: ...


_Attend = Callable[[str, Weight, Weight], str]
"""Adds self-attention on x with the joined query, key and value matrix and bias."""
