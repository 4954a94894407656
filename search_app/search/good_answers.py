"""How many good answers a question has among all items that its filters let through, not only among its best hits.

Up to SCANNED items of a modality each of them is judged, by the measure that hits are judged by.  Of more, the hits are
counted, which is all of them where the last of the nearest is no good answer any more; else the steady sample of the
background is judged, and its share stands for all: an estimate.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.calibration import Cell
from search_app.search.background_scores import affinity
from search_app.search.candidates import SCANNED, Candidates, Target
from search_app.search.fusion import Floats
from search_app.search.hits import ENOUGH_RARE_WORDS
from search_app.search.modality_items import products


@dataclass(frozen=True)
class GoodAnswers:
    """How many there are of one modality."""

    count: int
    estimated: bool = False


def count_good(one: Candidates, target: Target, allowed: NDArray[np.bool_], cell: Cell | None) -> GoodAnswers:
    """The good answers among the items of a modality that are `allowed`, shape (len(group),)."""
    said = one.rows[one.shares > ENOUGH_RARE_WORDS]
    if len(one.group) <= SCANNED:
        rows = np.flatnonzero(allowed)
        good = rows[_nearness(one, target, rows, cell) >= 0.0]
        return GoodAnswers(len(np.union1d(good, said)))
    nearest = one.rows[: one.nearest_count]
    good = nearest[_nearness(one, target, nearest, cell) >= 0.0]
    known = len(np.union1d(good, said))
    if not len(nearest) or nearest[-1] not in good or len(nearest) == allowed.sum():
        return GoodAnswers(known)
    sample = one.group.background[allowed[one.group.background]]
    share = float(np.mean(_nearness(one, target, sample, cell) >= 0.0)) if len(sample) else 0.0
    return GoodAnswers(max(known, round(share * int(allowed.sum()))), estimated=True)


def _nearness(one: Candidates, target: Target, rows: NDArray[np.int64], cell: Cell | None) -> Floats:
    if cell is not None:
        vectors = one.group.vectors if len(rows) == len(one.group) else one.group.vectors[rows]
        return cell.nearness(products(vectors, target.raw).astype(np.float64))
    return one.usual.nearness(affinity(one.group.vectors[rows], target.mean, target.centred).astype(np.float64))
