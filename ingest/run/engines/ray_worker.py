"""What runs on the machines of a Ray cluster: reads and encodes files, and knows of the space what the driver sends.

A worker never opens the space's folder.  With each file comes what the ledger has under its path; the contents of all
other sources are known by the beginnings of their hashes.  A file for which that is not enough is returned.
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
from ingest.run.classified import Classified, LeftOut
from ingest.run.engines import local
from ingest.run.engines.workload import EncodingCount, Workload
from ingest.sources.found import FoundSource
from ingest.space.ledger import Ledger
from ingest.space.ledger.duplicates import Content
from ingest.space.ledger.records import Source

if TYPE_CHECKING:
    import pyarrow as pa
    from ray.actor import ActorHandle

KEY_DIGITS = 16
"""Hexadecimal digits of a hash that distinguish contents; if two agree by chance, the driver only has more to do."""


@dataclass(frozen=True)
class WorkerConfig:
    """The configuration of the workers, the same for all."""

    version: str
    encoder: EncoderInfo
    device: str | None
    reading: ReadingOptions
    cpus: float
    tries: int
    """How often a piece that ends its workers is tried."""


@dataclass(frozen=True)
class Task:
    """A file, and what the ledger has under its path."""

    found: FoundSource
    source: Source | None


@dataclass(frozen=True)
class Done:
    """A file that is settled, and how long it took."""

    classified: Classified
    seconds: float


@dataclass(frozen=True)
class NeedsLedger:
    """A file that only the ledger can classify."""

    found: FoundSource


@dataclass(frozen=True)
class Unseen:
    """A file that this worker does not see."""

    found: FoundSource
    node: str


@dataclass(frozen=True)
class Failed:
    """An error that ends the run: the worker cannot start, or a bug."""

    error: Exception
    trace: str


Result = Done | NeedsLedger | Unseen | Failed


class AttemptCounter:
    """Counts, in a process of its own, how often each piece was started: a worker that is lost cannot tell."""

    def __init__(self) -> None:
        """Start with none."""
        self._started: Counter[int] = Counter()

    def start(self, piece: int) -> int:
        """Count one more start of `piece`; returns how often it was started so far."""
        self._started[piece] += 1
        return self._started[piece]


class Worker:
    """One process that has loaded the encoder, as Ray Data calls it: a table of tasks comes in, one of results out."""

    def __init__(self, config: WorkerConfig, keys: NDArray[np.uint64], attempts: "ActorHandle[Any]") -> None:
        """Load the encoder; an error is returned with the first results, since Ray would retry for ever.

        `keys` are the sorted beginnings of the hashes that the ledger has.
        """
        self._config = config
        self._keys = keys
        self._attempts = attempts
        self._failure: Failed | None = None
        try:
            if ingest.__version__ != config.version:
                raise EngineError(
                    f"The worker on {_node()} has Nearspace {ingest.__version__}, and {config.version} runs here. "
                    "Install the same version on every node."
                )
            # Several workers share a node: each computes with the cores that it was given.
            limit_threads(int(config.cpus))
            self._encoder = load_encoder(config.encoder.id, device=config.device)
            if self._encoder.info.fingerprint != config.encoder.fingerprint:
                raise EngineError(
                    f"The worker on {_node()} has another {config.encoder.id}: fingerprint "
                    f"{self._encoder.info.fingerprint[:12]}, and {config.encoder.fingerprint[:12]} here. "
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
        elif self._start(batch.column("piece")[0].as_py()) > self._config.tries:
            results = []
        else:
            try:
                results = list(self._results(tasks))
            except Exception as error:  # returned to the driver, which raises it: Ray would only retry
                results = [_failed(error)]
        return pa.table({"result": pa.array([pickle.dumps(result) for result in results], pa.large_binary())})

    def _start(self, piece: int) -> int:
        """How often `piece` was started, by any worker, this time included."""
        import ray

        started: Any = ray.get(self._attempts.start.remote(piece))
        return int(started)

    def _results(self, tasks: Sequence[Task]) -> Iterator[Result]:
        known = {task.found.ledger_path: task.source for task in tasks}
        ledger = cast(Ledger, _LedgerStandIn(known, self._keys))
        classifier = Workload((), ledger, self._encoder, self._config.reading).classifier()
        seconds: dict[str, float] = {}
        lock = threading.Lock()

        def classify(found: FoundSource) -> Classified:
            started = time.monotonic()
            try:
                classified = classifier.classify(found)
            except _LedgerNeeded:
                return cast(Classified, NeedsLedger(found))
            if isinstance(classified, LeftOut) and classified.outcome == "failed" and not found.location.exists():
                return cast(Classified, Unseen(found, _node()))
            with lock:
                seconds[found.ledger_path] = time.monotonic() - started
            return classified

        sources = [task.found for task in tasks]
        readers = max(2, int(self._config.cpus))
        for group in local.run(sources, classify, self._encoder, EncodingCount(), readers=readers):
            for classified in group:
                if isinstance(classified, NeedsLedger | Unseen):
                    yield classified
                else:
                    yield Done(classified, seconds[classified.found.ledger_path])


class _LedgerNeeded(Exception):
    """A question that only the ledger can answer; it is no error."""


class _Unanswered:
    """A part of a ledger that answers no question."""

    def __getattr__(self, name: str) -> object:
        def give_up(*_: object, **__: object) -> object:
            raise _LedgerNeeded

        return give_up


class _KnownSources(_Unanswered):
    def __init__(self, sources: Mapping[str, Source | None], keys: NDArray[np.uint64]) -> None:
        self._by_path = sources
        self._keys = keys

    def get(self, path: str) -> Source | None:
        if path not in self._by_path:
            raise _LedgerNeeded
        return self._by_path[path]

    def with_hash(self, sha256: str) -> list[Source]:
        key = np.uint64(int(sha256[:KEY_DIGITS], 16))
        index = int(np.searchsorted(self._keys, key))
        if index < len(self._keys) and self._keys[index] == key:
            raise _LedgerNeeded
        return []


class _KnownDuplicates(_Unanswered):
    def __init__(self, sources: _KnownSources) -> None:
        self._sources = sources

    def holder(self, content: Content) -> Source | None:
        self._sources.with_hash(content.sha256)
        return None

    def source_of_pictures(self, sha256: str, options: str) -> Source | None:
        self._sources.with_hash(sha256)
        return None


class _LedgerStandIn:
    """Stands in for the ledger: answers from what the driver has sent, and gives up on every other question."""

    def __init__(self, sources: Mapping[str, Source | None], keys: NDArray[np.uint64]) -> None:
        self.sources = _KnownSources(sources, keys)
        self.duplicates = _KnownDuplicates(self.sources)
        self.items = _Unanswered()


def _failed(error: Exception) -> Failed:
    trace = traceback.format_exc()
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    except Exception:
        return Failed(RuntimeError(f"{type(error).__name__}: {error}"), trace)
    return Failed(error, trace)


def _node() -> str:
    return socket.gethostname()
