"""How external encoders are compiled and cached: large towers, towers that cannot be compiled, other devices."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ingest.encoders.base import Encoder
from ingest.encoders.registry import load_encoder
from ingest.encoders.runtime import onnx_export
from ingest.errors import WeightsError
from tests.ingest.encoders.external.make_models import openclip_folder

torch = pytest.importorskip("torch", reason="torch is not installed (pip install 'nearspace[models]')")
pytest.importorskip("open_clip", reason="OpenCLIP is not installed (pip install 'nearspace[models]')")
pytestmark = pytest.mark.filterwarnings("ignore")  # what the packages warn their own developers of

TEXTS = ["a photo of a dog", "", "two boats at sea"]
IMAGES = [Image.new("RGB", (40, 30), "teal"), Image.new("RGB", (30, 40), "red")]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small OpenCLIP model, beside an empty cache folder."""
    monkeypatch.setenv("NEARSPACE_CACHE", str(tmp_path / "cache"))
    return openclip_folder(tmp_path / "model")


def load(folder: Path, suffix: str = "", device: str = "cpu", **options) -> Encoder:
    return load_encoder(f"openclip:local-dir:{folder}{suffix}", device=device, **options)


@pytest.mark.parametrize("suffix", ["", "@int8"])
def test_a_tower_too_large_for_one_file_has_its_weights_in_a_file_beside_it(
    folder: Path, tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = load(folder, suffix)
    (compiled,) = (tmp_path / "cache" / "compiled").iterdir()
    compiled.rename(tmp_path / "whole")
    monkeypatch.setattr(onnx_export, "LARGEST_FILE", 1000)
    apart = load(folder, suffix)
    assert {"text.onnx.data", "image.onnx.data"} <= {file.name for file in compiled.iterdir()}
    assert (compiled / "text.onnx").stat().st_size < (tmp_path / "whole" / "text.onnx").stat().st_size / 2
    log_lines: list[str] = []
    again = load(folder, suffix, log=log_lines.append)
    assert log_lines == []
    for encoder in (apart, again):
        np.testing.assert_allclose(encoder.encode_texts(TEXTS), expected.encode_texts(TEXTS), atol=1e-6)
        np.testing.assert_allclose(encoder.encode_images(IMAGES), expected.encode_images(IMAGES), atol=1e-6)


def test_weights_beside_a_tower_that_are_damaged_are_made_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_export, "LARGEST_FILE", 1000)
    expected = load(folder).encode_texts(TEXTS)
    (weights,) = (tmp_path / "cache" / "compiled").rglob("text.onnx.data")
    weights.write_bytes(weights.read_bytes()[:100])
    log_lines: list[str] = []
    np.testing.assert_allclose(load(folder, log=log_lines.append).encode_texts(TEXTS), expected, atol=1e-6)
    assert any(line.startswith("compiling the text tower") for line in log_lines)


def test_a_tower_that_cannot_be_compiled_runs_in_torch_and_is_tried_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def refuse(*arguments: object, **options: object) -> None:
        tried.append("")
        raise torch.onnx.OnnxExporterError("an operator is not known\nmore about it")

    reference = load(folder, "@int8")  # another fingerprint, so nothing of it is used below
    monkeypatch.setattr(torch.onnx, "export", refuse)
    log_lines: list[str] = []
    encoder = load(folder, log=log_lines.append)
    assert "the text tower" in log_lines[2] and "cannot be compiled (an operator is not known)" in log_lines[2]
    assert len(tried) == 2
    again = load(folder)
    assert len(tried) == 2
    assert (encoder.encode_texts(TEXTS) * reference.encode_texts(TEXTS)).sum(axis=1).min() > 0.98
    np.testing.assert_allclose(again.encode_images(IMAGES), encoder.encode_images(IMAGES), atol=1e-6)
    with pytest.raises(WeightsError, match="cannot be rounded to 8 bits"):
        load(openclip_folder(folder.with_name("other"), seed=9), "@int8")


def test_half_precision_is_used_where_it_keeps_the_vectors(folder: Path) -> None:
    from ingest.encoders.external.openclip_files import files_in_folder
    from ingest.encoders.external.openclip_torch import load_torch_model
    from ingest.encoders.external.reference_inputs import reference_inputs
    from ingest.encoders.external.tokenizer import TextTokenizer
    from ingest.encoders.external.torch_tower import device_towers, torch_tower

    model = load_torch_model("openclip:x", files_in_folder("openclip:x", folder, None))
    pixels = {"pixels": np.random.default_rng(1).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)}
    exact = torch_tower(model.image.module, "cpu", half=False)(pixels)
    log_lines: list[str] = []
    _, image = device_towers(
        model, *reference_inputs(model, TextTokenizer(model.tokenizer, model.layout)), "cpu", log=log_lines.append
    )
    difference = np.abs(image(pixels) - exact).max()
    assert 0 < difference < 0.01
    assert log_lines[1].startswith("the image tower runs on cpu in half precision")


def test_a_tower_that_half_precision_would_change_runs_in_float32(folder: Path) -> None:
    from ingest.encoders.external.openclip_files import files_in_folder
    from ingest.encoders.external.openclip_torch import load_torch_model
    from ingest.encoders.external.reference_inputs import reference_inputs
    from ingest.encoders.external.tokenizer import TextTokenizer
    from ingest.encoders.external.torch_tower import device_towers

    model = load_torch_model("openclip:x", files_in_folder("openclip:x", folder, None))
    with torch.no_grad():  # beyond what 16 bits hold
        model.image.module._module.conv1.weight.mul_(1e6)
        model.image.module._module.ln_pre.weight.mul_(1e5)
    log_lines: list[str] = []
    _, image = device_towers(
        model, *reference_inputs(model, TextTokenizer(model.tokenizer, model.layout)), "cpu", log=log_lines.append
    )
    assert "in float32, since half precision would change its vectors" in log_lines[1]
    rows = image({"pixels": np.full((2, 32, 32, 3), 90, np.uint8)})
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-4)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
def test_a_graphics_card_gives_the_same_vectors_and_fingerprint(folder: Path) -> None:
    on_cpu, on_card = load(folder), load(folder, device="cuda")
    assert on_cpu.info == on_card.info
    for method, inputs in (("encode_texts", TEXTS), ("encode_images", IMAGES)):
        np.testing.assert_allclose(getattr(on_card, method)(inputs), getattr(on_cpu, method)(inputs), atol=0.01)
