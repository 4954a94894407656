"""An encoder that was compiled loads without its model: by receipts, wherever they are from."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper
from PIL import Image
from tokenizers import Tokenizer, models, pre_tokenizers

from ingest.encoders.base import EncoderInfo
from ingest.encoders.external.external_encoder import ModelSpec
from ingest.encoders.external.load_external import load_external_encoder
from ingest.encoders.external.preprocessing import Preprocessing
from ingest.encoders.external.tokenizer import TokenLayout
from ingest.encoders.external.torch_model import TorchModel
from ingest.encoders.runtime.digests import sha256_of
from ingest.encoders.runtime.onnx_graph import Graph
from ingest.encoders.runtime.receipts import record_match

FINGERPRINT = "0123456789abcdef" * 4


class LoadedWithTorch(Exception):
    """The encoder was loaded with torch."""


def refuse() -> TorchModel:
    raise LoadedWithTorch


SPEC = ModelSpec("openclip:local-dir:/somewhere", FINGERPRINT, "MIT", int8=False, load=refuse)


def tower(name: str, kind: int, shape: list[str | int]) -> bytes:
    """A tower whose two numbers are the sum of its inputs and one."""
    graph = Graph()
    numbers = graph.node("Cast", name, to=TensorProto.FLOAT)
    total = graph.node("ReduceSum", graph.node("Flatten", numbers), graph.weight(np.array([1])), keepdims=1)
    one = graph.node("Add", graph.node("Mul", total, graph.weight(np.float32([0]))), graph.weight(np.float32([1])))
    graph.node("Concat", total, one, name="vectors", axis=1)
    inputs = [helper.make_tensor_value_info(name, kind, shape)]
    return graph.model("sums", inputs, [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["n", 2])])


@pytest.fixture
def compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a compiled encoder, as the loader writes it, still without receipts."""
    monkeypatch.setenv("NEARSPACE_CACHE", str(tmp_path))
    folder = tmp_path / "compiled" / FINGERPRINT[:24]
    folder.mkdir(parents=True)
    (folder / "text.onnx").write_bytes(tower("ids", TensorProto.INT64, ["n", "tokens"]))
    (folder / "image.onnx").write_bytes(tower("pixels", TensorProto.UINT8, ["n", 4, 4, 3]))
    tokenizer = Tokenizer(models.WordLevel({"a": 3, "b": 4, "[UNK]": 5}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    (folder / "tokenizer.json").write_text(tokenizer.to_str(), encoding="utf-8")
    preprocessing = Preprocessing(4, 4, "squash", 4, "bicubic", (0.0,) * 3, (1.0,) * 3)
    facts = {
        "fingerprint": FINGERPRINT,
        "towers": ["text", "image"],
        "tried_in_vain": {},
        "info": asdict(EncoderInfo("openclip:other", FINGERPRINT, 2, 4, 6, "")),
        "frame": asdict(TokenLayout("lower", (1,), (2,), 0, 8, full=False)),
        "preprocessing": asdict(preprocessing),
    }
    (folder / "encoder.json").write_text(json.dumps(facts), encoding="utf-8")
    return folder


def check_loads(compiled: Path) -> None:
    encoder = load_external_encoder(SPEC, "cpu")
    assert (encoder.info.id, encoder.info.licence, encoder.info.text_window) == (SPEC.id, "MIT", 6)
    expected = np.array([[1 + 3 + 2, 1], [1 + 3 + 4 + 2, 1]]) / np.hypot([[6], [10]], 1)
    np.testing.assert_allclose(encoder.encode_texts(["a", "A b"]), expected, atol=1e-6)
    images = encoder.encode_images([Image.new("RGB", (9, 9), "black")] * 20)
    np.testing.assert_allclose(images, [[0, 1]] * 20, atol=1e-6)
    assert encoder.token_spans("a b") == [(0, 1), (2, 3)]
    assert encoder.encode_texts([]).shape == encoder.encode_images([]).shape == (0, 2)


def test_it_loads_by_its_receipts_alone(compiled: Path) -> None:
    for name in ("text", "image"):
        record_match(sha256_of(compiled / f"{name}.onnx"), FINGERPRINT, 1e-7)
    check_loads(compiled)
    moved = compiled.with_name("moved")
    compiled.rename(moved)
    moved.rename(compiled)
    check_loads(compiled)


def test_it_loads_by_the_receipts_that_earlier_versions_wrote_beside_it(compiled: Path) -> None:
    from onnxruntime import __version__ as runtime

    for name in ("text", "image"):
        facts = {"sha256": sha256_of(compiled / f"{name}.onnx"), "onnxruntime": runtime, "difference": 1e-7}
        (compiled / f"{name}.json").write_text(json.dumps(facts), encoding="utf-8")
    check_loads(compiled)


@pytest.mark.parametrize("change", ["no receipt", "another tower", "damaged facts", "another fingerprint"])
def test_what_is_incomplete_or_changed_is_compiled_again(compiled: Path, change: str) -> None:
    if change != "no receipt":
        for name in ("text", "image"):
            record_match(sha256_of(compiled / f"{name}.onnx"), FINGERPRINT, 1e-7)
    if change == "another tower":
        (compiled / "text.onnx").write_bytes(tower("ids", TensorProto.INT64, ["n", 7]))
    elif change == "damaged facts":
        (compiled / "encoder.json").write_text("{", encoding="utf-8")
    elif change == "another fingerprint":
        facts = json.loads((compiled / "encoder.json").read_text(encoding="utf-8"))
        (compiled / "encoder.json").write_text(json.dumps(facts | {"fingerprint": "other"}), encoding="utf-8")
    with pytest.raises(LoadedWithTorch):
        load_external_encoder(SPEC, "cpu")
