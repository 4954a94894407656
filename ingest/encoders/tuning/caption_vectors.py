"""The captions of pictures as vectors of the frozen text tower, and which picture each belongs to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.tuning.captioned_pictures import CaptionedPicture

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Captions:
    """Captions of n pictures; a caption that several pictures share is there once, and belongs to each of them."""

    vectors: Floats
    """Unit rows, shape (m, dimension)."""
    rows_by_picture: tuple[Rows, ...]
    """For each picture, the rows of its captions, ascending."""

    @property
    def pairs(self) -> int:
        """How many pairs of picture and caption there are."""
        return sum(map(len, self.rows_by_picture))

    def belongs(self, pictures: Rows, texts: Rows) -> NDArray[np.bool_]:
        """Whether each of `texts` belongs to each of `pictures`, shape (len(pictures), len(texts))."""
        result = np.zeros((len(pictures), len(texts)), np.bool_)
        for row, picture in zip(result, pictures, strict=True):
            row[:] = np.isin(texts, self.rows_by_picture[picture])
        return result

    def subset(self, pictures: Sequence[int] | Rows) -> "Captions":
        """The captions of some of the pictures alone."""
        used = np.unique(np.concatenate([self.rows_by_picture[picture] for picture in pictures]))
        rows_by_picture = tuple(np.searchsorted(used, self.rows_by_picture[picture]) for picture in pictures)
        return Captions(self.vectors[used], rows_by_picture)


def encode_captions(pictures: Sequence[CaptionedPicture], encode: Callable[[Sequence[str]], Floats]) -> Captions:
    """Encode the captions of `pictures`, each wording once."""
    texts = sorted({text for picture in pictures for text in picture.captions})
    row_of = {text: row for row, text in enumerate(texts)}
    rows_by_picture = tuple(
        np.array(sorted(row_of[text] for text in picture.captions), np.int64) for picture in pictures
    )
    return Captions(encode(texts), rows_by_picture)
