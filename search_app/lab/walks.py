"""Walks through the space: from one operand to another, along a principal component, and by arithmetic."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ingest.readers.draft import MODALITIES, Modality
from search_app.lab.operands import Operand
from search_app.lab.reference import Reference
from search_app.search.background_scores import affinity
from search_app.search.composition import along_the_arc
from search_app.search.passage_quality import reads_like_prose
from search_app.search.projection import Projection
from search_app.search.query_vectors import unit
from search_app.search.snapshot import Snapshot

MIN_STEPS, MAX_STEPS = 3, 9


@dataclass(frozen=True)
class NearItem:
    """An item near a point of a walk."""

    id: str
    cosine: float
    """With the point, both less their modality's mean."""


@dataclass(frozen=True)
class Station:
    """A point of a walk with the items nearest to it."""

    place: float
    """0 at the beginning of the walk, 1 at its end; along a component, how far from the middle."""
    nearest: dict[Modality, tuple[NearItem, ...]] = field(default_factory=dict)
    """Closest first; modalities without items are left out."""


def walk(one: Operand, other: Operand, steps: int, reference: Reference, *, unique: bool = True) -> list[Station]:
    """`steps` points between two operands, evenly along the arc of the sphere, each with the nearest items.

    Both ends lose their modality's mean, so that a walk from words to a picture does not cross the gap.  The ends
    themselves are never among the items; with `unique`, no item is shown at two stations.
    """
    start, end = reference.centred(one.modality, one.vector), reference.centred(other.modality, other.vector)
    excluded = {operand.term.value for operand in (one, other) if operand.term.kind == "item"}
    stations = []
    for step in range(1, steps + 1):
        place = step / (steps + 1)
        nearest = nearest_items(unit(along_the_arc(start, end, place)), reference, 1, excluded)
        if unique:
            excluded.update(near.id for found in nearest.values() for near in found)
        stations.append(Station(place, nearest))
    return stations


def nearest_items(
    point: NDArray[np.float32], reference: Reference, count: int, without: Collection[str] = ()
) -> dict[Modality, tuple[NearItem, ...]]:
    """The `count` items of each modality that are nearest to a centred unit vector, closest first.

    Passages that do not read like prose are left out, unless there are no others.
    """
    passage_occlusion = np.array([int(name) for name in without], np.int64)
    answer: dict[Modality, tuple[NearItem, ...]] = {}
    for modality in MODALITIES:
        group = reference.snapshot.groups.get(modality)
        if group is None or not len(group):
            continue
        cosines = affinity(group.vectors, reference.means[modality], point)
        cosines[np.isin(group.ids, passage_occlusion)] = -2.0
        prose = reads_like_prose(group)
        if prose.any():
            cosines[~prose] = -2.0
        rows = np.argsort(-cosines, kind="stable")[:count]
        found = tuple(NearItem(str(group.ids[row]), float(cosines[row])) for row in rows if cosines[row] >= -1.0)
        if found:
            answer[modality] = found
    return answer


def along_component(projection: Projection, component: int, steps: int, snapshot: Snapshot) -> list[Station]:
    """`steps` stations from one end of a principal component to the other, each with the item that lies there.

    The stations are evenly spaced among the items themselves (by quantiles), so that each has its own; their `place` is
    that item's coordinate, and their `cosine` is that coordinate too.
    """
    chosen: list[dict[Modality, tuple[NearItem, ...]]] = [{} for _ in range(steps)]
    places: list[list[float]] = [[] for _ in range(steps)]
    for modality in MODALITIES:
        group = snapshot.groups.get(modality)
        if group is None or not len(group):
            continue
        coordinates = projection.place(modality, group.vectors, [component])[:, 0]
        order = np.argsort(coordinates, kind="stable")
        for step, at in enumerate(np.linspace(0, len(order) - 1, steps).round().astype(int)):
            row = int(order[at])
            chosen[step][modality] = (NearItem(str(group.ids[row]), float(coordinates[row])),)
            places[step].append(float(coordinates[row]))
    return [Station(float(np.mean(at)) if at else 0.0, found) for at, found in zip(places, chosen, strict=True)]


def vector_sum(operands: Sequence[Operand], reference: Reference) -> NDArray[np.float32] | None:
    """The sum of the operands' vectors, each times its weight; None where the sum is zero.

    Arithmetic as with word vectors (Mikolov et al. 2013), of vectors of unit length that have lost their modality's
    mean; the answer is a unit vector of that kind.
    """
    total = np.zeros(reference.snapshot.dimension)
    for operand in operands:
        total += operand.term.weight * reference.centred(operand.modality, operand.vector)
    return unit(total) if float(np.linalg.norm(total)) > 1e-6 else None
