"""A BERT sentence encoder as ONNX, written from its safetensors weights without torch."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.graph import CONTRIB, Graph

VERSION = "bert-mean-1"
"""Part of the encoder's fingerprint: change it whenever the graph's results change."""

Weights = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True)
class BertShape:
    """The figures of a BERT that its weights do not tell."""

    layers: int
    heads: int
    dimension: int
    layer_norm_epsilon: float


def bert_model(weights: Weights, shape: BertShape) -> bytes:
    """ONNX: `ids` and `mask`, int32 [n, tokens], to `vectors`, unit rows [n, dimension] (mean over unmasked tokens).

    Padding is 0 in `mask`.  Uses ONNX Runtime's fused operators, so it runs in ONNX Runtime alone.
    """
    from onnx import TensorProto, helper

    graph = Graph()
    x = _embeddings(graph, weights, shape)
    for layer in range(shape.layers):
        x = _layer(graph, weights, f"encoder.layer.{layer}.", x, shape)
    mask = graph.node("Cast", "mask", to=TensorProto.FLOAT)
    mask = graph.node("Unsqueeze", mask, graph.weight(np.array([2], np.int64)))
    total = graph.node("ReduceSum", graph.node("Mul", x, mask), graph.weight(np.array([1], np.int64)), keepdims=0)
    count = graph.node("ReduceSum", mask, graph.weight(np.array([1], np.int64)), keepdims=0)
    graph.node("LpNormalization", graph.node("Div", total, count), name="vectors", axis=1, p=2)
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT32, ["n", "tokens"]) for name in ("ids", "mask")]
    outputs = [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["n", shape.dimension])]
    return graph.model("bert_mean", inputs, outputs)


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


def _layer(graph: Graph, weights: Weights, prefix: str, x: str, shape: BertShape) -> str:
    def linear(name: str) -> str:
        return graph.weight(weights[f"{prefix}{name}.weight"].T)

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

    parts = [f"{prefix}attention.self.{part}" for part in ("query", "key", "value")]
    attended = graph.node(
        "Attention",
        x,
        graph.weight(np.concatenate([weights[f"{part}.weight"].T for part in parts], axis=1)),
        graph.weight(np.concatenate([weights[f"{part}.bias"] for part in parts])),
        "mask",
        domain=CONTRIB,
        num_heads=shape.heads,
    )
    x = add_and_norm(graph.node("MatMul", attended, linear("attention.output.dense")), x, "attention.output")
    wide = graph.node("MatMul", x, linear("intermediate.dense"))
    wide = graph.node("BiasGelu", wide, vector("intermediate.dense.bias"), domain=CONTRIB)
    return add_and_norm(graph.node("MatMul", wide, linear("output.dense")), x, "output")
