"""The captions of a set of pictures as the frozen text tower's vectors, and which picture each belongs to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.tuning.captioned_pictures import Captioned

Floats = NDArray[np.float32]
Places = NDArray[np.int64]


@dataclass(frozen=True)
class Captions:
    """Captions of n pictures; a caption that several pictures have is there once, and belongs to each of them."""

    vectors: Floats
    """Unit rows, shape (m, dimension)."""
    owned: tuple[Places, ...]
    """For each picture, the rows of its captions, rising."""

    @property
    def pairs(self) -> int:
        """How many pairs of picture and caption there are."""
        return sum(map(len, self.owned))

    def belongs(self, pictures: Places, texts: Places) -> NDArray[np.bool_]:
        """Whether each of `texts` belongs to each of `pictures`, shape (len(pictures), len(texts))."""
        answer = np.zeros((len(pictures), len(texts)), np.bool_)
        for row, picture in zip(answer, pictures, strict=True):
            row[:] = np.isin(texts, self.owned[picture])
        return answer

    def of(self, pictures: Sequence[int] | Places) -> "Captions":
        """The captions of some of the pictures, no others."""
        used = np.unique(np.concatenate([self.owned[picture] for picture in pictures]))
        owned = tuple(np.searchsorted(used, self.owned[picture]) for picture in pictures)
        return Captions(self.vectors[used], owned)


def captions_of(pictures: Sequence[Captioned], encode: Callable[[Sequence[str]], Floats]) -> Captions:
    """Encode the captions of `pictures`, each wording once."""
    texts = sorted({text for picture in pictures for text in picture.captions})
    place = {text: row for row, text in enumerate(texts)}
    owned = tuple(np.array(sorted(place[text] for text in picture.captions), np.int64) for picture in pictures)
    return Captions(encode(texts), owned)
