"""Everyday words with their vectors: what the answer of word arithmetic is looked up in."""

import json
import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import Encoder
from ingest.encoders.onnx import cache_folder
from ingest.encoders.weights import minilm_folder
from search_app.engine.lab.ground import Ground
from search_app.engine.maps.keeping import keep, kept

COUNT = 3_000
"""The most frequent English words, as BERT's vocabulary has them in that order."""

_SHORTEST = 3  # letters
_LOCK = threading.Lock()


@dataclass(frozen=True)
class Vocabulary:
    """Words, each with its vector."""

    words: tuple[str, ...]
    vectors: NDArray[np.float32]
    """Unit rows, shape (len(words), dimension)."""

    def nearest(
        self, point: NDArray[np.float32], ground: Ground, count: int, without: frozenset[str] = frozenset()
    ) -> list[tuple[str, float]]:
        """The words nearest to a centred unit vector with their cosines, closest first, without those of `without`.

        The words have lost their own mean: it is that of words alone, not of the space's passages.
        """
        centred = self.vectors - self.vectors.mean(axis=0)
        cosines = centred @ point / np.maximum(np.linalg.norm(centred, axis=1), 1e-9)
        found = (int(row) for row in np.argsort(-cosines, kind="stable"))
        answer: list[tuple[str, float]] = []
        for row in found:
            if self.words[row] not in without and len(answer) < count:
                answer.append((self.words[row], float(cosines[row])))
            if len(answer) == count:
                break
        return answer


def common_words(count: int = COUNT) -> tuple[str, ...]:
    """The most frequent words of the vocabulary that comes with the embedded text tower.  Raises WeightsError."""
    tokenizer = json.loads((minilm_folder() / "tokenizer.json").read_text(encoding="utf-8"))
    ranked: dict[str, int] = tokenizer["model"]["vocab"]
    words = (word for word in sorted(ranked, key=ranked.__getitem__) if word.isascii() and word.isalpha())
    return tuple([word for word in words if len(word) >= _SHORTEST][:count])


def vocabulary(encoder: Encoder, count: int = COUNT) -> Vocabulary:
    """The words with their vectors by `encoder`: kept in the cache folder once they have been made.

    Raises WeightsError.
    """
    words = common_words(count)
    file = cache_folder() / f"everyday-{encoder.info.fingerprint[:16]}.npz"
    key = f"{encoder.info.fingerprint} {count}"
    with _LOCK:
        found = kept(file, key)
        vectors = found.arrays["vectors"] if found else encoder.encode_texts(words)
        if found is None:
            keep(file, key, {"vectors": vectors}, {})
    return Vocabulary(words, vectors)
