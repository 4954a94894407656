"""ONNX Runtime sessions on the CPU, and models that are compiled or checked once and remembered in the cache folder.

A receipt is a small JSON file in the cache folder.  It tells which file was found good, by size, time and SHA-256,
with which ONNX Runtime, and how far its output was from torch's.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ingest.atomic import atomic_path, atomic_write
from ingest.encoders.base import Log
from ingest.errors import DifferenceError, SettingsError, WeightsError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

MOST_THREADS = 16
"""Small towers gain nothing from more."""
TOLERANCE = 1e-4
"""Largest difference to torch's output that is accepted, in any number of a unit vector."""

Input = TypeVar("Input")
Rows = TypeVar("Rows")
Difference = Callable[["InferenceSession"], float]
"""Runs the reference inputs and gives the largest absolute difference to torch's output."""


def cache_folder() -> Path:
    """Where compiled models are kept: NEARSPACE_CACHE, or else the user's cache folder."""
    from platformdirs import user_cache_path

    named = os.environ.get("NEARSPACE_CACHE")
    return Path(named) if named else user_cache_path("nearspace", appauthor=False)


def open_session(model: bytes | Path, *, threads: int = 0) -> "InferenceSession":
    """A session on the CPU that logs errors only; its `run` may be called from several threads at once.

    One run uses `threads` threads, or as many as serve it.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or min(usable_cores(), MOST_THREADS)
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    source = model if isinstance(model, bytes) else str(model)
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def compiled_session(
    target: Path,
    build: Callable[[], bytes],
    difference: Difference,
    *,
    title: str,
    log: Log | None,
    tolerance: float = TOLERANCE,
    threads: int = 0,
) -> "InferenceSession":
    """The session of the model that `build` makes, which is made once and kept at `target`; see open_session.

    Before it is kept it is compared with torch's output; raises DifferenceError if it differs by more than `tolerance`.
    A missing or damaged `target` is made again.  Several processes may do this at once.
    """
    receipt = target.with_suffix(".json")
    session = _remembered(target, receipt, threads)
    if session is not None:
        return session
    if log:
        log(f"compiling {title} for ONNX Runtime, once ...")
    content = build()
    with atomic_path(target) as draft:
        with _cache_errors(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(content)
        session = open_session(draft, threads=threads)
        found = _accept(difference(session), tolerance, title)
    _write_receipt(receipt, target, hashlib.sha256(content).hexdigest(), found)
    if log:
        log(f"compiled {title}: largest difference to the torch output {found:.1e}")
    return session


def shipped_session(
    model: Path,
    receipt: Path,
    difference: Difference,
    *,
    title: str,
    log: Log | None,
    tolerance: float = TOLERANCE,
    threads: int = 0,
) -> "InferenceSession":
    """The session of a model that is ready to run, compared with torch's output once, as `receipt` remembers.

    Raises WeightsError if it cannot be loaded or differs by more than `tolerance`.
    """
    session = _remembered(model, receipt, threads)
    if session is not None:
        return session
    if log:
        log(f"checking {title}, once ...")
    session = _try_session(model, threads)
    if session is None:
        raise WeightsError(f"{model.name}, {title}, is damaged. Install Nearspace again to restore it.")
    found = _accept(difference(session), tolerance, title)
    _write_receipt(receipt, model, sha256_of(model), found)
    if log:
        log(f"checked {title}: largest difference to the torch output {found:.1e}")
    return session


def require_sha256(file: Path, digest: str, receipt: Path, *, remedy: str) -> None:
    """Raise WeightsError, ending in `remedy`, unless `file` has that SHA-256; once found good it is not read again."""
    if _matches(file, receipt):
        return
    found = sha256_of(file)
    if found != digest:
        raise WeightsError(
            f"{file.name} is not the published file: its SHA-256 is {found[:16]}..., not {digest[:16]}.... {remedy}"
        )
    _write_receipt(receipt, file, digest)


def side_by_side(work: Callable[[int], Rows], starts: Sequence[int]) -> Iterator[Rows]:
    """What `work` gives for each of `starts`, in their order, on as many threads as there are cores.

    With a session of one thread this keeps the cores busier than all threads on one run: nobody waits for another,
    and threads that read files meanwhile hold none of them up.
    """
    threads = min(usable_cores(), MOST_THREADS, len(starts))
    if threads < 2:
        yield from map(work, starts)
        return
    with ThreadPoolExecutor(threads, thread_name_prefix="encoder") as pool:
        yield from pool.map(work, starts)


def in_pieces(work: Callable[[Sequence[Input]], Rows], inputs: Sequence[Input], most: int) -> Iterator[Rows]:
    """What `work` gives for one piece of `inputs` after the other, each of at most `most`; see side_by_side."""
    size = piece_of(len(inputs), most)
    return side_by_side(lambda start: work(inputs[start : start + size]), range(0, len(inputs), size))


def piece_of(count: int, most: int) -> int:
    """How many of `count` inputs one thread takes at a time: at most `most`, and fewer where threads would be idle."""
    return max(1, min(most, -(-count // min(usable_cores(), MOST_THREADS))))


def sha256_of(file: Path) -> str:
    """The SHA-256 of a file's content, in hexadecimal."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def usable_cores() -> int:
    """How many cores this process may run on."""
    # The cores this process may run on are fewer than the machine's in a container or under taskset.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _accept(difference: float, tolerance: float, title: str) -> float:
    # Written so that a difference that is not a number is refused too.
    if not difference <= tolerance:
        raise DifferenceError(
            f"ONNX Runtime computes {title} differently from torch: by {difference:.1e}, where {tolerance:.0e} is "
            "allowed. Install the onnxruntime version that Nearspace's constraints name."
        )
    return difference


