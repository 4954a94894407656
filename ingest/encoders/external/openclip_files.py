"""The files of an OpenCLIP model: found in a folder or in the hub's cache, and the others fetched from the hub."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.encoders.base import Log
from ingest.encoders.external.hf_config import TOKENIZER_FILES, licence_in, tokenizer_lacking
from ingest.encoders.external.hub import fetch_first, fetch_matching, missing_in_folder
from ingest.encoders.external.openclip_models import find_pretrained, model_config
from ingest.encoders.runtime.json_cache import read_json
from ingest.errors import WeightsError

CONFIG = "open_clip_config.json"
WEIGHTS = (
    "open_clip_model.safetensors",
    "open_clip_pytorch_model.safetensors",
    "open_clip_pytorch_model.bin",
    "model.safetensors",
    "pytorch_model.bin",
)


@dataclass(frozen=True)
class OpenClipFiles:
    """A model's files, all of them on this machine."""

    config: dict[str, Any]
    """The architecture, in OpenCLIP's words."""
    preprocess: dict[str, Any]
    """How pictures are prepared, in OpenCLIP's words; what is left out has OpenCLIP's default."""
    weights: Path
    tokenizer: Path | None
    """The folder of a tokeniser of transformers; None for CLIP's own."""
    text_config: Path | None
    """The folder with the configuration of a text tower of transformers; None for OpenCLIP's own towers."""
    licence: str


def files_in_folder(encoder_id: str, folder: Path, log: Log | None) -> OpenClipFiles:
    """The files of a model's folder; raises WeightsError if it lacks one."""
    config = read_json(folder / CONFIG)
    weights = next((folder / name for name in WEIGHTS if (folder / name).is_file()), None)
    weights = weights or next(iter(sorted(folder.glob("*.safetensors"))), None)
    if config is None or "model_cfg" not in config or weights is None:
        lacking = "open_clip_model.safetensors" if config and "model_cfg" in config else CONFIG
        raise missing_in_folder(encoder_id, folder, lacking)
    model, text = config["model_cfg"], config["model_cfg"].get("text_cfg", {})
    tokenizer = None
    if text.get("hf_tokenizer_name"):
        named = str(text["hf_tokenizer_name"])
        tokenizer = folder if not tokenizer_lacking(folder) else _tokenizer_folder(encoder_id, named, log)
    return OpenClipFiles(
        config=model,
        preprocess=config.get("preprocess_cfg", {}),
        weights=weights,
        tokenizer=tokenizer,
        text_config=_text_config_folder(encoder_id, text, log, weights_folder=folder),
        licence=licence_in(folder),
    )


def files_of_repository(encoder_id: str, repo: str, log: Log | None) -> OpenClipFiles:
    """The files of a repository of the hub; raises WeightsError or UnknownEncoder as fetch_first does."""
    for _ in range(2):  # fetching one may bring a newer version than the other's
        fetch_first(repo, [CONFIG], encoder_id=encoder_id, log=log)
        weights = fetch_first(repo, list(WEIGHTS), encoder_id=encoder_id, log=log)
    return files_in_folder(encoder_id, weights.parent, log)


def files_of_name(encoder_id: str, name: str, log: Log | None) -> OpenClipFiles:
    """The files of weights that OpenCLIP knows as MODEL/PRETRAINED; raises UnknownEncoder if it knows none."""
    model, _, facts = find_pretrained(encoder_id, name)
    config = model_config(model)
    text = config.get("text_cfg", {})
    if facts.get("quick_gelu"):
        # The weights decide: with the other activation these towers give other, worse vectors.
        config["quick_gelu"] = True
    weights = _weights_of_tag(encoder_id, facts, log)
    named = text.get("hf_tokenizer_name")
    tokenizer = None
    if named:
        folder = weights.parent
        tokenizer = folder if not tokenizer_lacking(folder) else _tokenizer_folder(encoder_id, str(named), log)
    return OpenClipFiles(
        config=config,
        preprocess={key: facts[key] for key in ("mean", "std", "interpolation", "resize_mode") if key in facts},
        weights=weights,
        tokenizer=tokenizer,
        text_config=_text_config_folder(encoder_id, text, log, weights_folder=weights.parent),
        licence=licence_in(weights.parent),
    )


def _weights_of_tag(encoder_id: str, facts: Mapping[str, Any], log: Log | None) -> Path:
    repo, _, file = str(facts.get("hf_hub") or "").rpartition("/")
    if not repo:
        return _manual_download(encoder_id, str(facts.get("url")))
    stem, dot, suffix = file.rpartition(".")
    safe = [f"{stem}.safetensors"] if dot and suffix in ("bin", "pt", "pth") else []
    return fetch_first(repo, [*safe, file] if file else list(WEIGHTS), encoder_id=encoder_id, log=log)


def _manual_download(encoder_id: str, url: str) -> Path:
    file = Path("~/.cache/clip").expanduser() / url.rpartition("/")[2]
    if file.is_file():
        return file
    raise WeightsError(
        f"{encoder_id} needs {file.name}, which this machine does not have.\n"
        "It could not be fetched: it is not on the Hugging Face hub.\n"
        f"Download {url} to {file.parent}, or use weights that `nearspace encoders` lists."
    )


def _tokenizer_folder(encoder_id: str, repo: str, log: Log | None) -> Path:
    if Path(repo).is_dir():
        return Path(repo)
    return fetch_matching(repo, TOKENIZER_FILES, tokenizer_lacking, encoder_id=encoder_id, log=log)


def _text_config_folder(
    encoder_id: str, text: Mapping[str, Any], log: Log | None, *, weights_folder: Path
) -> Path | None:
    if not text.get("hf_model_name"):
        return None
    named = str(text["hf_model_name"])
    if (weights_folder / named / "config.json").is_file():
        return weights_folder / named
    return fetch_first(named, ["config.json"], encoder_id=encoder_id, log=log).parent
