"""The sentence of a passage that is closest to a question: why the passage was found, at a glance."""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import Encoder
from ingest.readers.passages import Span, sentences

KEPT = 2_000
"""Passages whose sentences are remembered."""
_MOST = 60  # sentences of one passage that are looked at


@dataclass(frozen=True)
class _Cut:
    spans: tuple[Span, ...]
    vectors: NDArray[np.float32]
    """Unit rows, shape (len(spans), dimension)."""


class Sentences:
    """The sentences of the passages that were shown last, with their vectors; safe to share between threads."""

    def __init__(self) -> None:
        """Nothing is remembered yet."""
        self._lock = threading.Lock()
        self._cuts: OrderedDict[str, _Cut] = OrderedDict()

    def known(self, texts: Mapping[str, str]) -> dict[str, str]:
        """Those of `texts`, by the ids of their items, of which `best` answers at once."""
        with self._lock:
            return {item_id: text for item_id, text in texts.items() if text in self._cuts}

    def best(
        self,
        texts: Mapping[str, str],
        question: NDArray[np.float32],
        mean: NDArray[np.float64],
        encoder: Encoder,
    ) -> dict[str, Span]:
        """Where in each of `texts`, by the ids of their items, the sentence closest to the question is.

        `question` is centred, of unit length, and `mean` what texts are to lose.  A text of a single sentence has none.
        """
        cuts = self._cut(list(dict.fromkeys(texts.values())), encoder)
        found: dict[str, Span] = {}
        for item_id, text in texts.items():
            cut = cuts[text]
            if len(cut.spans) > 1:
                centred = cut.vectors - mean
                lengths = np.maximum(np.linalg.norm(centred, axis=1), 1e-12)
                found[item_id] = cut.spans[int(np.argmax(centred @ question / lengths))]
        return found

    def _cut(self, texts: Sequence[str], encoder: Encoder) -> dict[str, _Cut]:
        with self._lock:
            cuts = {text: self._cuts[text] for text in texts if text in self._cuts}
        spans = {text: tuple(sentences(text)[:_MOST]) for text in texts if text not in cuts}
        # A single sentence is not compared with anything, so that it need not be encoded.
        parts = [text[start:end] for text, own in spans.items() if len(own) > 1 for start, end in own]
        vectors = encoder.encode_texts(parts) if parts else np.empty((0, encoder.info.dimension), np.float32)
        at = 0
        for text, own in spans.items():
            count = len(own) if len(own) > 1 else 0
            cuts[text] = _Cut(own, vectors[at : at + count])
            at += count
        with self._lock:
            for text in texts:
                self._cuts[text] = cuts[text]
                self._cuts.move_to_end(text)
            while len(self._cuts) > KEPT:
                self._cuts.popitem(last=False)
        return cuts
