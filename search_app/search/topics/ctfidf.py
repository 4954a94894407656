"""Words that set a class of texts apart from others, by class-based TF-IDF (Grootendorst 2022).

Stop words are those of seven languages, and in any language words of the texts that are common in most classes.
"""

import itertools
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from ingest.space.ledger.search_index import spaced
from search_app.search.topics.stop_words import STOP_WORDS

_WORD = re.compile(r"[^\W\d_]+(?:[’'-][^\W\d_]+)*")
_ELIDED = re.compile(r"^(?:[cdjlmnst]|qu|un|all|dell|nell|dall|sull|quest)[’'](?=\w{2})")  # French and Italian: d'un
_PREFIX = 2_000  # characters of a text that are read
_STOP_SHARE = 0.08  # share of the texts of a class that a stop word is in, in most classes
_MIN_LETTERS = 3  # of a word, in scripts that separate words


def words_of(text: str) -> set[str]:
    """The words of a text without stop words, in lower case; pairs of letters where a script separates no words."""
    found: set[str] = set()
    for found_word in _WORD.findall(text[:_PREFIX].casefold()):
        word = _ELIDED.sub("", found_word)
        letters = spaced(word).split()
        if len(letters) > 1:
            found.update(first + second for first, second in itertools.pairwise(letters))
        elif len(word) >= _MIN_LETTERS and word not in STOP_WORDS:
            found.add(word)
    return found


@dataclass(frozen=True)
class DistinctiveWord:
    """A word that a class of texts uses more than others."""

    word: str
    weight: float
    """Class-based TF-IDF: the share of the class's words times log(1 + mean words of a class / uses in all)."""


def distinctive_words(classes: Sequence[Iterable[set[str]]], most: int) -> list[list[DistinctiveWord]]:
    """For each class, given as the words of each of its texts, up to `most` words that set it apart, the best first.

    A word counts once a text.  It must be in at least two texts of a class, or one if the class has fewer than four.
    """
    texts = [list(each) for each in classes]
    counts = [Counter(word for words in each for word in words) for each in texts]
    totals: Counter[str] = Counter()
    for count in counts:
        totals.update(count)
    mean = sum(totals.values()) / max(len(classes), 1)
    non_empty = [(count, len(each)) for count, each in zip(counts, texts, strict=True) if each]
    stop_words = {
        word
        for word, uses in totals.items()
        if uses >= 3 and median(count[word] / size for count, size in non_empty) > _STOP_SHARE and len(non_empty) > 2
    }
    found = []
    for count, each in zip(counts, texts, strict=True):
        fewest = 2 if len(each) >= 4 else 1
        total = max(sum(count.values()), 1)
        weighted = [
            DistinctiveWord(word, uses / total * math.log(1.0 + mean / totals[word]))
            for word, uses in count.items()
            if uses >= fewest and word not in stop_words
        ]
        found.append(sorted(weighted, key=lambda each: (-each.weight, each.word))[:most])
    return found
