"""OpenCLIP models: `openclip:MODEL/PRETRAINED`, `openclip:hf-hub:ID` and `openclip:local-dir:PATH`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.encoders.base import Encoder, Log
from ingest.encoders.catalogue import licence_of
from ingest.encoders.external.encoder import VERSION, Plan, TorchModel, load_plugged
from ingest.encoders.external.hf_config import TOKENIZER_FILES, licence_in, tokenizer_files, tokenizer_lacking
from ingest.encoders.external.hub import fetch_first, fetch_matching, missing_in, one_line, require_packages
from ingest.encoders.external.openclip_models import PREFIX, find_pretrained, model_config
from ingest.encoders.runtime.json_cache import digest_of, digest_of_facts, read_json
from ingest.errors import UnknownEncoder, WeightsError

INT8 = "@int8"
"""At the end of an id: the towers' weights are rounded to 8 bits, which is faster on a CPU."""
CONFIG = "open_clip_config.json"
WEIGHTS = (
    "open_clip_model.safetensors",
    "open_clip_pytorch_model.safetensors",
    "open_clip_pytorch_model.bin",
    "model.safetensors",
    "pytorch_model.bin",
)


@dataclass(frozen=True)
class Files:
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


def load_openclip(encoder_id: str, *, device: str = "cpu", log: Log | None = None) -> Encoder:
    """Load the OpenCLIP model of that id; `@int8` at its end rounds its weights to 8 bits.

    Files on this machine are used as they are, and the rest is fetched from the hub.

    Raises:
        UnknownEncoder: the id names no model, or OpenCLIP has no such model or weights.
        WeightsError: a file is neither here nor to be had, or is damaged.
        EncoderError: OpenCLIP is not installed, and this model was not compiled before.
    """
    name, int8 = encoder_id.removeprefix(PREFIX).removesuffix(INT8), encoder_id.endswith(INT8)
    if name in ("", "local-dir:", "hf-hub:"):
        raise UnknownEncoder(
            f"{encoder_id!r} names no model. Write it as {PREFIX}MODEL/PRETRAINED, {PREFIX}hf-hub:ID or "
            f"{PREFIX}local-dir:FOLDER."
        )
    if name.startswith("local-dir:"):
        folder = Path(name.removeprefix("local-dir:")).expanduser().absolute()
        encoder_id = f"{PREFIX}local-dir:{folder}{INT8 if int8 else ''}"
        files = _files_of_folder(encoder_id, folder, log)
    elif name.startswith("hf-hub:"):
        repo = name.removeprefix("hf-hub:")
        for _ in range(2):  # fetching one may bring a newer version than the other's
            fetch_first(repo, [CONFIG], encoder_id=encoder_id, log=log)
            weights = fetch_first(repo, list(WEIGHTS), encoder_id=encoder_id, log=log)
        files = _files_of_folder(encoder_id, weights.parent, log)
    else:
        files = _files_of_name(encoder_id, name, log)
    plan = Plan(
        id=encoder_id,
        fingerprint=_fingerprint(files, int8),
        licence=licence_of(encoder_id) or files.licence or "see the model's card",
        int8=int8,
        load=lambda: _load(encoder_id, files),
    )
    return load_plugged(plan, device, log=log)


def _files_of_folder(encoder_id: str, folder: Path, log: Log | None) -> Files:
    config = read_json(folder / CONFIG)
    weights = next((folder / name for name in WEIGHTS if (folder / name).is_file()), None)
    weights = weights or next(iter(sorted(folder.glob("*.safetensors"))), None)
    if config is None or "model_cfg" not in config or weights is None:
        lacking = "open_clip_model.safetensors" if config and "model_cfg" in config else CONFIG
        raise missing_in(encoder_id, folder, lacking)
    model, text = config["model_cfg"], config["model_cfg"].get("text_cfg", {})
    tokenizer = None
    if text.get("hf_tokenizer_name"):
        named = str(text["hf_tokenizer_name"])
        tokenizer = folder if not tokenizer_lacking(folder) else _tokenizer_folder(encoder_id, named, log)
    return Files(
        config=model,
        preprocess=config.get("preprocess_cfg", {}),
        weights=weights,
        tokenizer=tokenizer,
        text_config=_text_config_folder(encoder_id, text, log, beside=folder),
        licence=licence_in(folder),
    )


def _files_of_name(encoder_id: str, name: str, log: Log | None) -> Files:
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
        beside = weights.parent
        tokenizer = beside if not tokenizer_lacking(beside) else _tokenizer_folder(encoder_id, str(named), log)
    return Files(
        config=config,
        preprocess={key: facts[key] for key in ("mean", "std", "interpolation", "resize_mode") if key in facts},
        weights=weights,
        tokenizer=tokenizer,
        text_config=_text_config_folder(encoder_id, text, log, beside=weights.parent),
        licence=licence_in(weights.parent),
    )


def _weights_of_tag(encoder_id: str, facts: Mapping[str, Any], log: Log | None) -> Path:
    repo, _, file = str(facts.get("hf_hub") or "").rpartition("/")
    if not repo:
        return _downloaded_by_hand(encoder_id, str(facts.get("url")))
    stem, dot, suffix = file.rpartition(".")
    safe = [f"{stem}.safetensors"] if dot and suffix in ("bin", "pt", "pth") else []
    return fetch_first(repo, [*safe, file] if file else list(WEIGHTS), encoder_id=encoder_id, log=log)


def _downloaded_by_hand(encoder_id: str, url: str) -> Path:
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


def _text_config_folder(encoder_id: str, text: Mapping[str, Any], log: Log | None, *, beside: Path) -> Path | None:
    if not text.get("hf_model_name"):
        return None
    named = str(text["hf_model_name"])
    if (beside / named / "config.json").is_file():
        return beside / named
    return fetch_first(named, ["config.json"], encoder_id=encoder_id, log=log).parent


def _fingerprint(files: Files, int8: bool) -> str:
    text = {key: value for key, value in files.config.get("text_cfg", {}).items() if key != "hf_model_name"}
    return digest_of_facts(
        VERSION,
        {**files.config, "text_cfg": text},
        files.preprocess,
        digest_of(files.weights),
        {file.name: digest_of(file) for file in tokenizer_files(files.tokenizer)} if files.tokenizer else "clip",
        digest_of(files.text_config / "config.json") if files.text_config else "",
        "int8" if int8 else "",
    )


def _load(encoder_id: str, files: Files) -> TorchModel:
    """Import OpenCLIP and load the model, weights as safetensors or with pickle off."""
    require_packages(encoder_id)
    from pickle import UnpicklingError

    from safetensors import SafetensorError

    from ingest.encoders.external.openclip_torch import assemble
    from ingest.encoders.runtime.compile import quietly

    try:
        with quietly():
            return assemble(encoder_id, files)
    except (SafetensorError, UnpicklingError, EOFError) as error:
        raise damaged(encoder_id, files.weights, "it is damaged, or holds more than weights", error) from error
    except (RuntimeError, KeyError, TypeError, AssertionError) as error:
        # What torch and OpenCLIP raise for weights that do not fit the configuration beside them.
        raise damaged(encoder_id, files.weights, "it does not fit the model's configuration", error) from error


def damaged(encoder_id: str, weights: Path, why: str, error: Exception) -> WeightsError:
    """The error for weights that cannot be loaded."""
    return WeightsError(
        f"{encoder_id} needs {weights.name}, and cannot load {weights}.\n"
        f"It could not be loaded: {why} ({one_line(error)}).\n"
        "Delete it and fetch it again, or name another model; `nearspace encoders` lists some."
    )
