"""Ranks images and passages in one fair list, although their raw cosines cannot be compared.

Text and image vectors lie in two separate cones (the modality gap, Liang et al. 2022): to a text query, every
passage is closer than any picture.  So nothing is ever ordered by raw cosine across modalities.  Instead:

1.  Centring.  Each modality's mean is subtracted from its items, and the mean of the query's own modality from the
    query; both are brought back to unit length.  The cosine of two centred vectors, the *affinity*, no longer
    holds what is common to a whole modality.  The mean is the sum over the items divided by (n + MEAN_PRIOR), so that
    the one item of a modality is not moved onto nothing.
2.  Candidates.  Each modality gives its own: Chroma is asked for the nearest to the centred query (subtracting a mean
    from every item shifts all their inner products with a query alike, so the order is the same but for
    lengths); narrowed to folders, all items of those folders are scanned, as a metadata filter in Chroma is slower.
3.  Standardising.  For each query and modality, the affinities to a steady background sample of that modality (at most
    2,048 items, chosen by a hash of their id, so the same ones from query to query) give a mean and a standard
    deviation; a hit's score is how many of these deviations it lies above that mean.  A z-score, computed per query.
4.  Merging.  By default the encoder's calibration turns score, place and echo of a hit into the chance that it is
    relevant, and all candidates are ordered by that; without a calibration, by the score.  The other ways are in
    search_app.engine.methods.

A modality of few items has no background to speak of, and its deviation would be about nothing.  For texts, a fixed
list of everyday phrases in the encoder's own vectors fills both the mean and the background up.  Besides, the
background's mean is drawn towards 0 (what centring leads to) and its variance towards TYPICAL_SPREAD squared, with the
weight of MEAN_PRIOR and SPREAD_PRIOR further items; at a hundred items neither matters.

How close a hit really is, nearness tells: its cosine between what unrelated pairs reach and what pairs that belong
together have, as the encoder's calibration knows them.  Without one, its affinity is compared with the median of the
background, in deviations estimated from the median too, so that many good hits do not hide one another.

The percentile is simpler: the share of the modality's other items whose affinity is lower than the hit's.  Up to
COUNTED items all are counted.  Beyond that, a hit that the index gave is as far from the top as its place says, and
for others the background sample is counted, so that no question costs a look at every item.

Names and codes hardly move an encoder's vectors.  So items that say a question's rare words (see `said_rarely`) are
candidates as well, and the more of them they say, the more is added to their key, whatever the method.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.calibration import ECHOING, Calibration, Cell, echo
from ingest.readers.draft import MODALITIES, Modality
from search_app.engine.background import Background, affinity, centred_rows, modality_means
from search_app.engine.candidates import ASKING, Index, from_index, nearest_by_scan, shares_of
from search_app.engine.group import Group
from search_app.engine.hits import Hit, Ranking
from search_app.engine.methods import Found, Method, method_for
from search_app.engine.query import Probe, Query
from search_app.engine.snapshot import Snapshot

_SAID = 16 / 3
"""What saying all of a question's rare words adds to a key, in reaches: 8 deviations where keys are deviations."""

_LIKELY = 0.1  # a chance from which a hit is loosely related where others match


def rank(
    query: Query,
    probe: Probe,
    snapshot: Snapshot,
    index: Index,
    phrases: NDArray[np.float32] | None = None,
    *,
    through: Mapping[Modality, NDArray[np.bool_]] | None = None,
    said: Mapping[int, float] | None = None,
    calibration: Calibration | None = None,
    exact: bool = False,
) -> Ranking:
    """Find the `query.count` items closest in meaning to `probe` among those that the query's filters let through.

    `phrases` are the vectors of PHRASES, shape (len(PHRASES), dimension); without them, spaces of few texts are ranked
    less fairly.  `through` says which items of each modality the query's filters let through, as `let_through`
    gives it; without it only its modalities hold.  `said` is how much of the question's rare words items say, by id, as
    `said_rarely` gives it.  `calibration` is that of the space's encoder, if it has one.
    `exact` looks at every item and asks no index.  Raises ServerError when Chroma does not answer.
    """
    method = method_for(query.method, calibrated=calibration is not None)
    means = modality_means(snapshot, phrases)
    centred = probe.centred(means)
    raw = probe.raw
    searched = 0
    candidates: list[_Candidates] = []
    narrow = exact or through is not None
    groups = [snapshot.groups[name] for name in query.filters.wanted if len(snapshot.groups.get(name, ()))]
    looked_for = raw if method.raw else centred
    if not narrow:
        asking = [
            ASKING.submit(from_index, group, index, looked_for, _asked(query) + len(query.named)) for group in groups
        ]
    for place, group in enumerate(groups):
        mean = means[group.modality]
        allowed = _allowed(query, group, through)
        searched += int(allowed.sum())
        if narrow:
            rows = nearest_by_scan(group, allowed, None if method.raw else mean, looked_for, _asked(query))
        else:
            rows = asking[place].result()
            rows = rows[allowed[rows]]
            near = (
                rows if method.raw else rows[np.argsort(-affinity(group.vectors[rows], mean, centred), kind="stable")]
            )
            rows = near[: _asked(query)]
        shares = shares_of(group, allowed, said or {})
        if shares:
            rows = np.concatenate([rows, np.setdiff1d(np.array([*shares], dtype=np.int64), rows)])
        vectors = group.vectors[rows]
        affinities, cosines = affinity(vectors, mean, centred), np.clip(vectors @ raw, -1.0, 1.0)
        usual = Background(group, mean, centred, phrases if group.modality == "text" else None)
        by_place = not narrow and not method.raw
        candidates.append(_Candidates(group, rows, cosines, affinities, usual, shares, by_place))
    cells = {name: calibration.cell(_share_of_texts(probe), name) for name in MODALITIES} if calibration else {}
    echoing = _echoing(candidates, means)
    merged: list[tuple[float, Hit]] = []
    for one in candidates:
        found = one.found(raw, means[one.group.modality], echoing, cells.get(one.group.modality))
        merged += one.hits(method, query, found)
    merged.sort(key=lambda keyed: (-keyed[0], int(keyed[1].id)))
    best = _apart(merged, query.count) if query.separate else [hit for _, hit in merged[: query.count]]
    hits = tuple(replace(hit, rank=place) for place, hit in enumerate(best, start=1))
    return _in_company(Ranking(hits, searched, method.name))


