"""The pixels of an external image tower: cropped and scaled as its model prescribes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image

Resize = Literal["shortest", "longest", "squash"]
Interpolation = Literal["nearest", "bilinear", "bicubic", "lanczos"]


@dataclass(frozen=True)
class Preprocessing:
    """How a picture becomes the pixels of a tower; the values are part of the encoder's fingerprint."""

    height: int
    width: int
    resize: Resize
    """`shortest`: the shorter side is made `edge` and the centre cropped; `longest`: the whole picture is fitted in and
    the rest filled; `squash`: the whole picture, its aspect lost."""
    edge: int
    interpolation: Interpolation
    mean: tuple[float, float, float]
    """Subtracted from each channel, whose values run from 0 to 1, before it is divided by `std`."""
    std: tuple[float, float, float]
    fill: int = 0

    def pixels(self, image: "Image") -> NDArray[np.uint8]:
        """The pixels of one upright picture, shape (height, width, 3), RGB, not yet normalised."""
        from PIL import Image

        image = image.convert("RGB")
        method = Image.Resampling[self.interpolation.upper()]
        if self.resize == "squash":
            return np.asarray(image.resize((self.width, self.height), method), dtype=np.uint8)
        size = self._resized(*image.size)
        return self._crop_centre(np.asarray(image.resize(size, method), dtype=np.uint8))

    def batch(self, images: "Sequence[Image]") -> NDArray[np.uint8]:
        """The pixels of several pictures, shape (len(images), height, width, 3)."""
        batch = np.empty((len(images), self.height, self.width, 3), np.uint8)
        for row, image in zip(batch, images, strict=True):
            row[:] = self.pixels(image)
        return batch

    def _resized(self, width: int, height: int) -> tuple[int, int]:
        if self.resize == "longest":
            ratio = max(width / self.width, height / self.height)
            return max(1, round(width / ratio)), max(1, round(height / ratio))
        if self.height != self.width:
            ratio = min(width / self.width, height / self.height)
            return round(width / ratio), round(height / ratio)
        # The longer side is rounded down, as torchvision and transformers do.
        if width <= height:
            return self.edge, int(self.edge * height / width)
        return int(self.edge * width / height), self.edge

    def _crop_centre(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The centre of `pixels`, filled where they are smaller."""
        height, width = pixels.shape[:2]
        missing_width, missing_height = max(0, self.width - width), max(0, self.height - height)
        if missing_width or missing_height:
            top, left = missing_height // 2, missing_width // 2
            sides = ((top, missing_height - top), (left, missing_width - left), (0, 0))
            pixels = np.pad(pixels, sides, constant_values=self.fill)
            height, width = pixels.shape[:2]
        top, left = round((height - self.height) / 2), round((width - self.width) / 2)
        return pixels[top : top + self.height, left : left + self.width]
