"""Passages are encoded in 8 bits: faster, and as good as full precision for every purpose of a search."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ingest.encoders.lite import text_tower
from ingest.encoders.lite.lite_encoder import LiteEncoder
from ingest.encoders.lite.text_tower import LONG, MiniLM, load_minilm
from ingest.encoders.lite.weights import minilm_folder, model_folder
from ingest.readers.dispatch import read_document
from ingest.readers.passages import cut_passages
from ingest.resources import sample_folder


@pytest.fixture(scope="module")
def towers(lite: LiteEncoder) -> tuple[MiniLM, MiniLM]:
    """The tower as it is used, and in full precision alone."""
    used = load_minilm(model_folder("lite"))
    assert used._session_8bit is not None
    return used, MiniLM(used._session, minilm_folder() / "tokenizer.json")


@pytest.fixture(scope="module")
def passages(lite: LiteEncoder) -> list[str]:
    """Every passage of the sample collection that is long enough for 8 bits."""
    files = [path for path in sorted((sample_folder() / "texts").rglob("*")) if path.is_file()]
    drafts = [
        draft for path in files for draft in cut_passages(read_document(path), lite.token_spans, lite.info.text_window)
    ]
    return [draft.text for draft in drafts if len(lite.token_spans(draft.text)) > LONG]


def ranks(values: NDArray[np.float32]) -> NDArray[np.float64]:
    return values.argsort().argsort().astype(np.float64)


def test_passages_in_8_bits_keep_their_places_and_their_order(towers: tuple[MiniLM, MiniLM], passages: list[str]):
    assert len(passages) >= 40
    fast, exact = (tower.encode(passages) for tower in towers)
    assert not np.array_equal(fast, exact)
    assert (fast * exact).sum(axis=1).mean() > 0.99
    pairs = np.triu_indices(len(passages), 1)
    order = np.corrcoef(ranks((fast @ fast.T)[pairs]), ranks((exact @ exact.T)[pairs]))[0, 1]  # Spearman's
    assert order > 0.99
    # A passage's neighbours stay its neighbours, and queries, in full precision, find the same passages first.
    for rows, others in ((fast, exact), (exact[::2], exact[::2])):
        near, nearest = rows @ fast.T, others @ exact.T
        kept = [len(set(a[-6:]) & set(b[-6:])) / 6 for a, b in zip(near.argsort(), nearest.argsort(), strict=True)]
        assert np.mean(kept) > 0.9


def test_a_passage_has_one_vector_whatever_is_encoded_with_it(towers: tuple[MiniLM, MiniLM], passages: list[str]):
    used, _ = towers
    together = used.encode([*passages[:12], "short", *passages[12:20]])
    assert np.array_equal(together[3], used.encode([passages[3]])[0])
    assert np.array_equal(together[13], used.encode([passages[12]])[0])


def test_short_texts_are_encoded_in_full_precision(towers: tuple[MiniLM, MiniLM], passages: list[str]):
    used, exact = towers
    texts = ["a red sports car", "", " ".join(["word"] * LONG)]
    np.testing.assert_allclose(used.encode(texts), exact.encode(texts), atol=1e-6)


def test_a_processor_that_is_bad_at_8_bits_uses_full_precision_and_says_so(
    towers: tuple[MiniLM, MiniLM], passages: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("NEARSPACE_CACHE", str(tmp_path))
    monkeypatch.setattr(text_tower, "TOLERANCE_8BIT", 1e-4)
    log_lines: list[str] = []
    careful = load_minilm(model_folder("lite"), log=log_lines.append)
    assert any("passages are encoded in full precision" in line for line in log_lines)
    assert not list(tmp_path.rglob("text-8bit.onnx"))
    np.testing.assert_allclose(careful.encode(passages[:2]), towers[1].encode(passages[:2]), atol=1e-6)
