"""Writes the reference outputs beside the weights: torch's vectors of a few texts and generated pictures."""

import json
import os
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from safetensors.numpy import save_file
from torch import Tensor

from ingest.encoders.lite.reference_outputs import IMAGE_VECTORS_FILE, TEXT_VECTORS_FILE, TEXTS_FILE, reference_pictures
from ingest.encoders.training.efficientnet_lite2 import block_shapes, same_padding
from ingest.encoders.training.export import AlignerWeights, FoldedTower

Array = NDArray[np.float32]

TEXTS = (
    "",
    "a",
    "Dog.",
    "red sports car",
    "a photo of a tench",
    "A dog runs along the beach with a ball in its mouth.",
    "Two children are playing football in the park while their parents watch.",
    "The city council approved the budget for 2024, which includes 3.5 million for new cycle lanes.",
    "What is the capital of Australia?",
    "WHY ARE YOU SHOUTING AT ME?!",
    "e = mc², and the angle is 45° ± 0.5°",
    "https://example.org/a/very/long/path?query=value&other=1#fragment",
    "def add(a: int, b: int) -> int:\n    return a + b",
    "Zwei Hunde spielen im tiefen Schnee, einer ist größer und viel schöner als der andere.",
    "Le café était déjà fermé quand l'élève est arrivé à l'hôtel.",
    "El niño pequeño come una manzana roja en la cocina de su abuela.",
    "Маленькая собака спит на диване.",
    "公園で犬と遊ぶ子供たち",
    "كلب صغير يركض على الشاطئ",
    "🐶🏖️ a dog on the beach 😀",
    "supercalifragilisticexpialidocious antidisestablishmentarianism",
    "tab\tnewline\nand  several   spaces ",
    "The guitar is a fretted musical instrument that usually has six strings. " * 6,
    "word " * 254,
)
"""Several lengths, scripts and kinds; the last one fills the text window exactly."""


def write_text_reference(folder: Path, model: Path) -> None:
    """Write TEXTS and torch's vectors of them into `folder`; `model` is the folder of all-MiniLM-L6-v2."""
    (folder / TEXTS_FILE).write_text(json.dumps(TEXTS, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    save_file({"vectors": text_vectors(model)}, folder / TEXT_VECTORS_FILE)


def write_image_reference(folder: Path, tower: FoldedTower, aligner: AlignerWeights) -> None:
    """Write torch's vectors of the reference pictures into `folder`."""
    save_file({"vectors": image_vectors(tower, aligner, reference_pictures())}, folder / IMAGE_VECTORS_FILE)


def text_vectors(model: Path) -> Array:
    """sentence-transformers' own vectors of TEXTS, unit rows [24, 384], one text a batch."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    from sentence_transformers import SentenceTransformer

    tower = SentenceTransformer(str(model), device="cpu")
    return np.asarray(tower.encode(list(TEXTS), batch_size=1, normalize_embeddings=True), dtype=np.float32)


def image_vectors(tower: FoldedTower, aligner: AlignerWeights, pixels: NDArray[np.uint8]) -> Array:
    """The image tower in torch, with the weights as they are stored: pixels [n, 260, 260, 3] to unit rows [n, 384]."""
    from ingest.encoders.training.train_aligner import top_probabilities

    convolutions = iter(tower.convolutions)

    def convolve(x: Tensor, stride: int = 1, *, clip: bool) -> Tensor:
        weight, bias = (torch.from_numpy(values) for values in next(convolutions))
        before, after = same_padding(x.shape[2], weight.shape[2], stride)
        x = F.pad(x, (before, after, before, after))
        x = F.conv2d(x, weight, bias, stride, groups=weight.shape[0] if weight.shape[1] == 1 else 1)
        return F.relu6(x) if clip else x

    with torch.inference_mode():
        x = (torch.from_numpy(pixels).permute(0, 3, 1, 2).float() - 127) / 128
        x = convolve(x, 2, clip=True)
        for shape in block_shapes():
            inputs = x
            if shape.expansion > 1:
                x = convolve(x, clip=True)
            x = convolve(convolve(x, shape.stride, clip=True), clip=False)
            x = x + inputs if shape.is_residual else x
        pooled = convolve(x, clip=True).mean(dim=(2, 3))
        logits = F.linear(pooled, *map(torch.from_numpy, tower.classifier))
        hidden = F.gelu(F.linear(pooled, *map(torch.from_numpy, aligner.hidden)))
        residual = F.linear(hidden, *map(torch.from_numpy, aligner.out))
        vectors = F.normalize(residual + top_probabilities(logits) @ torch.from_numpy(aligner.prior), dim=1)
    return np.asarray(vectors.numpy(), dtype=np.float32)
