"""Encoders from weights that a person names: towers loaded by torch, and run in it or compiled for ONNX Runtime.

On a CPU the towers are compiled once, into a folder of the cache that is named by the encoder's fingerprint:

    encoder.json      what the encoder is, its frame of tokens and its preprocessing
    tokenizer.json    its tokeniser
    text.onnx         its towers, each with a receipt (see ingest/encoders/runtime/onnx.py)
    image.onnx

From then on neither torch nor the package that the model came from is imported.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import EncoderInfo, Log
from ingest.encoders.external.preprocessing import Preprocessing
from ingest.encoders.external.tokens import Frame, Tokens
from ingest.encoders.external.tower import Arrays, OnnxTower, Tower
from ingest.encoders.lite.reference import reference_pictures
from ingest.encoders.runtime.json_cache import keep_json, keep_text, read_json
from ingest.encoders.runtime.onnx import TOLERANCE, cache_folder, compiled_session
from ingest.errors import WeightsError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from PIL.Image import Image

    from ingest.encoders.runtime.compile import Export

VERSION = "plugged-1"
"""Part of every fingerprint: change it whenever the vectors of the same weights change."""
INT8_TOLERANCE = 0.05
"""How far from 1 the cosine to torch's output may be once weights are rounded to 8 bits."""
REFERENCE_TEXTS = (
    "a photo of a dog",
    "",
    "Two children ride red bicycles through the rain, past a café; it's 7 o'clock.",
    "Ein altes Segelboot liegt im Hafen von Kopenhagen.",
    "雪山の上の青い空",
    "Кошка спит на подоконнике & ловит солнце!",
)

Differ = Callable[[Tower], float]
"""How far a tower's output for the reference inputs is from the package's own."""


@dataclass(frozen=True)
class TorchModel:
    """A model as torch loaded it, on the CPU in float32."""

    text: "Export"
    image: "Export"
    frame: Frame
    tokenizer: str
    """In the JSON of the `tokenizers` library."""
    preprocessing: Preprocessing
    expected_texts: Callable[[Sequence[str]], NDArray[np.float32]]
    """The package's own way from texts to unit rows, tokeniser included: what the towers are compared with."""
    expected_images: "Callable[[Sequence[Image]], NDArray[np.float32]]"
    """The same for pictures that already have the size of the image tower."""


@dataclass(frozen=True)
class Plan:
    """What is known of an encoder once its files are found, before anything heavy is imported."""

    id: str
    fingerprint: str
    licence: str
    int8: bool
    load: Callable[[], TorchModel]
    """Raises WeightsError or EncoderError."""


