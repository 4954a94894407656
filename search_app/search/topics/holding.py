"""Which words hold of a set of items: whether a name is true of what it names.

A word may lie nearest to the middle of a set and yet be true of none of its items: a middle between wheels, scissors
and buckets is close to "handlebars".  So each word is compared with the items themselves.  An item is held by a word
where it lies nearer to it than BEYOND of the space's other items of its modality; a word holds of the set where enough
of the set's items are held.  Nothing here depends on how an encoder's cosines are distributed.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.readers.draft import Modality
from ingest.space.steady_sample import steady_sample
from search_app.search.modality_items import ModalityItems
from search_app.search.pca_reduction import groups_of
from search_app.search.snapshot import Snapshot
from search_app.search.topics.vocabulary import Vocabulary

BEYOND = 0.9
"""The share of the other items that an item must be nearer to a word than."""
BEYOND_MOST = 0.98
"""The same of a selection that is a large part of the space: its rest is of fewer meanings, and easier to be beyond."""
HELD = 0.75
"""The share of a topic's items that its words must hold."""
SURE = 0.92
"""The share of other items that a topic's items are nearer than, in the mean: no word may miss some altogether."""
HELD_IN_PART = 0.4
"""The share of a selection's items that a word must hold: what a person selects need not be of one meaning."""
_COMPARED = 512  # items of a set that are looked at, of each modality
_TRIED = 4  # times as many words are looked at as are asked for
_FEWEST = 5  # other items of a modality without which nothing can be said of it


@dataclass(frozen=True)
class Holding:
    """How far words hold of a set of items; each array has shape (words,)."""

    shares: NDArray[np.float64]
    """The share of the items that each holds; 1 where there are no other items to compare with."""
    percentiles: NDArray[np.float64]
    """The share of the other items that an item is nearer than, in the mean over the set's items."""

    @property
    def topical(self) -> NDArray[np.bool_]:
        """Which words may name a topic."""
        return (self.shares >= HELD) & (self.percentiles >= SURE)


def near_and_true(
    vocabulary: Vocabulary,
    direction: NDArray[np.floating],
    count: int,
    ids: NDArray[np.int64],
    snapshot: Snapshot,
    means: Mapping[Modality, NDArray[np.float64]],
    least: float,
    beyond: float = BEYOND,
) -> tuple[tuple[str, float], ...]:
    """The `count` words nearest to a direction, with their cosines, of those that hold `least` of the items.

    A held item is nearer to the word than `beyond` of the others.
    """
    near = vocabulary.nearest(direction, _TRIED * count)
    if not near:
        return ()
    shares = holding(vocabulary.vectors_of([word for word, _ in near]), ids, snapshot, means, beyond).shares
    return tuple(each for each, share in zip(near, shares, strict=True) if share >= least)[:count]


def holding(
    words: NDArray[np.float32],
    ids: NDArray[np.int64],
    snapshot: Snapshot,
    means: Mapping[Modality, NDArray[np.float64]],
    beyond: float = BEYOND,
) -> Holding:
    """How far `words`, unit rows (words, dimension) without their vocabulary's mean, hold of the items of `ids`.

    Each modality's vectors lose their mean of `means` first.  A held item is nearer than `beyond` of the others.
    """
    held, ranks, compared = np.zeros(len(words)), np.zeros(len(words)), 0
    for modality, group in groups_of(snapshot):
        inside = group.rows_of(ids)
        others = np.setdiff1d(group.background, inside)
        if not len(inside) or len(others) < _FEWEST:
            continue
        inside = inside[steady_sample(group.ids[inside], _COMPARED)]
        theirs = np.sort(_closeness(group, others, words, means[modality]), axis=0)
        mine = _closeness(group, inside, words, means[modality])
        limits = theirs[int(beyond * (len(others) - 1))]
        held += (mine > limits).sum(axis=0)
        ranks += [np.searchsorted(theirs[:, word], mine[:, word]).sum() / len(others) for word in range(len(words))]
        compared += len(inside)
    if not compared:
        return Holding(np.ones(len(words)), np.ones(len(words)))
    return Holding(held / compared, ranks / compared)


def _closeness(
    group: ModalityItems, rows: NDArray[np.int64], words: NDArray[np.float32], mean: NDArray[np.float64]
) -> NDArray[np.float32]:
    """The cosine of each row's vector without the mean with each word, shape (rows, words)."""
    vectors = group.vectors[rows] - mean.astype(np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return np.asarray(vectors @ words.T, np.float32)
