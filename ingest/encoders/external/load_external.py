"""Loads external encoders: in torch on a graphics card, on a CPU compiled for ONNX Runtime.

On a CPU the towers are compiled once, into a folder of the cache that is named by the encoder's fingerprint:

    encoder.json      what the encoder is, the layout of its tokens and its preprocessing
    tokenizer.json    its tokeniser
    text.onnx         its towers; receipts remember that they were compared (see ingest/encoders/runtime/receipts.py)
    image.onnx

From then on neither torch nor the package that the model came from is imported.
"""

from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.encoders.base import EncoderInfo, Log
from ingest.encoders.external.external_encoder import ExternalEncoder, ModelSpec
from ingest.encoders.external.onnx_tower import OnnxTower
from ingest.encoders.external.preprocessing import Preprocessing
from ingest.encoders.external.reference_inputs import (
    INT8_TOLERANCE,
    TowerDifference,
    reference_inputs,
    tower_comparisons,
)
from ingest.encoders.external.tokenizer import TextTokenizer, TokenLayout
from ingest.encoders.external.torch_model import TorchModel
from ingest.encoders.external.tower import Tower
from ingest.encoders.runtime.json_cache import cache_folder, read_json, write_json, write_text
from ingest.encoders.runtime.onnx import TOLERANCE, Comparison, compiled_session, verified_session
from ingest.errors import WeightsError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

    from ingest.encoders.runtime.onnx_export import Export

_TOWERS = ("text", "image")


def load_external_encoder(spec: ModelSpec, device: str, *, log: Log | None = None) -> ExternalEncoder:
    """Load the encoder of `spec` to compute on `device`; on the CPU it is compiled at first use, and checked.

    Raises:
        WeightsError: weights are damaged, or a compiled tower differs from torch's output.
    """
    if device != "cpu":
        return _load_on_device(spec, device, log)
    folder = cache_folder() / "compiled" / spec.fingerprint[:24]
    return _read_compiled(spec, folder) or _compile(spec, folder, log)


def _load_on_device(spec: ModelSpec, device: str, log: Log | None) -> ExternalEncoder:
    model = spec.load()
    from ingest.encoders.external.torch_tower import device_towers  # below the load, which says if torch is missing

    tokenizer = TextTokenizer(model.tokenizer, model.layout)
    texts, images = reference_inputs(model, tokenizer)
    text_tower, image_tower = device_towers(model, texts, images, device, log=log)
    info = _describe(spec, model, text_tower(texts).shape[1])
    return ExternalEncoder(info, tokenizer, model.preprocessing, text_tower, image_tower)


def _read_compiled(spec: ModelSpec, folder: Path) -> ExternalEncoder | None:
    """The encoder that was compiled into `folder`; None if that is incomplete or has changed."""
    facts = read_json(folder / "encoder.json")
    if facts is None or facts.get("fingerprint") != spec.fingerprint or facts.get("towers") != list(_TOWERS):
        return None
    try:
        tokenizer = (folder / "tokenizer.json").read_text(encoding="utf-8")
        layout = TokenLayout(**_with_tuples(facts["frame"]))
        preprocessing = Preprocessing(**_with_tuples(facts["preprocessing"]))
        info = EncoderInfo(**facts["info"] | {"id": spec.id, "licence": spec.licence})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    towers: list[Tower] = []
    for name in _TOWERS:
        file = folder / f"{name}.onnx"
        session = verified_session(file, spec.fingerprint)
        if session is None:
            return None
        towers.append(OnnxTower(session, file))
    return ExternalEncoder(info, TextTokenizer(tokenizer, layout), preprocessing, *towers)


def _compile(spec: ModelSpec, folder: Path, log: Log | None) -> ExternalEncoder:
    """Load the model with torch and compile its towers into `folder`; one that cannot be compiled runs in torch."""
    if log is not None:
        log(f"loading {spec.id} with torch, once ...")
    model = spec.load()
    from ingest.encoders.external.torch_tower import torch_tower  # below the load, which says if torch is missing

    tokenizer = TextTokenizer(model.tokenizer, model.layout)
    comparisons = tower_comparisons(model, tokenizer, int8=spec.int8)
    known = read_json(folder / "encoder.json") or {}
    failed_with: dict[str, str] = known.get("tried_in_vain", {})  # by tower, the version of torch
    towers: list[Tower] = []
    compiled: list[str] = []
    parts = (("text", model.text, comparisons.text), ("image", model.image, comparisons.image))
    for name, export, difference in parts:
        file = folder / f"{name}.onnx"
        session = None
        if failed_with.get(name) != version("torch"):
            session = _compile_tower(spec, file, name, export, difference, log)
        if session is None:
            failed_with[name] = version("torch")
            towers.append(torch_tower(export.module, "cpu", half=False))
            continue
        compiled.append(name)
        towers.append(OnnxTower(session, file))
    info = _describe(spec, model, comparisons.dimension)
    write_text(folder / "tokenizer.json", model.tokenizer)
    facts = {
        "fingerprint": spec.fingerprint,
        "towers": compiled,
        "tried_in_vain": {name: failed_with[name] for name in _TOWERS if name not in compiled},
        "info": asdict(info),
        "frame": asdict(model.layout),
        "preprocessing": asdict(model.preprocessing),
    }
    write_json(folder / "encoder.json", facts)
    return ExternalEncoder(info, tokenizer, model.preprocessing, *towers)


def _compile_tower(
    spec: ModelSpec, file: Path, name: str, export: "Export", difference: TowerDifference, log: Log | None
) -> "InferenceSession | None":
    """The session of the compiled tower; None if it cannot be compiled."""
    from ingest.encoders.runtime.onnx_export import CannotCompile, onnx_bytes

    comparison = Comparison(
        title=f"the {name} tower of {spec.id}" + (" (compared by cosine)" if spec.int8 else ""),
        reference=spec.fingerprint,
        difference=lambda session: difference(OnnxTower(session)),
        tolerance=INT8_TOLERANCE if spec.int8 else TOLERANCE,
    )
    try:
        return compiled_session(file, lambda: onnx_bytes(export, file, int8=spec.int8), comparison, log=log)
    except CannotCompile as error:
        if spec.int8:
            raise WeightsError(
                f"The {name} tower of {spec.id} cannot be compiled ({error}), so it cannot be rounded to 8 bits.\n"
                "Leave @int8 away."
            ) from error
        if log is not None:
            log(f"the {name} tower of {spec.id} cannot be compiled ({error}); it runs in torch instead")
        return None


def _describe(spec: ModelSpec, model: TorchModel, dimension: int) -> EncoderInfo:
    return EncoderInfo(
        id=spec.id,
        fingerprint=spec.fingerprint,
        dimension=dimension,
        image_size=max(model.preprocessing.height, model.preprocessing.width),
        text_window=model.layout.window,
        licence=spec.licence,
    )


def _with_tuples(values: dict[str, Any]) -> dict[str, Any]:
    """The values with tuples for lists, as JSON has them."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
