"""The pixels that the image tower of `lite` sees: the whole picture, resized to a square.

A picture is squeezed to the square, whatever its aspect.  One on white (a cut-out, a drawing, a scanned page) is
letterboxed on white instead, so that it keeps its aspect.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image

IMAGE_SIZE = 260
SQUEEZED = "whole-260-bicubic-1"
"""Part of the fingerprint of squeezed pictures: change it whenever the pixels of `squeezed` change."""
VERSION = f"white-laid-1 {SQUEEZED}"
"""Part of the encoder's fingerprint: change it whenever the pixels of `square_pixels` change."""
WHITE = 245
"""From this level on, in all three colours, a pixel counts as white: scans and JPEG do not keep it purer."""
WHITE_SIDE = 0.5
"""The smallest white share of each side of a picture that is on white.

That holds for 95 % of the cut-outs in tuxpaint-stamps-default, and for two of 7,080 photos of Flickr8k and COCO, both
of deep snow."""
MARGIN = 0.05
"""The smallest margin on the white square, as a share of the picture's longer side."""


def square_pixels(image: "Image") -> NDArray[np.uint8]:
    """The whole picture as a square, shape (260, 260, 3), RGB: letterboxed if it is on white, else squeezed."""
    pixels = squeezed(image)
    return _letterboxed(_rgb(image)) if lies_on_white(pixels) else pixels


def squeezed(image: "Image") -> NDArray[np.uint8]:
    """The whole picture squeezed to a square, shape (260, 260, 3), RGB."""
    return _resized(_rgb(image), (IMAGE_SIZE, IMAGE_SIZE))


def _rgb(image: "Image") -> "Image":
    return image if image.mode == "RGB" else image.convert("RGB")  # which would make a copy


def lies_on_white(pixels: NDArray[np.uint8]) -> bool:
    """Whether each of the four sides, two pixels deep, is white along most of it: a white sky is only one side."""
    sides = (pixels[:2], pixels[-2:], pixels[:, :2], pixels[:, -2:])
    return all((side.min(axis=-1) >= WHITE).mean() >= WHITE_SIDE for side in sides)


def _letterboxed(image: "Image") -> NDArray[np.uint8]:
    """The picture in the middle of a white square, with its own aspect and a margin."""
    scale = IMAGE_SIZE / (max(image.size) * (1 + 2 * MARGIN))
    width, height = (max(1, round(side * scale)) for side in image.size)
    left, top = (IMAGE_SIZE - width) // 2, (IMAGE_SIZE - height) // 2
    square = np.full((IMAGE_SIZE, IMAGE_SIZE, 3), 255, np.uint8)
    square[top : top + height, left : left + width] = _resized(image, (width, height))
    return square


def _resized(image: "Image", size: tuple[int, int]) -> NDArray[np.uint8]:
    from PIL import Image

    return np.asarray(image.resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0), dtype=np.uint8)


def pixel_batch(images: "Sequence[Image]") -> NDArray[np.uint8]:
    """The pictures as one array, shape (len(images), 260, 260, 3)."""
    batch = np.empty((len(images), IMAGE_SIZE, IMAGE_SIZE, 3), np.uint8)
    for row, image in zip(batch, images, strict=True):
        row[:] = square_pixels(image)
    return batch
