"""What runs on the machines of a Ray cluster: reads and encodes files, and knows of the space what it is told.

A worker never opens the space's folder.  With each file comes what the ledger has under its path; the contents of all
other sources are known by the beginnings of their hashes.  A file for which that is not enough is given back.
"""

import pickle
import socket
import threading
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

import ingest
from ingest.encoders.base import EncoderInfo
from ingest.encoders.registry import load_encoder
from ingest.encoders.runtime.parallel import limit_threads
from ingest.errors import EngineError
from ingest.readers.reading_options import ReadingOptions
from ingest.run.classify import Examined, Examiner, LeftOut
from ingest.run.engines import local
from ingest.run.engines.work import EncodingCount
from ingest.sources.location import is_there
from ingest.sources.walk import Found
from ingest.space.ledger.duplicates import Content
from ingest.space.ledger.ledger import Ledger
from ingest.space.ledger.records import Source

if TYPE_CHECKING:
    import pyarrow as pa
    from ray.actor import ActorHandle

KEY_DIGITS = 16
"""Hexadecimal digits of a hash that tell contents apart; where two agree by chance, the file is only given back."""


@dataclass(frozen=True)
class Order:
    """What a worker is to do; the same for all."""

    version: str
    encoder: EncoderInfo
    device: str | None
    reading: ReadingOptions
    cpus: float
    tries: int
    """How often a piece is tried that ends its workers."""


@dataclass(frozen=True)
class Task:
    """A file, and what the ledger has under its path."""

    found: Found
    source: Source | None


@dataclass(frozen=True)
class Done:
    """A file that is settled, and how long it took."""

    examined: Examined
    seconds: float


@dataclass(frozen=True)
class Asks:
    """A file of which only the ledger can tell what there is to do about it."""

    found: Found


@dataclass(frozen=True)
class Unseen:
    """A file that this worker does not see."""

    found: Found
    node: str


@dataclass(frozen=True)
class Failed:
    """An error that ends the run: the worker cannot start, or a bug."""

    error: Exception
    trace: str


Result = Done | Asks | Unseen | Failed


class Tally:
    """Counts, in a process of its own, how often each piece was begun: a worker that is lost cannot tell."""

    def __init__(self) -> None:
        """Begin with none."""
        self._begun: Counter[int] = Counter()

    def begin(self, piece: int) -> int:
        """Count, and return how often `piece` was begun by now."""
        self._begun[piece] += 1
        return self._begun[piece]


class Worker:
    """One process that has loaded the encoder, as Ray Data calls it: a table of tasks comes in, one of results out."""

    def __init__(self, order: Order, keys: NDArray[np.uint64], tally: "ActorHandle[Any]") -> None:
        """Load the encoder; what goes wrong is told with the first results, since Ray would try again for ever.

        `keys` are the sorted beginnings of the hashes that the ledger has.
        """
        self._order = order
        self._keys = keys
        self._tally = tally
        self._failure: Failed | None = None
        try:
            if ingest.__version__ != order.version:
                raise EngineError(
                    f"The worker on {_node()} has Nearspace {ingest.__version__}, and {order.version} runs here. "
                    "Install the same version on every node."
                )
            # Several workers share a node: each computes with the cores that it was given.
            limit_threads(int(order.cpus))
            self._encoder = load_encoder(order.encoder.id, device=order.device)
            if self._encoder.info.fingerprint != order.encoder.fingerprint:
                raise EngineError(
                    f"The worker on {_node()} has another {order.encoder.id}: fingerprint "
                    f"{self._encoder.info.fingerprint[:12]}, and {order.encoder.fingerprint[:12]} here. "
                    "Put the same weights on every node."
                )
        except Exception as error:
            self._failure = _failed(error)

    def __call__(self, batch: "pa.Table") -> "pa.Table":
        """The results of the tasks in `batch`; of none of them if the piece has ended its workers too often."""
        import pyarrow as pa

        tasks: list[Task] = [pickle.loads(task) for task in batch.column("task").to_pylist()]  # noqa: S301 - our own
        results: list[Result]
        if self._failure is not None:
            results = [self._failure]
        elif self._begin(batch.column("piece")[0].as_py()) > self._order.tries:
            results = []
        else:
            try:
                results = list(self._results(tasks))
            except Exception as error:  # told to the driver, which raises it: Ray would only try again
                results = [_failed(error)]
        return pa.table({"result": pa.array([pickle.dumps(result) for result in results], pa.large_binary())})

    def _begin(self, piece: int) -> int:
        """How often `piece` was begun, by any worker, this time included."""
        import ray

        begun: Any = ray.get(self._tally.begin.remote(piece))
        return int(begun)

    def _results(self, tasks: Sequence[Task]) -> Iterator[Result]:
        sources = {task.found.source: task.source for task in tasks}
        examiner = Examiner(cast(Ledger, _ToldOfLedger(sources, self._keys)), self._encoder, self._order.reading)
        seconds: dict[str, float] = {}
        lock = threading.Lock()

        def examine(found: Found) -> Examined:
            begun = time.monotonic()
            try:
                examined = examiner.examine(found)
            except _OnlyTheLedgerKnows:
                return cast(Examined, Asks(found))
            if isinstance(examined, LeftOut) and examined.outcome == "failed" and not is_there(found.source):
                return cast(Examined, Unseen(found, _node()))
            with lock:
                seconds[found.source] = time.monotonic() - begun
            return examined

        files = [task.found for task in tasks]
        readers = max(2, int(self._order.cpus))
        for group in local.run(files, examine, self._encoder, EncodingCount(), readers=readers):
            for examined in group:
                if isinstance(examined, Asks | Unseen):
                    yield examined
                else:
                    yield Done(examined, seconds[examined.found.source])


class _OnlyTheLedgerKnows(Exception):
    """A question that was not foreseen; it is no error."""


class _ToldOfLedger:
    """Stands in for the ledger: answers what the driver has told, and gives up on every other question."""

    def __init__(self, sources: Mapping[str, Source | None], keys: NDArray[np.uint64]) -> None:
        self._sources = sources
        self._keys = keys

    def source(self, path: str) -> Source | None:
        if path not in self._sources:
            raise _OnlyTheLedgerKnows
        return self._sources[path]

    def sources_with_hash(self, sha256: str) -> list[Source]:
        key = np.uint64(int(sha256[:KEY_DIGITS], 16))
        place = int(np.searchsorted(self._keys, key))
        if place < len(self._keys) and self._keys[place] == key:
            raise _OnlyTheLedgerKnows
        return []

    def holder(self, content: Content) -> Source | None:
        self.sources_with_hash(content.sha256)
        return None

    def source_of_pictures(self, sha256: str, choices: str) -> Source | None:
        self.sources_with_hash(sha256)
        return None

    def __getattr__(self, name: str) -> object:
        def give_up(*_: object, **__: object) -> object:
            raise _OnlyTheLedgerKnows

        return give_up


def _failed(error: Exception) -> Failed:
    trace = traceback.format_exc()
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    except Exception:
        return Failed(RuntimeError(f"{type(error).__name__}: {error}"), trace)
    return Failed(error, trace)


def _node() -> str:
    return socket.gethostname()
