"""What is known of each candidate of a question, the measure that it comes to, and how many good answers there are.

Good answers are counted among all items that the filters let through, not only among the hits that are listed.  Up to
SCANNED items of a modality each of them is looked at.  Of more, only what the index named is known: that is all of them
where the last is no good answer any more; else the steady sample of the background is judged, and its share stands for
all: an estimate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.calibration import ECHOING, Cell, echo, echo_direction, features
from ingest.readers.draft import Modality
from search_app.search.background_scores import affinity, centred_rows
from search_app.search.candidates import SCANNED, Candidates, Target
from search_app.search.fusion import Floats, ModalityHits
from search_app.search.hits import ENOUGH_RARE_WORDS
from search_app.search.measure import doubt_of, even_of, evidence_of_odds, evidence_of_scores, keys_of, measures
from search_app.search.modality_items import products
from search_app.search.passage_quality import JUNK_NEARNESS, JUNK_SCORE, recorded_qualities


@dataclass(frozen=True)
class Judged:
    """The candidates of a modality, and what is known of each; arrays have shape (k,)."""

    candidates: Candidates
    target: Target
    cell: Cell | None
    """What the encoder's calibration says of this query and modality."""
    scores: Floats
    """How many deviations each affinity lies above the background's mean."""
    nearness: Floats
    measures: Floats
    """See `search_app.search.measure`; not below 0 for what says most of the question's rare words."""

    @cached_property
    def chances(self) -> Floats | None:
        """The chance, 0 to 1, that each is relevant, which rises with its measure; None without a calibration."""
        return None if self.cell is None else 1.0 / (1.0 + np.exp(-keys_of(self.measures)))

    @property
    def hits(self) -> ModalityHits:
        """What methods order the candidates by."""
        one = self.candidates
        return ModalityHits(
            one.group.modality, one.cosines, one.usual_cosine, one.affinities, self.scores, self.measures
        )


@dataclass(frozen=True)
class GoodAnswers:
    """How many there are of one modality."""

    count: int
    estimated: bool = False


def judge(
    candidates: Sequence[Candidates],
    targets: Sequence[Target],
    cells: Mapping[Modality, Cell],
    lacks: Sequence[Floats],
) -> list[Judged]:
    """Judge the candidates of each modality, which answer the same question.

    `lacks` is what each lacks in quality, 0 to 1: so much less close it counts (see
    `search_app.search.passage_quality`).
    """
    pairs = list(zip(candidates, lacks, strict=True))
    nearness = [_nearness(one, cells.get(one.group.modality)) - JUNK_NEARNESS * lack for one, lack in pairs]
    scored = [one.usual.standardise(one.affinities) - JUNK_SCORE * lack for one, lack in pairs]
    doubt = doubt_of(max((float(near.max(initial=0.0)) for near in nearness), default=0.0))
    echoing = _echoing(candidates, targets, scored)
    close = zip(scored, nearness, strict=True)
    even = even_of(float(scores[near >= 1.0].max()) for scores, near in close if np.any(near >= 1.0))
    judged = []
    for one, target, near, scores in zip(candidates, targets, nearness, scored, strict=True):
        cell = cells.get(one.group.modality)
        if cell is None:
            evidence = evidence_of_scores(scores, even)
        else:
            evidence = evidence_of_odds(_logits(cell, scores, _echoes(one, target, echoing, scores)), near)
        measured = measures(evidence, near, doubt, cell.slack if cell else 0.0)
        measured = np.where(one.shares > ENOUGH_RARE_WORDS, np.maximum(measured, 0.0), measured)
        judged.append(Judged(one, target, cell, scores, near, measured))
    return judged


def count_good(one: Judged, allowed: NDArray[np.bool_], *, any_quality: bool = False) -> GoodAnswers:
    """The good answers among the items of a modality that are `allowed`, shape (len(group),).

    `any_quality` takes nothing from what does not read like prose.
    """
    found, group = one.candidates, one.candidates.group
    least = -one.cell.slack if one.cell else 0.0
    known = int(np.sum(one.measures >= 0.0))
    if found.nearest_count >= allowed.sum():
        return GoodAnswers(known)
    others = allowed.copy()
    others[found.rows] = False
    if len(group) <= SCANNED:
        # What is not among the candidates is too unlikely for the benefit of the doubt: its nearness alone decides.
        lacks = 0.0 if any_quality else 1.0 - recorded_qualities(group)
        near = _nearness_of_rows(one, None) - JUNK_NEARNESS * lacks
        return GoodAnswers(known + int(np.sum(near[others] >= least)))
    if not found.nearest_count or one.nearness[found.nearest_count - 1] < least:
        return GoodAnswers(known)
    sample = group.background[others[group.background]]
    lacks = 0.0 if any_quality else 1.0 - recorded_qualities(group, sample)
    near = _nearness_of_rows(one, sample) - JUNK_NEARNESS * lacks
    share = float(np.mean(near >= least)) if len(sample) else 0.0
    return GoodAnswers(known + round(share * int(others.sum())), estimated=True)


def _nearness_of_rows(one: Judged, rows: NDArray[np.int64] | None) -> Floats:
    """The nearness of these rows of the group, or of all."""
    found, target = one.candidates, one.target
    vectors = found.group.vectors if rows is None else found.group.vectors[rows]
    if one.cell is not None:
        return one.cell.nearness(products(vectors, target.raw).astype(np.float64))
    known = found.every if rows is None and found.every is not None else None
    return found.usual.nearness(
        (affinity(vectors, target.mean, target.centred) if known is None else known).astype(np.float64)
    )


def _nearness(one: Candidates, cell: Cell | None) -> Floats:
    return one.usual.nearness(one.affinities) if cell is None else cell.nearness(one.cosines)


def _logits(cell: Cell, scores: Floats, echoes: Floats) -> Floats:
    """The logarithm of the odds that each is relevant, however they are ordered."""
    closest_first = np.argsort(-scores, kind="stable")
    logits = np.empty(len(scores))
    logits[closest_first] = cell.logits(features(scores[closest_first], echoes[closest_first]))
    return logits


def _echoing(candidates: Sequence[Candidates], targets: Sequence[Target], scores: Sequence[Floats]) -> Floats:
    """The texts that hits are compared with, centred, closest first; none where no texts are searched."""
    for one, target, of_one in zip(candidates, targets, scores, strict=True):
        if one.group.modality == "text":
            best = one.rows[np.argsort(-of_one, kind="stable")[: ECHOING + 1]]
            return centred_rows(one.group.vectors[best], target.mean)
    return np.empty((0, 0))


def _echoes(one: Candidates, target: Target, echoing: Floats, scores: Floats) -> Floats:
    """How close each candidate is to the best texts; see `ingest.encoders.calibration.echo`."""
    texts = one.group.modality == "text"
    if len(echoing) <= texts:
        return np.zeros(len(one.rows))
    direction = echo_direction(echoing).astype(np.float32)
    # The lengths are remembered from the affinities: without those, they would take most of the time.
    dots = products(one.vectors, direction) - np.float32(target.mean @ direction)
    echoes = (dots / one.group.lengths_without(target.mean)[one.rows]).astype(np.float64)
    echoes = np.clip(echoes, -1.0, 1.0)
    if texts:  # each of the best is compared with the best others
        best = np.argsort(-scores, kind="stable")[: min(ECHOING, len(echoing))]
        echoes[best] = echo(echoing, echoing, texts=True)[: len(best)]
    return echoes
