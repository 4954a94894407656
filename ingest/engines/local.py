"""The local engine: threads read while the encoder runs, with a bounded number of files in flight."""

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import Encoder
from ingest.engines.work import EncodingCount, Work
from ingest.examine import Examined, Examiner, Fresh
from ingest.files import Found
from ingest.readers.draft import MODALITIES, Draft, Modality
from ingest.report import Slowest

READERS = max(2, os.cpu_count() or 2)
_BATCH: dict[Modality, int] = {"image": 32, "text": 128}
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


@dataclass
class _Batcher:
    """Gathers drafts of many sources into batches, and gives back the sources that are complete."""

    encoder: Encoder
    count: EncodingCount
    queues: dict[Modality, list[tuple[_Waiting, int, Draft]]] = field(default_factory=lambda: {"image": [], "text": []})

    def put(self, fresh: Fresh) -> Iterator[Fresh]:
        vectors = np.empty((len(fresh.drafts), self.encoder.info.dimension), np.float32)
        waiting = _Waiting(fresh, vectors, len(fresh.drafts))
        for position, draft in enumerate(fresh.drafts):
            self.queues[draft.modality].append((waiting, position, draft))
        for modality in MODALITIES:
            while len(self.queues[modality]) >= _BATCH[modality]:
                yield from self._encode(modality)

    def flush(self) -> Iterator[Fresh]:
        for modality in MODALITIES:
            while self.queues[modality]:
                yield from self._encode(modality)

    def _encode(self, modality: Modality) -> Iterator[Fresh]:
        size = _BATCH[modality]
        batch, self.queues[modality] = self.queues[modality][:size], self.queues[modality][size:]
        drafts = [draft for _, _, draft in batch]
        if modality == "image":
            rows = self.encoder.encode_images([draft.image for draft in drafts if draft.image is not None])
            self.count.images += len(drafts)
        else:
            rows = self.encoder.encode_texts([draft.encoded_text or draft.text for draft in drafts])
            self.count.texts += len(drafts)
        for (waiting, position, _), row in zip(batch, rows, strict=True):
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
    When `stop` says so, the batch in hand is still encoded, and what was read ahead of it is dropped.
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
        if last := [*settled, *batcher.flush()]:
            yield last
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


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
