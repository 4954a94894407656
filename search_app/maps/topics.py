"""Topics: clusters of the full space, pictures and passages together, and the items of a snapshot by topic.

Each modality loses its mean first, so that a topic holds both; then k-means (Lloyd 1982) in the first principal
components, over directions.  How many there are is picked by the mean silhouette (Rousseeuw 1987) of a steady sample:
the fewest, from 2 to MOST, whose silhouette comes within a share of ENOUGH of the best.  An item's topic is the one
whose centre is nearest, so that new items have one at once.
"""

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ingest.readers.draft import Modality
from search_app.maps.background_jobs import Progress
from search_app.maps.pca_reduction import Reduction, groups_of, reduction_of, sampled
from search_app.search.modality_items import Group
from search_app.search.projection import Drift
from search_app.search.snapshot import Snapshot

FEWEST = 10
"""Items that topics need; a space of fewer has none."""
MOST = 40
"""Topics at most."""
FITTED = 20_000
"""Items at most that clusters are looked for among: of a larger space a steady sample."""
JUDGED = 2_000
"""Items at most that a number of topics is judged by."""
ENOUGH = 0.85
SEPARATOR = " · "
"""Between the words of a name."""
_SMALLEST = 4  # items a topic, on average, at least
_SEED = 20_240_501
_CHUNK = 16_384  # rows at a time


@dataclass(frozen=True)
class Name:
    """What a topic is called, and by what."""

    name: str
    """Its foremost words, with a dot between; no two topics of a space have the same.  Untrusted words."""
    said: tuple[str, ...] = ()
    """The words that set its texts and captions apart, the foremost first."""
    near: tuple[str, ...] = ()
    """The words of the vocabulary that lie nearest to its centre, nearest first."""

    @property
    def words(self) -> list[str]:
        """The words of the name, in lower case."""
        return self.name.casefold().split(SEPARATOR)


@dataclass(frozen=True)
class Topic:
    """A topic as the items of a snapshot have it."""

    number: int
    """Its place among the topics, from 0; what `Topics.labels` gives."""
    name: str
    said: tuple[str, ...]
    near: tuple[str, ...]
    images: int
    texts: int
    spread: float
    """The mean cosine of its items to its centre, once each modality has lost its mean: 1 where all mean the same."""
    representatives: tuple[str, ...]
    """The ids of the items nearest to its centre, nearest first."""

    @property
    def size(self) -> int:
        """How many items it has."""
        return self.images + self.texts


