"""Finds topics: clusters in the full space, of pictures and passages together.

Each modality loses its mean first, so that a topic holds both; then k-means (Lloyd 1982) runs on directions in the
first principal components.  The number of topics is chosen by the mean silhouette (Rousseeuw 1987) of a steady sample:
the smallest, from 2 to MAX_TOPICS, whose silhouette reaches NEAR_BEST of the best.  An item's topic is the one whose
centre is nearest, so that new items have one at once.
"""

import math
import warnings
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ingest.readers.draft import Modality
from search_app.search.background_tasks import Progress
from search_app.search.pca_reduction import Reduction, groups_of, reduction_of, sampled
from search_app.search.snapshot import Snapshot
from search_app.search.topics.model import MIN_ITEMS, Topics, unit_rows

MAX_TOPICS = 40
FIT_SAMPLE = 20_000
"""Items at most that are clustered: of a larger space a steady sample."""
SILHOUETTE_SAMPLE = 2_000
"""Items at most on which the silhouette of a number of topics is measured."""
NEAR_BEST = 0.85
"""Share of the best silhouette from which on fewer topics are preferred."""
_MIN_MEAN_SIZE = 4  # items a topic has on average, at least
_SEED = 20_240_501


def find_clusters(snapshot: Snapshot, means: Mapping[Modality, NDArray[np.float64]], progress: Progress) -> Topics:
    """The topics of a space, each modality without its mean of `means`; they have no names yet.

    The same items always give the same topics.  Raises what `progress` raises.
    """
    newest = max((int(group.ids[-1]) for _, group in groups_of(snapshot)), default=0)
    reduction = reduction_of(snapshot, means)
    if len(snapshot) < MIN_ITEMS or not len(reduction.basis):
        return Topics(reduction, np.empty((0, len(reduction.basis)), np.float32), (), {}, len(snapshot), newest)
    rows = unit_rows(_sample(snapshot, reduction, FIT_SAMPLE))
    measured = unit_rows(_sample(snapshot, reduction, SILHOUETTE_SAMPLE))
    silhouettes: dict[int, float] = {}
    centres: dict[int, NDArray[np.float32]] = {}
    numbers = _numbers_to_try(len(rows))
    for place, number in enumerate(numbers):
        progress(0.6 * place / len(numbers), f"trying {number} topics")
        centres[number] = _k_means(rows, number)
        silhouettes[number] = _silhouette(measured, np.argmax(measured @ centres[number].T, axis=1), number)
    threshold = NEAR_BEST * max(silhouettes.values())
    best = next((number for number in numbers if silhouettes[number] >= threshold > 0.0), numbers[0])
    return Topics(reduction, centres[best], (), silhouettes, len(snapshot), newest)


def _numbers_to_try(count: int) -> list[int]:
    """The numbers of topics to try for so many items: each about a quarter above the one before."""
    most = min(MAX_TOPICS, max(2, count // _MIN_MEAN_SIZE))
    steps = math.ceil(math.log(most / 2, 1.25)) if most > 2 else 0
    return sorted({min(most, round(2 * 1.25**step)) for step in range(steps + 1)})


def _sample(snapshot: Snapshot, reduction: Reduction, most: int) -> NDArray[np.float32]:
    reduced = [
        reduction.apply(name, group.vectors[sampled(group, snapshot, most)]) for name, group in groups_of(snapshot)
    ]
    return np.concatenate(reduced)


def _k_means(rows: NDArray[np.float32], number: int) -> NDArray[np.float32]:
    from sklearn.cluster import KMeans, MiniBatchKMeans
    from threadpoolctl import threadpool_limits

    many = len(rows) > 5_000
    fitting = (
        MiniBatchKMeans(number, n_init=3, batch_size=2_048, max_iter=60, random_state=_SEED)
        if many
        else KMeans(number, n_init=4, random_state=_SEED)
    )
    # In one thread: the other cores stay free for the page, and on a busy machine threads would wait for one another.
    with warnings.catch_warnings(), threadpool_limits(1, user_api="openmp"):
        warnings.simplefilter("ignore")  # identical items make fewer clusters
        fitting.fit(rows)
    return unit_rows(np.asarray(fitting.cluster_centers_, np.float32))


def _silhouette(rows: NDArray[np.float32], labels: NDArray[np.int64], number: int) -> float:
    """The mean silhouette by cosine distance; computed from sums, so that it needs no distance matrix."""
    sizes = np.bincount(labels, minlength=number)
    if np.count_nonzero(sizes) < 2:
        return -1.0
    sums = np.zeros((number, rows.shape[1]))
    np.add.at(sums, labels, rows)
    # The cosine distances of a unit row to all rows of a cluster add up to the cluster's size less row @ sum.
    totals = sizes[np.newaxis] - rows @ sums.T
    own = sizes[labels]
    within = totals[np.arange(len(rows)), labels] / np.maximum(own - 1, 1)
    others = np.where(sizes > 0, totals / np.maximum(sizes, 1), np.inf)
    others[np.arange(len(rows)), labels] = np.inf
    nearest = others.min(axis=1)
    scores = (nearest - within) / np.maximum(np.maximum(nearest, within), 1e-12)
    return float(np.where(own > 1, scores, 0.0).mean())
