import numpy as np

from search_app.search import best_sentence as module
from search_app.search.best_sentence import Sentences
from tests.fake_encoder import DIMENSION, FakeEncoder
from tests.search_app.search.memory_ledger import texts

NO_MEAN = np.zeros(DIMENSION)
THREE = "The sky is blue. A rose is red! What is green?"


class Counting(FakeEncoder):
    """Notes what it encodes."""

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def encode_texts(self, texts):  # type: ignore[no-untyped-def]
        self.encoded += texts
        return super().encode_texts(texts)


def best(known: Sentences, passages: dict[str, str], asked: str, encoder: FakeEncoder) -> dict[str, str]:
    mean = texts("a thing").mean(axis=0) * 0.8
    question = texts(asked)[0] - mean
    spans = known.best(passages, question / np.linalg.norm(question), mean, encoder)
    return {item_id: passages[item_id][start:end] for item_id, (start, end) in spans.items()}


def test_the_closest_sentence_of_each_passage_is_found() -> None:
    passages = {"1": THREE, "2": "Nothing here.  But red,\nyes."}
    assert best(Sentences(), passages, "red", Counting()) == {"1": "A rose is red!", "2": "But red,\nyes."}
    assert best(Sentences(), passages, "blue", Counting())["1"] == "The sky is blue."


def test_a_passage_is_encoded_once_whatever_is_asked() -> None:
    known, encoder = Sentences(), Counting()
    assert known.known({"1": THREE}) == {}
    best(known, {"1": THREE}, "red", encoder)
    assert encoder.encoded == ["The sky is blue.", "A rose is red!", "What is green?"]
    assert known.known({"1": THREE, "2": "Other. Words."}) == {"1": THREE}
    assert best(known, {"7": THREE}, "green", encoder) == {"7": "What is green?"}
    assert len(encoder.encoded) == 3


def test_a_single_sentence_is_neither_marked_nor_encoded() -> None:
    encoder = Counting()
    assert best(Sentences(), {"1": "Only this one", "2": "  "}, "red", encoder) == {}
    assert encoder.encoded == []


def test_only_the_passages_shown_last_are_remembered(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(module, "KEPT", 2)
    known, encoder = Sentences(), Counting()
    for number in range(4):
        best(known, {"1": f"One {number}. Two."}, "red", encoder)
    assert len(known.known({str(number): f"One {number}. Two." for number in range(4)})) == 2
