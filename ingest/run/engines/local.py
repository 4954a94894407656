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
from ingest.run.classify import Examined, Examiner, Fresh
from ingest.run.engines.work import EncodingCount, Work
from ingest.run.report import Slowest
from ingest.sources.walk import Found

READERS = max(2, os.cpu_count() or 2)
_BATCH: dict[Modality, int] = {"image": 32, "text": 128}
_ENCODED_AT_ONCE = 2  # batches
# What is read ahead of the encoder is bounded, since it is held in memory.  While a batch is encoded the readers need
# work for the next one; but of files of a hundred pages each, only so much that no reader is idle.
_AHEAD = 4  # files a reader, whatever is in them
_FILES_AHEAD = 2 * _BATCH["image"]  # as many more while what was read has no more than so many items
_ITEMS_AHEAD = 4 * _BATCH["image"]
_GLANCED = 256  # files are glanced at, and sources that need nothing go to the writer, in groups of so many

Glance = Callable[[Sequence[Found]], Sequence[Examined | None]]
"""Settles those files that need not be read; None for each of the others."""


@dataclass
class _Waiting:
    """A source of which some drafts have no vector yet."""

    fresh: Fresh
    vectors: NDArray[np.float32]
    missing: int


_Part = tuple[_Waiting, int, Draft]


class _Batcher:
    """Gathers drafts of many sources into batches that are encoded meanwhile, and gives back what is complete.

    Up to `_ENCODED_AT_ONCE` batches are encoded at a time: while the last pictures of one are computed by a single
    core, the next one has the others.
    """

    def __init__(self, encoder: Encoder, count: EncodingCount) -> None:
        self._encoder = encoder
        self._count = count
        self._queues: dict[Modality, list[_Part]] = {modality: [] for modality in MODALITIES}
        self._encoded: deque[tuple[Modality, Sequence[_Part], Future[NDArray[np.float32]]]] = deque()
        self._pool = ThreadPoolExecutor(_ENCODED_AT_ONCE, thread_name_prefix="batches")

    def put(self, fresh: Fresh) -> Iterator[Fresh]:
        """Take in a source; gives the sources that are complete by now, in the order in which they came."""
        vectors = np.empty((len(fresh.drafts), self._encoder.info.dimension), np.float32)
        waiting = _Waiting(fresh, vectors, len(fresh.drafts))
        for position, draft in enumerate(fresh.drafts):
            self._queues[draft.modality].append((waiting, position, draft))
        for modality in MODALITIES:
            while len(self._queues[modality]) >= _BATCH[modality]:
                yield from self._encode(modality)
        while self._encoded and self._encoded[0][2].done():
            yield from self._complete()

    def flush(self, *, stopping: bool = False) -> Iterator[Fresh]:
        """Encode what is left, and give the sources that it completes.

        When the run is `stopping`, the batches in hand are enough, if there are any.
        """
        for modality in MODALITIES:
            while self._queues[modality] and not (stopping and self._encoded):
                yield from self._encode(modality)
        while self._encoded:
            yield from self._complete()

    def close(self) -> None:
        """Wait for what is being encoded; what nobody has asked for is dropped."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _encode(self, modality: Modality) -> Iterator[Fresh]:
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

    def _complete(self) -> Iterator[Fresh]:
        """Wait for the batch that has been encoded for longest, and give the sources that it completes."""
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
                # The pictures have served; letting go of them here is what keeps memory bounded.
                done = [replace(draft, image=None) for draft in waiting.fresh.drafts]
                yield replace(waiting.fresh, drafts=done, vectors=waiting.vectors)


def engine(work: Work) -> Iterator[Sequence[Examined]]:
    """Examine and encode the files of `work` on this machine."""
    examiner = Examiner(work.ledger, work.encoder, work.reading)
    examine = timed(examiner.examine, work.slowest)
    return run(work.files, examine, work.encoder, work.count, glance=examiner.glance, stop=work.stop)


def timed(examine: Callable[[Found], Examined], slowest: Slowest) -> Callable[[Found], Examined]:
    """`examine`, noting how long each file took."""

    def examined(found: Found) -> Examined:
        begun = time.monotonic()
        try:
            return examine(found)
        finally:
            slowest.add(found.source, time.monotonic() - begun)

    return examined


def run(
    files: Iterable[Found],
    examine: Callable[[Found], Examined],
    encoder: Encoder,
    count: EncodingCount,
    *,
    readers: int = READERS,
    glance: Glance = lambda files: [None] * len(files),
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Sequence[Examined]]:
    """Examine and encode `files`, giving groups of settled sources; every `Fresh` in them has its vectors.

    What `glance` settles at once takes no thread.  Reading runs a bounded number of
    files and items in front of the encoder.  Groups come often, so that what is given can be made durable soon.
    When `stop` says so, the batches in hand are still encoded, and what was read ahead of them is dropped.
    """
    batcher = _Batcher(encoder, count)
    ahead: deque[Future[Examined]] = deque()
    held = _Held()
    settled: list[Examined] = []
    at_least = _AHEAD * readers

    def read(found: Found) -> Examined:
        examined = examine(found)
        held.add(examined)
        return examined

    def next_one() -> Examined:
        examined = ahead.popleft().result()
        held.take(examined)
        return examined

    pool = ThreadPoolExecutor(readers, thread_name_prefix="reader")
    try:
        for found, at_once in glanced(files, glance, stop):
            if at_once:
                settled.append(at_once)
                if len(settled) >= _GLANCED:
                    yield settled
                    settled = []
                continue
            ahead.append(pool.submit(read, found))
            while len(ahead) >= (at_least + _FILES_AHEAD if held.items < _ITEMS_AHEAD else at_least):
                yield from _settle(next_one(), batcher)
        while ahead and not stop():
            yield from _settle(next_one(), batcher)
        if last := [*settled, *batcher.flush(stopping=stop())]:
            yield last
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        batcher.close()


def glanced(
    files: Iterable[Found], glance: Glance, stop: Callable[[], bool]
) -> Iterator[tuple[Found, Examined | None]]:  # fmt: skip
    """`files`, until `stop` says so, with what `glance` says of each: a question to the ledger for many of them."""
    files = iter(files)
    while group := list(islice(files, _GLANCED)):
        for found, at_once in zip(group, glance(group), strict=True):
            if stop():
                return
            yield found, at_once


class _Held:
    """Counts the items of files that were read and not yet taken to the encoder."""

    def __init__(self) -> None:
        self.items = 0
        self._lock = threading.Lock()

    def add(self, examined: Examined) -> None:
        with self._lock:
            self.items += _size(examined)

    def take(self, examined: Examined) -> None:
        with self._lock:
            self.items -= _size(examined)


def _size(examined: Examined) -> int:
    return len(examined.drafts) if isinstance(examined, Fresh) else 0


def _settle(examined: Examined, batcher: _Batcher) -> Iterator[Sequence[Examined]]:
    if not isinstance(examined, Fresh) or examined.vectors is not None:
        yield [examined]
    elif complete := list(batcher.put(examined)):
        yield complete
