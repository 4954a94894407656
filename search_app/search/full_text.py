"""Words as people type them, made into full-text expressions of SQLite's FTS5; nothing typed is ever its syntax."""

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.space.ledger.search_index import spaced

if TYPE_CHECKING:
    from ingest.encoders.base import Encoder
    from ingest.space import Ledger

MOST_WORDS = 32
"""Words of a query that are looked for; a pasted page has more, and none of the others would matter."""
RARE = 0.002
"""The share of a space's items up to which a word is rare."""
ENOUGH_PASSAGES = 5_000
"""The passages of a space from which on counting tells that an everyday word is rare."""
_LONGEST_WORD = 100
_MOST_SAYING = 100
_FEW = 10
_QUOTED = re.compile(r'(?<!\S)"([^"]*)"(?!\w)|“([^”]*)”|„([^“”]*)[“”]|«([^»]*)»')


def phrase(words: str, column: str = "") -> str:
    """An expression for items that say `words` next to one another, in `column` if one is named; '' for no words.

    Upper and lower case, accents and signs between the words do not matter.  A final `*` stands for any
    ending of the last word.
    """
    tokens = tokens_of(words)
    if not tokens:
        return ""
    more = " *" if words.rstrip().endswith("*") else ""
    within = f"{column} : " if column else ""
    return f'{within}"{" ".join(tokens)}"{more}'


def tokens_of(words: str) -> list[str]:
    """The words of a text as FTS5's unicode61 splits them: runs of letters and digits, at most MOST_WORDS."""
    kept = "".join(letter if unicodedata.category(letter)[0] in "LNM" else " " for letter in spaced(words[:10_000]))
    return [token[:_LONGEST_WORD] for token in kept.split()][:MOST_WORDS]


@dataclass(frozen=True)
class RareWords:
    """The items that contain rare words of a question."""

    shares: Mapping[int, float] = field(default_factory=dict)
    """How much of the rare words each contains, above 0 and up to 1, by id."""
    said: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """Those words, as the question has them, the rarest first."""


def everyday_words(encoder: "Encoder", passages: int) -> Callable[[str], bool]:
    """Tells words that the encoder knows better than counting does, in a space of so many passages.

    A word that the tokenizer keeps whole was common where the encoder learnt, and its vector says it well.  Among few
    passages it may still stand in one only: "building" in the caption of a thunderstorm, among photos of buildings
    without captions.  From ENOUGH_PASSAGES on no word is told apart.
    """
    if passages >= ENOUGH_PASSAGES:
        return lambda _: False
    return lambda word: all(len(encoder.token_spans(part)) == 1 for part in tokens_of(word.lower()))


def rare_words_of(
    text: str, ledger: "Ledger", items: int, everyday: Callable[[str], bool] = lambda _: False
) -> RareWords:
    """The rare words of `text`, and the items that say them, in a space of so many `items`.

    A word is rare when between 1 and RARE of all items say it; what is written together (`IMG_2041`, `R&D`) counts as
    one word.  In a small space every word is rare, so there only names and codes count, up to _FEW items that say
    them: words with a digit or a sign in them, or with a capital other than that which begins a sentence.  So it is for
    `everyday` words, however few items say them (see `everyday_words`).

    Each weighs the logarithm of how rare it is, and what is not rare weighs in what there is to be said, so that one
    unusual word in a long sentence counts for little.  Common words cost nothing to look for, as only the first few
    items are fetched.
    """
    usual = int(items * RARE)
    whole = 0.0
    weights: dict[int, float] = {}
    said: dict[int, list[tuple[float, str]]] = {}
    words = list(dict.fromkeys(word.rstrip("*") for word in text.split()[:MOST_WORDS]))
    for place, word in enumerate(words):
        begins = place == 0 and len(words) > 1
        names = _names(word, begins=begins)
        most = max(usual, _FEW) if names else 0 if everyday(word) else usual
        expression = phrase(word)
        found = ledger.search_index.some_matching(expression, max(most, _FEW) + 1) if expression else []
        if not found:
            continue
        weight = math.log(1 + items / len(found))
        whole += weight
        if len(found) <= most:
            for item in found:
                weights[item] = weights.get(item, 0.0) + weight
                said.setdefault(item, []).append((-weight, word))
    best = sorted(weights.items(), key=lambda one: (-one[1], one[0]))[:_MOST_SAYING]
    return RareWords(
        {item: weight / whole for item, weight in best},
        {item: tuple(word for _, word in sorted(said[item])) for item, _ in best},
    )


def _names(word: str, *, begins: bool) -> bool:
    """Whether a word looks like a name or a code; one that begins a sentence has a capital anyway."""
    code = any(letter.isdigit() for letter in word) or len(tokens_of(re.sub("['’]", "", word))) > 1
    return code or any(letter.isupper() for letter in (word[1:] if begins else word))


def quoted(text: str) -> tuple[str, ...]:
    """The phrases that stand in quotation marks in `text`."""
    found = ("".join(groups).strip() for groups in _QUOTED.findall(text))
    return tuple(dict.fromkeys(part for part in found if part))
