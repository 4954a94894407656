"""The text tower of `lite`: all-MiniLM-L6-v2, frozen, 384 dimensions."""

import hashlib
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import Log
from ingest.encoders.lite import bert_graph
from ingest.encoders.lite.reference_outputs import read_text_reference, text_reference_sha256
from ingest.encoders.lite.weights import MINILM_REMEDY, minilm_folder
from ingest.encoders.runtime.json_cache import cache_folder
from ingest.encoders.runtime.onnx import Comparison, compiled_session, require_sha256
from ingest.encoders.runtime.parallel import map_batches, map_in_threads
from ingest.errors import DifferenceError, WeightsError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

DIMENSION = 384
WINDOW = 254
"""Tokens of one text that the tower reads, besides the two special ones."""
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
FINGERPRINT = hashlib.sha256("\n".join((SHA256, TOKENIZER_SHA256, bert_graph.VERSION)).encode()).hexdigest()
"""A digest of everything that decides a text's vector."""
_THREAD_BATCH = 8  # texts that one thread encodes at a time, at most
LONG = 64
"""Longer texts, in tokens, are encoded in 8 bits: passages, not captions or queries."""
TOLERANCE_8BIT = 0.04
"""Largest difference in any number of a unit vector: about twice that of processors with 8-bit products."""

_SHAPE = bert_graph.BertShape(layers=6, heads=12, dimension=DIMENSION, layer_norm_epsilon=1e-12)


class MiniLM:
    """Texts to unit vectors; may be called from several threads at once."""

    def __init__(
        self,
        session: "InferenceSession",
        tokenizer_file: Path,
        session_8bit: "InferenceSession | None" = None,
        *,
        long: int = LONG,
    ) -> None:
        """Join the compiled tower, its tokenizer, and the tower in 8 bits for texts of more than `long` tokens."""
        from tokenizers import Tokenizer

        self._session = session
        self._session_8bit = session_8bit
        self._long = long
        self._tokenizer = Tokenizer.from_file(str(tokenizer_file))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        # An empty text has only the two special tokens: the first and the last of every input.
        self._first, self._last = self._tokenizer.encode("").ids

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit rows, shape (len(texts), 384).

        A text longer than the window is encoded window by window; its vector is their mean, weighted by tokens,
        made a unit vector again.
        """
        windows: list[list[int]] = []
        owners: list[int] = []
        encodings = self._tokenizer.encode_batch(
            [_replace_surrogates(text) for text in texts], add_special_tokens=False
        )
        for owner, encoding in enumerate(encodings):
            ids = encoding.ids
            for start in range(0, max(len(ids), 1), WINDOW):
                windows.append(ids[start : start + WINDOW])
                owners.append(owner)
        vectors = np.zeros((len(texts), DIMENSION), np.float32)
        for index, row in self._rows(windows):
            vectors[owners[index]] += row * max(len(windows[index]), 1)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.maximum(lengths, np.float32(1e-12)), dtype=np.float32)

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """The span (start, end), in characters, of every token."""
        return list(self._tokenizer.encode(_replace_surrogates(text), add_special_tokens=False).offsets)

    def _rows(self, windows: list[list[int]]) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """The index of every window and its unit row, in no particular order."""
        lengths = [len(window) for window in windows]
        long = [index for index, length in enumerate(lengths) if self._session_8bit and length > self._long]
        # Texts of similar length together, so that there is little padding.
        short = sorted(set(range(len(windows))).difference(long), key=lengths.__getitem__)

        def encode(indices: Sequence[int]) -> NDArray[np.float32]:
            return self._run([windows[index] for index in indices])

        yield from zip(short, chain.from_iterable(map_batches(encode, short, _THREAD_BATCH)), strict=True)
        yield from zip(long, map_in_threads(lambda index: self._run_8bit(windows[index]), long), strict=True)

    def _run(self, windows: list[list[int]]) -> NDArray[np.float32]:
        width = max(map(len, windows)) + 2
        ids = np.zeros((len(windows), width), np.int32)
        mask = np.zeros((len(windows), width), np.int32)
        for row, window in enumerate(windows):
            ids[row, : len(window) + 2] = [self._first, *window, self._last]
            mask[row, : len(window) + 2] = 1
        return np.asarray(self._session.run(["vectors"], {"ids": ids, "mask": mask})[0])

    def _run_8bit(self, window: list[int]) -> NDArray[np.float32]:
        assert self._session_8bit is not None
        ids = np.array([[self._first, *window, self._last]], np.int32)
        return np.asarray(self._session_8bit.run(["vectors"], {"ids": ids})[0][0])


def load_minilm(reference_folder: Path, *, folder: Path | None = None, log: Log | None = None) -> MiniLM:
    """Load the tower; at first use it is compiled into the cache folder and compared with torch's output.

    `reference_folder` has the reference texts and vectors; `folder` (model.safetensors, tokenizer.json) replaces the
    installed package.  Raises WeightsError if the weights are missing or not the published ones.
    """
    folder = folder or minilm_folder()
    cache = cache_folder() / f"minilm-{FINGERPRINT[:16]}"
    for name, digest in (("model.safetensors", SHA256), ("tokenizer.json", TOKENIZER_SHA256)):
        if not (folder / name).is_file():
            raise WeightsError(f"The text tower has no {name} in {folder}. {MINILM_REMEDY}")
        require_sha256(folder / name, digest, remedy=MINILM_REMEDY)

    tokenizer = folder / "tokenizer.json"
    texts, vectors = read_text_reference(reference_folder)
    reference = text_reference_sha256(reference_folder)

    def difference(tower: MiniLM) -> float:
        return float(np.abs(tower.encode(texts) - vectors).max())

    exact = compiled_session(
        cache / "text.onnx",
        lambda: bert_graph.bert_model(_weights(folder), _SHAPE),
        Comparison("the text tower of lite", reference, lambda session: difference(MiniLM(session, tokenizer))),
        log=log,
        threads=1,
    )
    try:
        in_8_bits = compiled_session(
            cache / "text-8bit.onnx",
            lambda: bert_graph.bert_model_8bit(_weights(folder), _SHAPE),
            Comparison(
                "the text tower of lite for passages, in 8 bits",
                reference,
                lambda session: difference(MiniLM(exact, tokenizer, session, long=0)),
                TOLERANCE_8BIT,
            ),
            log=log,
            threads=1,
        )
    except DifferenceError:
        # Some older processors saturate in 8-bit products: slower is better than wrong.
        if log:
            log("passages are encoded in full precision, as this processor's 8-bit arithmetic is not exact enough")
        return MiniLM(exact, tokenizer)
    return MiniLM(exact, tokenizer, in_8_bits)


def _weights(folder: Path) -> bert_graph.Weights:
    from safetensors.numpy import load_file

    return load_file(folder / "model.safetensors")


def _replace_surrogates(text: str) -> str:
    # Half of a surrogate pair, as undecodable file names have it, is no character: "?" stands for it.
    return text.encode("utf-8", "replace").decode("utf-8")
