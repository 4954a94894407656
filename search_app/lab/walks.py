"""Walks through the space: from one thing to another, along a principal component, and by arithmetic."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ingest.readers.draft import MODALITIES, Modality
from search_app.lab.operands import Thing
from search_app.lab.reference import Ground
from search_app.search.background_scores import affinity
from search_app.search.composition import along_the_arc
from search_app.search.projection import Projection
from search_app.search.query_vectors import unit
from search_app.search.snapshot import Snapshot

FEWEST_STEPS, MOST_STEPS = 3, 9


@dataclass(frozen=True)
class Near:
    """An item near a point of a walk."""

    id: str
    cosine: float
    """With the point, once both have lost their modality's mean."""


@dataclass(frozen=True)
class Station:
    """A point of a walk with the real items that are nearest to it."""

    place: float
    """0 at the beginning of the walk, 1 at its end; along a component, how far from the middle."""
    nearest: dict[Modality, tuple[Near, ...]] = field(default_factory=dict)
    """Closest first; modalities without items are left out."""


def walk(one: Thing, other: Thing, steps: int, ground: Ground, *, never_twice: bool = True) -> list[Station]:
    """`steps` points between two things, evenly along the arc of the sphere, each with the nearest items.

    Both ends have lost their modality's mean, so that a walk from words to a picture does not cross the gap.  The
    ends themselves are never among the items; with `never_twice`, no item comes at two stations.
    """
    start, end = ground.centred(one.modality, one.vector), ground.centred(other.modality, other.vector)
    gone = {thing.term.value for thing in (one, other) if thing.term.kind == "item"}
    stations = []
    for step in range(1, steps + 1):
        place = step / (steps + 1)
        nearest = nearest_items(unit(along_the_arc(start, end, place)), ground, 1, gone)
        if never_twice:
            gone.update(near.id for found in nearest.values() for near in found)
        stations.append(Station(place, nearest))
    return stations


def nearest_items(
    point: NDArray[np.float32], ground: Ground, count: int, without: Collection[str] = ()
) -> dict[Modality, tuple[Near, ...]]:
    """The `count` items of each modality that are nearest to a centred unit vector, closest first."""
    left_out = np.array([int(name) for name in without], np.int64)
    answer: dict[Modality, tuple[Near, ...]] = {}
    for modality in MODALITIES:
        group = ground.snapshot.groups.get(modality)
        if group is None or not len(group):
            continue
        cosines = affinity(group.vectors, ground.means[modality], point)
        cosines[np.isin(group.ids, left_out)] = -2.0
        rows = np.argsort(-cosines, kind="stable")[:count]
        found = tuple(Near(str(group.ids[row]), float(cosines[row])) for row in rows if cosines[row] >= -1.0)
        if found:
            answer[modality] = found
    return answer


def along_component(projection: Projection, component: int, steps: int, snapshot: Snapshot) -> list[Station]:
    """`steps` stations from one end of a principal component to the other, each with the item that lies there.

    The stations are evenly spaced among the items themselves (by quantiles), so that each has its own; their `place` is
    that item's coordinate, and their `cosine` is that coordinate too.
    """
    chosen: list[dict[Modality, tuple[Near, ...]]] = [{} for _ in range(steps)]
    places: list[list[float]] = [[] for _ in range(steps)]
    for modality in MODALITIES:
        group = snapshot.groups.get(modality)
        if group is None or not len(group):
            continue
        coordinates = projection.place(modality, group.vectors, [component])[:, 0]
        order = np.argsort(coordinates, kind="stable")
        for step, at in enumerate(np.linspace(0, len(order) - 1, steps).round().astype(int)):
            row = int(order[at])
            chosen[step][modality] = (Near(str(group.ids[row]), float(coordinates[row])),)
            places[step].append(float(coordinates[row]))
    return [Station(float(np.mean(at)) if at else 0.0, found) for at, found in zip(places, chosen, strict=True)]


def added_up(things: Sequence[Thing], ground: Ground) -> NDArray[np.float32] | None:
    """The point that things give when each is added, or taken away where its weight is below 0; None of nothing.

    Arithmetic as with word vectors (Mikolov et al. 2013), of vectors of unit length that have lost their modality's
    mean; the answer is a unit vector of that kind.
    """
    total = np.zeros(ground.snapshot.dimension)
    for thing in things:
        total += thing.term.weight * ground.centred(thing.modality, thing.vector)
    return unit(total) if float(np.linalg.norm(total)) > 1e-6 else None
