"""Encoders with the text tower of the fake encoder and other image towers, as `lite` and `lite:NAME` are."""

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from ingest.encoders.base import EncoderInfo
from tests.fake_encoder import FakeEncoder

SECONDS_AN_IMAGE = 0.01


class SharedTextEncoder(FakeEncoder):
    """The fake encoder, whose text tower is named."""

    @property
    def info(self) -> EncoderInfo:
        return replace(
            super().info,
            id="python:tests.retuned_encoder:SharedTextEncoder",
            fingerprint="shared-text-1",
            text_fingerprint="texts-1",
        )


class RetunedEncoder(FakeEncoder):
    """The same text tower; pictures are mirrored along their first axes.  It refuses to encode passages."""

    @property
    def info(self) -> EncoderInfo:
        return replace(
            super().info,
            id="python:tests.retuned_encoder:RetunedEncoder",
            fingerprint="retuned-1",
            text_fingerprint="texts-1",
        )

    def encode_images(self, images: Sequence[Image]) -> NDArray[np.float32]:
        rows = super().encode_images(images)
        rows[:, :2] = rows[:, 1::-1]  # red for green, and green for red
        return rows


class SlowRetunedEncoder(RetunedEncoder):
    """Takes its time over pictures, so that a test can kill a re-encoding in its middle."""

    def encode_images(self, images: Sequence[Image]) -> NDArray[np.float32]:
        time.sleep(SECONDS_AN_IMAGE * len(images))
        return super().encode_images(images)
