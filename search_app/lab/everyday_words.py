"""Everyday words, among which word arithmetic looks for its answer."""

import json

from ingest.encoders.lite.weights import minilm_folder
from search_app.search.topics.vocabulary import english_words

FREQUENT = 3_000
"""The most frequent English words, as BERT's vocabulary has them in that order."""

_SHORTEST = 3  # letters


def everyday_words(frequent: int = FREQUENT) -> tuple[str, ...]:
    """The most frequent words, names of people and places among them, then the words that topics are named by.

    The first come from the vocabulary of the embedded text tower.  Raises WeightsError.
    """
    tokenizer = json.loads((minilm_folder() / "tokenizer.json").read_text(encoding="utf-8"))
    ranked: dict[str, int] = tokenizer["model"]["vocab"]
    words = (word for word in sorted(ranked, key=ranked.__getitem__) if word.isascii() and word.isalpha())
    common = [word for word in words if len(word) >= _SHORTEST][:frequent]
    return tuple(dict.fromkeys([*common, *english_words()]))
