"""What the image tower of `lite` is given: the whole picture, resized to a square of pixels."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image

IMAGE_SIZE = 260
VERSION = "whole-260-bicubic-1"
"""Part of the encoder's fingerprint: change it whenever the pixels change."""


def square_pixels(image: "Image") -> NDArray[np.uint8]:
    """The whole picture squeezed to a square, shape (260, 260, 3), RGB."""
    from PIL import Image

    square = image.convert("RGB").resize((IMAGE_SIZE, IMAGE_SIZE), Image.Resampling.BICUBIC, reducing_gap=3.0)
    return np.asarray(square, dtype=np.uint8)


def pixel_batch(images: "Sequence[Image]") -> NDArray[np.uint8]:
    """The pictures as one array, shape (len(images), 260, 260, 3)."""
    batch = np.empty((len(images), IMAGE_SIZE, IMAGE_SIZE, 3), np.uint8)
    for row, image in zip(batch, images, strict=True):
        row[:] = square_pixels(image)
    return batch
