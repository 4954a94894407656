"""Composed questions: terms with weights, what is left out, and what is between two items.

A question is the sum of its terms (words, pictures, items, points between two items), each a vector of unit length
once it has lost its modality's mean, times its weight; so `A - B + C` is arithmetic as with word vectors (Mikolov et
al. 2013).  What is to be left out has a weight below 0, and is subtracted *beside* the rest: only what it does not
share with the sum of the others is taken away.  Otherwise little would remain of "a dog" without "a black dog".
Judged results then move the question, after Rocchio (1971):

    question' = ALPHA question + BETA mean(liked) - GAMMA mean(unliked)

Measured with `lite` on the 1,000 photos of Flickr8k's val split, whose captions tell what is on them (`python -m
tests.benchmarks.composing`): the share of the ten best photos.  Subtracting beside was compared with subtracting whole,
and with projecting out (taking away the part of the question that lies along what is left out, times a strength):

    left out                     | nothing | beside, weight 0.5 / 1 | whole, 0.5 / 1 | projected, strength 1 / 2
    words - words, 18 pairs      |
      what was asked, without    |    0.68 |            0.74 / 0.74 |    0.75 / 0.73 |               0.76 / 0.75
      what was asked, anyhow     |    0.91 |            0.91 / 0.89 |    0.91 / 0.88 |               0.92 / 0.89
    photo - words, 8 pairs       |
      what was asked, without    |    0.22 |            0.32 / 0.41 |    0.33 / 0.44 |               0.25 / 0.29
      what was asked, anyhow     |    0.76 |            0.78 / 0.78 |    0.78 / 0.78 |               0.77 / 0.78
    words - narrower words       |
      what was asked, anyhow     |    0.93 |            0.80 / 0.70 |    0.76 / 0.53 |               0.75 / 0.44

For the judgements (25 pairs, two liked and two unliked of the first ten, ten best of the others), BETA 0.75 with GAMMA
0 / 0.15 / 0.5 / 1 / 1.5 gave 0.54 / 0.56 / 0.64 / 0.61 / 0.34.

Photos lie closer to a photo than to any words, so that words beside a picture count WORDS_BESIDE_A_PICTURE times.
Share of the ten best that show, or tell of, both what is on a photo and what the words add (10 pairs, 200 photos):

    words count         | 0.5  | 0.75 | 1    | 1.25 | 1.5  | 1.75 | 2
    photos              | 0.14 | 0.18 | 0.24 | 0.32 | 0.38 | 0.42 | 0.44
    captions            | 0.30 | 0.47 | 0.56 | 0.56 | 0.55 | 0.52 | 0.49
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

TermKind = Literal["text", "image", "item", "between"]

ALPHA, BETA, GAMMA = 1.0, 0.75, 0.5
WORDS_BESIDE_A_PICTURE = 1.5
LARGEST_WEIGHT = 5.0
MOST_TERMS = 16
"""Terms, and judged items of each sort, that a question keeps."""
LONGEST_TEXT = 2_000
"""Characters of one text that are kept."""

_PICTURE = re.compile(r"[0-9a-f]{32}")
_ITEM = re.compile(r"[1-9][0-9]{0,17}")
_WEIGHT = re.compile(r"[+-]?[0-9]{1,2}(?:\.[0-9]{1,4})?")
_BETWEEN = re.compile(rf"({_ITEM.pattern}),({_ITEM.pattern}),([01](?:\.[0-9]{{1,4}})?)")


@dataclass(frozen=True)
class Term:
    """One term of a question."""

    kind: TermKind
    value: str
    """The words; the name of a kept picture; an item's id; or two ids and the place between them: `12,77,0.5`."""
    weight: float = 1.0
    """How much it counts, from -LARGEST_WEIGHT to LARGEST_WEIGHT and never 0; below 0 it is left out."""

    @property
    def items(self) -> tuple[str, ...]:
        """The ids of the items it names."""
        if self.kind == "item":
            return (self.value,)
        return self.ends[:2] if self.kind == "between" else ()

    @property
    def ends(self) -> tuple[str, str, float]:
        """Of a term of kind `between`: the two ids, and the place from 0 (the first) to 1 (the second)."""
        first, second, place = self.value.split(",")
        return first, second, float(place)


def between(first: str, second: str, place: float, weight: float = 1.0) -> Term:
    """The term for the point at `place`, from 0 to 1, on the arc between two items."""
    return Term("between", f"{first},{second},{round(min(max(place, 0.0), 1.0), 4):g}", weight)


