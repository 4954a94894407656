"""A tiny encoder without weights whose vectors a person can predict; it keeps the Encoder protocol.

    axes  0-9   the ten colour words, one axis each: the text "red" points along axis 0
    axes 10-26  every other word, as a fixed direction taken from its SHA-256
    axes 27-29  a picture's mean red, green and blue, faintly, so that no two different pictures coincide
    axis  30    constant for pictures    } the modality gap
    axis  31    constant for texts       }

A picture is the word of the named colour nearest to its mean colour.  So the text "red" is closest, among pictures,
to red ones, and among texts to those that say "red"; and any two items of one modality are closer than their
meaning alone would have them.
"""

import hashlib
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from ingest.encoders.base import EncoderInfo

COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (220, 30, 30),
    "green": (30, 160, 50),
    "blue": (30, 60, 210),
    "yellow": (240, 220, 30),
    "orange": (250, 140, 20),
    "purple": (130, 40, 160),
    "white": (250, 250, 250),
    "black": (5, 5, 5),
    "grey": (128, 128, 128),
    "brown": (110, 70, 35),
}
DIMENSION = 32
GAP = 0.8
"""Length of a modality's constant part; the meaning part has length 1."""
TINT = 0.1
"""Greatest length of the part that tells two pictures of one colour apart."""

_WORDS = slice(len(COLOURS), 27)
_TINT = slice(27, 30)
_IMAGE, _TEXT = 30, 31
_TOKEN = re.compile(r"\w+|[^\w\s]")


def word_direction(word: str) -> NDArray[np.float32]:
    """The unit direction of one word, shape (DIMENSION,); case does not matter."""
    word = word.lower()
    direction = np.zeros(DIMENSION, np.float32)
    if word in COLOURS:
        direction[list(COLOURS).index(word)] = 1.0
        return direction
    seed = int.from_bytes(hashlib.sha256(word.encode("utf-8")).digest()[:8], "big")
    direction[_WORDS] = np.random.default_rng(seed).standard_normal(_WORDS.stop - _WORDS.start)
    return _unit(direction)


def colour_name(image: Image) -> str:
    """The named colour nearest to the picture's mean colour."""
    mean = _mean_colour(image)
    return min(COLOURS, key=lambda name: float(np.sum((mean - np.array(COLOURS[name])) ** 2)))


class FakeEncoder:
    """The encoder `python:tests.fake_encoder:FakeEncoder`: 32 dimensions, no weights, no randomness."""

    info = EncoderInfo(
        id="python:tests.fake_encoder:FakeEncoder",
        fingerprint="fake-1",
        dimension=DIMENSION,
        image_size=64,
        text_window=32,
        licence="MIT",
    )

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode each text as the sum of its words' directions plus the text offset; unit rows (n, 32)."""
        rows = np.zeros((len(texts), DIMENSION), np.float32)
        for row, text in zip(rows, texts, strict=True):
            words = re.findall(r"\w+", text)
            row += _unit(sum((word_direction(word) for word in words), np.zeros(DIMENSION, np.float32)))
            row[_TEXT] = GAP
        return _unit(rows)

    def encode_images(self, images: Sequence[Image]) -> NDArray[np.float32]:
        """Encode each picture as its colour word plus a faint tint and the image offset; unit rows (n, 32)."""
        rows = np.zeros((len(images), DIMENSION), np.float32)
        for row, image in zip(rows, images, strict=True):
            row += word_direction(colour_name(image))
            row[_TINT] = TINT * (_mean_colour(image) / 255.0 - 0.5)
            row[_IMAGE] = GAP
        return _unit(rows)

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """The span of each word and each punctuation mark."""
        return [match.span() for match in _TOKEN.finditer(text)]


class WideFakeEncoder(FakeEncoder):
    """The same directions in a space of more dimensions."""

    info = EncoderInfo(
        id="python:tests.fake_encoder:WideFakeEncoder",
        fingerprint="fake-wide",
        dimension=DIMENSION + 8,
        image_size=64,
        text_window=32,
        licence="MIT",
    )

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode as FakeEncoder does; unit rows (n, 40)."""
        return np.pad(super().encode_texts(texts), ((0, 0), (0, 8)))

    def encode_images(self, images: Sequence[Image]) -> NDArray[np.float32]:
        """Encode as FakeEncoder does; unit rows (n, 40)."""
        return np.pad(super().encode_images(images), ((0, 0), (0, 8)))


class OtherFakeEncoder(FakeEncoder):
    """The same vectors under another id and fingerprint, to show that a mismatch is refused."""

    info = EncoderInfo(
        id="python:tests.fake_encoder:OtherFakeEncoder",
        fingerprint="fake-2",
        dimension=DIMENSION,
        image_size=64,
        text_window=32,
        licence="MIT",
    )


def _mean_colour(image: Image) -> NDArray[np.float64]:
    pixels = np.asarray(image.convert("RGB"), dtype=np.float64)
    return np.asarray(pixels.reshape(-1, 3).mean(axis=0))


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return (rows / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)
