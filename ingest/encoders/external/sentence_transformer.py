"""sentence-transformers models: `st:MODEL_OR_FOLDER`, or `st:TEXT+IMAGE` for separate towers of one space."""

import json
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

from ingest.encoders.base import Encoder, Log
from ingest.encoders.catalogue import licence_of
from ingest.encoders.external.external_encoder import INT8_SUFFIX, VERSION, ModelSpec
from ingest.encoders.external.hf_config import TOKENIZER_FILES, licence_in
from ingest.encoders.external.hub import fetch_matching, missing_in_folder, one_line, require_packages
from ingest.encoders.external.load_external import load_external_encoder
from ingest.encoders.external.torch_model import TorchModel
from ingest.encoders.runtime.digests import cached_sha256_of, sha256_of_json
from ingest.errors import EncoderError, UnknownEncoder, WeightsError

PREFIX = "st:"
ORGANISATION = "sentence-transformers"
"""The organisation of the hub whose models may be named without it."""
_MODULE_PACKAGE = "sentence_transformers."
_WEIGHTS = ("model.safetensors", "pytorch_model.bin", "model.safetensors.index.json", "pytorch_model.bin.index.json")
_PATTERNS = [
    *("*.json", "*/*.json", "*.safetensors", "*/*.safetensors", "*pytorch_model*.bin", "README.md"),
    *(f"*/{name}" for name in TOKENIZER_FILES),
    *TOKENIZER_FILES,
]
# Models of the hub have these for other programs.
_IGNORED_FOLDERS = ("onnx", "openvino", "coreml")


def load_sentence_transformer(encoder_id: str, *, device: str = "cpu", log: Log | None = None) -> Encoder:
    """Load the sentence-transformers model of that id; `@int8` at its end rounds its weights to 8 bits.

    Files on this machine are used as they are; the others are fetched from the hub.  A model's own code is never run.

    Raises:
        UnknownEncoder: the id names no model.
        WeightsError: a file is neither on this machine nor to be fetched, or is damaged.
        EncoderError: the model does not take both texts and pictures, or sentence-transformers is not installed.
    """
    name, int8 = encoder_id.removeprefix(PREFIX).removesuffix(INT8_SUFFIX), encoder_id.endswith(INT8_SUFFIX)
    origins = [_origin(part) for part in _tower_names(encoder_id, name)]
    encoder_id = PREFIX + "+".join(str(origin) for origin in origins) + (INT8_SUFFIX if int8 else "")
    folders = [_model_folder(encoder_id, origin, log) for origin in origins]
    text, image = folders[0], folders[-1]
    spec = ModelSpec(
        id=encoder_id,
        fingerprint=sha256_of_json(VERSION, [_digests(folder) for folder in folders], "int8" if int8 else ""),
        licence=licence_of(encoder_id)
        or " and ".join(dict.fromkeys(filter(None, map(licence_in, folders))))
        or "see the model's card",
        int8=int8,
        load=lambda: _load(encoder_id, text, image),
    )
    return load_external_encoder(spec, device, log=log)


def _tower_names(encoder_id: str, name: str) -> list[str]:
    if name and Path(name).expanduser().is_dir():  # a folder's name may have a plus sign
        return [name]
    parts = name.split("+")
    if len(parts) > 2 or not all(parts):
        raise UnknownEncoder(f"{encoder_id!r} names no model. Write it as st:MODEL, st:FOLDER or st:TEXT+IMAGE.")
    return parts


def _origin(part: str) -> Path | str:
    """A folder on this machine, else the name of a repository of the hub."""
    folder = Path(part).expanduser()
    if folder.is_dir() or part.startswith(("/", ".", "~")) or part.count("/") > 1:
        return folder.absolute()
    return part.removeprefix(f"{ORGANISATION}/")


def _model_folder(encoder_id: str, origin: Path | str, log: Log | None) -> Path:
    if isinstance(origin, str):
        repo = origin if "/" in origin else f"{ORGANISATION}/{origin}"
        folder = fetch_matching(repo, _PATTERNS, _find_missing, encoder_id=encoder_id, log=log)
    else:
        folder = origin
        if lacking := _find_missing(folder):
            raise missing_in_folder(encoder_id, folder, lacking)
    for module in _modules(folder) or []:
        if not str(module.get("type", "")).startswith(_MODULE_PACKAGE):
            raise EncoderError(
                f"{encoder_id} comes with code of its own ({module.get('type')}), which Nearspace does not run. "
                "Use a model that is made of sentence-transformers' modules alone."
            )
    return folder


def _find_missing(folder: Path) -> str:
    """What a model's folder lacks; '' if it lacks nothing."""
    modules = _modules(folder)
    if modules is None:
        return "modules.json"
    for number, module in enumerate(modules):
        inside = folder / str(module.get("path", ""))
        has_weights = number == 0 or str(module.get("type", "")).endswith(".Dense")
        if has_weights and not any((inside / name).is_file() for name in _WEIGHTS):
            return f"{inside.relative_to(folder)}/model.safetensors".removeprefix("./")
    return ""


def _modules(folder: Path) -> list[dict[str, Any]] | None:
    try:
        modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    is_valid = isinstance(modules, list) and modules and all(isinstance(module, dict) for module in modules)
    return modules if is_valid else None


def _digests(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file that decides the vectors."""
    kinds = (".json", ".safetensors", ".bin", ".txt", ".model")
    files = (file for file in sorted(folder.rglob("*")) if file.suffix in kinds and file.is_file())
    inside = ((file.relative_to(folder), file) for file in files)
    return {name.as_posix(): cached_sha256_of(file) for name, file in inside if name.parts[0] not in _IGNORED_FOLDERS}


def _load(encoder_id: str, text: Path, image: Path) -> TorchModel:
    require_packages(encoder_id)
    from safetensors import SafetensorError

    from ingest.encoders.external.sentence_transformer_torch import load_torch_model
    from ingest.encoders.runtime.onnx_export import silenced

    try:
        with silenced():
            return load_torch_model(encoder_id, text, image)
    except (
        SafetensorError,
        UnpicklingError,
        EOFError,
        OSError,
        RuntimeError,
        KeyError,
        TypeError,
        ValueError,
    ) as error:
        # What torch, transformers and sentence-transformers raise for files that are damaged or do not fit.
        raise WeightsError(
            f"{encoder_id} needs the weights in {text if text == image else f'{text} and {image}'}.\n"
            f"They could not be loaded: {one_line(error)}.\n"
            "Delete that folder and fetch it again, or name another model; `nearspace encoders` lists some."
        ) from error
