"""The local engine: threads read while the encoder runs, with a bounded number of files in flight."""

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import Encoder
from ingest.readers.draft import MODALITIES, Draft, Modality
from ingest.run.classified import Classified, New
from ingest.run.engines.workload import EncodingCount, Workload
from ingest.run.report import Slowest
from ingest.sources.found import FoundSource

READERS = max(2, os.cpu_count() or 2)
_BATCH: dict[Modality, int] = {"image": 32, "text": 128}
_ENCODED_AT_ONCE = 2  # batches
# What is read ahead of the encoder is bounded, since it is held in memory.  While a batch is encoded the readers need
# work for the next one; but of files of a hundred pages each, only so much that no reader is idle.
_AHEAD = 4  # files for each reader, whatever is in them
_FILES_AHEAD = 2 * _BATCH["image"]  # more files, while those read ahead have fewer items than _ITEMS_AHEAD
_ITEMS_AHEAD = 4 * _BATCH["image"]
_KNOWN_GROUP = 256  # sources that are looked up in the ledger, and that go to the writer unchanged, together

Classify = Callable[[FoundSource], Classified]
ClassifyKnown = Callable[[Sequence[FoundSource]], Sequence[Classified | None]]
"""Classifies sources without looking at their files; None for each of which the file has to be looked at."""


@dataclass
class _Waiting:
    """A source of which some drafts have no vector yet."""

    new: New
    vectors: NDArray[np.float32]
    missing: int


_Part = tuple[_Waiting, int, Draft]


