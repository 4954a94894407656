"""Words in the shared space: the bundled English vocabulary, and a space's own frequent words.

They are encoded once for each encoder and kept in the cache folder, for all spaces of that encoder.  Single words lie
in a cone of their own, away from passages: they are compared after the vocabulary's mean has been subtracted.
"""

import hashlib
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import Encoder
from ingest.encoders.runtime.json_cache import cache_folder
from ingest.resources import packaged_folder
from search_app.search.array_cache import load_arrays, save_arrays
from search_app.search.background_tasks import Progress
from search_app.search.query_vectors import unit

_BATCH = 128
_MAX_WORDS = 20_000  # in the cache file of an encoder, of all its spaces


def english_words() -> tuple[str, ...]:
    """The bundled vocabulary: everyday nouns and adjectives, the commonest first; see data/vocabulary."""
    folder = packaged_folder("vocabulary")
    return tuple((folder / "english.txt").read_text(encoding="utf-8").split()) if folder else ()


@dataclass(frozen=True)
class Vocabulary:
    """Words with their vectors."""

    words: tuple[str, ...]
    vectors: NDArray[np.float32]
    """Unit rows as the encoder gave them, shape (len(words), dimension)."""

    @cached_property
    def centred(self) -> NDArray[np.float32]:
        """The vectors without their mean, at unit length."""
        return self.centre(self.vectors)

    def centre(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """The vectors of any words, shape (n, dimension), less this vocabulary's mean, at unit length."""
        rows = vectors - self.vectors.mean(axis=0) if len(self.vectors) else vectors
        return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9), np.float32)

    def vectors_of(self, words: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of some of its words without their mean, at unit length, shape (len(words), dimension)."""
        return self.centred[[self._places[word] for word in words]]

    @cached_property
    def _places(self) -> dict[str, int]:
        return {word: place for place, word in enumerate(self.words)}

    def nearest(
        self, direction: NDArray[np.floating], count: int, without: Collection[str] = ()
    ) -> list[tuple[str, float]]:
        """The `count` words nearest to a direction from the mean, shape (dimension,), with their cosines.

        Those of `without` are left out.
        """
        if not self.words or not np.any(direction):
            return []
        closeness = self.centred @ unit(direction)
        best = np.argsort(-closeness, kind="stable")[: count + len(without)]
        found = [(self.words[place], float(closeness[place])) for place in best if self.words[place] not in without]
        return found[:count]


class WordVectors:
    """The vectors of words under one encoder, kept in the cache folder; safe to share between threads."""

    def __init__(self, fingerprint: str, folder: Path | None = None) -> None:
        """Keep them in `folder`, by default the cache folder of encoders."""
        name = hashlib.sha256(fingerprint.encode()).hexdigest()[:16]
        self._path = (folder or cache_folder()) / f"words-{name}.npz"
        self._fingerprint = fingerprint
        self._lock = threading.Lock()
        self._vectors: dict[str, NDArray[np.float32]] | None = None

    def encode(self, words: Sequence[str], encoder: Encoder, progress: Progress | None = None) -> NDArray[np.float32]:
        """The vectors of words, unit rows, shape (len(words), dimension); only words not in the cache are encoded."""
        with self._lock:
            if self._vectors is None:
                self._vectors = self._read(encoder.info.dimension)
            known = self._vectors
            missing = [word for word in dict.fromkeys(words) if word not in known]
            for start in range(0, len(missing), _BATCH):
                if progress is not None:
                    progress(start / len(missing), f"encoding {len(missing):,} words")
                batch = missing[start : start + _BATCH]
                known.update(zip(batch, encoder.encode_texts(batch), strict=True))
            if missing:
                self._write(known)
            return np.array([known[word] for word in words], np.float32).reshape(-1, encoder.info.dimension)

    def missing(self, words: Sequence[str], dimension: int) -> int:
        """How many of the words are not in the cache yet."""
        with self._lock:
            if self._vectors is None:
                self._vectors = self._read(dimension)
            return sum(word not in self._vectors for word in dict.fromkeys(words))

    def vocabulary(self, encoder: Encoder, own: Sequence[str] = (), progress: Progress | None = None) -> Vocabulary:
        """The English vocabulary, and the space's `own` words."""
        words = tuple(dict.fromkeys([*english_words(), *own]))
        return Vocabulary(words, self.encode(words, encoder, progress))

    def _read(self, dimension: int) -> dict[str, NDArray[np.float32]]:
        file = load_arrays(self._path, self._fingerprint)
        if file is None or file.arrays.get("vectors", np.empty((0, 0))).shape[1:] != (dimension,):
            return {}
        return dict(zip(file.arrays["words"].tolist(), file.arrays["vectors"].astype(np.float32), strict=True))

    def _write(self, known: dict[str, NDArray[np.float32]]) -> None:
        words = list(known)[:_MAX_WORDS]
        # float16 takes half the room; the error is 0.0002 of a cosine.
        vectors = np.array([known[word] for word in words], np.float16)
        save_arrays(self._path, self._fingerprint, {"words": np.array(words), "vectors": vectors}, {})
