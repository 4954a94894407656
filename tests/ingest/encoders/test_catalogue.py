"""The list of encoders: facts that a person can choose by, given at once."""

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from ingest.commands import encoders as command
from ingest.encoders.catalogue import MODELS, OPENCLIP_FILES, licence_of
from ingest.encoders.registry import list_encoders
from tests.patience import limit


def nearspace(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "ingest.cli", "encoders", *arguments]
    return subprocess.run(line, capture_output=True, text=True, timeout=limit(300), env={**os.environ, **variables})


def test_about_a_dozen_models_small_to_best_english_and_multilingual() -> None:
    assert 12 <= len(MODELS) <= 20
    assert len({model.id for model in MODELS}) == len(MODELS)
    assert min(model.megabytes for model in MODELS) < 400 and max(model.megabytes for model in MODELS) > 4000
    assert sum(model.languages == "English" for model in MODELS) >= 5
    assert sum(model.languages != "English" for model in MODELS) >= 5


def test_every_figure_names_its_source_and_is_a_percentage() -> None:
    for model in MODELS:
        figures = [figure for recall in (model.flickr30k, model.coco) if recall for figure in recall]
        assert all(20 < figure < 100 for figure in figures), model.id
        assert bool(figures) == bool(model.source), model.id
        assert model.licence and model.weights, model.id


def test_a_models_licence_is_known_rounded_or_not() -> None:
    assert licence_of("openclip:ViT-B-32/laion2b_s34b_b79k") == "MIT"
    assert licence_of("openclip:ViT-B-32/laion2b_s34b_b79k@int8") == "MIT"
    assert licence_of("openclip:local-dir:/anything") == ""


def test_lite_comes_first_and_is_here() -> None:
    first = list_encoders()[0]
    assert (first.id, first.dimension, first.here) == ("lite", 384, True)


def test_weights_in_the_hubs_cache_are_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    wanted = "openclip:ViT-B-16-SigLIP2/webli"
    assert not {model.id: model.here for model in list_encoders()}[wanted]
    folder = tmp_path / "hub" / "models--timm--ViT-B-16-SigLIP2"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text("abc")
    (folder / "snapshots" / "abc").mkdir(parents=True)
    (folder / "snapshots" / "abc" / OPENCLIP_FILES[0]).write_bytes(b"")
    here = [model.id for model in list_encoders() if model.here and model.id.startswith("openclip")]
    assert here == [wanted]


def test_the_command_prints_a_row_a_model_and_imports_nothing_heavy() -> None:
    done = nearspace()
    assert done.returncode == 0, done.stderr
    row = next(line for line in done.stdout.splitlines() if line.startswith("openclip:ViT-B-32/laion2b_s34b_b79k "))
    assert re.search(r"512 +224 +75 +English +605 .* 66\.8 / 84\.1 +39\.3 / 56\.3 .* MIT", row)
    assert "openclip_retrieval_results.csv" in done.stdout
    code = (
        "import sys; from ingest.cli import main; main(['encoders']);"
        "heavy = {'torch', 'open_clip', 'transformers', 'huggingface_hub', 'chromadb', 'streamlit'} & set(sys.modules);"
        "sys.exit(f'imported: {heavy}' if heavy else 0)"
    )
    imported = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=limit(300))
    assert imported.returncode == 0, imported.stderr


def test_in_a_narrow_terminal_figures_stay_in_columns_and_no_line_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    printed = io.StringIO()
    monkeypatch.setattr(
        command, "result_console", Console(file=printed, width=80, force_terminal=True, color_system=None)
    )
    command._show(list(MODELS))
    table = printed.getvalue().split("\n\n")[0].splitlines()
    assert len(table) == 2 + 2 * len(MODELS)
    assert max(map(len, table)) <= 80
    assert len({line.index(" / ") for line in table if " / " in line and "[2]" in line}) == 1


def test_the_same_as_json(tmp_path: Path) -> None:
    models = json.loads(nearspace("--json", HF_HOME=str(tmp_path)).stdout)
    assert models[0]["id"] == "lite"
    by_id = {model["id"]: model for model in models}
    assert by_id["openclip:ViT-B-16-SigLIP/webli"]["coco"] == {"text_to_image": 47.8, "image_to_text": 65.7}
    assert by_id["st:clip-ViT-B-32-multilingual-v1+clip-ViT-B-32"]["flickr30k"] is None
    here = json.loads(nearspace("--json", "--here", HF_HOME=str(tmp_path)).stdout)
    assert {model["id"].split(":")[0] for model in here} == {"lite"}


def test_what_the_list_says_of_openclips_models_is_what_openclip_says(encoder_cache: Path) -> None:
    pytest.importorskip("open_clip", reason="OpenCLIP is not installed (pip install 'nearspace[models]')")
    from ingest.encoders.external.openclip_models import find_pretrained, model_config

    for model in MODELS:
        if not model.id.startswith("openclip:"):
            continue
        name, _, facts = find_pretrained(model.id, model.id.removeprefix("openclip:"))
        config = model_config(name)
        assert facts["hf_hub"] == f"{model.weights[0][0]}/", model.id
        assert config["embed_dim"] == model.dimension, model.id
        assert config["vision_cfg"]["image_size"] == model.image_size, model.id
        context = config["text_cfg"].get("context_length", 77)
        # CLIP's and XLM-RoBERTa's tokenisers add two special tokens, and SigLIP's one.
        assert context - model.text_window == (1 if "SigLIP" in model.id else 2), model.id
