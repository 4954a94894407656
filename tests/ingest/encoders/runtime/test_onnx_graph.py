"""Writing ONNX graphs, and what rounding the stored weights costs."""

import numpy as np
import pytest
from onnx import TensorProto, helper

from ingest.encoders.runtime.onnx import open_session
from ingest.encoders.runtime.onnx_graph import Graph, Stored, as_stored, to_int8

WEIGHTS = (
    np.random.default_rng(7).standard_normal((6, 4)).astype(np.float32)
    * np.logspace(-3, 2, 6, dtype=np.float32)[:, None]
)


def product(stored: Stored) -> bytes:
    """A model that multiplies rows by WEIGHTS."""
    graph = Graph()
    graph.node("Gemm", "x", graph.weight(WEIGHTS, stored), transB=1, name="y")
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 4])]
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 6])]
    return graph.model("product", inputs, outputs)


@pytest.mark.parametrize("stored", ["float32", "float16", "int8"])
def test_a_session_sees_the_weights_as_they_were_stored(stored: Stored) -> None:
    seen = open_session(product(stored)).run(["y"], {"x": np.eye(4, dtype=np.float32)})[0].T
    np.testing.assert_allclose(seen, as_stored(WEIGHTS, stored), rtol=1e-6)


@pytest.mark.parametrize(("stored", "error"), [("float32", 0.0), ("float16", 2.0**-11), ("int8", 0.5 / 127)])
def test_rounding_is_bounded_by_each_rows_largest_weight(stored: Stored, error: float) -> None:
    largest = np.abs(WEIGHTS).max(axis=1, keepdims=True)
    assert (np.abs(as_stored(WEIGHTS, stored) - WEIGHTS) <= largest * error * 1.001).all()


def test_a_row_of_zeros_stays_zero_in_8_bits() -> None:
    steps, scale = to_int8(np.zeros((2, 3), np.float32), axis=0)
    assert not steps.any() and (scale == 1).all()


def test_the_same_graph_is_always_the_same_bytes() -> None:
    assert product("int8") == product("int8")
