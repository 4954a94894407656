"""How well pictures find their captions and captions their pictures, among held-out ones."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DEPTHS = (1, 5, 10)
Recall = tuple[float, float, float]


@dataclass(frozen=True)
class Retrieval:
    """Recall at 1, 5 and 10, in per cent, and the mean reciprocal rank, 0 to 1, of both directions."""

    text_to_image: Recall
    image_to_text: Recall
    reciprocal_rank: float

    @property
    def mean_recall(self) -> float:
        """The mean of the six recalls, in per cent."""
        return sum((*self.text_to_image, *self.image_to_text)) / 6

    @property
    def comparison_key(self) -> tuple[float, float]:
        """What two retrievals are compared by: the mean recall, then the reciprocal rank."""
        return round(self.mean_recall, 6), round(self.reciprocal_rank, 6)


def measure_retrieval(images: NDArray[np.float32], texts: NDArray[np.float32], belongs: NDArray[np.bool_]) -> Retrieval:
    """Retrieval between `images` [n, d] and `texts` [m, d], unit rows; `belongs` [n, m]: caption j is of picture i.

    A query with several relevant results is answered when the best-placed one is.
    """
    cosines = images @ texts.T
    texts_rank = _ranks(cosines, belongs)
    images_rank = _ranks(cosines.T, belongs.T)
    reciprocal = (float((1 / (1 + texts_rank)).mean()) + float((1 / (1 + images_rank)).mean())) / 2
    return Retrieval(_recall(images_rank), _recall(texts_rank), reciprocal)


def _ranks(cosines: NDArray[np.float32], relevant: NDArray[np.bool_]) -> NDArray[np.int64]:
    """For each row, how many irrelevant columns are at least as close as the closest relevant one."""
    best = np.where(relevant, cosines, -np.inf).max(axis=1, keepdims=True)
    return np.asarray(((cosines >= best) & ~relevant).sum(axis=1))


def _recall(ranks: NDArray[np.int64]) -> Recall:
    one, five, ten = (round(float((ranks < depth).mean() * 100), 2) for depth in DEPTHS)
    return one, five, ten
