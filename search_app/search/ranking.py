"""Ranks images and passages in one fair list, although their raw cosines cannot be compared.

Text and image vectors lie in two separate cones (the modality gap, Liang et al. 2022): to a text query, every
passage is closer than any picture.  So nothing is ever ordered by raw cosine across modalities.  Instead:

1.  Centring.  Each modality's mean is subtracted from its items, and the mean of the query's own modality from the
    query; both are brought back to unit length.  The cosine of two centred vectors, the *affinity*, no longer
    holds what is common to a whole modality.  The mean is the sum over the items divided by (n + MEAN_PRIOR), so that
    the one item of a modality is not moved onto nothing.
2.  Candidates.  Each modality gives its own: up to SCANNED items all are looked at; of more, Chroma is asked for the
    nearest to the centred query (subtracting a mean from every item shifts all their inner products with a query
    alike, so the order is the same but for lengths).  See search_app.search.candidates.
3.  Standardising.  For each query and modality, the affinities to a steady background sample of that modality (at most
    2,048 items, chosen by a hash of their id, so the same ones from query to query) give a mean and a standard
    deviation; a hit's score is how many of these deviations it lies above that mean.  A z-score, computed per query.
4.  Merging.  By default the encoder's calibration turns score, place and echo of a hit into the chance that it is
    relevant, and all candidates are ordered by that; without a calibration, by the score.  The other ways are in
    search_app.search.fusion.

A modality of few items has too small a background for a deviation to mean anything.  For texts, a fixed list of
everyday phrases in the encoder's own vectors fills up both the mean and the background.  Besides, the
background's mean is drawn towards 0 (what centring leads to) and its variance towards TYPICAL_SPREAD squared, with the
weight of MEAN_PRIOR and SPREAD_PRIOR further items; at a hundred items neither matters.

Nearness says how close a hit really is: where its cosine lies between that of unrelated pairs and that of pairs that
belong together, as the encoder's calibration gives them.  Without a calibration, its affinity is compared with the
median of the background, in deviations estimated from the median too, so that many good hits do not hide one another.

The percentile is simpler: the share of the modality's other items whose affinity is lower than the hit's.  Up to
SCANNED items all are counted.  Beyond that, a hit that the index gave is as far from the top as its place says, and
for others the background sample is counted.

Names and codes hardly move an encoder's vectors.  So items that contain a question's rare words (see
`rare_word_shares`) are candidates as well, and the more of them they contain, the more is added to their key, whatever
the method.

The order of this list is final unless the listing folds, diversifies, groups or sorts it: see
search_app.search.pagination.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.calibration import ECHOING, Calibration, Cell, echo
from ingest.readers.draft import MODALITIES, Modality
from search_app.search.background_scores import centred_rows, modality_means
from search_app.search.candidates import SEARCH_POOL, Candidates, Target, find_candidates
from search_app.search.fusion import Method, ModalityHits, method_for
from search_app.search.good_answers import GoodAnswers, count_good
from search_app.search.hits import ENOUGH_RARE_WORDS, Hit, Ranking
from search_app.search.modality_items import ModalityItems
from search_app.search.query import Query
from search_app.search.query_vectors import Probe
from search_app.search.snapshot import Snapshot

if TYPE_CHECKING:
    from ingest.space import Space

_RARE_WORDS = 16 / 3
"""What saying all of a question's rare words adds to a key, in reaches: 8 deviations where keys are deviations."""


def rank(
    query: Query,
    probe: Probe,
    snapshot: Snapshot,
    index: "Space",
    phrases: NDArray[np.float32] | None = None,
    *,
    masks: Mapping[Modality, NDArray[np.bool_]] | None = None,
    rare_words: Mapping[int, float] | None = None,
    calibration: Calibration | None = None,
    exact: bool = False,
) -> Ranking:
    """Find the `query.count` items closest in meaning to `probe` among those that the query's filters let through.

    `phrases` are the vectors of PHRASES, shape (len(PHRASES), dimension); without them, spaces of few texts are ranked
    less fairly.  `masks` are those of the query's filters, as `item_masks` makes them; without them, only the filter by
    modality applies.  `rare_words` is the share of the question's rare words that items contain, by id, as
    `rare_word_shares` computes it.  `calibration` is that of the space's encoder, if it has one.
    `exact` compares every item and queries no index.  Raises ServerError when Chroma does not answer.
    """
    method = method_for(query.listing.method, calibrated=calibration is not None)
    means = modality_means(snapshot, phrases)
    raw, centred = probe.raw, probe.centred(means)
    groups = [snapshot.groups[name] for name in query.filters.modalities_searched if len(snapshot.groups.get(name, ()))]
    allowed = [_allowed(query, group, masks) for group in groups]

    cells = {name: calibration.cell(_share_of_texts(probe), name) for name in MODALITIES} if calibration else {}

    def candidates_of(group: ModalityItems, mask: NDArray[np.bool_]) -> tuple[Candidates, GoodAnswers]:
        stands_in = phrases if group.modality == "text" else None
        target = Target(raw, centred, means[group.modality], stands_in, _asked(query), method.raw)
        found = find_candidates(group, target, mask, rare_words or {}, None if exact or masks is not None else index)
        return found, count_good(found, target, mask, cells.get(group.modality))

    answers = list(SEARCH_POOL.map(candidates_of, groups, allowed))
    candidates = [found for found, _ in answers]
    good = {found.group.modality: answer for found, answer in answers}
    searched = sum(int(mask.sum()) for mask in allowed)
    echoing = _echoing(candidates, means)
    merged: list[tuple[float, Hit]] = []
    for one in candidates:
        found = _found(one, means[one.group.modality], echoing, cells.get(one.group.modality))
        merged += _hits(one, found, method, query)
    merged.sort(key=lambda keyed: (-keyed[0], int(keyed[1].id)))
    best = _apart(merged, query.count) if query.listing.separate else [hit for _, hit in merged[: query.count]]
    hits = tuple(replace(hit, rank=place) for place, hit in enumerate(best, start=1))
    counts = {modality: answer.count for modality, answer in good.items()}
    estimated = any(answer.estimated for answer in good.values())
    return Ranking(hits, searched, method.name, counts, estimated)


