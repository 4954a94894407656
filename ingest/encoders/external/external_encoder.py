"""Encoders of named weights, such as OpenCLIP's: two towers with what prepares their inputs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import EncoderInfo
from ingest.encoders.external.preprocessing import Preprocessing
from ingest.encoders.external.tokenizer import TextTokenizer
from ingest.encoders.external.torch_model import TorchModel
from ingest.encoders.external.tower import Arrays, Tower

if TYPE_CHECKING:
    from PIL.Image import Image

VERSION = "plugged-1"
"""Part of every fingerprint: change it whenever the vectors of the same weights change."""
INT8_SUFFIX = "@int8"
"""At the end of an id: the towers' weights are rounded to 8 bits, which is faster on a CPU."""


@dataclass(frozen=True)
class ModelSpec:
    """What is known of an encoder once its files are found, before anything heavy is imported."""

    id: str
    fingerprint: str
    licence: str
    int8: bool
    load: Callable[[], TorchModel]
    """Raises WeightsError or EncoderError."""


class ExternalEncoder:
    """Texts and pictures to unit rows; may be called from several threads at once."""

    def __init__(
        self,
        info: EncoderInfo,
        tokenizer: TextTokenizer,
        preprocessing: Preprocessing,
        text_tower: Tower,
        image_tower: Tower,
    ) -> None:
        """Join two towers with what prepares their inputs; `info` describes the whole."""
        self._info = info
        self._tokenizer = tokenizer
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
        return encode_texts(texts, self._tokenizer, self._text_tower, self._info.dimension)

    def encode_images(self, images: "Sequence[Image]") -> NDArray[np.float32]:
        """Encode upright pictures of any size to unit rows (len(images), dimension)."""
        size = self._image_tower.batch_size(len(images))

        def make_batch(number: int) -> Arrays:
            return {"pixels": self._preprocessing.batch(images[number * size : (number + 1) * size])}

        rows = self._image_tower.run_batches(-(-len(images) // size), make_batch)
        return unit_rows(np.concatenate([np.empty((0, self._info.dimension), np.float32), *rows]))

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """The character span of each token of `text`, never truncated."""
        return self._tokenizer.spans(text)


def encode_texts(texts: Sequence[str], tokenizer: TextTokenizer, tower: Tower, dimension: int) -> NDArray[np.float32]:
    """Encode `texts` to unit rows (len(texts), dimension), as ExternalEncoder.encode_texts does."""
    windows = tokenizer.windows(texts)
    vectors = np.zeros((len(texts), dimension), np.float32)
    batches = list(tokenizer.batches(windows.ids))

    def make_batch(number: int) -> Arrays:
        return {"ids": batches[number].ids, "mask": batches[number].mask}

    for batch, rows in zip(batches, tower.run_batches(len(batches), make_batch), strict=True):
        for index, row in zip(batch.windows, unit_rows(rows), strict=True):
            vectors[windows.owners[index]] += row * max(len(windows.ids[index]), 1)
    return unit_rows(vectors)


def unit_rows(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each row divided by its length."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, np.float32(1e-12)), dtype=np.float32)
