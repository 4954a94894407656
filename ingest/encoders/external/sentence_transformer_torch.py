"""sentence-transformers models in torch: loaded from folders on this machine, split into two towers."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from torch import nn
from transformers.utils import logging as transformers_logging  # type: ignore[import-not-found]

from ingest.encoders.external.hf_config import special_ids, tokenizer_json
from ingest.encoders.external.openclip_torch import ImageTower
from ingest.encoders.external.preprocessing import Interpolation, Preprocessing
from ingest.encoders.external.tokenizer import TokenLayout
from ingest.encoders.external.torch_model import TorchModel
from ingest.encoders.runtime.onnx_export import Export
from ingest.errors import EncoderError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

_DEFAULT_WINDOW = 512
"""Tokens of a text, where a model names no limit of its own."""
_INTERPOLATIONS: dict[int, Interpolation] = {0: "nearest", 1: "lanczos", 2: "bilinear", 3: "bicubic"}


def load_torch_model(encoder_id: str, text: Path, image: Path) -> TorchModel:
    """Load the models of two folders, which may be one; nothing is fetched, and no code of theirs is run.

    Raises EncoderError for a model of other inputs, and what the libraries raise for files that are damaged.
    """
    text_model = _open(encoder_id, text)
    image_model = text_model if image == text else _open(encoder_id, image)
    if "image" not in image_model.modalities:
        raise EncoderError(
            f"{encoder_id} reads no pictures. Name the image model that shares its space as well: st:TEXT+IMAGE."
        )
    preprocessing = _preprocessing(encoder_id, image_model)
    layout = _token_layout(encoder_id, text_model)
    pixels = torch.zeros((3, preprocessing.height, preprocessing.width, 3), dtype=torch.uint8)
    ids = torch.full((3, min(8, layout.width)), layout.pad, dtype=torch.int64)
    laid_out = [*layout.first, *layout.last]
    ids[:, : len(laid_out)] = torch.tensor(laid_out, dtype=torch.int64)
    mask = torch.zeros_like(ids)
    mask[:, : len(laid_out)] = 1

    def expected_texts(texts: Sequence[str]) -> "NDArray[np.float32]":
        return np.asarray(text_model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False))

    def expected_images(images: "Sequence[Image]") -> "NDArray[np.float32]":
        return np.asarray(image_model.encode(list(images), normalize_embeddings=True, show_progress_bar=False))

    model = TorchModel(
        text=Export(_TextTower(text_model), {"ids": ids, "mask": mask}, (2, layout.width)),
        image=Export(ImageTower(_ImageEncoder(image_model), image_model, preprocessing), {"pixels": pixels}, None),
        layout=layout,
        tokenizer=tokenizer_json(text_model[0].tokenizer, encoder_id),
        preprocessing=preprocessing,
        expected_texts=expected_texts,
        expected_images=expected_images,
    )
    dimensions = [expected_texts(["a"]).shape[1], image_model.get_embedding_dimension()]
    if dimensions[1] is not None and dimensions[0] != dimensions[1]:
        raise EncoderError(
            f"The towers of {encoder_id} share no space: texts get {dimensions[0]} dimensions and pictures "
            f"{dimensions[1]}. Name two models that were trained to share one."
        )
    return model


class _TextTower(nn.Module):
    """Ids and mask, int64 [n, tokens], to unit rows."""

    def __init__(self, model: SentenceTransformer) -> None:
        super().__init__()
        self._model = model

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        features = {"input_ids": ids, "attention_mask": mask, "modality": "text"}
        return nn.functional.normalize(self._model(features)["sentence_embedding"], dim=-1)


class _ImageEncoder:
    """Normalised pixels to the model's vectors."""

    def __init__(self, model: SentenceTransformer) -> None:
        self._model = model

    def __call__(self, values: torch.Tensor) -> torch.Tensor:
        vectors: torch.Tensor = self._model({"pixel_values": values, "modality": "image"})["sentence_embedding"]
        return vectors


def _open(encoder_id: str, folder: Path) -> SentenceTransformer:
    transformers_logging.disable_progress_bar()
    model = SentenceTransformer(str(folder), device="cpu", trust_remote_code=False, local_files_only=True)
    if getattr(model, "default_prompt_name", None):
        raise EncoderError(
            f"{encoder_id} puts a prompt before every text, which Nearspace does not. Use a model without one."
        )
    return model.float().eval().requires_grad_(False)


def _token_layout(encoder_id: str, model: SentenceTransformer) -> TokenLayout:
    tokenizer = model[0].tokenizer
    if tokenizer is None or "text" not in model.modalities:
        raise EncoderError(f"{encoder_id} reads no texts. Name a model that does, as in st:TEXT+IMAGE.")
    if tokenizer.pad_token_id is None or tokenizer.padding_side != "right":
        raise EncoderError(f"The tokeniser of {encoder_id} does not pad on the right. Use another model.")
    limits = [model.max_seq_length, tokenizer.model_max_length, _positions(model)]
    width = min([limit for limit in limits if limit and limit < 1_000_000] or [_DEFAULT_WINDOW])
    first, last = special_ids(tokenizer)
    return TokenLayout("strip", first, last, tokenizer.pad_token_id, width, full=False)


def _positions(model: SentenceTransformer) -> int | None:
    config = model[0].config
    if config.model_type in ("xlm-roberta", "roberta", "camembert", "mpnet"):
        return None  # their table of positions has entries that texts do not use; the tokeniser knows the limit
    return getattr(getattr(config, "text_config", None) or config, "max_position_embeddings", None)


def _preprocessing(encoder_id: str, model: SentenceTransformer) -> Preprocessing:
    """How the image processor of transformers prepares pictures, if it is one of CLIP's kind."""
    processor: Any = getattr(model[0].processor, "image_processor", None) or model[0].processor

    def setting(name: str, default: Any) -> Any:
        value = getattr(processor, name, None)
        return default if value is None else value

    size, crop = dict(setting("size", {})), dict(setting("crop_size", {}))
    is_standard = setting("do_normalize", False) and setting("do_rescale", False) and setting("do_resize", False)
    scaled = abs(float(setting("rescale_factor", 0)) - 1 / 255) < 1e-9
    padded = setting("do_pad", False)
    method = _INTERPOLATIONS.get(int(setting("resample", 3)))
    cropped = setting("do_center_crop", False)
    if is_standard and scaled and not padded and method:
        facts: dict[str, Any] = {
            "interpolation": method,
            "mean": tuple(float(value) for value in processor.image_mean),
            "std": tuple(float(value) for value in processor.image_std),
        }
        if size.get("shortest_edge") and cropped and crop.get("height"):
            edge = int(size["shortest_edge"])
            return Preprocessing(int(crop["height"]), int(crop["width"]), "shortest", edge, **facts)
        if size.get("height") and not cropped:
            height, width = int(size["height"]), int(size["width"])
            return Preprocessing(height, width, "squash", min(height, width), **facts)
    raise EncoderError(
        f"{encoder_id} prepares its pictures in a way that Nearspace does not know ({type(processor).__name__}). "
        "Use a model of CLIP's or SigLIP's kind."
    )