class _Batcher:
    """Gathers drafts of many sources into batches that are encoded meanwhile, and yields what is complete.

    Up to `_ENCODED_AT_ONCE` batches are encoded at a time: while the last pictures of one are computed by a single
    core, the next one has the others.
    """

    def __init__(self, encoder: Encoder, count: EncodingCount) -> None:
        self._encoder = encoder
        self._count = count
        self._queues: dict[Modality, list[_Part]] = {modality: [] for modality in MODALITIES}
        self._encoded: deque[tuple[Modality, Sequence[_Part], Future[NDArray[np.float32]]]] = deque()
        self._pool = ThreadPoolExecutor(_ENCODED_AT_ONCE, thread_name_prefix="batches")

    def put(self, new: New) -> Iterator[New]:
        """Add a source; yields the sources that are complete by now, in the order they were added."""
        vectors = np.empty((len(new.drafts), self._encoder.info.dimension), np.float32)
        waiting = _Waiting(new, vectors, len(new.drafts))
        for position, draft in enumerate(new.drafts):
            self._queues[draft.modality].append((waiting, position, draft))
        for modality in MODALITIES:
            while len(self._queues[modality]) >= _BATCH[modality]:
                yield from self._encode(modality)
        while self._encoded and self._encoded[0][2].done():
            yield from self._complete()

    def flush(self, *, stopping: bool = False) -> Iterator[New]:
        """Encode what is left, and yield the sources that it completes.

        When the run is `stopping`, the current batches are enough, if there are any.
        """
        for modality in MODALITIES:
            while self._queues[modality] and not (stopping and self._encoded):
                yield from self._encode(modality)
        while self._encoded:
            yield from self._complete()

    def close(self) -> None:
        """Wait for what is being encoded; its results are dropped."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _encode(self, modality: Modality) -> Iterator[New]:
        if len(self._encoded) == _ENCODED_AT_ONCE:
            yield from self._complete()
        size = _BATCH[modality]
        batch, self._queues[modality] = self._queues[modality][:size], self._queues[modality][size:]
        self._encoded.append((modality, batch, self._pool.submit(self._rows, modality, batch)))

    def _rows(self, modality: Modality, batch: Sequence[_Part]) -> NDArray[np.float32]:
        drafts = [draft for _, _, draft in batch]
        if modality == "image":
            return self._encoder.encode_images([draft.image for draft in drafts if draft.image is not None])
        return self._encoder.encode_texts([draft.encoded_text or draft.text for draft in drafts])

    def _complete(self) -> Iterator[New]:
        """Wait for the batch that has been encoded for longest, and yield the sources that it completes."""
        modality, batch, rows = self._encoded.popleft()
        encoded = rows.result()
        if modality == "image":
            self._count.images += len(batch)
        else:
            self._count.texts += len(batch)
        for (waiting, position, _), row in zip(batch, encoded, strict=True):
            waiting.vectors[position] = row
            waiting.missing -= 1
            if not waiting.missing:
                # The pictures are no longer needed; releasing them here is what bounds memory.
                done = [replace(draft, image=None) for draft in waiting.new.drafts]
                yield replace(waiting.new, drafts=done, vectors=waiting.vectors)


def engine(workload: Workload) -> Iterator[Sequence[Classified]]:
    """Classify and encode the sources of `workload` on this machine."""
    classifier = workload.classifier()
    return run(
        workload.sources,
        timed(classifier.classify, workload.slowest),
        workload.encoder,
        workload.count,
        classify_known=classifier.classify_known,
        stop=workload.stop,
    )


def timed(classify: Classify, slowest: Slowest) -> Classify:
    """`classify`, noting in `slowest` how long each source took."""

    def classify_timed(found: FoundSource) -> Classified:
        started = time.monotonic()
        try:
            return classify(found)
        finally:
            slowest.add(found.ledger_path, time.monotonic() - started)

    return classify_timed


def run(
    sources: Iterable[FoundSource],
    classify: Classify,
    encoder: Encoder,
    count: EncodingCount,
    *,
    readers: int = READERS,
    classify_known: ClassifyKnown = lambda sources: [None] * len(sources),
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Sequence[Classified]]:
    """Classify and encode `sources`, giving them in groups; every `New` in them has its vectors.

    What `classify_known` settles takes no thread.  Reading runs a bounded number of files and items ahead of the
    encoder.  Groups come often, so that they can be made durable soon.  When `stop` returns true, the current batches
    are still encoded, and what was read ahead of them is dropped.
    """
    batcher = _Batcher(encoder, count)
    ahead: deque[Future[Classified]] = deque()
    read_ahead = _ReadAhead()
    settled: list[Classified] = []
    at_least = _AHEAD * readers

    def read(found: FoundSource) -> Classified:
        classified = classify(found)
        read_ahead.add(classified)
        return classified

    def next_one() -> Classified:
        classified = ahead.popleft().result()
        read_ahead.remove(classified)
        return classified

    pool = ThreadPoolExecutor(readers, thread_name_prefix="reader")
    try:
        for found, known in known_first(sources, classify_known, stop):
            if known:
                settled.append(known)
                if len(settled) >= _KNOWN_GROUP:
                    yield settled
                    settled = []
                continue
            ahead.append(pool.submit(read, found))
            while len(ahead) >= (at_least + _FILES_AHEAD if read_ahead.items < _ITEMS_AHEAD else at_least):
                yield from _settle(next_one(), batcher)
        while ahead and not stop():
            yield from _settle(next_one(), batcher)
        if last := [*settled, *batcher.flush(stopping=stop())]:
            yield last
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        batcher.close()


def known_first(
    sources: Iterable[FoundSource], classify_known: ClassifyKnown, stop: Callable[[], bool]
) -> Iterator[tuple[FoundSource, Classified | None]]:
    """`sources`, until `stop` returns true, each with what `classify_known` returns for it, in one call for many."""
    sources = iter(sources)
    while group := list(islice(sources, _KNOWN_GROUP)):
        for found, known in zip(group, classify_known(group), strict=True):
            if stop():
                return
            yield found, known


class _ReadAhead:
    """Counts the items of sources that were read and not yet handed to the encoder."""

    def __init__(self) -> None:
        self.items = 0
        self._lock = threading.Lock()

    def add(self, classified: Classified) -> None:
        with self._lock:
            self.items += _size(classified)

    def remove(self, classified: Classified) -> None:
        with self._lock:
            self.items -= _size(classified)


def _size(classified: Classified) -> int:
    return len(classified.drafts) if isinstance(classified, New) else 0


def _settle(classified: Classified, batcher: _Batcher) -> Iterator[Sequence[Classified]]:
    if not isinstance(classified, New) or classified.vectors is not None:
        yield [classified]
    elif complete := list(batcher.put(classified)):
        yield complete
