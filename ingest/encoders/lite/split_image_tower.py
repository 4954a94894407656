"""Splits `lite`'s image tower in two: the network up to its features, and the aligner after it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.lite.aligner import Aligner, from_weights
from ingest.encoders.lite.pixels import IMAGE_SIZE
from ingest.encoders.runtime.onnx import open_session
from ingest.errors import WeightsError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession


@dataclass(frozen=True)
class SplitImageTower:
    """`lite`'s image tower as two parts that together give its vectors; may be called from several threads at once."""

    network: "InferenceSession"
    """Runs in one thread; see map_in_threads."""
    pooled_name: str
    """Name of the output of pooled features."""
    prior_name: str
    """Name of the output of priors."""
    aligner: Aligner
    """Its linear map is the identity: the one that `lite` was trained with is folded into the prior."""

    def features(self, pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Pooled features (n, features) and priors (n, dimension) of pictures (n, 260, 260, 3)."""
        pooled, prior = self.network.run([self.pooled_name, self.prior_name], {"pixels": pixels})
        return pooled, prior


def split_image_tower(model: Path) -> SplitImageTower:
    """Read the aligner's weights and the names of its inputs from the graph itself, whatever its sizes are.

    Raises WeightsError if the file is damaged, or if the graph does not end as `Aligner` describes.
    """
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    try:
        graph = onnx.load(model).graph
    except (OSError, DecodeError) as error:
        raise WeightsError(f"{model.name} of lite cannot be read ({error}). Install Nearspace again.") from error
    tensors = _find_aligner(graph)
    if tensors is None:
        raise WeightsError(
            f"The image tower of lite in {model} does not end in the aligner that this Nearspace tunes. "
            "Install Nearspace again, so that program and weights belong together."
        )
    network = open_session(_with_outputs(model, [tensors.pooled, tensors.prior]), threads=1)
    # The runtime widens weights that are stored small, however they are stored.
    names = list(tensors.weights.values())
    blank = np.zeros((1, IMAGE_SIZE, IMAGE_SIZE, 3), np.uint8)
    values = open_session(_with_outputs(model, names)).run(names, {"pixels": blank})
    weights = dict(zip(tensors.weights, values, strict=True))
    weights["linear"] = np.eye(len(weights["out_bias"]), dtype=np.float32)
    return SplitImageTower(network, tensors.pooled, tensors.prior, from_weights(weights))


@dataclass(frozen=True)
class _AlignerTensors:
    """The names of the aligner's tensors in a graph."""

    pooled: str
    prior: str
    weights: dict[str, str]


def _find_aligner(graph: Any) -> _AlignerTensors | None:
    producers = {name: node for node in graph.node for name in node.output}

    def producer(name: str, *operators: str) -> Any:
        node = producers.get(name)
        return node if node is not None and node.op_type in operators else None

    norm = producer("vectors", "LpNormalization")
    total = norm and producer(norm.input[0], "Add")
    if not total:
        return None
    out = next((node for name in total.input if (node := producer(name, "Gemm"))), None)
    prior = next((name for name in total.input if producer(name, "MatMul")), None)
    hidden = out and _nearest_gemm(out.input[0], producers)
    if not (out and prior and hidden and _is_linear(out) and _is_linear(hidden)):
        return None
    weights = dict(
        zip(
            ("hidden_weight", "hidden_bias", "out_weight", "out_bias"),
            (*hidden.input[1:3], *out.input[1:3]),
            strict=True,
        )
    )
    return _AlignerTensors(hidden.input[0], prior, weights)


def _nearest_gemm(name: str, producers: dict[str, Any]) -> Any:
    """The nearest Gemm that `name` is computed from, through an activation."""
    queue = [name]
    while queue:
        node = producers.get(queue.pop(0))
        if node is None:
            continue
        if node.op_type == "Gemm":
            return node
        queue.extend(node.input)
    return None


def _is_linear(gemm: Any) -> bool:
    return len(gemm.input) == 3 and {a.name: a.i for a in gemm.attribute if a.name == "transB"} == {"transB": 1}


def _with_outputs(model: Path, names: list[str]) -> bytes:
    """The model with these tensors as its outputs."""
    import onnx
    from onnx import TensorProto, helper

    loaded = onnx.load(model)
    del loaded.graph.output[:]
    loaded.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names)
    return bytes(loaded.SerializeToString())
