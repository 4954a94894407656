"""What a person sees who names a model whose packages are not installed."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from ingest.encoders.registry import load_encoder
from ingest.errors import EncoderError

HIDDEN = {"open_clip", "sentence_transformers", "torch", "onnxscript"}


@pytest.fixture(autouse=True)
def without_the_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The packages of the extra cannot be found, and neither cache has anything."""
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if name in HIDDEN else find(name, *more))
    monkeypatch.setenv("NEARSPACE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    monkeypatch.delenv("NEARSPACE_DEVICE", raising=False)


def model_folder(folder: Path) -> Path:
    """A folder with all an OpenCLIP and a sentence-transformers model needs, but for sense."""
    folder.mkdir()
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": {"text_cfg": {}}}), encoding="utf-8")
    module = {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}
    (folder / "modules.json").write_text(json.dumps([module]), encoding="utf-8")
    for name in ("open_clip_model.safetensors", "model.safetensors"):
        save_file({"weight": np.zeros(3, np.float32)}, folder / name)
    return folder


@pytest.mark.parametrize(
    ("encoder_id", "package"),
    [
        ("openclip:ViT-B-32/laion2b_s34b_b79k", "open_clip"),
        ("openclip:hf-hub:timm/ViT-B-16-SigLIP2", "open_clip"),
        ("openclip:local-dir:FOLDER", "open_clip"),
        ("st:clip-ViT-B-32", "sentence_transformers"),
        ("st:FOLDER", "sentence_transformers"),
    ],
)
def test_the_error_names_the_packages_and_the_extra(tmp_path: Path, encoder_id: str, package: str) -> None:
    folder = model_folder(tmp_path / "model")
    with pytest.raises(EncoderError) as error:
        load_encoder(encoder_id.replace("FOLDER", str(folder)))
    assert f"{package}, torch and onnxscript" in str(error.value)
    assert str(error.value).endswith("Run pip install 'nearspace[models]'.")
