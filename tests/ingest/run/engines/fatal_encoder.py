"""The fake encoder, but some pictures end its process: black ones always, grey ones until a file says it happened."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from tests.fake_encoder import FakeEncoder, colour_name

ENDED = "NEARSPACE_TEST_ENDED"
"""The variable that names the file."""


class FatalEncoder(FakeEncoder):
    """Gives the same vectors as the fake encoder, if it lives; in the process that made the variable it always does."""

    info = replace(
        FakeEncoder.info, id="python:tests.ingest.run.engines.fatal_encoder:FatalEncoder", fingerprint="fatal-1"
    )

    def __init__(self) -> None:
        self._at_home = os.environ.get("NEARSPACE_TEST_HOME") == str(os.getpid())

    def encode_images(self, images: Sequence[Image]) -> NDArray[np.float32]:
        if not self._at_home:
            names = {colour_name(image) for image in images}
            ended = Path(os.environ[ENDED])
            if "black" in names:
                os._exit(1)
            if "grey" in names and not ended.exists():
                ended.touch()
                os._exit(1)
        return super().encode_images(images)
