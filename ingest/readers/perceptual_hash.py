"""The perceptual hash of a picture: 64 bits that stay nearly the same when it is saved again, resized or recoloured.

The hash is pHash's (Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010): the picture in
grey at 32 x 32 pixels, its discrete cosine transform, and of the 8 x 8 lowest frequencies beside the constant ones
whether each is above their median.
"""

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image

_SIDE = 32
_FREQUENCIES = slice(1, 9)
_MIN_SPREAD = 4.0  # grey levels; under this a hash would be about noise
FLAT = 0
"""The hash of a picture of one tone, which shows nothing; any other hash has as many ones as zeros."""


def picture_hash(image: "Image") -> int:
    """The hash of an upright picture, as a signed 64-bit number; FLAT for a picture of one tone.

    Two pictures are the more alike the fewer bits differ: copies differ in a few, strangers in about half.
    """
    from PIL.Image import Resampling

    from ingest.readers.colour_conversion import to_rgb

    small = to_rgb(image).resize((_SIDE, _SIDE), Resampling.LANCZOS, reducing_gap=2.0)
    grey = np.asarray(small.convert("L"), dtype=np.float32)
    if float(grey.std()) < _MIN_SPREAD:
        return FLAT
    basis = _cosines()
    lowest = (basis @ grey @ basis.T).ravel()
    bits = np.packbits(lowest > np.median(lowest))
    return int.from_bytes(bits.tobytes(), "big", signed=True)


@cache
def _cosines() -> NDArray[np.float32]:
    """The rows of the DCT-II for _FREQUENCIES, shape (8, _SIDE)."""
    frequencies = np.arange(_SIDE)[_FREQUENCIES, np.newaxis]
    positions = np.arange(_SIDE)[np.newaxis, :]
    return np.cos(np.pi * frequencies * (2 * positions + 1) / (2 * _SIDE)).astype(np.float32)
