"""A similarity matrix of operands: cosines or distances, closeness in words, and an order by similarity."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search_app.lab.operands import Operand
from search_app.lab.reference import Reference
from search_app.search.background_scores import affinity, background_of
from search_app.search.hits import Closeness, closeness_of
from search_app.search.neighbours import Measure
from search_app.search.snapshot import Snapshot

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Matrix:
    """Operands compared, each with each."""

    values: Floats
    """Cosines, -1 to 1, or Euclidean distances, 0 to 2; shape (n, n)."""
    likeness: Floats
    """The cosines that `values` are, or are made from, shape (n, n)."""
    closeness: tuple[tuple[Closeness, ...], ...]
    """Each pair in a word, n rows of n."""
    order: tuple[int, ...]
    """The indices of the operands, similar ones adjacent."""


def compare(operands: Sequence[Operand], measure: Measure, reference: Reference, *, gap: bool) -> Matrix:
    """Compare operands each with each; without `gap` each loses its modality's mean first."""
    if not operands:
        return Matrix(np.empty((0, 0)), np.empty((0, 0)), (), ())
    vectors = np.stack(
        [operand.vector if gap else reference.centred(operand.modality, operand.vector) for operand in operands]
    )
    likeness = np.clip(vectors.astype(np.float64) @ vectors.T.astype(np.float64), -1.0, 1.0)
    np.fill_diagonal(likeness, 1.0)
    values = likeness if measure == "cosine" else np.sqrt(np.maximum(2.0 - 2.0 * likeness, 0.0))
    closeness = tuple(tuple(how_close(one, other, reference) for other in operands) for one in operands)
    return Matrix(values, likeness, closeness, by_likeness(likeness))


def how_close(one: Operand, other: Operand, reference: Reference) -> Closeness:
    """How close two operands are, in a word; symmetric, and independent of the measure shown."""
    if one.modality != other.modality and one.modality == "image":
        one, other = other, one
    cosine = float(one.vector @ other.vector)
    if reference.calibration is not None:
        text_share = 1.0 if one.modality == "text" else 0.0
        cell = reference.calibration.cell(text_share, other.modality)
        return closeness_of(float(cell.nearness(np.array([cosine]))[0]))
    nearness = [_nearness(one, other, reference), _nearness(other, one, reference)]
    known = [value for value in nearness if value is not None]
    return closeness_of(sum(known) / len(known)) if known else "no real match"


def _nearness(one: Operand, other: Operand, reference: Reference) -> float | None:
    group = reference.snapshot.groups.get(other.modality)
    if group is None or not len(group):
        return None
    mean, centred = reference.means[other.modality], reference.centred(one.modality, one.vector)
    phrases = reference.phrases if other.modality == "text" else None
    usual = background_of(affinity(group.sample, mean, centred), mean, centred, phrases)
    return float(usual.nearness(affinity(other.vector[None], mean, centred).astype(np.float64))[0])


def closer_items(one: Operand, other: Operand, snapshot: Snapshot) -> tuple[int, int]:
    """Of the items of `other`'s modality: how many are closer to `one` than `other` is, and how many there are.

    The operands themselves do not count, where they are items.
    """
    group = snapshot.groups.get(other.modality)
    if group is None:
        return 0, 0
    own = [int(operand.term.value) for operand in (one, other) if operand.term.kind == "item"]
    counted = ~np.isin(group.ids, own)
    cosines = group.vectors @ one.vector
    return int((cosines[counted] > float(one.vector @ other.vector) + 1e-6).sum()), int(counted.sum())


def by_likeness(likeness: Floats) -> tuple[int, ...]:
    """The indices of the operands, ordered so that similar ones are adjacent.

    Average linkage, with its leaves ordered so that neighbours are as alike as can be (Bar-Joseph et al. 2001).
    """
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    if len(likeness) < 3:
        return tuple(range(len(likeness)))
    distances = squareform(np.maximum(1.0 - likeness, 0.0), checks=False)
    return tuple(int(place) for place in leaves_list(linkage(distances, "average", optimal_ordering=True)))
