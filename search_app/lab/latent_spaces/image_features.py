"""Features of an image network before the aligner maps them into the shared space."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ingest.encoders.base import EncoderInfo
from ingest.errors import EncoderError
from search_app.lab.latent_spaces.latent_space import Floats

if TYPE_CHECKING:
    from PIL.Image import Image

_BATCH = 16


def has_features(encoder: EncoderInfo) -> bool:
    """Whether the encoder's image tower gives its features: `lite`, and encoders tuned from it."""
    return encoder.id.partition(":")[0] == "lite"


def image_features(pictures: "Sequence[Image]", encoder: EncoderInfo) -> Floats:
    """The pooled features of upright pictures, shape (n, features), as the network's last layer has them.

    Raises EncoderError for an encoder that does not show them.
    """
    if not has_features(encoder):
        raise EncoderError(
            f"The encoder {encoder.id} does not show what its image tower sees before alignment. "
            "Look at this in a space of the encoder lite."
        )
    from ingest.encoders.lite.pixels import pixel_batch
    from ingest.encoders.lite.split_image_tower import split_image_tower
    from ingest.encoders.lite.weights import model_folder

    parts = split_image_tower(model_folder("lite") / "image.onnx")
    pieces = [
        parts.features(pixel_batch(pictures[start : start + _BATCH]))[0] for start in range(0, len(pictures), _BATCH)
    ]
    return np.concatenate(pieces) if pieces else np.empty((0, 0), np.float32)
