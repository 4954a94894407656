"""The measure of an answer: the one number that its place in the list and its word both come from.

Two things are known of a hit, and each alone misleads.  Its *evidence*, the logarithm of the odds that it is relevant,
orders hits of both modalities best; but it is learnt from lists in which something is relevant, so that the best hit of
a hopeless question has high odds too, and it sinks with a hit's rank, so that the hundredth picture of a dog has low
ones.  Its *nearness*, where its cosine lies between that of unrelated pairs and of pairs that belong together, tells
hopeless questions, but orders less well.  The measure is the smaller of the two, on the scale of nearness (see
`search_app.search.hits.closeness_of`):

    likely = 2^((evidence - VERY_LIKELY) / HALVED)
    near   = STEEP max(nearness + doubt, loose(nearness))
    measure = min(likely, near), and below 0 by the evidence alone where `near` is

`likely` is above 0, so that what no unrelated item reaches is never called no real match, however long the list is.
`near` is below 0 for what is as far as unrelated items are: no real match.  The benefit of the doubt lets through what
is a little farther and yet likely, such as a long passage to a short question; it is never larger than the best
nearness of the question's hits, so that a hopeless question has none.  `loose` goes from 0, where a text may just
answer a text (the cell's `slack` below nearness 0), to LOOSE: a general word lies that far from what it is about.

Chosen on Flickr8k's `val` split and the even places of tests.search_app.search.good_and_hopeless, so that the order
ranks as well as that by odds alone (nDCG@10 0.577 for both; by nearness alone 0.542).  Of very close hits there 47 %
of passages and 32 % of pictures are the one meant, of close ones 14 and 10 %, of loosely related ones 2 %.

Where an encoder has no calibration, a standardised score stands for the evidence: EVEN deviations for what is very
close, half as much for every deviation less.  Many good hits widen the deviation, and hide one another so; what is very
close by its nearness, which is counted from the median, then needs fewer (see `even_of`).
"""

from collections.abc import Iterable

import numpy as np

from ingest.encoders.calibration import Floats

VERY_LIKELY, HALVED = -0.5, 2.0
"""The evidence of what is very close, and how much less halves the measure: -2.5 for what is close."""
CLOSE = 0.5
"""The nearness above which, with a calibration, the cosine itself is further evidence."""
STEEP = 1.5
DOUBT = 0.4
"""How far below nearness 0 what is likely still counts, where something else is at least as near above it."""
LOOSE = 1 / 3
"""The nearness at which the slack of a cell counts no longer: where what is loosely related ends."""
UNLIKELY, LIKELY = -4.5, -3.0
"""The evidence at which the benefit of the doubt begins, and at which it is whole."""
EVEN = 4.0
"""Deviations that stand for VERY_LIKELY without a calibration; as many for HALVED are half of that number."""
_SURE, _JUST_BELOW, _FAR = 3.0, 0.01, 4.0
"""Of what is far: the evidence nearest to a match, how far below 0 its measure is, and how much less takes 1 away."""
_FLAT = 0.25
"""The measure, that of UNLIKELY, below which a key falls with the measure itself, and no longer with its logarithm."""


def evidence_of_scores(scores: Floats, even: float) -> Floats:
    """The evidence of standardised scores, for an encoder without a calibration; `even` is as `even_of` gives it."""
    return np.asarray(VERY_LIKELY + HALVED * (scores - even))


def even_of(best_scores: Iterable[float]) -> float:
    """The deviations of what is very close in a question, the same for all of its hits.

    `best_scores` has for each modality the best score among its hits of a nearness of 1 or more, if it has any.
    """
    return max(min([EVEN, *best_scores]), EVEN / 2)


def evidence_of_odds(logits: Floats, nearness: Floats) -> Floats:
    """The evidence of calibrated odds, given as logarithms, of hits of this nearness."""
    return np.asarray(logits + np.maximum(nearness - CLOSE, 0.0))


def doubt_of(best_nearness: float) -> float:
    """The benefit of the doubt in a question whose best hit has this nearness."""
    return min(DOUBT, max(best_nearness, 0.0))


def measures(evidence: Floats, nearness: Floats, doubt: float, slack: float = 0.0) -> Floats:
    """The measure of each hit; `slack` is that of their cell (see `ingest.encoders.calibration.Cell`)."""
    likely = np.exp2((evidence - VERY_LIKELY) / HALVED)
    given = doubt * np.clip((evidence - UNLIKELY) / (LIKELY - UNLIKELY), 0.0, 1.0)
    near = STEEP * np.maximum(nearness + given, LOOSE * (nearness + slack) / (LOOSE + slack) if slack else nearness)
    far = (np.minimum(evidence, _SURE) - _SURE) / _FAR - _JUST_BELOW
    return np.asarray(np.where(near >= 0.0, np.minimum(likely, near), far))


def keys_of(measures: Floats) -> Floats:
    """Keys in the order of the measures, on the scale of evidence: odds as logarithms where those are calibrated.

    A balance and rare words are added on that scale.
    """
    floored = np.maximum(measures, _FLAT)
    return np.asarray(VERY_LIKELY + HALVED * np.log2(floored) + np.minimum(measures - _FLAT, 0.0))
