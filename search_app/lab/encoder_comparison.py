"""Compares another encoder on a sample of a space, encoded in memory, with the space's own.

Both encoders get the same questions about the same items, so that their figures compare; the space does not change.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import Encoder
from ingest.encoders.registry import load_encoder
from ingest.errors import SettingsError
from ingest.readers.draft import Modality
from ingest.space import Item, Space
from ingest.space.steady_sample import steady_sample
from search_app.lab.evaluation import RetrievalDirection, Truth, by_captions, by_folders
from search_app.search.background_tasks import Progress, Task, TaskQueue
from search_app.search.modality_items import Facets, ModalityItems
from search_app.search.originals import picture_of
from search_app.search.query_vectors import within_window
from search_app.search.snapshot import Snapshot

SAMPLE = 300
"""Items of a modality at most that another encoder encodes."""

_BATCH = 16

Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class EncoderComparison:
    """Retrieval quality on a sample of a space, by its own encoder and by another."""

    encoder: str
    """The id of the other encoder."""
    own: list[RetrievalDirection]
    other: list[RetrievalDirection]
    counts: Mapping[Modality, int]
    """How many items of each modality were compared."""


def compare(
    space: Space, snapshot: Snapshot, own: Encoder, other_id: str, truth: Truth, progress: Progress
) -> EncoderComparison:
    """Encode a sample of `snapshot` with the encoder `other_id` and evaluate both; `own` is the space's encoder.

    Raises SettingsError where both are the same encoder, and EncoderError where the other cannot be loaded.
    """
    progress(0.0, f"loading {other_id}")
    other = load_encoder(other_id, log=lambda line: progress(0.0, line))
    if other.info.fingerprint == own.info.fingerprint:
        raise SettingsError(f"{other_id} is the encoder that this space has. Choose another one.")
    before, after = reencode(space, comparison_sample(snapshot, truth), other, progress)
    counts = {modality: len(group) for modality, group in before.groups.items()}
    if truth == "folders":
        return EncoderComparison(other_id, by_folders(before), by_folders(after), counts)
    found = [by_captions(space.ledger, part, encoder) for part, encoder in ((before, own), (after, other))]
    return EncoderComparison(other_id, found[0], found[1], counts)


def comparison_sample(snapshot: Snapshot, truth: Truth) -> Snapshot:
    """At most SAMPLE items of each modality that `truth` asks about, mostly the same ones as the space grows.

    Captions ask about pictures alone, and those that have one come before the others.
    """
    groups: dict[Modality, ModalityItems] = {}
    for modality, group in snapshot.groups.items():
        if truth == "captions":
            if modality == "image":
                first = _steady(group, np.flatnonzero(group.facets.captioned), SAMPLE)
                others = np.setdiff1d(np.arange(len(group)), np.flatnonzero(group.facets.captioned))
                groups[modality] = _part(group, np.union1d(first, _steady(group, others, SAMPLE - len(first))))
        else:
            groups[modality] = _part(group, steady_sample(group.ids, SAMPLE))
    return replace(snapshot, groups=groups)


def reencode(space: Space, sample: Snapshot, encoder: Encoder, progress: Progress) -> tuple[Snapshot, Snapshot]:
    """The sample with its own vectors, and with those of `encoder`; both without items that can no longer be read.

    Pictures come from their files, else from their thumbnails; passages are cut to the encoder's window.
    """
    before: dict[Modality, ModalityItems] = {}
    after: dict[Modality, ModalityItems] = {}
    total, done = len(sample), 0
    for modality, group in sample.groups.items():
        kept, vectors = [np.empty(0, np.int64)], [np.empty((0, encoder.info.dimension), np.float32)]
        for start in range(0, len(group), _BATCH):
            progress(done / total, f"{done:,} of {total:,} items")
            items = space.ledger.items.get([str(number) for number in group.ids[start : start + _BATCH]])
            encoded, those = _encode(space, items, modality, encoder)
            kept.append(group.rows_of(np.array([int(item.id) for item in those], np.int64)))
            vectors.append(encoded)
            done += len(items)
        before[modality] = _part(group, np.concatenate(kept))
        after[modality] = _with_vectors(before[modality], np.concatenate(vectors))
    return (
        replace(sample, groups=before),
        replace(sample, groups=after, dimension=encoder.info.dimension),
    )


def _encode(space: Space, items: Sequence[Item], modality: Modality, encoder: Encoder) -> tuple[Vectors, list[Item]]:
    """The vectors of those of the items that can be read, and these."""
    if modality == "text":
        texts = [within_window(f"{item.title}. {item.text}" if item.title else item.text, encoder) for item in items]
        return encoder.encode_texts(texts), list(items)
    opened = [(item, picture_of(space, item, encoder.info.image_size)) for item in items]
    seen = [(item, picture) for item, picture in opened if picture is not None]
    if not seen:
        return np.empty((0, encoder.info.dimension), np.float32), []
    return encoder.encode_images([picture for _, picture in seen]), [item for item, _ in seen]


class ComparisonTasks:
    """The comparisons of one space in the background; safe to share between threads."""

    def __init__(self) -> None:
        """Nothing is loaded yet."""
        self._tasks = TaskQueue()

    def start(
        self, space: Space, snapshot: Snapshot, own: Callable[[], Encoder], other_id: str, truth: Truth
    ) -> Task[EncoderComparison]:
        """Begin `compare`, with the space's encoder that `own` gives; the same task while it runs."""

        def work(progress: Progress) -> EncoderComparison:
            return compare(space, snapshot, own(), other_id, truth, progress)

        return self._tasks.start(_key(snapshot, other_id, truth), work)

    def task(self, snapshot: Snapshot, other_id: str, truth: Truth) -> Task[EncoderComparison] | None:
        """The last comparison of these, if there was one since the program was started."""
        return self._tasks.get(_key(snapshot, other_id, truth))


def _key(snapshot: Snapshot, other_id: str, truth: Truth) -> str:
    return f"{snapshot.revision} {truth} {other_id}"


def _steady(group: ModalityItems, rows: Rows, count: int) -> Rows:
    return np.asarray(rows[steady_sample(group.ids[rows], count)])


def _part(group: ModalityItems, rows: Rows) -> ModalityItems:
    facets = Facets(*(getattr(group.facets, field.name)[rows] for field in fields(Facets)))
    part = replace(group, ids=group.ids[rows], folders=group.folders[rows], facets=facets)
    return _with_vectors(part, group.vectors[rows])


def _with_vectors(group: ModalityItems, vectors: Vectors) -> ModalityItems:
    return replace(group, vectors=vectors, total=vectors.sum(axis=0, dtype=np.float64))
