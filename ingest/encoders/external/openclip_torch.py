"""An OpenCLIP model in torch: loaded from files on this machine, split into two towers."""

from copy import deepcopy
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import open_clip  # type: ignore[import-not-found]
import torch
from open_clip.factory import load_checkpoint  # type: ignore[import-not-found]
from open_clip.tokenizer import DEFAULT_CONTEXT_LENGTH, HFTokenizer, SimpleTokenizer  # type: ignore[import-not-found]
from open_clip.transform import PreprocessCfg, image_transform_v2, merge_preprocess_dict  # type: ignore[import-not-found]
from open_clip.transformer import TextTransformer  # type: ignore[import-not-found]
from torch import nn

from ingest.encoders.external.hf_config import special_ids, tokenizer_json
from ingest.encoders.external.preprocessing import Preprocessing
from ingest.encoders.external.tokenizer import Cleaning, TokenLayout, clip_tokenizer
from ingest.encoders.external.torch_model import TorchModel
from ingest.encoders.runtime.onnx_export import Export
from ingest.errors import EncoderError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PIL.Image import Image

    from ingest.encoders.external.openclip_files import OpenClipFiles


def load_torch_model(encoder_id: str, files: "OpenClipFiles") -> TorchModel:
    """Load the model of `files`; nothing is fetched.

    Raises what safetensors, torch and OpenCLIP raise for weights that are damaged or do not fit.
    """
    model = _model(files)
    tokenizer = _tokenizer(files)
    layout, tokenizer_json_text = _token_layout(encoder_id, files, model, tokenizer)
    preprocess = PreprocessCfg(
        **merge_preprocess_dict(asdict(PreprocessCfg(size=model.visual.image_size)), files.preprocess)
    )
    preprocess.size = model.visual.image_size
    preprocessing = _preprocessing(preprocess)
    transform = image_transform_v2(preprocess, is_train=False)

    def expected_texts(texts: "Sequence[str]") -> "NDArray[np.float32]":
        with torch.inference_mode():
            return np.asarray(model.encode_text(tokenizer(list(texts)), normalize=True).numpy())

    def expected_images(images: "Sequence[Image]") -> "NDArray[np.float32]":
        with torch.inference_mode():
            return np.asarray(model.encode_image(torch.stack([transform(image) for image in images]), True).numpy())

    width = layout.width if layout.full else min(layout.width, 8)
    ids = torch.full((3, width), layout.pad, dtype=torch.int64)
    for row in ids:
        row[: len(layout.first)] = torch.tensor(layout.first, dtype=torch.int64)
        row[len(layout.first) : len(layout.first) + len(layout.last)] = torch.tensor(layout.last, dtype=torch.int64)
    widths = None if layout.full else (2, layout.width)
    pixels = torch.zeros((3, preprocessing.height, preprocessing.width, 3), dtype=torch.uint8)
    return TorchModel(
        text=Export(_TextTower(model, trimmed=not layout.full), {"ids": ids}, widths),
        image=Export(ImageTower(model.encode_image, model.visual, preprocessing), {"pixels": pixels}, None),
        layout=layout,
        tokenizer=tokenizer_json_text,
        preprocessing=preprocessing,
        expected_texts=expected_texts,
        expected_images=expected_images,
    )


class ImageTower(nn.Module):
    """Pixels uint8 [n, height, width, 3] to unit rows: normalised as the model prescribes, then encoded."""

    def __init__(self, encode: Any, module: nn.Module, preprocessing: Preprocessing) -> None:
        """Wrap `encode`, whose weights are in `module`."""
        super().__init__()
        self._encode = encode
        self._module = module
        mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (preprocessing.mean, preprocessing.std))
        self.register_buffer("_mean", mean)
        self.register_buffer("_std", std)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Encode pictures."""
        values = pixels.permute(0, 3, 1, 2).to(self._mean.dtype) / 255.0
        return nn.functional.normalize(self._encode((values - self._mean) / self._std), dim=-1)


class _TextTower(nn.Module):
    """Ids int64 [n, tokens] to unit rows; trimmed, it takes any number of tokens up to the model's."""

    def __init__(self, model: nn.Module, *, trimmed: bool) -> None:
        super().__init__()
        self._model = model
        self._causal = trimmed and _causal_tower(model) is not None

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        vectors = self._encode_causal(ids) if self._causal else self._model.encode_text(ids)
        return nn.functional.normalize(vectors, dim=-1)

    def _encode_causal(self, ids: torch.Tensor) -> torch.Tensor:
        # A token attends only to those before it, so padding after the last one changes nothing and is not computed.
        tower: Any = _causal_tower(self._model)
        count = ids.shape[1]
        states = tower.token_embedding(ids) + tower.positional_embedding[:count]
        states = tower.ln_final(tower.transformer(states, attn_mask=tower.attn_mask[:count, :count]))
        pool, eos = _pooling(tower)
        positions = ids.argmax(dim=-1) if pool == "argmax" else (ids == eos).int().argmax(dim=-1)
        pooled = states[torch.arange(states.shape[0], device=states.device), positions]
        if tower.text_projection is None:
            return pooled
        if isinstance(tower.text_projection, nn.Linear):
            return tower.text_projection(pooled)
        return pooled @ tower.text_projection