class PluggedEncoder:
    """Texts and pictures to unit rows; may be called from several threads at once."""

    def __init__(
        self, info: EncoderInfo, tokens: Tokens, preprocessing: Preprocessing, text_tower: Tower, image_tower: Tower
    ) -> None:
        """Join two towers with what prepares their inputs; `info` describes the whole."""
        self._info = info
        self._tokens = tokens
        self._preprocessing = preprocessing
        self._text_tower = text_tower
        self._image_tower = image_tower

    @property
    def info(self) -> EncoderInfo:
        """What this encoder is."""
        return self._info

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode `texts` to unit rows (len(texts), dimension).

        A text longer than the window is encoded window by window; its vector is their mean, weighted by tokens.
        """
        return _encode_texts(texts, self._tokens, self._text_tower, self._info.dimension)

    def encode_images(self, images: "Sequence[Image]") -> NDArray[np.float32]:
        """Encode upright pictures of any size to unit rows (len(images), dimension)."""
        size = self._image_tower.share(len(images))

        def batch(number: int) -> Arrays:
            return {"pixels": self._preprocessing.batch(images[number * size : (number + 1) * size])}

        rows = self._image_tower.each(-(-len(images) // size), batch)
        return _unit(np.concatenate([np.empty((0, self._info.dimension), np.float32), *rows]))

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """The character span of each token of `text`, never truncated."""
        return self._tokens.spans(text)


def load_plugged(plan: Plan, device: str, *, log: Log | None = None) -> PluggedEncoder:
    """Load the encoder of `plan` to compute on `device`; on the CPU it is compiled at first use, and checked.

    Raises:
        WeightsError: weights are damaged, or a compiled tower differs from torch's output.
    """
    if device != "cpu":
        model = plan.load()
        from ingest.encoders.external.torch_tower import device_towers

        tokens = Tokens(model.tokenizer, model.frame)
        texts, images = reference_inputs(model, tokens)
        text_tower, image_tower = device_towers(model, texts, images, device, log=log)
        info = _info(plan, model, text_tower(texts).shape[1])
        return PluggedEncoder(info, tokens, model.preprocessing, text_tower, image_tower)
    folder = cache_folder() / "compiled" / plan.fingerprint[:24]
    return _from_folder(plan, folder) or _compiled(plan, folder, log)


def _from_folder(plan: Plan, folder: Path) -> PluggedEncoder | None:
    """The encoder that was compiled into `folder`; None if that is incomplete or has changed."""
    facts = read_json(folder / "encoder.json")
    if facts is None or facts.get("fingerprint") != plan.fingerprint or facts.get("towers") != ["text", "image"]:
        return None
    try:
        tokenizer = (folder / "tokenizer.json").read_text(encoding="utf-8")
        frame = Frame(**{name: _tupled(value) for name, value in facts["frame"].items()})
        preprocessing = Preprocessing(**{name: _tupled(value) for name, value in facts["preprocessing"].items()})
        info = EncoderInfo(**facts["info"] | {"id": plan.id, "licence": plan.licence})
    except (OSError, ValueError, KeyError, TypeError):
        return None
    sessions = [_kept_session(folder / f"{name}.onnx") for name in facts["towers"]]
    if None in sessions:
        return None
    text_tower, image_tower = (
        OnnxTower(session, folder / f"{name}.onnx")
        for name, session in zip(facts["towers"], sessions, strict=True)
        if session
    )
    return PluggedEncoder(info, Tokens(tokenizer, frame), preprocessing, text_tower, image_tower)


def _compiled(plan: Plan, folder: Path, log: Log | None) -> PluggedEncoder:
    if log is not None:
        log(f"loading {plan.id} with torch, once ...")
    model = plan.load()
    from ingest.encoders.external.torch_tower import torch_tower  # below the load, which says so if torch is missing

    tokens = Tokens(model.tokenizer, model.frame)
    dimension, texts_differ, images_differ = _comparisons(model, tokens, int8=plan.int8)
    known = read_json(folder / "encoder.json") or {}
    tried_in_vain = known.get("tried_in_vain", {})
    towers: list[Tower] = []
    compiled: list[str] = []
    for name, export, differ in (("text", model.text, texts_differ), ("image", model.image, images_differ)):
        session = None
        if tried_in_vain.get(name) != version("torch"):
            session = _compiled_session(plan, folder / f"{name}.onnx", name, export, differ, log)
        if session is None:
            tried_in_vain[name] = version("torch")
            towers.append(torch_tower(export.module, "cpu", half=False))
            continue
        compiled.append(name)
        towers.append(OnnxTower(session, folder / f"{name}.onnx"))
    info = _info(plan, model, dimension)
    keep_text(folder / "tokenizer.json", model.tokenizer)
    facts = {
        "fingerprint": plan.fingerprint,
        "towers": compiled,
        "tried_in_vain": {name: tried_in_vain[name] for name in ("text", "image") if name not in compiled},
        "info": asdict(info),
        "frame": asdict(model.frame),
        "preprocessing": asdict(model.preprocessing),
    }
    keep_json(folder / "encoder.json", facts)
    return PluggedEncoder(info, tokens, model.preprocessing, *towers)


def _comparisons(model: TorchModel, tokens: Tokens, *, int8: bool) -> tuple[int, Differ, Differ]:
    """The dimension, and what tells how far a text and an image tower are from the package's own output."""
    references = [_within(text, tokens) for text in REFERENCE_TEXTS]
    texts = model.expected_texts(references)
    dimension = texts.shape[1]
    pictures = reference_images(model.preprocessing)
    images = model.expected_images(pictures)

    def texts_differ(tower: Tower) -> float:
        alone = _encode_texts(references[:1], tokens, tower, dimension)
        together = _encode_texts(references, tokens, tower, dimension)
        return _difference(np.concatenate([alone, together]), np.concatenate([texts[:1], texts]), int8)

    def images_differ(tower: Tower) -> float:
        pixels = model.preprocessing.batch(pictures)
        rows = _unit(np.concatenate([tower({"pixels": pixels[:1]}), tower({"pixels": pixels})]))
        return _difference(rows, np.concatenate([images[:1], images]), int8)

    return dimension, texts_differ, images_differ


