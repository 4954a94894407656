"""An encoder with fewer dimensions and a much smaller text window than the fake encoder's."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from ingest.encoders.base import EncoderInfo
from tests.fake_encoder import FakeEncoder

DIMENSION = 30


class NarrowEncoder(FakeEncoder):
    """The fake encoder without the modality gap's axes, for texts of at most 10 tokens."""

    @property
    def info(self) -> EncoderInfo:
        return replace(
            super().info,
            id="python:tests.narrow_encoder:NarrowEncoder",
            fingerprint="narrow-1",
            dimension=DIMENSION,
            text_window=10,
        )

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        assert all(len(self.token_spans(text)) <= self.info.text_window for text in texts), "a text beyond the window"
        return _cut(super().encode_texts(texts))

    def encode_images(self, images: Sequence[Image]) -> NDArray[np.float32]:
        return _cut(super().encode_images(images))


def _cut(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    rows = rows[:, :DIMENSION]
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
