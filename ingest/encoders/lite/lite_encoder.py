"""The embedded encoder `lite`: all-MiniLM-L6-v2 for texts, EfficientNet-Lite2 with a trained aligner for pictures."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import EncoderInfo, Log
from ingest.encoders.lite import pixels
from ingest.encoders.lite.reference_outputs import image_reference_sha256, read_image_reference, reference_pictures
from ingest.encoders.lite.text_tower import DIMENSION, FINGERPRINT, WINDOW, MiniLM, load_minilm
from ingest.encoders.lite.weights import model_folder
from ingest.encoders.runtime.digests import sha256_of
from ingest.encoders.runtime.onnx import Comparison, checked_session
from ingest.encoders.runtime.parallel import map_batches
from ingest.errors import WeightsError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from PIL.Image import Image

IMAGE_BATCH = 16
THREAD_BATCH = 8
"""Pictures that one thread encodes at a time, at most."""


class LiteEncoder:
    """Texts and pictures to unit vectors of 384 dimensions; may be called from several threads at once."""

    def __init__(self, info: EncoderInfo, text_tower: MiniLM, image_tower: "InferenceSession") -> None:
        """Join two loaded towers, described by `info`."""
        self._info = info
        self._text_tower = text_tower
        self._image_tower = image_tower

    @property
    def info(self) -> EncoderInfo:
        """What this encoder is."""
        return self._info

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode `texts` to unit rows (len(texts), 384); longer ones than the window as the mean of their windows."""
        return self._text_tower.encode(texts)

    def encode_images(self, images: "Sequence[Image]") -> NDArray[np.float32]:
        """Encode upright pictures of any size and aspect to unit rows (len(images), 384)."""

        def encode(pictures: "Sequence[Image]") -> NDArray[np.float32]:
            return np.asarray(self._image_tower.run(["vectors"], {"pixels": pixels.pixel_batch(pictures)})[0])

        batches = map_batches(encode, images, THREAD_BATCH)
        return np.concatenate([np.empty((0, DIMENSION), np.float32), *batches])

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """The character span of each word piece of `text`, never truncated."""
        return self._text_tower.token_spans(text)


def load_lite(
    *, log: Log | None = None, text_folder: Path | None = None, image_folder: Path | None = None
) -> LiteEncoder:
    """Load `lite`; at first use its text tower is compiled into the cache folder and both towers are checked.

    `text_folder` (model.safetensors, tokenizer.json) and `image_folder` (image.onnx, the reference outputs) replace
    the installed ones.  Raises WeightsError if weights are missing, not the published ones, or damaged.
    """
    image_folder = image_folder or model_folder("lite")
    image_file = image_folder / "image.onnx"
    if not image_file.is_file():
        raise WeightsError(f"The image tower of lite has no image.onnx in {image_folder}. Install Nearspace again.")
    text_tower = load_minilm(image_folder, folder=text_folder, log=log)
    parts = (FINGERPRINT, sha256_of(image_file), pixels.VERSION)
    fingerprint = hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def difference(session: "InferenceSession") -> float:
        vectors = session.run(["vectors"], {"pixels": reference_pictures()})[0]
        return float(np.abs(vectors - read_image_reference(image_folder)).max())

    comparison = Comparison("the image tower of lite", image_reference_sha256(image_folder), difference)
    image_tower = checked_session(image_file, comparison, log=log, threads=1)
    info = EncoderInfo(
        id="lite",
        fingerprint=fingerprint,
        dimension=DIMENSION,
        image_size=pixels.IMAGE_SIZE,
        text_window=WINDOW,
        licence="Apache-2.0 towers, tuned on Flickr8k (research use) and Tux Paint stamps",
        text_fingerprint=FINGERPRINT,
    )
    return LiteEncoder(info, text_tower, image_tower)
