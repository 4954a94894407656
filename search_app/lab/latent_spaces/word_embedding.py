"""Words in the shared space, as a word embedding (Mikolov et al. 2013) shows them."""

from collections.abc import Sequence

from ingest.encoders.base import Encoder
from search_app.lab.latent_spaces.latent_space import LatentSpace

MAX_WORDS = 400
LONGEST_WORD = 80

DEFAULT_WORDS = (
    "dog", "cat", "horse", "cow", "lion", "elephant", "bird", "owl", "fish", "whale", "bee", "butterfly",
    "apple", "banana", "orange", "cherry", "bread", "cheese", "cake", "soup", "coffee", "tea", "wine", "water",
    "car", "bus", "train", "bicycle", "airplane", "boat", "rocket", "road", "bridge", "harbour",
    "guitar", "piano", "violin", "drum", "trumpet", "song", "dance", "concert",
    "house", "castle", "church", "tower", "city", "village", "garden", "forest", "mountain", "river", "beach", "sea",
    "king", "queen", "man", "woman", "boy", "girl", "doctor", "teacher", "farmer", "soldier",
    "happy", "sad", "angry", "afraid", "hot", "cold", "summer", "winter", "rain", "snow", "day", "night",
    "red", "green", "blue", "yellow", "black", "white", "one", "two", "three", "ten",
    "hammer", "saw", "knife", "computer", "telephone", "book", "letter", "clock", "chair", "table",
)  # fmt: skip  # a subject a line
"""The words of a fresh page."""


def parse_words(written: str) -> tuple[str, ...]:
    """The words in a person's text, one a line or separated by commas, each once; at most MAX_WORDS."""
    parts = (part.strip()[:LONGEST_WORD] for line in written.splitlines() for part in line.split(","))
    return tuple(dict.fromkeys(part for part in parts if part))[:MAX_WORDS]


def word_embedding_space(words: Sequence[str], encoder: Encoder) -> LatentSpace:
    """The words as points of the encoder's space."""
    return LatentSpace(tuple(words), encoder.encode_texts(list(words)))