def _pooling(tower: Any) -> tuple[str, int | None]:
    # open_clip.CLIP has its text tower's settings under names of its own.
    if isinstance(tower, open_clip.CLIP):
        return tower.text_pool_type, getattr(tower, "text_eos_id", None)
    return tower.pool_type, tower.eos_id


def _causal_tower(model: nn.Module) -> nn.Module | None:
    """The module with the text tower's parts if each token attends only to those before it; else None."""
    tower: Any = model if isinstance(model, open_clip.CLIP) else getattr(model, "text", None)
    if not isinstance(tower, open_clip.CLIP | TextTransformer):
        return None
    if tower.attn_mask is None or getattr(tower, "cls_emb", None) is not None or getattr(tower, "use_pad_mask", False):
        return None
    return tower if _pooling(tower)[0] in ("argmax", "eos") else None


def _model(files: "OpenClipFiles") -> nn.Module:
    config = deepcopy(files.config)
    vision, text = config["vision_cfg"], config["text_cfg"]
    if "timm_model_name" in vision:
        vision["timm_model_pretrained"] = False
    if files.text_config is not None:
        text["hf_model_name"] = str(files.text_config)
        text["hf_model_pretrained"] = False
    custom = config.pop("custom_text", False) or files.text_config is not None
    kind = open_clip.CoCa if "multimodal_cfg" in config else open_clip.CustomTextCLIP if custom else open_clip.CLIP
    model: nn.Module = kind(**config)
    load_checkpoint(model, str(files.weights), strict=True, weights_only=True)
    return model.eval().requires_grad_(False)


def _tokenizer(files: "OpenClipFiles") -> Any:
    text = files.config["text_cfg"]
    length = text.get("context_length", DEFAULT_CONTEXT_LENGTH)
    settings = dict(text.get("tokenizer_kwargs") or {})
    if files.tokenizer is None:
        return SimpleTokenizer(context_length=length, **settings)
    mode = text.get("tokenizer_mode")
    return HFTokenizer(str(files.tokenizer), context_length=length, tokenizer_mode=mode, **settings)


def _token_layout(encoder_id: str, files: "OpenClipFiles", model: nn.Module, tokenizer: Any) -> tuple[TokenLayout, str]:
    """The layout of tokens, and the tokeniser in the JSON of the `tokenizers` library."""
    settings = files.config["text_cfg"].get("tokenizer_kwargs") or {}
    default: Cleaning = "lower" if files.tokenizer is None else "whitespace"
    cleaning = settings.get("clean", default)
    first: tuple[int, ...]
    last: tuple[int, ...]
    tail: tuple[int, ...] = ()
    if files.tokenizer is None:
        first, last, pad = (tokenizer.sot_token_id,), (tokenizer.eot_token_id,), 0
        text = clip_tokenizer(tokenizer.encoder, list(tokenizer.bpe_ranks))
        full = _causal_tower(model) is None
    else:
        inner = tokenizer.tokenizer
        text, pad = tokenizer_json(inner, encoder_id), inner.pad_token_id
        first, last = special_ids(inner)
        if tokenizer.tokenizer_mode == "clips":
            first, last, tail = (inner.bos_token_id,), (inner.eos_token_id,), (inner.cls_token_id,)
        if tokenizer.strip_sep_token:
            last = tuple(0 if number == inner.sep_token_id else number for number in last)
        # A text tower of transformers masks padding itself.
        full = files.text_config is None and _causal_tower(model) is None
    if pad is None:
        raise EncoderError(f"The tokeniser of {encoder_id} has no padding token. Use another model.")
    return TokenLayout(cleaning, first, last, pad, tokenizer.context_length, full or bool(tail), tail), text


def _preprocessing(config: PreprocessCfg) -> Preprocessing:
    height, width = (config.size, config.size) if isinstance(config.size, int) else tuple(config.size)
    return Preprocessing(
        height=height,
        width=width,
        resize=config.resize_mode,
        edge=min(height, width),
        interpolation="bilinear" if config.interpolation == "bilinear" else "bicubic",
        mean=tuple(config.mean) if isinstance(config.mean, list | tuple) else (config.mean,) * 3,
        std=tuple(config.std) if isinstance(config.std, list | tuple) else (config.std,) * 3,
        fill=config.fill_color,
    )