def _found(one: Candidates, mean: NDArray[np.float64], echoing: NDArray[np.float64], cell: Cell | None) -> ModalityHits:
    """What methods order the candidates by."""
    texts = one.group.modality == "text"
    echoes = np.zeros(len(one.rows))
    if cell is not None and len(echoing) > texts:
        echoes = echo(centred_rows(one.group.vectors[one.rows], mean), echoing, texts=texts)
    scores = one.usual.standardise(one.affinities)
    return ModalityHits(one.group.modality, one.cosines, one.usual_cosine, one.affinities, scores, echoes, cell)


def _hits(one: Candidates, found: ModalityHits, method: Method, query: Query) -> list[tuple[float, Hit]]:
    """The best hits of the modality with their keys."""
    modality = one.group.modality
    keys = method.keys(found) + method.reach * query.listing.balance * (1.0 if modality == "image" else -1.0)
    keys = keys + _RARE_WORDS * method.reach * one.shares**2
    logits = found.logits
    chances = [None] * len(keys) if logits is None else (1.0 / (1.0 + np.exp(-logits))).tolist()
    near = found.cell.nearness(found.cosines) if found.cell else one.usual.nearness(found.affinities)
    percentiles = np.where(one.others > 0, 100.0 * one.lower / np.maximum(one.others, 1), 100.0)
    return [
        (
            float(keys[place]),
            Hit(
                str(one.group.ids[one.rows[place]]),
                modality,
                0,
                float(found.scores[place]),
                float(percentiles[place]),
                int(one.others[place]),
                int(one.others[place]) < len(one.group) - 1,
                float(found.cosines[place]),
                float(near[place]),
                chances[place],
                max(float(near[place]), 0.0) if one.shares[place] > ENOUGH_RARE_WORDS else float(near[place]),
                float(one.shares[place]),
            ),
        )
        # No more than `count` of each modality can be among the best.
        for place in np.argsort(-keys, kind="stable")[: query.count].tolist()
    ]


def _echoing(candidates: list[Candidates], means: dict[Modality, NDArray[np.float64]]) -> NDArray[np.float64]:
    """The texts that hits are compared with, centred, closest first; none where no texts are searched."""
    for one in candidates:
        if one.group.modality == "text":
            return centred_rows(one.group.vectors[one.rows[: ECHOING + 1]], means["text"])
    return np.empty((0, 0))


def _apart(merged: list[tuple[float, Hit]], count: int) -> list[Hit]:
    """As many of each modality as there is room for, images first."""
    lists = [[hit for _, hit in merged if hit.modality == modality] for modality in MODALITIES]
    first, second = lists
    half = max(count - len(second), (count + 1) // 2)
    return [*first[:half], *second[: count - min(half, len(first))]]


def _share_of_texts(probe: Probe) -> float:
    """How much of what is asked is text, the rest being images."""
    wanted = [(part.modality, part.weight) for part in (*probe.parts, *probe.likes) if part.weight > 0]
    total = sum(weight for _, weight in wanted)
    # Of a question that only leaves something out, nothing is known: it counts as half and half.
    return sum(weight for modality, weight in wanted if modality == "text") / total if total else 0.5


def _allowed(
    query: Query, group: ModalityItems, masks: Mapping[Modality, NDArray[np.bool_]] | None
) -> NDArray[np.bool_]:
    """Which items of the group the filters let through; never one that the query names."""
    allowed = np.ones(len(group), np.bool_) if masks is None else masks[group.modality].copy()
    if query.items:
        allowed[group.rows_of(np.array([int(name) for name in query.items], dtype=np.int64))] = False
    return allowed


def _asked(query: Query) -> int:
    """How many candidates of each modality are worth merging."""
    return max(2 * query.count, 100)