def _compiled_session(
    plan: Plan, target: Path, name: str, export: "Export", differ: Differ, log: Log | None
) -> "InferenceSession | None":
    from ingest.encoders.runtime.compile import CannotCompile, onnx_bytes

    try:
        return compiled_session(
            target,
            lambda: onnx_bytes(export, target, int8=plan.int8),
            lambda session: differ(OnnxTower(session)),
            title=f"the {name} tower of {plan.id}" + (" (compared by cosine)" if plan.int8 else ""),
            log=log,
            tolerance=INT8_TOLERANCE if plan.int8 else TOLERANCE,
        )
    except CannotCompile as error:
        if plan.int8:
            raise WeightsError(
                f"The {name} tower of {plan.id} cannot be compiled ({error}), so it cannot be rounded to 8 bits.\n"
                "Leave @int8 away."
            ) from error
        if log is not None:
            log(f"the {name} tower of {plan.id} cannot be compiled ({error}); it runs in torch instead")
        return None


def _kept_session(model: Path) -> "InferenceSession | None":
    """The session of a tower that was compiled and found good; None if it has to be compiled again."""

    class Missing(Exception):
        pass

    def build() -> bytes:
        raise Missing

    try:
        return compiled_session(model, build, lambda session: 0.0, title="", log=None)
    except Missing:
        return None


def reference_images(preprocessing: Preprocessing) -> "list[Image]":
    """Generated pictures of the size that the image tower sees."""
    from PIL import Image

    size = (preprocessing.width, preprocessing.height)
    return [Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC) for pixels in reference_pictures()]


def _within(text: str, tokens: Tokens) -> str:
    """The beginning of `text` that the package would not cut short."""
    while len(spans := tokens.spans(text)) > tokens.frame.window:
        text = text[: min(spans[tokens.frame.window - 1][1], len(text) - 1)]
    return text


def reference_inputs(model: TorchModel, tokens: Tokens) -> tuple[Arrays, Arrays]:
    """What the text and the image tower are given for the reference texts and pictures."""
    batch = next(tokens.batches(tokens.windows(REFERENCE_TEXTS).ids))
    pixels = model.preprocessing.batch(reference_images(model.preprocessing))
    return {"ids": batch.ids, "mask": batch.mask}, {"pixels": pixels}


def _info(plan: Plan, model: TorchModel, dimension: int) -> EncoderInfo:
    return EncoderInfo(
        id=plan.id,
        fingerprint=plan.fingerprint,
        dimension=dimension,
        image_size=max(model.preprocessing.height, model.preprocessing.width),
        text_window=model.frame.window,
        licence=plan.licence,
    )


def _encode_texts(texts: Sequence[str], tokens: Tokens, tower: Tower, dimension: int) -> NDArray[np.float32]:
    windows = tokens.windows(texts)
    vectors = np.zeros((len(texts), dimension), np.float32)
    batches = list(tokens.batches(windows.ids))

    def batch_of(number: int) -> Arrays:
        return {"ids": batches[number].ids, "mask": batches[number].mask}

    for batch, rows in zip(batches, tower.each(len(batches), batch_of), strict=True):
        for place, row in zip(batch.places, _unit(rows), strict=True):
            vectors[windows.owners[place]] += row * max(len(windows.ids[place]), 1)
    return _unit(vectors)


def _difference(rows: NDArray[np.float32], expected: NDArray[np.float32], int8: bool) -> float:
    if int8:
        return float(1.0 - (rows * expected).sum(axis=1).min())
    return float(np.abs(rows - expected).max())


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, np.float32(1e-12)), dtype=np.float32)


def _tupled(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
