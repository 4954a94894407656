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

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

ALPHA, BETA, GAMMA = 1.0, 0.75, 0.5
WORDS_BESIDE_A_PICTURE = 1.5


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


def along_the_arc(first: NDArray[np.floating], second: NDArray[np.floating], place: float) -> NDArray[np.float64]:
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
