"""Batches through the towers of external encoders: each has its rows, in order, however many run at once."""

import threading
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper

from ingest.encoders.external import onnx_tower
from ingest.encoders.external.onnx_tower import OnnxTower
from ingest.encoders.external.tower import BATCH, MAX_SINGLE_BATCH, SequentialTower, Tower
from ingest.encoders.runtime import parallel
from ingest.encoders.runtime.onnx import open_session
from ingest.encoders.runtime.onnx_graph import Graph
from ingest.encoders.runtime.parallel import batch_size

ROTATION = np.array([[0, 1], [-1, 0]], np.float32)
MANY = 7


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model that turns pairs of numbers by a quarter."""
    graph = Graph()
    graph.node("Gemm", "pairs", graph.weight(ROTATION, "float32"), transB=1, name="vectors")
    inputs = [helper.make_tensor_value_info("pairs", TensorProto.FLOAT, ["n", 2])]
    outputs = [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["n", 2])]
    file = tmp_path / "image.onnx"
    file.write_bytes(graph.model("turning", inputs, outputs))
    return file


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many threads each session that a tower opens for itself has."""
    threads_of: list[int] = []

    def recorded(model: Path, *, threads: int = 0):
        threads_of.append(threads)
        return open_session(model, threads=threads)

    monkeypatch.setattr(onnx_tower, "open_session", recorded)
    monkeypatch.setattr(parallel, "usable_cores", lambda: 4)
    return threads_of


def batch(number: int) -> dict[str, np.ndarray]:
    return {"pairs": np.full((number + 1, 2), [number, 1], np.float32)}


def rows_of(tower: Tower, count: int) -> list[list[list[float]]]:
    return [rows.tolist() for rows in tower.run_batches(count, batch)]


EXPECTED = [[[1.0, -float(number)]] * (number + 1) for number in range(MANY)]


def test_each_of_many_batches_has_a_core_and_its_rows_come_in_order(model, opened):
    tower = OnnxTower(open_session(model), model)
    assert rows_of(tower, MANY) == EXPECTED
    assert rows_of(tower, MANY) == EXPECTED
    assert opened == [1], "one session more, of one thread, however often it runs"


def test_a_single_batch_has_all_cores(model, opened):
    tower = OnnxTower(open_session(model), model)
    assert rows_of(tower, 1) == EXPECTED[:1]
    assert tower(batch(2)).tolist() == EXPECTED[2]
    assert opened == []


@pytest.mark.parametrize("separate_weights", [False, True])
def test_a_large_model_is_not_opened_twice(model, opened, monkeypatch, separate_weights):
    size = model.stat().st_size
    if separate_weights:
        model.with_name("image.onnx.data").write_bytes(bytes(size))
    monkeypatch.setattr(onnx_tower, "MAX_SECOND_SESSION_BYTES", 2 * size - 1 if separate_weights else size - 1)
    tower = OnnxTower(open_session(model), model)
    assert rows_of(tower, MANY) == EXPECTED
    assert opened == []
    assert tower.batch_size(100) == BATCH


def test_threads_that_come_at_once_open_one_session(model, opened):
    tower = OnnxTower(open_session(model), model)
    threads = [threading.Thread(target=rows_of, args=(tower, MANY)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert opened == [1]


def test_no_core_is_idle_while_another_has_several_inputs(model, opened):
    tower = OnnxTower(open_session(model), model)
    assert [tower.batch_size(count) for count in (0, 1, MAX_SINGLE_BATCH, 12, 32, 100)] == [
        1,
        1,
        MAX_SINGLE_BATCH,
        3,
        8,
        8,
    ]
    assert [batch_size(count, 8) for count in (1, 4, 5, 32, 100)] == [1, 1, 2, 8, 8]


def test_a_sequential_tower_runs_one_batch_after_the_other():
    running: list[int] = []

    def run(arrays):
        running.append(threading.get_ident())
        return arrays["pairs"] @ ROTATION.T

    tower = SequentialTower(run)
    assert rows_of(tower, MANY) == EXPECTED
    assert set(running) == {threading.get_ident()}
    assert [tower.batch_size(count) for count in (0, 1, BATCH + 1)] == [1, 1, BATCH]
