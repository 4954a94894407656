"""What a searcher keeps beside a space."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from search_app.search.background_scores import PHRASES
from search_app.search.searcher import _phrase_vectors
from tests.fake_encoder import FakeEncoder


class CountingEncoder(FakeEncoder):
    def __init__(self) -> None:
        super().__init__()
        self.encoded = 0

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.encoded += len(texts)
        return super().encode_texts(texts)


def test_the_reference_phrases_are_encoded_once_a_space_and_again_for_another_encoder_or_a_damaged_file(
    tmp_path: Path,
) -> None:
    encoder = CountingEncoder()
    first = _phrase_vectors(tmp_path, encoder)
    again = _phrase_vectors(tmp_path, encoder)
    np.testing.assert_array_equal(first, again)
    assert encoder.encoded == len(PHRASES)
    (kept,) = (tmp_path / "projections").iterdir()
    kept.write_bytes(kept.read_bytes()[:200])
    np.testing.assert_array_equal(_phrase_vectors(tmp_path, encoder), first)
    assert encoder.encoded == 2 * len(PHRASES)
