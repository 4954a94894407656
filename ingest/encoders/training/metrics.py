"""How well a picture's vector finds its caption, and the reverse."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
DEPTHS = (1, 5, 10)


@dataclass(frozen=True)
class CaptionRecall:
    """Recall at 1, 5 and 10, in per cent."""

    text_to_image: tuple[float, float, float]
    image_to_text: tuple[float, float, float]

    def __str__(self) -> str:
        """Both directions on one line."""
        to_image = " / ".join(f"{value:.1f}" for value in self.text_to_image)
        to_text = " / ".join(f"{value:.1f}" for value in self.image_to_text)
        return f"text->image {to_image}   image->text {to_text}"


def caption_recall(images: Array, captions: Array, owners: NDArray[np.int64]) -> CaptionRecall:
    """Recall of `images` [n, d] by `captions` [m, d], where caption j is of image owners[j]; all unit rows."""
    cosines = captions @ images.T
    own = cosines[np.arange(len(owners)), owners]
    image_rank = (cosines > own[:, None]).sum(axis=1)
    # An image is found when the best-placed of its own captions is.
    caption_rank = np.full(len(images), len(captions))
    for column in range(len(images)):
        best = own[owners == column].max()
        caption_rank[column] = (cosines[:, column] > best).sum()
    return CaptionRecall(_recall(image_rank), _recall(caption_rank))


def naming_accuracy(images: Array, names: Array, labels: NDArray[np.int64]) -> float:
    """How many of `images` [n, d] are nearest to the name [k, d] of their own label, in per cent."""
    return round(float(((images @ names.T).argmax(axis=1) == labels).mean() * 100), 2)


def matching_recall(images: Array, captions: Array, places: NDArray[np.int64]) -> tuple[float, float, float]:
    """Recall of `captions` [k, d], all different, by `images` [n, d], where the caption of image i is places[i]."""
    cosines = images @ captions.T
    own = cosines[np.arange(len(places)), places]
    return _recall((cosines > own[:, None]).sum(axis=1))


def _recall(ranks: NDArray[np.int64]) -> tuple[float, float, float]:
    one, five, ten = (round(float((ranks < depth).mean() * 100), 2) for depth in DEPTHS)
    return one, five, ten
