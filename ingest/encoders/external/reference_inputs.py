"""Reference texts and pictures, and how far a tower's output for them is from the package's own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.external.external_encoder import encode_texts, unit_rows
from ingest.encoders.external.preprocessing import Preprocessing
from ingest.encoders.external.tokenizer import TextTokenizer
from ingest.encoders.external.torch_model import TorchModel
from ingest.encoders.external.tower import Arrays, Tower
from ingest.encoders.lite.reference_outputs import reference_pictures

if TYPE_CHECKING:
    from PIL.Image import Image

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

TowerDifference = Callable[[Tower], float]
"""How far a tower's output for the reference inputs is from the package's own."""


@dataclass(frozen=True)
class TowerComparisons:
    """How the towers of a model are compared with the package's own output."""

    dimension: int
    text: TowerDifference
    image: TowerDifference


def tower_comparisons(model: TorchModel, tokenizer: TextTokenizer, *, int8: bool) -> TowerComparisons:
    """Run the package's own way once; with `int8`, differences are 1 minus the smallest cosine.

    Each tower is given its first input alone and all of them together, since padding may change what it computes.
    """
    references = [_cut_to_window(text, tokenizer) for text in REFERENCE_TEXTS]
    texts = model.expected_texts(references)
    dimension = texts.shape[1]
    pictures = reference_images(model.preprocessing)
    images = model.expected_images(pictures)

    def text_difference(tower: Tower) -> float:
        single = encode_texts(references[:1], tokenizer, tower, dimension)
        together = encode_texts(references, tokenizer, tower, dimension)
        return _difference(np.concatenate([single, together]), np.concatenate([texts[:1], texts]), int8)

    def image_difference(tower: Tower) -> float:
        pixels = model.preprocessing.batch(pictures)
        rows = unit_rows(np.concatenate([tower({"pixels": pixels[:1]}), tower({"pixels": pixels})]))
        return _difference(rows, np.concatenate([images[:1], images]), int8)

    return TowerComparisons(dimension, text_difference, image_difference)


def reference_images(preprocessing: Preprocessing) -> "list[Image]":
    """Generated pictures of the size that the image tower sees."""
    from PIL import Image

    size = (preprocessing.width, preprocessing.height)
    return [Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC) for pixels in reference_pictures()]


def reference_inputs(model: TorchModel, tokenizer: TextTokenizer) -> tuple[Arrays, Arrays]:
    """The inputs of the text and of the image tower for the reference texts and pictures."""
    batch = next(tokenizer.batches(tokenizer.windows(REFERENCE_TEXTS).ids))
    pixels = model.preprocessing.batch(reference_images(model.preprocessing))
    return {"ids": batch.ids, "mask": batch.mask}, {"pixels": pixels}


def _cut_to_window(text: str, tokenizer: TextTokenizer) -> str:
    """The beginning of `text` that the package would not truncate."""
    window = tokenizer.layout.window
    while len(spans := tokenizer.spans(text)) > window:
        text = text[: min(spans[window - 1][1], len(text) - 1)]
    return text


def _difference(rows: NDArray[np.float32], expected: NDArray[np.float32], int8: bool) -> float:
    if int8:
        return float(1.0 - (rows * expected).sum(axis=1).min())
    return float(np.abs(rows - expected).max())
