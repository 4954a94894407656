"""Diverse lists: maximal marginal relevance (Carbonell and Goldstein 1998) over a pool of hits.

The next hit is always the one with the greatest

    (1 - d) relevance - d max(similarity to a hit before it)

for a diversity d from 0 (the closest first) to 1 (whatever differs most).  Similarity is the cosine of vectors that
have lost the mean of their modality, so that a picture and a text that mean the same count as alike too.

Relevance has to be on the scale of similarity, and to keep the order of the list, whatever way images and texts were
merged: the hit at place p of the list is given the p-th largest centred cosine with the question in the pool.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ingest.readers.draft import Modality
from search_app.search.background_scores import centred_rows
from search_app.search.snapshot import Snapshot

Means = Mapping[Modality, NDArray[np.float64]]


def diverse(
    ids: Sequence[str], question: NDArray[np.float32], snapshot: Snapshot, means: Means, diversity: float
) -> list[str]:
    """`ids` of the snapshot's items, which come best first, in the order of maximal marginal relevance.

    `question` is the centred question, unit length; `means` the mean of each modality.
    """
    if diversity <= 0.0 or len(ids) < 3:
        return list(ids)
    vectors = centred_vectors(ids, snapshot, means)
    relevance = -np.sort(-(vectors @ question))
    return [ids[place] for place in marginal_order(vectors, relevance, diversity)]


def marginal_order(vectors: NDArray[np.float32], relevance: NDArray[np.floating], diversity: float) -> list[int]:
    """The places of unit rows `vectors`, shape (n, dimension), in the order of maximal marginal relevance."""
    left = np.ones(len(vectors), np.bool_)
    worth = (1.0 - diversity) * relevance.astype(np.float64)
    nearest = np.full(len(vectors), -np.inf)
    order = [int(np.argmax(relevance))] if len(vectors) else []
    while len(order) < len(vectors):
        left[order[-1]] = False
        nearest = np.maximum(nearest, vectors @ vectors[order[-1]])
        order.append(int(np.argmax(np.where(left, worth - diversity * nearest, -np.inf))))
    return order


def centred_vectors(ids: Sequence[str], snapshot: Snapshot, means: Means) -> NDArray[np.float32]:
    """The vectors of the snapshot's items `ids` without the mean of their modality, as unit rows (n, dimension)."""
    rows = np.empty((len(ids), snapshot.dimension), np.float32)
    numbers = np.array([int(item_id) for item_id in ids], np.int64)
    for modality, group in snapshot.groups.items():
        mine = np.isin(numbers, group.ids)
        rows[mine] = centred_rows(group.vectors[group.rows_of(numbers[mine])], means[modality])
    return rows
