"""An encoder of synthetic vectors at the pace of a fast one, for benchmarks about what happens after encoding."""

import hashlib
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from ingest.encoders.base import EncoderInfo

DIMENSION = 128
SECONDS_A_TEXT = 0.002


class SyntheticEncoder:
    """The encoder `python:tests.benchmarks.synthetic_encoder:SyntheticEncoder`: each text has a random direction."""

    info = EncoderInfo(
        id="python:tests.benchmarks.synthetic_encoder:SyntheticEncoder",
        fingerprint="synthetic-1",
        dimension=DIMENSION,
        image_size=64,
        text_window=64,
        licence="MIT",
    )

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One direction for each text, taken from its SHA-256; unit rows (n, DIMENSION)."""
        time.sleep(SECONDS_A_TEXT * len(texts))
        return self._unit([text.encode("utf-8") for text in texts])

    def encode_images(self, images: Sequence[Image]) -> NDArray[np.float32]:
        """One direction for each picture, taken from its pixels; unit rows (n, DIMENSION)."""
        return self._unit([image.tobytes() for image in images])

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """The span of each character."""
        return [(place, place + 1) for place in range(len(text))]

    def _unit(self, contents: Sequence[bytes]) -> NDArray[np.float32]:
        seeds = [int.from_bytes(hashlib.sha256(content).digest()[:8], "big") for content in contents]
        rows = np.array([np.random.default_rng(seed).standard_normal(DIMENSION) for seed in seeds], np.float32)
        rows = rows.reshape(len(seeds), DIMENSION)
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)
