"""What passages that do not read like prose lose in closeness: see `ingest.readers.prose_quality`.

A short question lies close to many tables, lists and licence texts, as they name everything and tell nothing.  What
such a passage lacks in quality, 0 to 1, times JUNK_SCORE is taken from its standardised score and times JUNK_NEARNESS
from its nearness, before either becomes its measure: so it ranks below prose of equal closeness, its word is the lower
one, and pictures are not compared with what it says.  It is still an answer where it is much closer than all else, or
says the question's rare words.  A question that names licences, credits or terms itself takes nothing from anything.

Chosen on the everyday questions of tests.benchmarks.junk, so that none of them has junk among its first
five results, nor among its first five passages that match.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ingest.readers.prose_quality import JUNK
from search_app.search.fusion import Floats
from search_app.search.modality_items import ModalityItems

JUNK_SCORE = 3.0
"""Deviations that a passage of no quality loses."""
JUNK_NEARNESS = 1.6
"""Nearness that a passage of no quality loses: from very close to farther than any answer."""
MEASURED_AT_ONCE = 500
"""Passages of older spaces, the closest, whose quality is measured for one question: some 50 ms."""

MeasureQualities = Callable[[Sequence[int]], Mapping[int, float]]
"""Gives the quality of passages by id, from their texts: `PassageQualities.measure` of the ledger."""


def qualities_of(group: ModalityItems, rows: NDArray[np.int64], measure: MeasureQualities | None = None) -> Floats:
    """The quality of each of the group's `rows`, closest first, 0 to 1; 1 for images and for what is not known.

    Passages of older spaces have none recorded: `measure` gives it, and the group keeps it for later questions.
    """
    if group.modality == "image":
        return np.ones(len(rows))
    first = rows[:MEASURED_AT_ONCE]
    missing = first[np.isnan(group.facets.qualities[first])]
    if len(missing) and measure is not None:
        ids = group.ids[missing].tolist()
        measured = measure(ids)
        group.facets.qualities[missing] = [measured.get(item, 1.0) for item in ids]
    return recorded_qualities(group, rows)


def recorded_qualities(group: ModalityItems, rows: NDArray[np.int64] | None = None) -> Floats:
    """The quality of each of the group's `rows`, or of all, as far as it is known; else 1."""
    known = group.facets.qualities if rows is None else group.facets.qualities[rows]
    return np.nan_to_num(known.astype(np.float64), nan=1.0)


def reads_like_prose(group: ModalityItems, rows: NDArray[np.int64] | None = None) -> NDArray[np.bool_]:
    """Which of the group's `rows`, or of all, are no junk as far as it is known; images are none."""
    return recorded_qualities(group, rows) >= JUNK
