"""The ways to put hits of both modalities into one list, behind one interface.

Each method gives every hit a *key*, and hits are ordered by it; the keys of images and of texts are meant to be
comparable, and how far they are is what tells the methods apart (measured by tests.benchmarks.ranking).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ingest.readers.draft import Modality
from search_app.search.measure import keys_of

CALIBRATED, STANDARDISED = "calibrated", "standardised"
RANK_CONSTANT = 60
"""The k of reciprocal rank fusion, as its authors chose it."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ModalityHits:
    """The hits of one modality that are to be merged; each array has shape (k,)."""

    modality: Modality
    cosines: Floats
    """With the query, as the encoder gave them."""
    usual_cosine: tuple[float, float] | None
    """Mean and standard deviation of the background's cosines with this query; None unless `Method.raw`."""
    affinities: Floats
    """Cosines once query and items have lost their modality's mean."""
    scores: Floats
    """How many deviations each affinity lies above the background's mean."""
    measures: Floats
    """What hits are ordered by unless another way is chosen: see `search_app.search.measure`."""


@dataclass(frozen=True)
class Method:
    """One way to merge."""

    name: str
    """As links and the command line have it."""
    title: str
    sentence: str
    """What it does, for those who choose it."""
    keys: Callable[[ModalityHits], Floats]
    """The key of each hit."""
    reach: float
    """What a balance of 1 adds to the keys of images and takes from those of texts."""
    lift: str = ""
    """What lifted a hit that this way puts above one with a better word; '' where none does."""
    raw: bool = False
    """Whether hits are looked for by the cosine as the encoder gave it, not by the centred one."""


def _raw_cosine(found: ModalityHits) -> Floats:
    return found.cosines


def _centred(found: ModalityHits) -> Floats:
    """The mean of each modality is taken away (Mu and Viswanath 2018 do so for words)."""
    return found.affinities


def _raw_standardised(found: ModalityHits) -> Floats:
    """Deviations above the usual cosine of this query and modality: z-score normalisation (Montague and Aslam 2001)."""
    assert found.usual_cosine is not None
    mean, spread = found.usual_cosine
    return (found.cosines - mean) / spread


def _standardised(found: ModalityHits) -> Floats:
    """Both: deviations above the usual centred cosine."""
    return found.scores


def _rank_fusion(found: ModalityHits) -> Floats:
    """Reciprocal rank fusion (Cormack, Clarke and Buettcher 2009): each hit is in one list only, so 1 / (60 + rank).

    The logarithm keeps that order, and lets a balance move it.
    """
    ranks = np.empty(len(found.scores))
    ranks[np.argsort(-found.scores, kind="stable")] = np.arange(1.0, len(found.scores) + 1)
    return np.asarray(-np.log(RANK_CONSTANT + ranks))


def _measured(found: ModalityHits) -> Floats:
    """By the odds of being relevant (Platt 1999 scales scores so), as far as an item is near at all."""
    return keys_of(found.measures)


METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method(
            CALIBRATED,
            "Calibrated",
            "Orders by the chance that a hit is relevant, learnt for this encoder from captioned pictures.",
            _measured,
            3.0,
        ),
        Method(
            STANDARDISED,
            "Centred and standardised",
            "Takes each modality's mean away, then counts how far a hit stands out among others of its modality.",
            _standardised,
            1.5,
            "placed by how far it stands out",
        ),
        Method(
            "zscore",
            "Standardised",
            "Counts how far a hit's cosine stands out among others of its modality, for this query.",
            _raw_standardised,
            1.5,
            "placed by how far its cosine stands out",
            raw=True,
        ),
        Method(
            "centred",
            "Centred",
            "Takes each modality's mean away and orders by the cosine of what is left; texts keep an advantage.",
            _centred,
            0.4,
            "placed by its centred cosine",
        ),
        Method(
            "rrf",
            "Reciprocal rank fusion",
            "Takes images and texts in turn, by rank alone, however close they are.",
            _rank_fusion,
            0.25,
            "pictures and passages in turn",
        ),
        Method(
            "cosine",
            "Raw cosine",
            "Orders by the encoder's own cosine: to words, nearly every text is closer than any picture.",
            _raw_cosine,
            0.4,
            "placed by its raw cosine",
            raw=True,
        ),
    )
}
"""Every method, by name; the first is the default."""


def method_for(name: str, *, calibrated: bool) -> Method:
    """The method of that name, or the default; where the encoder is not `calibrated`, scores stand for its odds."""
    method = METHODS.get(name, METHODS[CALIBRATED])
    if not calibrated and method.name in (CALIBRATED, STANDARDISED):
        return replace(METHODS[CALIBRATED], name=STANDARDISED)
    return method