def write_term(term: Term) -> str:
    """A term as a link keeps it: `kind:weight:value`."""
    return f"{term.kind}:{round(term.weight, 4):g}:{term.value}"


def read_term(written: str) -> Term | None:
    """The term that `write_term` wrote; None when it is none."""
    kind, _, rest = written.partition(":")
    weight, colon, value = rest.partition(":")
    if kind not in get_args(TermKind) or not colon or not _WEIGHT.fullmatch(weight):
        return None
    return checked_term(Term(kind, value, float(weight)))  # type: ignore[arg-type]


def checked_term(term: Term) -> Term | None:
    """The term with its weight bounded and its text trimmed; None when it can mean nothing."""
    weight = min(max(round(term.weight, 4), -LARGEST_WEIGHT), LARGEST_WEIGHT)
    value = term.value.strip()[:LONGEST_TEXT] if term.kind == "text" else term.value
    if term.kind == "between":
        found = _BETWEEN.fullmatch(value)
        sound = found is not None and float(found[3]) <= 1.0
    else:
        sound = bool(value) if term.kind == "text" else is_picture(value) if term.kind == "image" else is_item(value)
    return Term(term.kind, value, weight) if sound and weight and np.isfinite(weight) else None


def is_picture(name: str) -> bool:
    """Whether `name` can be that of a kept picture."""
    return _PICTURE.fullmatch(name) is not None


def is_item(item_id: str) -> bool:
    """Whether `item_id` can be that of an item: a number from 1, written in one way only."""
    return _ITEM.fullmatch(item_id) is not None


def compose(weighted: Sequence[tuple[float, NDArray[np.floating]]]) -> NDArray[np.float64]:
    """The weighted mean of the vectors of positive weight, without the others; shape (dimension,).

    A vector of negative weight first loses what it shares with that mean's direction (see the top).  Where no weight
    is positive, the opposite of the vectors' weighted sum is given.
    """
    asked = [(weight, vector) for weight, vector in weighted if weight > 0]
    left_out = [(weight, vector) for weight, vector in weighted if weight < 0]
    if not asked:
        return _sum(left_out)
    total = sum(weight for weight, _ in asked)
    mean = _sum(asked) / total
    along = mean / max(float(np.linalg.norm(mean)), 1e-12)
    return mean + _sum([(weight / total, vector - (vector @ along) * along) for weight, vector in left_out])


def judged(
    question: NDArray[np.floating] | None,
    liked: Sequence[NDArray[np.floating]],
    unliked: Sequence[NDArray[np.floating]],
) -> NDArray[np.float64]:
    """The question once results were judged (see the top); of a question that is None, the judgements alone."""
    weighted = [] if question is None else [(ALPHA, question)]
    weighted += [(BETA / len(liked), vector) for vector in liked]
    total = sum(weight for weight, _ in weighted) or 1.0
    weighted += [(-GAMMA / len(unliked), vector) for vector in unliked]
    return _sum(weighted) / total


def _sum(weighted: Sequence[tuple[float, NDArray[np.floating]]]) -> NDArray[np.float64]:
    """The sum of the vectors times their weights; 0 of none."""
    return np.asarray(sum((weight * np.asarray(vector, np.float64) for weight, vector in weighted), np.float64(0.0)))


def along_the_arc(
    first: NDArray[np.floating], second: NDArray[np.floating], place: float
) -> NDArray[np.float64]:  # fmt: skip
    """The point at `place`, from 0 to 1, of the shorter arc between two vectors (Shoemake 1985), shape (dimension,).

    Its length goes evenly from the one's to the other's.  Vectors of opposite directions have no such arc: a straight
    line stands in.
    """
    a, b = _unit(first), _unit(second)
    length = (1.0 - place) * float(np.linalg.norm(first)) + place * float(np.linalg.norm(second))
    angle = float(np.arccos(np.clip(a @ b, -1.0, 1.0)))
    if not 1e-6 < angle < np.pi - 1e-6:
        return np.asarray((1.0 - place) * first + place * second, dtype=np.float64)
    return np.asarray(length * (np.sin((1.0 - place) * angle) * a + np.sin(place * angle) * b) / np.sin(angle))


def _unit(vector: NDArray[np.floating]) -> NDArray[np.float64]:
    length = float(np.linalg.norm(vector))
    return np.asarray(vector, np.float64) / (length if length > 0 else 1.0)
