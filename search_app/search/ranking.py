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
4.  Measuring.  The encoder's calibration turns score, place and echo of a hit into the odds that it is relevant;
    without a calibration the score stands for them.  Odds and nearness make one measure (search_app.search.measure).
5.  Merging.  By default all candidates are ordered by that measure, which their words come from too, so that words
    never rise as one reads on.  The other ways to merge are in search_app.search.fusion; where one of them, a balance
    or rare words put a hit above one with a better word, the hit tells what lifted it.

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
`rare_words_of`) are candidates as well, and the more of them they contain, the more is added to their key, whatever
the method; who contains most of them is loosely related at least.

Of a modality of up to SCANNED items the same DEPTH candidates are ordered however many hits are asked for, so that
later pages go on where earlier ones ended.

The order of this list is final unless the listing folds, diversifies, groups or sorts it: see
search_app.search.pagination.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.calibration import Calibration
from ingest.readers.draft import MODALITIES, Modality
from ingest.readers.prose_quality import names_terms
from search_app.search.background_scores import modality_means
from search_app.search.candidates import DEPTH, SCANNED, SEARCH_POOL, Candidates, Target, find_candidates
from search_app.search.full_text import RareWords
from search_app.search.fusion import Floats, Method, method_for
from search_app.search.hits import Hit, Ranking, levels_of, lifted
from search_app.search.judging import Judged, count_good, judge
from search_app.search.modality_items import ModalityItems
from search_app.search.passage_quality import MeasureQualities, qualities_of
from search_app.search.query import Query
from search_app.search.query_vectors import Probe
from search_app.search.snapshot import Snapshot

if TYPE_CHECKING:
    from ingest.space import Space

_RARE_WORDS = 16 / 3
"""What saying all of a question's rare words adds to a key, in reaches: 8 deviations where keys are deviations."""
_FAVOURED: dict[Modality, str] = {"image": "pictures favoured", "text": "passages favoured"}


def rank(
    query: Query,
    probe: Probe,
    snapshot: Snapshot,
    index: "Space",
    phrases: NDArray[np.float32] | None = None,
    *,
    masks: Mapping[Modality, NDArray[np.bool_]] | None = None,
    rare_words: RareWords | None = None,
    calibration: Calibration | None = None,
    measure_qualities: MeasureQualities | None = None,
    exact: bool = False,
) -> Ranking:
    """Find the `query.count` items closest in meaning to `probe` among those that the query's filters let through.

    `phrases` are the vectors of PHRASES, shape (len(PHRASES), dimension); without them, spaces of few texts are ranked
    less fairly.  `masks` are those of the query's filters, as `item_masks` makes them; without them, only the filter by
    modality applies.  `rare_words` are the question's, and which items contain them, as `rare_words_of` finds them.
    `calibration` is that of the space's encoder, if it has one.  `measure_qualities` gives the quality of passages that
    the snapshot lacks.
    `exact` compares every item and queries no index.  Raises ServerError when Chroma does not answer.
    """
    method = method_for(query.listing.method, calibrated=calibration is not None)
    rare_words = rare_words or RareWords()
    means = modality_means(snapshot, phrases)
    raw, centred = probe.raw, probe.centred(means)
    groups = [snapshot.groups[name] for name in query.filters.modalities_searched if len(snapshot.groups.get(name, ()))]
    allowed = [_allowed(query, group, masks) for group in groups]
    cells = {name: calibration.cell(_share_of_texts(probe), name) for name in MODALITIES} if calibration else {}

    def target_of(group: ModalityItems) -> Target:
        stands_in = phrases if group.modality == "text" else None
        count = DEPTH if len(group) <= SCANNED else _asked(query)
        return Target(raw, centred, means[group.modality], stands_in, count, method.raw)

    def candidates_of(group: ModalityItems, target: Target, mask: NDArray[np.bool_]) -> Candidates:
        asked = None if exact or masks is not None else index
        return find_candidates(group, target, mask, rare_words.shares, asked)

    targets = [target_of(group) for group in groups]
    candidates = list(SEARCH_POOL.map(candidates_of, groups, targets, allowed))
    any_quality = names_terms(query.words)
    lacks = [
        np.zeros(len(one.rows)) if any_quality else 1.0 - qualities_of(one.group, one.rows, measure_qualities)
        for one in candidates
    ]
    judged = judge(candidates, targets, cells, lacks)
    good = list(SEARCH_POOL.map(partial(count_good, any_quality=any_quality), judged, allowed))
    hits = _best_hits(judged, method, query, rare_words)
    return Ranking(
        tuple(hits),
        sum(int(mask.sum()) for mask in allowed),
        method.name,
        {one.candidates.group.modality: answers.count for one, answers in zip(judged, good, strict=True)},
        any(answers.estimated for answers in good),
    )


