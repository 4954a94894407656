"""What texts say: words set against those of other texts by class-based TF-IDF (Grootendorst 2022).

Which words say nothing is told by the texts alone, in any language: those that are usual in most classes.
"""

import itertools
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from ingest.space.ledger.search_index import spaced

_WORD = re.compile(r"[^\W\d_]+(?:[’'-][^\W\d_]+)*")
_BEGINNING = 2_000  # characters of a text that are looked at
_USUAL = 0.08  # share of the texts of most classes that say a word which tells nothing
_SHORTEST = 3  # letters, of scripts that set words apart


def words_of(text: str) -> set[str]:
    """The words that a text says, in lower case; pairs of letters where a script sets no words apart."""
    found: set[str] = set()
    for word in _WORD.findall(text[:_BEGINNING].casefold()):
        letters = spaced(word).split()
        if len(letters) > 1:
            found.update(first + second for first, second in itertools.pairwise(letters))
        elif len(word) >= _SHORTEST:
            found.add(word)
    return found


@dataclass(frozen=True)
class Saying:
    """A word that a class of texts says more than others."""

    word: str
    weight: float
    """Class-based TF-IDF: the share of the class's words times log(1 + mean words of a class / uses in all)."""


def set_apart(classes: Sequence[Iterable[set[str]]], most: int) -> list[list[Saying]]:
    """For each class of texts, given as the words of each, up to `most` words that set it apart, the foremost first.

    A word counts once a text, and is said by two texts of a class at least, unless the class has fewer than four.
    """
    texts = [list(each) for each in classes]
    counts = [Counter(word for words in each for word in words) for each in texts]
    whole: Counter[str] = Counter()
    for count in counts:
        whole.update(count)
    mean = sum(whole.values()) / max(len(classes), 1)
    speaking = [(count, len(each)) for count, each in zip(counts, texts, strict=True) if each]
    usual = {
        word
        for word, uses in whole.items()
        if uses >= 3 and median(count[word] / size for count, size in speaking) > _USUAL and len(speaking) > 2
    }
    found = []
    for count, each in zip(counts, texts, strict=True):
        fewest = 2 if len(each) >= 4 else 1
        total = max(sum(count.values()), 1)
        weighed = [
            Saying(word, uses / total * math.log(1.0 + mean / whole[word]))
            for word, uses in count.items()
            if uses >= fewest and word not in usual
        ]
        found.append(sorted(weighed, key=lambda saying: (-saying.weight, saying.word))[:most])
    return found
