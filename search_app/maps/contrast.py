"""How a selection of items differs from the rest: words near it, distinctive words, spread, typical items."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.readers.draft import Modality
from ingest.space.steady_sample import steady_sample
from search_app.search.passage_quality import reads_like_prose
from search_app.search.pca_reduction import groups_of
from search_app.search.query_vectors import unit
from search_app.search.snapshot import Snapshot
from search_app.search.topics.ctfidf import DistinctiveWord, distinctive_words, words_of
from search_app.search.topics.holding import BEYOND, BEYOND_MOST, HELD_IN_PART, near_and_true
from search_app.search.topics.naming import WITH_TEXT
from search_app.search.topics.vocabulary import Vocabulary

TEXT_SAMPLE = 1_500
"""Texts and captions at most that are read of the selection, and of the rest: a steady sample of each."""
LARGE = 0.25
"""The share of the space from which on a word holds an item only where nearly no other one is as near to it."""
MOST = 0.75
"""The share of the space above which no word is near to a selection: it is the rest that is set apart."""
_PARTS = 6  # classes into which the rest is divided, so that words common in all of them count as stop words
_CHUNK = 16_384  # rows at a time


@dataclass(frozen=True)
class Contrast:
    """How a selection differs from the rest; words are untrusted."""

    images: int
    texts: int
    nearest_words: tuple[tuple[str, float], ...]
    """The words of the vocabulary nearest to the selection's mean less that of the rest, with their cosines.

    Only those that hold of enough of its items, see `search_app.search.topics.holding`: of HELD_IN_PART of them, which
    in a LARGE selection must lie nearer than BEYOND_MOST of the rest; none of one above MOST.  Of a large part of a
    space many words are somewhat nearer than of the rest, and true of nothing in it: half of the sample with other
    photographs was set apart by "microwave, ketchup, spoon".
    """
    distinctive_words: tuple[DistinctiveWord, ...]
    """The words that its texts and captions use more than others, the foremost first; () where few have a text."""
    spread: float
    """The mean cosine of its items to their mean, each without its modality's mean: 1 where all mean the same."""
    medoids: tuple[str, ...]
    """The ids of the items nearest to its mean, nearest first; passages that are no prose come last."""


def contrast(
    snapshot: Snapshot,
    ids: Sequence[str] | NDArray[np.int64],
    means: Mapping[Modality, NDArray[np.float64]],
    read: Callable[[Sequence[int]], dict[int, str]],
    vocabulary: Vocabulary | None = None,
    count: int = 10,
) -> Contrast:
    """Compare the items of `ids` with all others; ids that are not in the snapshot are left out.

    `means` are subtracted from the vectors of each modality (`SpaceMaps.means` with the gap closed); `read` gives the
    texts of items (`Ledger.texts`).  A selection of the whole space is compared with nothing.
    """
    wanted = np.unique(np.array([int(each) for each in ids if str(each).isdecimal()], np.int64))
    inside: list[tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.bool_]]] = []
    mine, others = np.zeros(snapshot.dimension), np.zeros(snapshot.dimension)
    counts: dict[Modality, int] = {}
    outside = 0
    for name, group in groups_of(snapshot):
        rows = group.rows_of(wanted)
        whole = np.zeros(snapshot.dimension)
        for start in range(0, len(group), _CHUNK):
            whole += _directions(group.vectors[start : start + _CHUNK], means[name]).sum(axis=0, dtype=np.float64)
        chosen = _directions(group.vectors[rows], means[name])
        own = chosen.sum(axis=0, dtype=np.float64)
        mine, others = mine + own, others + whole - own
        counts[name], outside = len(rows), outside + len(group) - len(rows)
        inside.append((group.ids[rows], chosen, ~reads_like_prose(group, rows)))
    found = sum(counts.values())
    if not found:
        return Contrast(0, 0, (), (), 0.0, ())
    middle = unit(mine)
    closeness = np.concatenate([chosen @ middle for _, chosen, _ in inside])
    known = np.concatenate([numbers for numbers, _, _ in inside])
    poor = np.concatenate([unread for _, _, unread in inside])
    beyond = BEYOND_MOST if found > LARGE * (found + outside) else BEYOND
    difference = mine / found - others / max(outside, 1)
    return Contrast(
        counts.get("image", 0),
        counts.get("text", 0),
        near_and_true(vocabulary, difference, count, wanted, snapshot, means, HELD_IN_PART, beyond)
        if vocabulary and found <= MOST * (found + outside)
        else (),
        tuple(_distinctive(snapshot, known, read, count)),
        float(closeness.mean()),
        tuple(str(int(known[row])) for row in np.lexsort((-closeness, poor))[:count]),
    )


def _distinctive(
    snapshot: Snapshot, chosen: NDArray[np.int64], read: Callable[[Sequence[int]], dict[int, str]], count: int
) -> list[DistinctiveWord]:
    # Tables of paths and licence texts tell nothing of what is about them.
    readable = np.concatenate([group.ids[reads_like_prose(group)] for _, group in groups_of(snapshot)])
    rest = np.setdiff1d(readable, chosen, assume_unique=True)
    ordered = np.intersect1d(chosen, readable, assume_unique=True)
    mine, others = (each[steady_sample(each, TEXT_SAMPLE)] for each in (ordered, rest))
    texts = read([int(number) for number in np.concatenate([mine, others])])
    if sum(bool(texts.get(int(number))) for number in mine) < WITH_TEXT * min(len(chosen), TEXT_SAMPLE):
        return []
    parts = [mine, *(others[start::_PARTS] for start in range(_PARTS))]
    classes = [[words_of(texts[int(number)]) for number in part if texts.get(int(number))] for part in parts]
    return distinctive_words(classes, count)[0]


def _directions(vectors: NDArray[np.float32], mean: NDArray[np.float64]) -> NDArray[np.float32]:
    rows = vectors - mean.astype(np.float32)
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9), np.float32)
