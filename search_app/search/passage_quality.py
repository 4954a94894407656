"""How much the passages among a question's candidates read like prose."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from search_app.search.modality_items import ModalityItems

MeasureQualities = Callable[[Sequence[int]], Mapping[int, float]]
"""Gives the quality of passages by id, from their texts: `PassageQualities.measure` of the ledger."""


def qualities_of(
    group: ModalityItems, rows: NDArray[np.int64], measure: MeasureQualities | None = None
) -> NDArray[np.float64]:
    """The quality of each of the group's `rows`, 0 to 1, shape (len(rows),); 1 for images and for what is not known.

    Passages of older spaces have none recorded: `measure` gives it, and the group keeps it for later questions.
    """
    if group.modality == "image":
        return np.ones(len(rows))
    known = group.facets.qualities[rows]
    missing = np.flatnonzero(np.isnan(known))
    if len(missing) and measure is not None:
        ids = group.ids[rows[missing]].tolist()
        measured = measure(ids)
        known[missing] = [measured.get(item, 1.0) for item in ids]
        group.facets.qualities[rows[missing]] = known[missing]
    return np.nan_to_num(known.astype(np.float64), nan=1.0)
