"""The fake encoder with a bug."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from tests.fake_encoder import FakeEncoder


class FaultyEncoder(FakeEncoder):
    info = replace(
        FakeEncoder.info, id="python:tests.ingest.run.engines.faulty_encoder:FaultyEncoder", fingerprint="faulty"
    )

    def encode_images(self, images: Sequence[Image]) -> NDArray[np.float32]:
        raise ZeroDivisionError(f"{len(images)} pictures")
