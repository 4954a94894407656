"""Slow work in a background thread, one at a time, with a status to poll and an end that can be asked for."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, Literal, TypeVar

from ingest.errors import NearspaceError

Result = TypeVar("Result")
State = Literal["waiting", "running", "done", "failed", "cancelled"]
Progress = Callable[[float, str], None]
"""Told the share of the work that is done, 0 to 1, and what is being done; raises Cancelled when that is asked for."""

_KNOWN = 64  # jobs that are remembered, beside those that are not over

_LOG = logging.getLogger(__name__)


class Cancelled(Exception):
    """Whoever started the work no longer wants it."""


@dataclass(frozen=True)
class JobStatus:
    """How far a job is."""

    state: State = "waiting"
    share: float = 0.0
    """Of the work, 0 to 1; never falls."""
    words: str = ""
    """What is being done, as `placing 100,000 items`."""
    problem: str = ""
    """Why it failed, fit to be shown to a person."""
    seconds: float = 0.0
    """How long it has run, or ran."""

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ("done", "failed", "cancelled")


class Job(Generic[Result]):
    """One piece of slow work; safe to share between threads."""

    def __init__(self, work: Callable[[Progress], Result]) -> None:
        """Nothing begins before `run`."""
        self._work = work
        self._lock = threading.Lock()
        self._status = JobStatus()
        self._began = 0.0
        self._unwanted = threading.Event()
        self._over = threading.Event()
        self._result: Result | None = None
        self._bug: BaseException | None = None

    @property
    def status(self) -> JobStatus:
        """How far it is now; costs nothing."""
        with self._lock:
            running = self._status.state == "running"
            seconds = time.monotonic() - self._began if running else self._status.seconds
            return replace(self._status, seconds=seconds)

    def cancel(self) -> None:
        """Ask it to end; it does within a second or so, and its state is `cancelled` then."""
        self._unwanted.set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for its end, at most `seconds`; whether it is over."""
        return self._over.wait(seconds)

    def result(self) -> Result:
        """What came of it, once it is over; raises what it failed with, or Cancelled."""
        self._over.wait()
        if self._bug is not None:
            raise self._bug
        return self._result  # type: ignore[return-value]  # it is over, and did not fail

    def run(self) -> None:
        """Do the work in this thread, once; never raises.  What the work held is let go of at its end."""
        with self._lock:
            self._began = time.monotonic()
            self._status = JobStatus("running")
        state: State = "done"
        told = ""
        try:
            self._heard(0.0, "")
            self._result = self._work(self._heard)
        except Cancelled as stop:
            self._bug, state = stop, "cancelled"
        except Exception as bug:  # `result` raises it again, and the page shows that there is one
            self._bug, state = bug, "failed"
            if not isinstance(bug, NearspaceError):
                _LOG.exception("a background job failed")
            told = str(bug) if isinstance(bug, NearspaceError) else f"{type(bug).__name__}: {bug}. The log tells more."
        # A job is remembered for long, and its work may hold all vectors of a space, as may what it was doing.
        del self._work
        _forget_traces(self._bug)
        self._end(state, told)

    def _heard(self, share: float, words: str) -> None:
        if self._unwanted.is_set():
            raise Cancelled
        with self._lock:
            share = min(max(share, self._status.share), 1.0)
            self._status = replace(self._status, share=share, words=words or self._status.words)

    def _end(self, state: State, problem: str = "") -> None:
        with self._lock:
            share = 1.0 if state == "done" else self._status.share
            self._status = replace(
                self._status, state=state, share=share, problem=problem, seconds=time.monotonic() - self._began
            )
        self._over.set()


def _forget_traces(error: BaseException | None) -> None:
    """Let go of where an error, and those that it came from, were raised: a trace holds the variables of all calls."""
    while error is not None:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__


class Jobs:
    """Runs jobs one after another in a thread of its own, which ends with the program; remembers the last ones."""

    def __init__(self) -> None:
        """No thread runs before the first job."""
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._known: dict[str, Job] = {}

    def start(self, key: str, work: Callable[[Progress], Result]) -> Job[Result]:
        """Begin `work`, or return the job of that key that is not over yet."""
        with self._lock:
            known = self._known.get(key)
            if known is not None and not known.status.over:
                return known
            job = Job(work)
            self._known.pop(key, None)  # it comes last again
            self._known[key] = job
            over = [known for known, each in self._known.items() if each.status.over]
            for forgotten in over[: max(0, len(self._known) - _KNOWN)]:
                del self._known[forgotten]
        threading.Thread(target=self._in_turn, args=(job,), name=f"map {key}", daemon=True).start()
        return job

    def get(self, key: str) -> Job | None:
        """The last job of that key, over or not; None once it is over and many others have begun since."""
        with self._lock:
            return self._known.get(key)

    def _in_turn(self, job: Job) -> None:
        with self._turn:
            job.run()
