"""Takes `lite`'s image tower apart: the tower up to its features, and the aligner that follows."""

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
class LiteParts:
    """`lite`'s image tower in two parts that together give its vectors; may be called from several threads at once."""

    tower: "InferenceSession"
    """Runs in one thread; see side_by_side."""
    pooled: str
    prior: str
    aligner: Aligner
    """Its linear map is the identity: what `lite` learnt of it is folded into the prior."""

    def features(self, pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Pooled features (n, features) and priors (n, dimension) of pictures (n, 260, 260, 3)."""
        pooled, prior = self.tower.run([self.pooled, self.prior], {"pixels": pixels})
        return pooled, prior


def take_apart(model: Path) -> LiteParts:
    """Read the aligner's weights and the names of its inputs from the graph itself, whatever its sizes are.

    Raises WeightsError if the file is damaged, or if the graph does not end as `Aligner` describes.
    """
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    try:
        graph = onnx.load(model).graph
    except (OSError, DecodeError) as error:
        raise WeightsError(f"{model.name} of lite cannot be read ({error}). Install Nearspace again.") from error
    end = _find_end(graph)
    if end is None:
        raise WeightsError(
            f"The image tower of lite in {model} does not end in the aligner that this Nearspace tunes. "
            "Install Nearspace again, so that program and weights belong together."
        )
    tower = open_session(_with_outputs(model, [end.pooled, end.prior]), threads=1)
    nothing = np.zeros((1, IMAGE_SIZE, IMAGE_SIZE, 3), np.uint8)
    # The runtime widens weights that are stored small, in whichever way they are.
    weights = open_session(_with_outputs(model, list(end.weights.values()))).run(
        list(end.weights.values()), {"pixels": nothing}
    )
    found = dict(zip(end.weights, weights, strict=True))
    dimension = len(found["out_bias"])
    return LiteParts(
        tower, end.pooled, end.prior, from_weights({**found, "linear": np.eye(dimension, dtype=np.float32)})
    )


@dataclass(frozen=True)
class _End:
    """The names of tensors in a graph that ends in an aligner."""

    pooled: str
    prior: str
    weights: dict[str, str]


def _find_end(graph: Any) -> _End | None:
    makers = {name: node for node in graph.node for name in node.output}

    def maker(name: str, *operators: str) -> Any:
        node = makers.get(name)
        return node if node is not None and node.op_type in operators else None

    norm = maker("vectors", "LpNormalization")
    total = norm and maker(norm.input[0], "Add")
    if not total:
        return None
    out = next((node for name in total.input if (node := maker(name, "Gemm"))), None)
    prior = next((name for name in total.input if maker(name, "MatMul")), None)
    hidden = out and _first_above(out.input[0], makers)
    if not (out and prior and hidden and _is_linear(out) and _is_linear(hidden)):
        return None
    weights = dict(
        zip(
            ("hidden_weight", "hidden_bias", "out_weight", "out_bias"),
            (*hidden.input[1:3], *out.input[1:3]),
            strict=True,
        )
    )
    return _End(hidden.input[0], prior, weights)


def _first_above(name: str, makers: dict[str, Any]) -> Any:
    """The nearest Gemm that `name` comes from, by way of an activation."""
    waiting = [name]
    while waiting:
        node = makers.get(waiting.pop(0))
        if node is None:
            continue
        if node.op_type == "Gemm":
            return node
        waiting.extend(node.input)
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
