"""Writes ONNX graphs node by node; weights may be stored rounded and are widened when the model is loaded."""

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import onnx

Stored = Literal["float32", "float16", "int8"]
CONTRIB = "com.microsoft"
"""The domain of ONNX Runtime's own fused operators."""


class Graph:
    """A graph under construction: every method returns the name of the tensor it adds."""

    def __init__(self) -> None:
        """Start empty."""
        self._nodes: list[Any] = []
        self._weights: list[Any] = []
        self._names = 0

    def node(self, operator: str, *inputs: str, name: str = "", domain: str = "", **attributes: Any) -> str:
        """Add one operator with one output, called `name`, or by a new name; '' stands for an omitted input."""
        output = name or self.fresh(operator)
        self.nodes(operator, *inputs, names=(output,), domain=domain, **attributes)
        return output

    def nodes(self, operator: str, *inputs: str, names: tuple[str, ...], domain: str = "", **attributes: Any) -> None:
        """Add one operator whose outputs are called `names`; '' stands for an omitted output."""
        from onnx import helper

        self._nodes.append(helper.make_node(operator, list(inputs), list(names), domain=domain, **attributes))

    def weight(self, values: NDArray[Any], stored: Stored = "float32", axis: int = 0) -> str:
        """Add a constant; a rounded one is stored small and widened to float32 when a session loads it.

        int8 has one scale for each index of `axis`.
        """
        from onnx import TensorProto

        if stored == "float32" or not np.issubdtype(values.dtype, np.floating):
            return self._constant(values)
        if stored == "float16":
            return self.node("Cast", self._constant(values.astype(np.float16)), to=TensorProto.FLOAT)
        steps, scale = to_int8(values, axis)
        widened = self.node("Cast", self._constant(steps), to=TensorProto.FLOAT)
        return self.node("Mul", widened, self._constant(scale))

    def model(
        self,
        name: str,
        inputs: "list[onnx.ValueInfoProto]",
        outputs: "list[onnx.ValueInfoProto]",
    ) -> bytes:
        """The finished model, serialised."""
        from onnx import helper

        graph = helper.make_graph(self._nodes, name, inputs, outputs, initializer=self._weights)
        domains = [helper.make_opsetid("", 17), helper.make_opsetid(CONTRIB, 1)]
        model = helper.make_model(graph, opset_imports=domains, ir_version=8, producer_name="nearspace")
        return bytes(model.SerializeToString(deterministic=True))

    def _constant(self, values: NDArray[Any]) -> str:
        from onnx import numpy_helper

        name = self.fresh("weight")
        self._weights.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def fresh(self, stem: str) -> str:
        """A tensor name not yet used."""
        self._names += 1
        return f"{stem.lower()}_{self._names}"


def to_int8(values: NDArray[Any], axis: int) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Round to 8 bits, symmetric, with one scale for each index of `axis`; values are about steps * scale."""
    other_axes = tuple(i for i in range(values.ndim) if i != axis % values.ndim)
    largest = np.abs(values).max(axis=other_axes, keepdims=True)
    scale = np.where(largest > 0, largest / 127.0, 1.0).astype(np.float32)
    return np.clip(np.round(values / scale), -127, 127).astype(np.int8), scale


def as_stored(values: NDArray[np.float32], stored: Stored, axis: int = 0) -> NDArray[np.float32]:
    """`values` as they are once stored that way and widened again."""
    if stored == "float32":
        return values
    if stored == "float16":
        return values.astype(np.float16).astype(np.float32)
    steps, scale = to_int8(values, axis)
    return np.asarray(steps.astype(np.float32) * scale)
