"""The Ray engine: processes on the machines of a Ray cluster read and encode, and this process alone writes.

Ray Data hands the files out in pieces to a pool of workers, each of which loads the encoder once, and starts a worker
again that was lost, with the piece it had.  A piece that keeps ending its workers is handed out file by file, so that
only the file that does it is left out.
"""

import logging
import os
import pickle
import secrets
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil

import ingest
from ingest.encoders.base import Log
from ingest.errors import EngineError, SettingsError
from ingest.run.classified import Classified, LeftOut, New
from ingest.run.classify import Classifier
from ingest.run.engines import local
from ingest.run.engines.ray_pool import RayPool
from ingest.run.engines.ray_worker import (
    AttemptCounter,
    Done,
    Failed,
    NeedsLedger,
    Result,
    Task,
    Unseen,
    Worker,
    WorkerConfig,
)
from ingest.run.engines.workload import Engine, Workload
from ingest.sources.found import FoundSource
from ingest.sources.location import WebCopy
from ingest.space.ledger import Ledger

if TYPE_CHECKING:
    import pyarrow as pa

_PIECE = 64  # files a worker gets at a time
_TRIES = 3  # times that a piece is given to a worker; two in a row may be lost with their machines
_GROUP = 256
_ENDS_WORKERS_REASON = (
    "reading it has ended its worker every time (out of memory, perhaps). Look at the file, give workers more memory, "
    "or leave it out with --exclude."
)


def engine(pool: RayPool, *, log: Log | None = None) -> Engine:
    """An engine that reads and encodes with the workers of `pool`.

    Raises:
        SettingsError: Ray is not installed, or the address is of a kind that does not serve.
    """
    if not pool.address and not os.environ.keys() & {"RAY_ADDRESS", "RAY_AUTH_MODE"} and "ray" not in sys.modules:
        # Ray listens on every interface of the machine, and does what it is told there: only those who have the token
        # are to be heard.  It is looked for when Ray is imported.
        os.environ |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    try:
        import ray.data  # noqa: F401
    except ImportError as error:
        raise SettingsError(
            f"--engine ray needs Ray Data, which is not installed ({error}). Run: pip install 'nearspace[ray]'."
        ) from error
    if pool.address and pool.address.startswith("ray://"):
        raise SettingsError(
            f"{pool.address} is the address of Ray's client, through which all vectors would take a detour. Run "
            "Nearspace on a machine of the cluster, or with `ray job submit`, and give --ray-address auto."
        )

    def run(workload: Workload) -> Iterator[Sequence[Classified]]:
        return _run(workload, pool, log)

    return run


def _run(workload: Workload, pool: RayPool, log: Log | None) -> Iterator[Sequence[Classified]]:
    tasks: dict[str, Task] = {}
    fetched: list[FoundSource] = []  # what was fetched from the web lies in the space, which workers never open
    settled: list[Classified] = []
    classifier = workload.classifier()
    for found, unchanged in local.known_first(workload.sources, classifier.classify_known, workload.stop):
        if isinstance(found.location, WebCopy):
            fetched.append(found)
            continue
        classified = unchanged or _task(found, classifier, workload.ledger)
        if isinstance(classified, Task):
            tasks[found.ledger_path] = classified
            continue
        settled.append(classified)
        if len(settled) >= _GROUP:
            yield settled
            settled = []
    if settled:
        yield settled
    if tasks:
        with _cluster(pool, log) as workers:
            yield from _send(workload, pool, tasks, workers, log)
    yield from local.engine(replace(workload, sources=takewhile(lambda found: not workload.stop(), fetched)))


def _task(found: FoundSource, classifier: Classifier, ledger: Ledger) -> Classified | Task:
    """`found` classified, if that takes no reading; else the task for a worker."""
    source = ledger.sources.get(found.ledger_path)
    same_stat = source is not None and (source.size, source.mtime_ns) == (found.size, found.mtime_ns)
    if found.kind is None or found.problem or (source and same_stat and source.outcome == "skipped"):
        return classifier.classify(found)
    return Task(found, source)


