"""Occlusion: which part of a picture, or which words of a passage, carry a match.

After Zeiler and Fergus (2014): a patch is moved over the picture, and the loss of the match is attributed to the part
it covers.  Patches have two sizes: large ones hide a whole object, small ones locate it.  They have the colour of the
picture's border, as another colour would itself be recognised as an object.

Covering weakens any match (a picture with a patch is less of a picture).  So the loss is that of the match less that of
an average match, with the mean of its modality.  On 30 pairs of objects of the sample side by
side, each of the two named once, 88 % of the heat then lies on the object named, and most of it in 57 of 60 cases; 85 %
and 56 without that.

The vectors of the covered pictures do not depend on the target of the match: they are computed once for any number.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import Encoder

if TYPE_CHECKING:
    from PIL.Image import Image

PATCHES = ((0.2, 4), (0.35, 5))
"""Sides of a patch, as a share of the picture's, and how many positions it takes along each side."""
MAX_RUNS = 120
"""Runs of words at most that are left out of a passage, one at a time."""

_SIDE = 320  # pixels of the picture's longer side that is covered: more than encoders of 224 to 260 pixels need
_WORD = re.compile(r"\S+")

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class OccludedPicture:
    """A picture with a patch at one position after the other."""

    size: tuple[int, int]
    """Width and height in pixels."""
    patches: NDArray[np.int64]
    """Left, top, right and bottom of each patch in pixels, shape (n, 4)."""
    whole: NDArray[np.float32]
    """The vector of the whole picture, shape (dimension,)."""
    vectors: NDArray[np.float32]
    """The vector of the picture with each of the patches, shape (n, dimension)."""

    def losses(self, target: NDArray[np.floating], average: NDArray[np.floating]) -> Floats:
        """The loss of the match with `target` by each patch, less that of the match with `average`; shape (n,)."""
        return _losses(self.whole, self.vectors, target, average)

    def heat(self, target: NDArray[np.floating], average: NDArray[np.floating]) -> Floats:
        """How much of the match with `target` each pixel carries: 0 to 1, the most at 1; shape (height, width).

        All 0 where covering costs nothing.  `average` is the mean vector of the target's modality.
        """
        width, height = self.size
        total, weight = np.zeros((height, width)), np.zeros((height, width))
        for loss, (left, top, right, bottom) in zip(self.losses(target, average), self.patches.tolist(), strict=True):
            share = 1.0 / ((right - left) * (bottom - top))
            total[top:bottom, left:right] += share * loss
            weight[top:bottom, left:right] += share
        found = np.maximum(total / np.maximum(weight, 1e-12), 0.0)
        return found / found.max() if found.max() > 0 else found


@dataclass(frozen=True)
class OccludedText:
    """A passage with one run of words after the other left out."""

    spans: tuple[tuple[int, int], ...]
    """The characters of each run, from the first to behind the last."""
    whole: NDArray[np.float32]
    """The vector of the whole passage, shape (dimension,)."""
    vectors: NDArray[np.float32]
    """The vector of the passage without each of the runs, shape (n, dimension)."""

    def weights(self, target: NDArray[np.floating]) -> Floats:
        """The contribution of each run to the match with `target`: from -1 to 1, below 0 where it weakens it; (n,)."""
        losses = _losses(self.whole, self.vectors, target, np.zeros_like(target))
        return losses / max(float(np.abs(losses).max(initial=0.0)), 1e-9)


def occlude_picture(picture: "Image", encoder: Encoder) -> OccludedPicture:
    """Cover an upright RGB picture at one position after the other, and encode all versions in one batch."""
    from PIL import Image

    small = picture.convert("RGB")
    small.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    pixels = np.asarray(small)
    height, width = pixels.shape[:2]
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    fill = np.median(border, axis=0).astype(np.uint8)
    places = patches(width, height)
    pictures = [small]
    for left, top, right, bottom in places.tolist():
        picture_occlusion = pixels.copy()
        picture_occlusion[top:bottom, left:right] = fill
        pictures.append(Image.fromarray(picture_occlusion))
    vectors = encoder.encode_images(pictures)
    return OccludedPicture((width, height), places, vectors[0], vectors[1:])


def patches(width: int, height: int) -> NDArray[np.int64]:
    """Left, top, right and bottom of each patch that is laid on a picture of this size in pixels, shape (n, 4)."""
    found = []
    for share, places in PATCHES:
        wide, high = max(1, round(width * share)), max(1, round(height * share))
        for row in range(places):
            for column in range(places):
                left = round(column * (width - wide) / (places - 1))
                top = round(row * (height - high) / (places - 1))
                found.append((left, top, left + wide, top + high))
    return np.array(found, np.int64)


def occlude_text(text: str, encoder: Encoder) -> OccludedText:
    """Leave out each word of a passage in turn, or each of MOST_PIECES runs of words where it has more."""
    words = [match.span() for match in _WORD.finditer(text)]
    run = max(1, -(-len(words) // MAX_RUNS))
    spans = tuple((words[at][0], words[min(at + run, len(words)) - 1][1]) for at in range(0, len(words), run))
    vectors = encoder.encode_texts([text, *(text[:start] + text[end:] for start, end in spans)])
    return OccludedText(spans, vectors[0], vectors[1:])


def _losses(
    whole: NDArray[np.float32],
    vectors: NDArray[np.float32],
    target: NDArray[np.floating],
    average: NDArray[np.floating],
) -> Floats:
    beyond = np.asarray(target, np.float64) - np.asarray(average, np.float64)
    return np.asarray(float(whole @ beyond) - vectors @ beyond, np.float64)
