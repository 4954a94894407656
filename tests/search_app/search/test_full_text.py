"""Names and codes are found by the items that say them, and ordinary words change nothing."""

import numpy as np
import pytest

from search_app.search import candidates
from search_app.search.full_text import ENOUGH_PASSAGES, RareWords, everyday_words, phrase, rare_words_of
from search_app.search.hits import Hit
from search_app.search.query import Query
from search_app.search.query_vectors import encode
from search_app.search.ranking import rank
from tests.fake_encoder import FakeEncoder
from tests.search_app.search.memory_ledger import ENCODER, ExactIndex, MemoryLedger, colourful, snapshot_of


class InPieces(FakeEncoder):
    """Keeps short words whole."""

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return [(start, min(start + 6, len(text))) for start in range(0, len(text), 6)]


def ask(ledger: MemoryLedger, words: str, **choices: object) -> list[Hit]:
    snapshot = snapshot_of(ledger)
    query = Query(text=words, **choices)  # type: ignore[arg-type]
    probe = encode(query, ENCODER, snapshot)
    assert probe is not None
    shares = rare_words_of(words, ledger, len(snapshot))
    return list(rank(query, probe, snapshot, ExactIndex(ledger), rare_words=shares).hits)


def test_an_item_that_says_a_code_comes_first_however_far_its_vector_is() -> None:
    ledger = colourful(20)
    far = 33  # a picture of another colour, beyond the candidates of its modality
    ledger.said = {phrase("IMG_2041"): [far]}
    assert str(far) not in [hit.id for hit in ask(ledger, "red", count=3)]
    first = ask(ledger, "IMG_2041", count=3)[0]
    assert (first.id, first.rare_words) == (str(far), 1.0)
    assert all(hit.rare_words == 0 for hit in ask(ledger, "red", count=20))


def test_common_words_weigh_nothing_and_one_rare_word_among_many_weighs_little() -> None:
    ledger = colourful(60)
    ledger.said = {phrase("red"): list(range(1, 121)), phrase("thing"): list(range(1, 601)), phrase("moss"): [7]}
    assert rare_words_of("red thing", ledger, 1_200) == RareWords()
    assert rare_words_of("nothing of this", ledger, 1_200) == RareWords()
    among = rare_words_of("red thing moss", ledger, 1_200).shares[7]
    assert 0 < among < rare_words_of("moss", ledger, 1_200).shares[7] == 1.0


def test_a_word_that_the_encoder_knows_whole_is_not_rare_because_one_item_of_few_says_it() -> None:
    ledger = colourful(60)
    ledger.said = {phrase(word): [7] for word in ("red", "Red", "rotkehlchen")}
    everyday = everyday_words(InPieces(), 1_200)
    assert rare_words_of("red", ledger, 1_200, everyday) == RareWords()
    assert rare_words_of("rotkehlchen", ledger, 1_200, everyday).shares == {7: 1.0}
    assert rare_words_of("the Red", ledger, 1_200, everyday).shares == {7: 1.0}, "a name"
    assert rare_words_of("red", ledger, 1_200, everyday_words(InPieces(), ENOUGH_PASSAGES)).shares == {7: 1.0}


def test_in_a_small_space_only_names_and_codes_count_since_every_word_is_rare_there() -> None:
    ledger = colourful(2)
    ledger.said = {phrase(word): [7, 8] for word in ("moss", "Moss", "Zürich", "9001", "r&d", "The")}
    assert rare_words_of("moss", ledger, 40) == rare_words_of("The moss", ledger, 40) == RareWords()
    for name in ("Zürich", "near Moss", "9001", "r&d"):
        assert rare_words_of(name, ledger, 40).shares.keys() == {7, 8}


def test_an_item_that_says_more_of_the_rare_words_comes_before_one_that_says_less() -> None:
    ledger = colourful(20)
    ledger.said = {phrase("ISO"): [15, 16], phrase("9001"): [16]}
    shares = rare_words_of("ISO 9001", ledger, 200).shares
    assert 0 < shares[15] < shares[16] == 1.0
    keyed = {hit.id: hit.rank for hit in ask(ledger, "ISO 9001", count=96)}
    assert keyed["16"] == 1 < keyed.get("15", 97)


def test_percentiles_of_large_groups_come_from_the_place_and_agree_with_counting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    random = np.random.default_rng(1)
    vectors = random.standard_normal((3_000, 32)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    ledger = MemoryLedger()
    ledger.add("image", vectors)
    counted = ask(ledger, "red", count=30)
    monkeypatch.setattr(candidates, "SCANNED", 2_900)
    placed = ask(ledger, "red", count=30)
    assert [hit.id for hit in placed] == [hit.id for hit in counted]
    np.testing.assert_allclose([hit.percentile for hit in placed], [hit.percentile for hit in counted], atol=0.01)
    assert placed[0].percentile == 100.0 and not placed[0].sampled