def _send(
    workload: Workload, pool: RayPool, tasks: dict[str, Task], workers: int, log: Log | None
) -> Iterator[Sequence[Classified]]:
    """Have `tasks` done by at most `workers` workers; what they return undecided is done here."""
    classifier = workload.classifier()
    undecided: list[FoundSource] = []

    def here(files: Iterable[FoundSource]) -> Iterator[Sequence[Classified]]:
        classify = local.timed(classifier.classify, workload.slowest)
        return local.run(files, classify, workload.encoder, workload.count, stop=workload.stop)

    piece = max(1, min(_PIECE, len(tasks) // (4 * workers)))
    for size in (piece, 1):
        if not tasks or workload.stop():
            break
        if size < piece and log:
            log(f"{len(tasks):,} files have ended their workers; trying them one by one")
        for results in _results(workload, pool, list(tasks.values()), workers, size):
            done: list[Classified] = []
            for result in results:
                match result:
                    case Done(classified=classified, seconds=seconds):
                        tasks.pop(classified.found.ledger_path, None)
                        workload.slowest.add(classified.found.ledger_path, seconds)
                        _count(workload, classified)
                        done.append(classified)
                    case NeedsLedger(found=found):
                        tasks.pop(found.ledger_path, None)
                        undecided.append(found)
                    case Unseen(found=found, node=node):
                        tasks.pop(found.ledger_path, None)
                        if found.location.exists():
                            raise EngineError(
                                f"The worker on {node} does not see {found.ledger_path}, which is there on this "
                                "machine. Put the files on storage that every node has under the same path, and run "
                                "the same command again."
                            )
                        undecided.append(found)
                    case Failed(error=error, trace=trace):
                        raise error from RuntimeError(f"on a Ray worker:\n{trace}")
            if done:
                yield done
            if len(undecided) >= _GROUP:
                yield from here(undecided)
                undecided = []
            if workload.stop():
                break
    yield from here(undecided)
    if tasks and not workload.stop():
        yield [LeftOut(task.found, "failed", _ENDS_WORKERS_REASON, source=task.source) for task in tasks.values()]


def _count(workload: Workload, classified: Classified) -> None:
    if isinstance(classified, New):
        images = sum(draft.modality == "image" for draft in classified.drafts)
        workload.count.images += images
        workload.count.texts += len(classified.drafts) - images


def _results(
    workload: Workload, pool: RayPool, tasks: Sequence[Task], workers: int, size: int
) -> Iterator[list[Result]]:
    """Hand `tasks` out in pieces of `size`, and yield the results, in any order."""
    import pyarrow as pa
    import ray
    from ray.data import ActorPoolStrategy, DataContext

    context = DataContext.get_current()
    context.enable_progress_bars = False
    device = pool.device or (None if pool.gpus else "cpu")
    config = WorkerConfig(ingest.__version__, workload.encoder.info, device, workload.reading, pool.cpus, _TRIES)
    pieces = [_piece(number, tasks[start : start + size]) for number, start in enumerate(range(0, len(tasks), size))]
    try:
        attempts = ray.remote(num_cpus=0)(AttemptCounter).remote()
        results = ray.data.from_arrow(pieces).map_batches(
            Worker,
            fn_constructor_args=(config, workload.ledger.sources.content_keys(), attempts),
            batch_size=None,
            batch_format="pyarrow",
            zero_copy_batch=True,
            compute=ActorPoolStrategy(min_size=1, max_size=workers, initial_size=workers),
            num_cpus=pool.cpus,
            num_gpus=pool.gpus or None,
        )
        stream = iter(results.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=2))
        for batch in stream:
            assert isinstance(batch, pa.Table)
            yield [pickle.loads(result) for result in batch.column("result").to_pylist()]  # noqa: S301 - our workers'
    except ray.exceptions.RayError as error:
        raise EngineError(
            f"Ray could not do the work ({_last_line(error)}). See that every node has the same Nearspace, Ray and "
            "Python, and run the same command again: what is done is kept."
        ) from error


def _piece(number: int, tasks: Sequence[Task]) -> "pa.Table":
    import pyarrow as pa

    column = pa.array([pickle.dumps(task) for task in tasks], pa.large_binary())
    return pa.table({"piece": pa.array([number] * len(tasks), pa.int64()), "task": column})


@contextmanager
def _cluster(pool: RayPool, log: Log | None) -> Iterator[int]:
    """Be part of the cluster, or start Ray on this machine; gives how many workers there may be."""
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    import ray

    logging.getLogger("ray").setLevel(logging.ERROR)
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    address = pool.address or os.environ.get("RAY_ADDRESS")
    started_here = not ray.is_initialized()
    if started_here:
        quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
        if log:
            log(f"joining the Ray cluster at {address} ..." if address else "starting Ray on this machine ...")
        try:
            with _quiet_stderr():
                if address:
                    ray.init(address=address, **quiet)
                else:
                    _start_here(pool, quiet)
        except (RuntimeError, ConnectionError, ValueError, ray.exceptions.RayError) as error:
            raise EngineError(
                f"Ray cannot be {'reached at ' + address if address else 'started'} ({_last_line(error)}). "
                + ("Start it with `ray start`, or correct --ray-address." if address else "See /tmp/ray for its logs.")
            ) from error
    try:
        yield _room(ray.nodes(), pool)
    finally:
        if started_here:
            ray.shutdown()


_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_TQDM": "0",
    "RAY_BACKEND_LOG_LEVEL": "fatal",
}


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Discard what Ray's C++ writes to standard error as it starts; errors are raised."""
    sys.stderr.flush()
    stderr = os.dup(2)
    with open(os.devnull, "wb") as nothing:  # noqa: PTH123 - a device
        os.dup2(nothing.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)


def _start_here(pool: RayPool, quiet: dict[str, Any]) -> None:
    """Start Ray for this run alone, with little memory, and workers that import what this process can import."""
    import ray

    cores = os.cpu_count() or 1
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, dict.fromkeys(sys.path)))
    try:
        ray.init(
            address="local",
            num_cpus=max(cores, round((pool.workers or 1) * pool.cpus)),
            include_dashboard=False,
            object_store_memory=max(100_000_000, min(1_000_000_000, psutil.virtual_memory().available // 8)),
            **quiet,
        )
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


def _room(nodes: Sequence[dict[str, Any]], pool: RayPool) -> int:
    """For how many workers there is room, up to those asked for; raises EngineError if there is none."""
    room = 0
    for node in nodes:
        if node["Alive"]:
            has = node["Resources"]
            room += int(
                min(
                    has.get("CPU", 0.0) // pool.cpus if pool.cpus else np.inf,
                    has.get("GPU", 0.0) / pool.gpus if pool.gpus else np.inf,
                    1e6,
                )
            )
    if room < 1:
        raise EngineError(
            f"No node of the Ray cluster has {pool.cpus:g} CPUs and {pool.gpus:g} GPUs for a worker. Ask for less "
            "with --ray-cpus and --ray-gpus, or add nodes that have them."
        )
    return min(room, pool.workers or room)


def _last_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:300] if lines else type(error).__name__
