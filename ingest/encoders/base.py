"""The Encoder protocol, which every encoder implements and everything else relies on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

Log = Callable[[str], None]
"""Receives one line about slow work, such as compiling a model; parameters of this type are called `log`."""


@dataclass(frozen=True)
class EncoderInfo:
    """What a space knows about its encoder."""

    id: str
    """The id as on the command line, such as `lite`."""
    fingerprint: str
    """A digest of everything that decides the vectors: two encoders with one fingerprint give the same vectors."""
    dimension: int
    """Length of every vector."""
    image_size: int
    """Side, in pixels, of the square picture the image tower sees."""
    text_window: int
    """Tokens of a text that are encoded, special tokens not counted; longer texts must be cut."""
    licence: str
    """Terms of the weights, in a few words."""
    text_fingerprint: str = ""
    """A digest of everything that decides a text's vector: encoders with one text fingerprint give a text the same
    vector.  '' where the text tower cannot be separated from the rest."""


@runtime_checkable
class Encoder(Protocol):
    """Turns texts and images into unit vectors of one dimension in one shared space.

    Its methods may be called from several threads at once.
    """

    @property
    def info(self) -> EncoderInfo:
        """What this encoder is."""
        ...

    def encode_texts(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """Encode `texts` to unit rows, shape (len(texts), dimension); no texts give shape (0, dimension)."""
        ...

    def encode_images(self, images: "Sequence[Image]") -> "NDArray[np.float32]":
        """Encode upright RGB pictures of any size to unit rows, shape (len(images), dimension)."""
        ...

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """The character span (start, end) of each token of `text`, special tokens left out, never truncated."""
        ...
