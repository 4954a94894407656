"""sentence-transformers models: `st:MODEL_OR_FOLDER`, or `st:TEXT+IMAGE` for separate towers of one space."""

from pathlib import Path
from typing import Any

from ingest.encoders.base import Encoder, Log
from ingest.encoders.catalogue import licence_of
from ingest.encoders.external.encoder import VERSION, Plan, TorchModel, load_plugged
from ingest.encoders.external.hf_config import TOKENIZER_FILES, licence_in
from ingest.encoders.external.hub import fetch_matching, missing_in, one_line, require_packages
from ingest.encoders.runtime.json_cache import digest_of, digest_of_facts
from ingest.errors import EncoderError, UnknownEncoder, WeightsError

PREFIX = "st:"
INT8 = "@int8"
ORGANISATION = "sentence-transformers"
"""Whose models may be named without it."""
_OWN_MODULES = "sentence_transformers."
_WEIGHTS = ("model.safetensors", "pytorch_model.bin", "model.safetensors.index.json", "pytorch_model.bin.index.json")
_PATTERNS = ["*.json", "*/*.json", "*.safetensors", "*/*.safetensors", "*pytorch_model*.bin", "README.md",
             *(f"*/{name}" for name in TOKENIZER_FILES), *TOKENIZER_FILES]  # fmt: skip
# Kept beside models of the hub for other programs; of no use here.
_LEFT_OUT = ("onnx", "openvino", "coreml")


def load_sentence_transformer(encoder_id: str, *, device: str = "cpu", log: Log | None = None) -> Encoder:
    """Load the sentence-transformers model of that id; `@int8` at its end rounds its weights to 8 bits.

    Files on this machine are used as they are, and the rest is fetched from the hub.  A model's own code is never run.

    Raises:
        UnknownEncoder: the id names no model.
        WeightsError: a file is neither here nor to be had, or is damaged.
        EncoderError: the model does not take both texts and pictures, or sentence-transformers is not installed.
    """
    name, int8 = encoder_id.removeprefix(PREFIX).removesuffix(INT8), encoder_id.endswith(INT8)
    places = [_place(part) for part in _towers(encoder_id, name)]
    encoder_id = PREFIX + "+".join(str(place) for place in places) + (INT8 if int8 else "")
    folders = [_folder(encoder_id, place, log) for place in places]
    text, image = folders[0], folders[-1]
    plan = Plan(
        id=encoder_id,
        fingerprint=digest_of_facts(VERSION, [_digests(folder) for folder in folders], "int8" if int8 else ""),
        licence=licence_of(encoder_id)
        or " and ".join(dict.fromkeys(filter(None, map(licence_in, folders))))
        or "see the model's card",
        int8=int8,
        load=lambda: _load(encoder_id, text, image),
    )
    return load_plugged(plan, device, log=log)


def _towers(encoder_id: str, name: str) -> list[str]:
    if name and Path(name).expanduser().is_dir():  # a folder's name may have a plus sign
        return [name]
    parts = name.split("+")
    if len(parts) > 2 or not all(parts):
        raise UnknownEncoder(f"{encoder_id!r} names no model. Write it as st:MODEL, st:FOLDER or st:TEXT+IMAGE.")
    return parts


def _place(part: str) -> Path | str:
    """A folder on this machine, or else the name of a repository of the hub."""
    folder = Path(part).expanduser()
    if folder.is_dir() or part.startswith(("/", ".", "~")) or part.count("/") > 1:
        return folder.absolute()
    return part.removeprefix(f"{ORGANISATION}/")


def _folder(encoder_id: str, place: Path | str, log: Log | None) -> Path:
    if isinstance(place, str):
        repo = place if "/" in place else f"{ORGANISATION}/{place}"
        folder = fetch_matching(repo, _PATTERNS, _lacking, encoder_id=encoder_id, log=log)
    else:
        folder = place
        if lacking := _lacking(folder):
            raise missing_in(encoder_id, folder, lacking)
    for module in _modules(folder) or []:
        if not str(module.get("type", "")).startswith(_OWN_MODULES):
            raise EncoderError(
                f"{encoder_id} comes with code of its own ({module.get('type')}), which Nearspace does not run. "
                "Use a model that is made of sentence-transformers' modules alone."
            )
    return folder


def _lacking(folder: Path) -> str:
    """What a model's folder lacks; '' if it lacks nothing."""
    modules = _modules(folder)
    if modules is None:
        return "modules.json"
    for number, module in enumerate(modules):
        inside = folder / str(module.get("path", ""))
        weighty = number == 0 or str(module.get("type", "")).endswith(".Dense")
        if weighty and not any((inside / name).is_file() for name in _WEIGHTS):
            return f"{inside.relative_to(folder)}/model.safetensors".removeprefix("./")
    return ""


def _modules(folder: Path) -> list[dict[str, Any]] | None:
    import json

    try:
        modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    sound = isinstance(modules, list) and modules and all(isinstance(module, dict) for module in modules)
    return modules if sound else None


def _digests(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file that decides the vectors."""
    kinds = (".json", ".safetensors", ".bin", ".txt", ".model")
    files = (file for file in sorted(folder.rglob("*")) if file.suffix in kinds and file.is_file())
    inside = ((file.relative_to(folder), file) for file in files)
    return {name.as_posix(): digest_of(file) for name, file in inside if name.parts[0] not in _LEFT_OUT}


def _load(encoder_id: str, text: Path, image: Path) -> TorchModel:
    require_packages(encoder_id)
    from pickle import UnpicklingError

    from safetensors import SafetensorError

    from ingest.encoders.external.sentence_transformer_torch import assemble
    from ingest.encoders.runtime.compile import quietly

    try:
        with quietly():
            return assemble(encoder_id, text, image)
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