def _in_company(ranking: Ranking) -> Ranking:
    """What is likely relevant is loosely related at least, where the question finds something at all.

    A long passage about what was asked stays far from a short question, and its chance of being relevant, which looks
    at the other hits too, tells so; alone it would tell so of the best hit of a hopeless question as well.
    """
    if not ranking.matches:
        return ranking
    lifted = (
        replace(hit, nearness=max(hit.nearness, 0.0)) if (hit.chance or 0.0) >= _LIKELY else hit for hit in ranking.hits
    )
    return replace(ranking, hits=tuple(lifted))


@dataclass(frozen=True)
class _Candidates:
    """What is merged of one modality, closest first."""

    group: Group
    rows: NDArray[np.int64]
    cosines: NDArray[np.float32]
    affinities: NDArray[np.float32]
    usual: "Background"
    shares: Mapping[int, float]
    """How much of the question's rare words the items of these rows say; these come last where they are far."""
    by_place: bool
    """Whether the rows are the closest there are, as the index has them."""

    def found(
        self, raw: NDArray[np.float32], mean: NDArray[np.float64], echoing: NDArray[np.float64], cell: Cell | None
    ) -> Found:
        texts = self.group.modality == "text"
        none = np.zeros(len(self.rows))
        centred = centred_rows(self.group.vectors[self.rows], mean)
        affinities = self.affinities.astype(np.float64)
        return Found(
            self.group.modality,
            self.cosines.astype(np.float64),
            self.usual.of_cosines(raw),
            affinities,
            self.usual.standardise(affinities),
            echo(centred, echoing, texts=texts) if cell is not None and len(echoing) > texts else none,
            cell,
        )

    def hits(self, method: Method, query: Query, found: Found) -> list[tuple[float, Hit]]:
        """The best hits of the modality with their keys."""
        modality = self.group.modality
        keys = method.keys(found) + method.reach * query.balance * (1.0 if modality == "image" else -1.0)
        keys = keys + _SAID * method.reach * np.array([self.shares.get(int(row), 0.0) ** 2 for row in self.rows])
        logits = found.logits
        chances = [None] * len(keys) if logits is None else (1.0 / (1.0 + np.exp(-logits))).tolist()
        near = found.cell.nearness(found.cosines) if found.cell else self.usual.nearness(found.affinities)
        answer = []
        # No more than `count` of each modality can be among the best.
        for place in np.argsort(-keys, kind="stable")[: query.count].tolist():
            row = int(self.rows[place])
            percentile, others = self.usual.percentile(row, float(self.affinities[place]))
            if self.usual.sampled and self.by_place and row not in self.shares:
                others = len(self.group) - 1
                percentile = 100.0 * (others - place) / others
            hit = Hit(
                str(self.group.ids[row]),
                modality,
                0,
                float(found.scores[place]),
                percentile,
                others,
                others < len(self.group) - 1,
                float(self.cosines[place]),
                float(near[place]),
                chances[place],
                self.shares.get(row, 0.0),
            )
            answer.append((float(keys[place]), hit))
        return answer


def _echoing(candidates: list[_Candidates], means: dict[Modality, NDArray[np.float64]]) -> NDArray[np.float64]:
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
    query: Query, group: Group, through: Mapping[Modality, NDArray[np.bool_]] | None
) -> NDArray[np.bool_]:  # fmt: skip
    """Which items of the group the filters let through; never one that the query names."""
    allowed = np.ones(len(group), np.bool_) if through is None else through[group.modality].copy()
    if query.named:
        allowed[group.rows_of(np.array([int(name) for name in query.named], dtype=np.int64))] = False
    return allowed


def _asked(query: Query) -> int:
    """How many candidates of each modality are worth merging."""
    return max(2 * query.count, 100)
