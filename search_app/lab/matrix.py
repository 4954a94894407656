"""How alike some things are, each with each: as cosines or distances, in words, and with likes beside likes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search_app.lab.operands import Thing
from search_app.lab.reference import Ground
from search_app.search.background_scores import affinity, background_of
from search_app.search.hits import Closeness, closeness_of
from search_app.search.neighbours import Measure
from search_app.search.snapshot import Snapshot

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Matrix:
    """Some things compared, each with each."""

    values: Floats
    """Cosines, -1 to 1, or Euclidean distances, 0 to 2; shape (n, n)."""
    likeness: Floats
    """The cosines that `values` are, or are made from, shape (n, n)."""
    closeness: tuple[tuple[Closeness, ...], ...]
    """Each pair in a word, n rows of n."""
    order: tuple[int, ...]
    """The places of the things, likes beside likes."""


def compare(things: Sequence[Thing], measure: Measure, ground: Ground, *, gap: bool) -> Matrix:
    """Compare things each with each; without `gap` each has lost its modality's mean first."""
    if not things:
        return Matrix(np.empty((0, 0)), np.empty((0, 0)), (), ())
    vectors = np.stack([thing.vector if gap else ground.centred(thing.modality, thing.vector) for thing in things])
    likeness = np.clip(vectors.astype(np.float64) @ vectors.T.astype(np.float64), -1.0, 1.0)
    np.fill_diagonal(likeness, 1.0)
    values = likeness if measure == "cosine" else np.sqrt(np.maximum(2.0 - 2.0 * likeness, 0.0))
    closeness = tuple(tuple(how_close(one, other, ground) for other in things) for one in things)
    return Matrix(values, likeness, closeness, by_likeness(likeness))


def how_close(one: Thing, other: Thing, ground: Ground) -> Closeness:
    """How close two things are in a word, the same both ways, whatever is measured and shown beside it."""
    if one.modality != other.modality and one.modality == "image":
        one, other = other, one
    cosine = float(one.vector @ other.vector)
    if ground.calibration is not None:
        asked_in_words = 1.0 if one.modality == "text" else 0.0
        cell = ground.calibration.cell(asked_in_words, other.modality)
        return closeness_of(float(cell.nearness(np.array([cosine]))[0]))
    nearness = [_usual(one, other, ground), _usual(other, one, ground)]
    known = [value for value in nearness if value is not None]
    return closeness_of(sum(known) / len(known)) if known else "no real match"


def _usual(one: Thing, other: Thing, ground: Ground) -> float | None:
    group = ground.snapshot.groups.get(other.modality)
    if group is None or not len(group):
        return None
    mean, centred = ground.means[other.modality], ground.centred(one.modality, one.vector)
    phrases = ground.phrases if other.modality == "text" else None
    usual = background_of(affinity(group.sample, mean, centred), mean, centred, phrases)
    return float(usual.nearness(affinity(other.vector[None], mean, centred).astype(np.float64))[0])


def closer_items(one: Thing, other: Thing, snapshot: Snapshot) -> tuple[int, int]:
    """Of the items of `other`'s modality: how many are closer to `one` than `other` is, and how many there are.

    The things themselves do not count, where they are items.
    """
    group = snapshot.groups.get(other.modality)
    if group is None:
        return 0, 0
    own = [int(thing.term.value) for thing in (one, other) if thing.term.kind == "item"]
    counted = ~np.isin(group.ids, own)
    cosines = group.vectors @ one.vector
    return int((cosines[counted] > float(one.vector @ other.vector) + 1e-6).sum()), int(counted.sum())


def by_likeness(likeness: Floats) -> tuple[int, ...]:
    """The places of things in an order that puts likes beside likes.

    Average linkage, with its leaves ordered so that neighbours are as alike as can be (Bar-Joseph et al. 2001).
    """
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    if len(likeness) < 3:
        return tuple(range(len(likeness)))
    apart = squareform(np.maximum(1.0 - likeness, 0.0), checks=False)
    return tuple(int(place) for place in leaves_list(linkage(apart, "average", optimal_ordering=True)))
