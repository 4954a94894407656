"""Zero-shot labelling: items named by any labels, without training (Radford et al. 2021)."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import Encoder
from ingest.readers.draft import Modality
from search_app.lab.reference import Reference
from search_app.search.snapshot import Snapshot

PROMPT = "a photo of a {}"
"""The phrase around a label when it is encoded: a phrase is less ambiguous than a word alone."""
MAX_LABELS = 60
LONGEST_LABEL = 80
NONE = -1
"""The index that stands for no label."""

_FEWEST = 3  # images that a folder has, for its name to be offered as a label
_MOST_FOLDERS = 24


@dataclass(frozen=True)
class Labelling:
    """The items of one modality, each with the label that is closest."""

    labels: tuple[str, ...]
    ids: NDArray[np.int64]
    """Shape (n,)."""
    chosen: NDArray[np.int64]
    """For each item the index of its label, or NONE; shape (n,)."""
    cosines: NDArray[np.float32]
    """Of each item with each label, shape (n, len(labels))."""

    def counts(self) -> list[int]:
        """How many items have each label."""
        return [int((self.chosen == place).sum()) for place in range(len(self.labels))]

    def best(self, place: int, count: int) -> list[str]:
        """The ids of at most `count` items of the label at index `place`, the closest first."""
        rows = np.flatnonzero(self.chosen == place)
        scores = self.cosines[rows, place] if place != NONE else -self.cosines[rows].max(axis=1, initial=-1.0)
        return [str(self.ids[row]) for row in rows[np.argsort(-scores, kind="stable")[:count]]]

    def by_id(self) -> dict[int, str]:
        """The label of each item by its id, '' where none fits."""
        names = (*self.labels, "")  # NONE is the last
        return {int(item): names[place] for item, place in zip(self.ids, self.chosen, strict=True)}


@dataclass(frozen=True)
class Confusion:
    """Labels against the folders that items are in."""

    folders: tuple[str, ...]
    """The names of the folders, without what is above them."""
    labels: tuple[str, ...]
    """The last one is '' for items without a label, if there are any."""
    counts: NDArray[np.int64]
    """How many items of each folder have each label, shape (len(folders), len(labels))."""
    truth: tuple[int, ...]
    """For each folder the index of the label of the same name; NONE where no label has its name."""

    def largest(self, count: int) -> list[int]:
        """The rows of the `count` folders that have most items, in their order."""
        order = np.argsort(-self.counts.sum(axis=1), kind="stable")[:count]
        return [int(row) for row in np.sort(order)]

    @property
    def judged(self) -> int:
        """How many items are in a folder that has the name of a label."""
        return int(sum(self.counts[row].sum() for row, place in enumerate(self.truth) if place != NONE))

    @property
    def accuracy(self) -> float | None:
        """The share of those that got this label; None where there are none."""
        right = sum(int(self.counts[row, place]) for row, place in enumerate(self.truth) if place != NONE)
        return right / self.judged if self.judged else None


def parse_labels(written: str) -> tuple[str, ...]:
    """The labels in a person's text, one a line or separated by commas, each once."""
    parts = (" ".join(part.split())[:LONGEST_LABEL] for part in re.split(r"[\n,;]", written))
    return tuple(dict.fromkeys(part for part in parts if part))[:MAX_LABELS]


def prompted(label: str, prompt: str) -> str:
    """A label in `prompt`, at `{}` or at its end; "a" before a vowel becomes "an"."""
    words = prompt if "{}" in prompt else f"{prompt} {{}}"
    if label[:1].lower() in "aeiou":
        words = re.sub(r"\b([Aa]) \{\}", r"\1n {}", words)
    return words.replace("{}", label).strip()


def label_vectors(labels: Sequence[str], prompt: str, encoder: Encoder) -> NDArray[np.float32]:
    """Unit rows for the labels in their prompt, shape (len(labels), dimension)."""
    return encoder.encode_texts([prompted(label, prompt) for label in labels])


def label_items(
    labels: Sequence[str],
    vectors: NDArray[np.float32],
    reference: Reference,
    modality: Modality = "image",
    *,
    allow_none: bool = False,
) -> Labelling:
    """Give every item of a modality the label that is closest; `vectors` are those of the labels.

    With `allow_none`, an item whose closest label is no real match gets none; without a calibration each gets one.
    """
    group = reference.snapshot.groups.get(modality)
    if group is None or not len(group) or not labels:
        nothing = np.empty((0, len(labels)), np.float32)
        return Labelling(tuple(labels), np.empty(0, np.int64), np.empty(0, np.int64), nothing)
    cosines = np.asarray(group.vectors @ vectors.T, np.float32)
    chosen = cosines.argmax(axis=1).astype(np.int64)
    if allow_none and reference.calibration is not None:
        cell = reference.calibration.cell(1.0, modality)
        chosen[cell.nearness(cosines.max(axis=1).astype(np.float64)) < 0.0] = NONE
    return Labelling(tuple(labels), group.ids, chosen, cosines)


def confusion(labelling: Labelling, snapshot: Snapshot, modality: Modality = "image") -> Confusion:
    """The labels of the items of each folder; folders sorted by name."""
    folders = _folders(snapshot, modality)
    names = tuple(sorted(set(folders)))
    left = bool((labelling.chosen == NONE).any())
    counts = np.zeros((len(names), len(labelling.labels) + left), np.int64)
    rows = {name: row for row, name in enumerate(names)}
    if left or len(labelling.labels):  # NONE is the last column
        np.add.at(counts, (np.array([rows[folder] for folder in folders], np.int64), labelling.chosen), 1)
    index_of = {_normalised(label): place for place, label in enumerate(labelling.labels)}
    truth = tuple(index_of.get(_normalised(name), NONE) for name in names)
    return Confusion(names, (*labelling.labels, *([""] if left else [])), counts, truth)


def folder_labels(snapshot: Snapshot, modality: Modality = "image") -> tuple[str, ...]:
    """The names of folders as labels, where a collection is sorted into at least two; the largest where many."""
    counts = Counter(_folders(snapshot, modality))
    large = [name for name, count in counts.most_common(_MOST_FOLDERS) if count >= _FEWEST]
    return tuple(sorted(name.replace("_", " ").replace("-", " ") for name in large)) if len(large) > 1 else ()


def _folders(snapshot: Snapshot, modality: Modality) -> list[str]:
    """The name of each item's own folder, without what is above it."""
    group = snapshot.groups.get(modality)
    names = [name.rsplit("/", 1)[-1] for name in snapshot.folder_names]
    return [] if group is None else [names[code] for code in group.folders.tolist()]


def _normalised(name: str) -> str:
    """A name normalised to compare folders with labels: without case, signs, and a final s."""
    words = re.sub(r"[\W_]+", " ", name).strip().casefold()
    return words.removesuffix("s")