def _best_hits(judged: Sequence[Judged], method: Method, query: Query, rare_words: RareWords) -> list[Hit]:
    """The best hits in one list, or images and texts apart, images first."""
    keys = [_keys(one, method, query.listing.balance) for one in judged]
    if not query.listing.separate:
        return _list_of(judged, keys, query.count, method, query, rare_words)
    # As many of each as there is room for.
    lists = {name: list[Hit]() for name in MODALITIES}
    for one, own in zip(judged, keys, strict=True):
        lists[one.candidates.group.modality] = _list_of([one], [own], query.count, method, query, rare_words)
    first, second = lists.values()
    half = max(query.count - len(second), (query.count + 1) // 2)
    both = [*first[:half], *second[: query.count - min(half, len(first))]]
    return [hit.at(place) for place, hit in enumerate(both, start=1)]


def _keys(one: Judged, method: Method, balance: float) -> Floats:
    """What the candidates of a modality are ordered by."""
    keys = method.keys(one.hits) + method.reach * balance * (1.0 if one.candidates.group.modality == "image" else -1.0)
    return np.asarray(keys + _RARE_WORDS * method.reach * one.candidates.shares**2)


def _list_of(
    judged: Sequence[Judged],
    keys: Sequence[Floats],
    count: int,
    method: Method,
    query: Query,
    rare_words: RareWords,
) -> list[Hit]:
    """The `count` candidates of the largest keys; those that stand above one with a better word say why."""
    if not judged:
        return []
    every = np.concatenate(keys)
    ids = np.concatenate([one.candidates.group.ids[one.candidates.rows] for one in judged])
    part = np.repeat(np.arange(len(judged)), [len(own) for own in keys])
    place = np.concatenate([np.arange(len(own)) for own in keys])
    order = np.lexsort((ids, -every))
    above = lifted(levels_of(np.concatenate([one.measures for one in judged])[order]))
    hits: list[Hit] = []
    for row, raised in zip(order[:count].tolist(), above[:count].tolist(), strict=True):
        one = judged[part[row]]
        said = rare_words.said.get(int(ids[row]), ())
        lift = _lift(one.candidates.group.modality, method, query) if raised and not said else contains(said)
        hits.append(_hit(one, int(place[row]), len(hits) + 1, lift))
    return hits


def _lift(modality: Modality, method: Method, query: Query) -> str:
    """What put a hit above one with a better word, if not what it says."""
    favoured = query.listing.balance * (1.0 if modality == "image" else -1.0) > 0.0
    return _FAVOURED[modality] if favoured or not method.lift else method.lift


def contains(words: Sequence[str]) -> str:
    """That an item contains these rare words, as a lift; '' for none."""
    return f"contains {', '.join(f'*{word}*' for word in words)}" if words else ""


def _hit(one: Judged, place: int, rank: int, lift: str) -> Hit:
    found, chances = one.candidates, one.chances
    lower, others = int(found.lower[place]), int(found.others[place])
    return Hit(
        str(found.group.ids[found.rows[place]]),
        found.group.modality,
        rank,
        float(one.scores[place]),
        100.0 * lower / others if others > 0 else 100.0,
        others,
        others < len(found.group) - 1,
        float(found.cosines[place]),
        float(one.nearness[place]),
        None if chances is None else float(chances[place]),
        float(one.measures[place]),
        float(found.shares[place]),
        lift,
    )


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
