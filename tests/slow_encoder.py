"""The fake encoder at the pace of a real one, so that a test can kill an ingest in its middle."""

import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from tests.fake_encoder import FakeEncoder

SECONDS_AN_IMAGE = 0.004


class SlowEncoder(FakeEncoder):
    """Gives the same vectors as the fake encoder, later."""

    def encode_images(self, images: Sequence[Image]) -> NDArray[np.float32]:
        time.sleep(SECONDS_AN_IMAGE * len(images))
        return super().encode_images(images)
