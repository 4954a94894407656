"""ONNX Runtime sessions on the CPU, of models that are compiled or checked once; receipts remember that."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.atomic import atomic_path
from ingest.encoders.base import Log
from ingest.encoders.runtime.digests import cached_sha256_of, remember_sha256
from ingest.encoders.runtime.json_cache import cache_errors, read_json
from ingest.encoders.runtime.parallel import max_threads
from ingest.encoders.runtime.receipts import has_match, record_compiled, record_match, was_compiled
from ingest.errors import DifferenceError, WeightsError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

TOLERANCE = 1e-4
"""Largest difference to torch's output that is accepted, in any number of a unit vector."""


@dataclass(frozen=True)
class Comparison:
    """How a model in ONNX Runtime is compared with torch's output for reference inputs."""

    title: str
    """The model in messages, such as `the image tower of lite`."""
    reference: str
    """Identifies the reference inputs and outputs: part of the receipt."""
    difference: Callable[["InferenceSession"], float]
    """Runs the reference inputs and returns the largest absolute difference to torch's output."""
    tolerance: float = TOLERANCE
    """Largest difference that is accepted."""

    def measure(self, session: "InferenceSession") -> float:
        """The difference to torch's output; raises DifferenceError if it is larger than accepted."""
        found = self.difference(session)
        if not found <= self.tolerance:  # written so that a difference that is not a number is refused too
            raise DifferenceError(
                f"ONNX Runtime computes {self.title} differently from torch: by {found:.1e}, where "
                f"{self.tolerance:.0e} is allowed. Install the onnxruntime version that Nearspace's constraints name."
            )
        return found


def open_session(model: bytes | Path, *, threads: int = 0) -> "InferenceSession":
    """A session on the CPU that logs errors only; its `run` may be called from several threads at once.

    One run uses `threads` threads, or, for 0, as many as help it.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or max_threads()
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    source = model if isinstance(model, bytes) else str(model)
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def compiled_session(
    target: Path, build: Callable[[], bytes], comparison: Comparison, *, log: Log | None, threads: int = 0
) -> "InferenceSession":
    """The session of the model that `build` makes, which is made once and cached at `target`; see open_session.

    Before it is cached it is compared with torch's output; raises DifferenceError if it differs too much.  A missing or
    damaged `target` is made again; one that was compiled here for another ONNX Runtime is only compared again.
    Several processes may do this at once.
    """
    session = verified_session(target, comparison.reference, threads=threads)
    if session is None and target.is_file() and was_compiled(cached_sha256_of(target)):
        try:
            session = checked_session(target, comparison, log=log, threads=threads)
        except WeightsError:
            session = None
    if session is not None:
        return session
    if log:
        log(f"compiling {comparison.title} for ONNX Runtime, once ...")
    content = build()
    with atomic_path(target) as temporary:
        with cache_errors(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(content)
        session = open_session(temporary, threads=threads)
        difference = comparison.measure(session)
        status = temporary.stat()
    digest = hashlib.sha256(content).hexdigest()
    remember_sha256(target, status, digest)
    record_compiled(digest)
    record_match(digest, comparison.reference, difference)
    if log:
        log(f"compiled {comparison.title}: largest difference to the torch output {difference:.1e}")
    return session


def checked_session(model: Path, comparison: Comparison, *, log: Log | None, threads: int = 0) -> "InferenceSession":
    """The session of a model that is ready to run, compared with torch's output once.

    Raises WeightsError if it cannot be loaded, and DifferenceError, a WeightsError too, if it differs too much.
    """
    session = verified_session(model, comparison.reference, threads=threads)
    if session is not None:
        return session
    if log:
        log(f"checking {comparison.title}, once ...")
    session = _try_session(model, threads)
    if session is None:
        raise WeightsError(f"{model.name}, {comparison.title}, is damaged. Install Nearspace again to restore it.")
    difference = comparison.measure(session)
    record_match(cached_sha256_of(model), comparison.reference, difference)
    if log:
        log(f"checked {comparison.title}: largest difference to the torch output {difference:.1e}")
    return session


def verified_session(model: Path, reference: str, *, threads: int = 0) -> "InferenceSession | None":
    """The session of a model that a receipt shows to match `reference`; None without such a receipt or model."""
    if not model.is_file():
        return None
    digest = cached_sha256_of(model)
    if not has_match(digest, reference):
        _adopt_old_receipt(model, digest, reference)
    return _try_session(model, threads) if has_match(digest, reference) else None


def require_sha256(file: Path, digest: str, *, remedy: str) -> None:
    """Raise WeightsError, ending in `remedy`, unless `file` has that SHA-256; an unchanged file is read only once."""
    found = cached_sha256_of(file)
    if found != digest:
        raise WeightsError(
            f"{file.name} is not the published file: its SHA-256 is {found[:16]}..., not {digest[:16]}.... {remedy}"
        )


def _try_session(model: Path, threads: int) -> "InferenceSession | None":
    from onnxruntime.capi import onnxruntime_pybind11_state as states

    try:
        return open_session(model, threads=threads)
    except (states.InvalidProtobuf, states.InvalidGraph, states.InvalidArgument, states.Fail, states.NoSuchFile):
        return None


def _adopt_old_receipt(model: Path, digest: str, reference: str) -> None:
    """Take over the receipt that earlier versions wrote beside a compiled model, so that it is not compiled again."""
    from onnxruntime import __version__ as runtime

    old = read_json(model.with_suffix(".json"))
    if not old or old.get("sha256") != digest or not isinstance(old.get("difference"), float):
        return
    record_compiled(digest)
    if old.get("onnxruntime") == runtime:
        record_match(digest, reference, old["difference"])