@dataclass(frozen=True)
class Topics:
    """The topics of a space, as they were found; safe to share between threads."""

    reduction: Reduction
    centres: NDArray[np.float32]
    """Unit rows in the reduced space, shape (topics, len(reduction.basis))."""
    names: tuple[Name, ...]
    silhouettes: Mapping[int, float]
    """The numbers of topics that were tried, each with its mean silhouette, -1 to 1."""
    fitted_on: int
    """How many items the space had then."""
    newest: int
    """The highest id among them."""
    _known: "dict[int, tuple[object, NDArray[np.int16]]]" = field(default_factory=dict, compare=False, repr=False)

    def __len__(self) -> int:
        return len(self.centres)

    def of(self, group: Group) -> NDArray[np.int16]:
        """The number of each item's topic, shape (len(group),); -1 of all where there are no topics."""
        known = self._known.get(id(group))
        if known is not None and known[0] is group:
            return known[1]
        labels = self.nearest(group.modality, group.vectors)
        while len(self._known) >= 4:  # of two modalities, now and a moment ago
            self._known.pop(next(iter(self._known)), None)
        self._known[id(group)] = group, labels
        return labels

    def nearest(self, modality: Modality, vectors: NDArray[np.float32]) -> NDArray[np.int16]:
        """The number of the topic nearest to each vector of a modality, shape (n,)."""
        if not len(self.centres):
            return np.full(len(vectors), -1, np.int16)
        labels = np.empty(len(vectors), np.int16)
        for start in range(0, len(vectors), _CHUNK):
            rows = self.reduction.apply(modality, vectors[start : start + _CHUNK])
            labels[start : start + _CHUNK] = np.argmax(rows @ self.centres.T, axis=1)
        return labels

    def labels(self, snapshot: Snapshot) -> NDArray[np.int16]:
        """The number of each item's topic: images first, in the order of a Layout of the snapshot."""
        return np.concatenate([np.empty(0, np.int16), *(self.of(group) for _, group in groups_of(snapshot))])

    def among(self, group: Group, names: Sequence[str]) -> NDArray[np.bool_]:
        """Which items of the group are of a topic with one of these names, or words of a name; (len(group),)."""
        return np.isin(self.of(group), self.numbers_of(names))

    def numbers_of(self, names: Sequence[str]) -> list[int]:
        """The topics that have one of these names, or one of these among the words of their name; in any case."""
        wanted = {name.casefold().strip() for name in names}
        return [number for number, name in enumerate(self.names) if wanted & {name.name.casefold(), *name.words}]

    def counts(self, snapshot: Snapshot) -> dict[str, int]:
        """How many items each topic has, by name, the largest first."""
        counts = np.bincount(self.labels(snapshot), minlength=len(self)) if len(self) else np.empty(0, np.int64)
        ordered = np.argsort(-counts, kind="stable")
        return {self.names[number].name: int(counts[number]) for number in ordered}

    def told(self, snapshot: Snapshot, representatives: int = 6) -> list[Topic]:
        """The topics as the items have them now, the largest first."""
        if not len(self):
            return []
        best: list[list[tuple[float, int]]] = [[] for _ in self.names]
        sums, images, texts = np.zeros(len(self)), np.zeros(len(self), int), np.zeros(len(self), int)
        for modality, group in groups_of(snapshot):
            labels = self.of(group)
            closeness = self._closeness(modality, group, labels)
            sums += np.bincount(labels, closeness, len(self))
            (images if modality == "image" else texts)[:] = np.bincount(labels, minlength=len(self))
            for number in range(len(self)):
                rows = np.flatnonzero(labels == number)
                first = rows[np.argsort(-closeness[rows], kind="stable")[:representatives]]
                best[number] += [(float(closeness[row]), int(group.ids[row])) for row in first]
        topics = [
            Topic(
                number,
                name.name,
                name.said,
                name.near,
                int(images[number]),
                int(texts[number]),
                float(sums[number] / max(images[number] + texts[number], 1)),
                _by_turns(best[number], images[number], texts[number], snapshot, representatives),
            )
            for number, name in enumerate(self.names)
        ]
        return sorted(topics, key=lambda topic: (-topic.size, topic.number))

    def drift(self, snapshot: Snapshot) -> Drift:
        """What has come and gone since the topics were found."""
        left = sum(int(np.searchsorted(group.ids, self.newest, "right")) for group in snapshot.groups.values())
        return Drift(self.fitted_on, len(snapshot) - left, max(0, self.fitted_on - left), 1.0, None)

    def _closeness(self, modality: Modality, group: Group, labels: NDArray[np.int16]) -> NDArray[np.float32]:
        """The cosine of each item with its topic's centre, in the reduced space, shape (len(group),)."""
        closeness = np.empty(len(group), np.float32)
        for start in range(0, len(group), _CHUNK):
            rows = _directions(self.reduction.apply(modality, group.vectors[start : start + _CHUNK]))
            closeness[start : start + _CHUNK] = np.einsum(
                "ij,ij->i", rows, self.centres[labels[start : start + _CHUNK]]
            )
        return closeness