def _remembered(model: Path, receipt: Path, threads: int = 0) -> "InferenceSession | None":
    return _try_session(model, threads) if _matches(model, receipt) else None


def _try_session(model: Path, threads: int = 0) -> "InferenceSession | None":
    from onnxruntime.capi import onnxruntime_pybind11_state as states

    try:
        return open_session(model, threads=threads)
    except (states.InvalidProtobuf, states.InvalidGraph, states.InvalidArgument, states.Fail, states.NoSuchFile):
        return None


def _matches(file: Path, receipt: Path) -> bool:
    """Whether `file` is still what `receipt` was written for."""
    from onnxruntime import __version__ as runtime

    try:
        known = json.loads(receipt.read_text(encoding="utf-8"))
        stat = file.stat()
        if known["file"] != _place(file, receipt) or known["onnxruntime"] != runtime:
            return False
        if known["size"] != stat.st_size:
            return False
        return bool(known["mtime_ns"] == stat.st_mtime_ns or known["sha256"] == sha256_of(file))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _write_receipt(receipt: Path, file: Path, sha256: str, difference: float | None = None) -> None:
    from onnxruntime import __version__ as runtime

    stat = file.stat()
    facts = {
        "file": _place(file, receipt),
        "size": stat.st_size,
        "mtime_ns": stat.st_mtime_ns,
        "sha256": sha256,
        "onnxruntime": runtime,
        "difference": difference,
    }
    with _cache_errors(receipt):
        receipt.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(receipt, json.dumps(facts, indent=1))


def _place(file: Path, receipt: Path) -> str:
    # By name alone beside the receipt, so that a cache folder may be moved or copied as a whole.
    return file.name if file.parent == receipt.parent else str(file.resolve())


@contextmanager
def _cache_errors(target: Path) -> Iterator[None]:
    """Raise SettingsError where `target` in the cache folder cannot be written."""
    try:
        yield
    except OSError as error:
        raise SettingsError(
            f"The cache folder {target.parent} cannot be written: {error.strerror or error}. "
            "Set NEARSPACE_CACHE to a folder that can."
        ) from error
