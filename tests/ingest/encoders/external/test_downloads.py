"""Models are fetched by the hub's own client, once, and from then on found on this machine."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ingest.encoders.external.make_models import clip_st_folder, openclip_folder, text_st_folder
from tests.ingest.encoders.external.model_server import serving
from tests.patience import limit

pytest.importorskip("open_clip", reason="OpenCLIP is not installed (pip install 'nearspace[models]')")
pytest.importorskip("sentence_transformers", reason="sentence-transformers is not installed")
pytestmark = pytest.mark.filterwarnings("ignore")  # what the packages warn their own developers of

CODE = """
import json, sys
from ingest.encoders.registry import load_encoder
from ingest.errors import EncoderError
said = []
try:
    encoder = load_encoder(sys.argv[1], device="cpu", log=said.append)
    print(json.dumps({"said": said, "dimension": encoder.encode_texts(["a dog"]).shape[1]}))
except EncoderError as error:
    print(json.dumps({"said": said, "error": str(error)}))
"""


def load(encoder_id: str, tmp_path: Path, endpoint: str) -> dict:
    """Load an encoder in a process of its own, since the hub's client reads its settings when it is imported."""
    variables = {"HF_HOME": str(tmp_path / "hub"), "HF_ENDPOINT": endpoint, "HF_HUB_OFFLINE": "0"}
    variables |= {"NEARSPACE_CACHE": str(tmp_path / "cache"), "HF_HUB_DISABLE_XET": "1"}
    environment = {**os.environ, **variables, "PYTHONPATH": str(Path(__file__).parents[4])}
    command = [sys.executable, "-c", CODE, encoder_id]
    done = subprocess.run(command, capture_output=True, text=True, timeout=limit(300), env=environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("kind", ["openclip", "st"])
def test_a_model_is_fetched_once(tmp_path: Path, kind: str) -> None:
    shelf = tmp_path / "shelf"
    if kind == "openclip":
        openclip_folder(shelf / "someone" / "model")
        encoder_id = "openclip:hf-hub:someone/model"
    else:
        clip_st_folder(shelf / "someone" / "images")
        (shelf / "someone" / "images" / "0_CLIPModel" / "pytorch_model.bin").write_bytes(b"a pickle")
        text_st_folder(shelf / "sentence-transformers" / "texts")
        encoder_id = "st:texts+someone/images"
    with serving(shelf) as (endpoint, sent):
        first = load(encoder_id, tmp_path, endpoint)
        assert first.get("dimension") == 24, first
        assert any(line.startswith("fetching ") for line in first["said"])
        assert any(name.endswith(".safetensors") for name in sent)
        assert not any(name.endswith(".bin") for name in sent), "weights came as safetensors alone"
        before = len(sent)
        assert load(encoder_id, tmp_path, endpoint)["said"] == []
        assert len(sent) == before
    offline = load(encoder_id, tmp_path, "http://192.0.2.1")
    assert offline == {"said": [], "dimension": 24}


def test_a_repository_or_a_file_that_the_hub_does_not_have_is_reported_in_three_lines(tmp_path: Path) -> None:
    folder = openclip_folder(tmp_path / "shelf" / "someone" / "model")
    (folder / "open_clip_model.safetensors").unlink()
    with serving(tmp_path / "shelf") as (endpoint, _):
        for name, why in (
            ("model", "the repository has no file of that name"),
            ("nothing", "no repository of that name"),
        ):
            lines = load(f"openclip:hf-hub:someone/{name}", tmp_path, endpoint)["error"].splitlines()
            assert len(lines) == 3
            assert f"someone/{name}" in lines[0] and why in lines[1]