def find_clusters(
    snapshot: Snapshot, means: Mapping[Modality, NDArray[np.float64]], progress: Progress
) -> Topics:  # fmt: skip
    """The topics of a space, each modality without its mean of `means`; without names yet.

    Every time the same for the same items.  Raises what `progress` raises.
    """
    newest = max((int(group.ids[-1]) for _, group in groups_of(snapshot)), default=0)
    reduction = reduction_of(snapshot, means)
    if len(snapshot) < FEWEST or not len(reduction.basis):
        return Topics(reduction, np.empty((0, len(reduction.basis)), np.float32), (), {}, len(snapshot), newest)
    rows = _directions(_sample(snapshot, reduction, FITTED))
    judged = _directions(_sample(snapshot, reduction, JUDGED))
    silhouettes: dict[int, float] = {}
    centres: dict[int, NDArray[np.float32]] = {}
    numbers = _numbers(len(rows))
    for place, number in enumerate(numbers):
        progress(0.6 * place / len(numbers), f"trying {number} topics")
        centres[number] = _k_means(rows, number)
        silhouettes[number] = _silhouette(judged, np.argmax(judged @ centres[number].T, axis=1), number)
    enough = ENOUGH * max(silhouettes.values())
    best = next((number for number in numbers if silhouettes[number] >= enough > 0.0), numbers[0])
    return Topics(reduction, centres[best], (), silhouettes, len(snapshot), newest)


def _numbers(count: int) -> list[int]:
    """The numbers of topics to try for so many items: each about a quarter above the one before."""
    most = min(MOST, max(2, count // _SMALLEST))
    steps = math.ceil(math.log(most / 2, 1.25)) if most > 2 else 0
    return sorted({min(most, round(2 * 1.25**step)) for step in range(steps + 1)})


def _sample(snapshot: Snapshot, reduction: Reduction, most: int) -> NDArray[np.float32]:
    return np.concatenate(
        [
            reduction.apply(name, group.vectors[sampled(group, snapshot, most)])
            for name, group in groups_of(snapshot)
        ]
    )  # fmt: skip


def _k_means(rows: NDArray[np.float32], number: int) -> NDArray[np.float32]:
    from sklearn.cluster import KMeans, MiniBatchKMeans
    from threadpoolctl import threadpool_limits

    many = len(rows) > 5_000
    fitting = (
        MiniBatchKMeans(number, n_init=3, batch_size=2_048, max_iter=60, random_state=_SEED)
        if many
        else KMeans(number, n_init=4, random_state=_SEED)
    )
    # In one thread: the other cores stay with the page, and on a busy machine threads would wait for one another.
    with warnings.catch_warnings(), threadpool_limits(1, user_api="openmp"):
        warnings.simplefilter("ignore")  # that items which are all the same make fewer clusters
        fitting.fit(rows)
    return _directions(np.asarray(fitting.cluster_centers_, np.float32))


def _silhouette(rows: NDArray[np.float32], labels: NDArray[np.int64], number: int) -> float:
    """The mean silhouette by cosine distance; computed from sums, so that it costs no distance matrix."""
    sizes = np.bincount(labels, minlength=number)
    if np.count_nonzero(sizes) < 2:
        return -1.0
    sums = np.zeros((number, rows.shape[1]))
    np.add.at(sums, labels, rows)
    # The cosine distances of unit rows to all of a cluster add up to its size less the product with its sum.
    apart = sizes[np.newaxis] - rows @ sums.T
    own = sizes[labels]
    within = apart[np.arange(len(rows)), labels] / np.maximum(own - 1, 1)
    others = np.where(sizes > 0, apart / np.maximum(sizes, 1), np.inf)
    others[np.arange(len(rows)), labels] = np.inf
    nearest = others.min(axis=1)
    scores = (nearest - within) / np.maximum(np.maximum(nearest, within), 1e-12)
    return float(np.where(own > 1, scores, 0.0).mean())


def _by_turns(
    closest: Sequence[tuple[float, int]], images: int, texts: int, snapshot: Snapshot, count: int
) -> tuple[str, ...]:
    """The closest items, both modalities in their share as nearly as can be, so that a topic shows what it holds."""
    ordered = [number for _, number in sorted(closest, key=lambda each: (-each[0], each[1]))]
    pictures = snapshot.groups["image"].ids if "image" in snapshot.groups else np.empty(0, np.int64)
    of_images = [number for number in ordered if np.isin(number, pictures, assume_unique=True)]
    of_texts = [number for number in ordered if number not in of_images]
    share = min(len(of_images), max(1 if images else 0, round(count * images / max(images + texts, 1))))
    share = max(share, count - len(of_texts))
    chosen = {*of_images[:share], *of_texts[: count - share]}
    return tuple(str(number) for number in ordered if number in chosen)


def _directions(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9), np.float32)
