"""The topics of a space, and the items of a snapshot by topic."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ingest.readers.draft import Modality
from search_app.search.modality_items import ModalityItems
from search_app.search.pca_reduction import Reduction, groups_of
from search_app.search.projection import Drift
from search_app.search.snapshot import Snapshot

MIN_ITEMS = 10
"""Items that topics need; a space of fewer has none."""
SEPARATOR = " · "
"""Between the words of a name."""
UNNAMED = "topic"
"""What a topic is called of which no words hold, with a number where there are several."""
_REPRESENTATIVES = 6
_CHUNK = 16_384  # rows at a time
_CACHED_GROUPS = 4  # two modalities, of this snapshot and the one before


@dataclass(frozen=True)
class TopicName:
    """What a topic is called, and the words that led to it."""

    name: str
    """Its foremost words, with a dot between; no two topics of a space have the same.  Untrusted words."""
    said: tuple[str, ...] = ()
    """The words that set its texts and captions apart, the foremost first."""
    near: tuple[str, ...] = ()
    """The words of the vocabulary that lie nearest to its centre, nearest first."""

    @property
    def holds(self) -> bool:
        """Whether words hold of its items; of another topic only the items tell."""
        return bool(self.said or self.near)

    @property
    def words(self) -> list[str]:
        """The words of the name, in lower case."""
        return self.name.casefold().split(SEPARATOR)


@dataclass(frozen=True)
class Topic:
    """A topic and its items in one snapshot."""

    number: int
    """Its index among the topics, from 0; what `Topics.labels` gives."""
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
    names: tuple[TopicName, ...]
    silhouettes: Mapping[int, float]
    """The numbers of topics that were tried, each with its mean silhouette, -1 to 1."""
    fitted_on: int
    """How many items the space had at the time."""
    newest: int
    """The highest id among them."""
    _labels_by_group: "dict[int, tuple[object, NDArray[np.int16]]]" = field(
        default_factory=dict, compare=False, repr=False
    )

    def __len__(self) -> int:
        return len(self.centres)

    def labels_of(self, group: ModalityItems) -> NDArray[np.int16]:
        """The number of each item's topic, shape (len(group),); all -1 where there are no topics."""
        cached = self._labels_by_group.get(id(group))
        if cached is not None and cached[0] is group:
            return cached[1]
        labels = self.nearest(group.modality, group.vectors)
        while len(self._labels_by_group) >= _CACHED_GROUPS:
            self._labels_by_group.pop(next(iter(self._labels_by_group)), None)
        self._labels_by_group[id(group)] = group, labels
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
        return np.concatenate([np.empty(0, np.int16), *(self.labels_of(group) for _, group in groups_of(snapshot))])

    def among(self, group: ModalityItems, names: Sequence[str]) -> NDArray[np.bool_]:
        """Which items of the group are of a topic with one of these names, or words of a name; (len(group),)."""
        return np.isin(self.labels_of(group), self.numbers_of(names))

    def numbers_of(self, names: Sequence[str]) -> list[int]:
        """The topics that have one of these names, or one of these among the words of their name; in any case."""
        wanted = {name.casefold().strip() for name in names}
        return [number for number, name in enumerate(self.names) if wanted & {name.name.casefold(), *name.words}]

    def counts(self, snapshot: Snapshot) -> dict[str, int]:
        """How many items each topic has, by name, the largest first."""
        counts = np.bincount(self.labels(snapshot), minlength=len(self)) if len(self) else np.empty(0, np.int64)
        ordered = np.argsort(-counts, kind="stable")
        return {self.names[number].name: int(counts[number]) for number in ordered}

    def describe(self, snapshot: Snapshot, representatives: int = _REPRESENTATIVES) -> list[Topic]:
        """The topics with their items in `snapshot`, the largest first."""
        if not len(self):
            return []
        best: list[list[tuple[float, int]]] = [[] for _ in self.names]
        sums, images, texts = np.zeros(len(self)), np.zeros(len(self), int), np.zeros(len(self), int)
        for modality, group in groups_of(snapshot):
            labels = self.labels_of(group)
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
                _mixed(best[number], images[number], texts[number], snapshot, representatives),
            )
            for number, name in enumerate(self.names)
        ]
        return sorted(topics, key=lambda topic: (-topic.size, topic.number))

    def drift(self, snapshot: Snapshot) -> Drift:
        """What has come and gone since the topics were found."""
        left = sum(int(np.searchsorted(group.ids, self.newest, "right")) for group in snapshot.groups.values())
        return Drift(self.fitted_on, len(snapshot) - left, max(0, self.fitted_on - left), 1.0, None)

    def _closeness(self, modality: Modality, group: ModalityItems, labels: NDArray[np.int16]) -> NDArray[np.float32]:
        """The cosine of each item with its topic's centre, in the reduced space, shape (len(group),)."""
        closeness = np.empty(len(group), np.float32)
        for start in range(0, len(group), _CHUNK):
            rows = unit_rows(self.reduction.apply(modality, group.vectors[start : start + _CHUNK]))
            closeness[start : start + _CHUNK] = np.einsum(
                "ij,ij->i", rows, self.centres[labels[start : start + _CHUNK]]
            )
        return closeness


def unit_rows(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """The rows at unit length; rows of zeros stay as they are."""
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9), np.float32)


def _mixed(
    closest: Sequence[tuple[float, int]], images: int, texts: int, snapshot: Snapshot, count: int
) -> tuple[str, ...]:
    """The closest items, of both modalities in proportion to their share, so that a topic shows what it holds."""
    ordered = [number for _, number in sorted(closest, key=lambda each: (-each[0], each[1]))]
    image_ids = snapshot.groups["image"].ids if "image" in snapshot.groups else np.empty(0, np.int64)
    of_images = [number for number in ordered if np.isin(number, image_ids, assume_unique=True)]
    of_texts = [number for number in ordered if number not in of_images]
    share = min(len(of_images), max(1 if images else 0, round(count * images / max(images + texts, 1))))
    share = max(share, count - len(of_texts))
    chosen = {*of_images[:share], *of_texts[: count - share]}
    return tuple(str(number) for number in ordered if number in chosen)
