"""Slow work in background threads of this process, one at a time, with a status to poll, and cancellation.

An ingest job (`ingest.run.jobs`) is something else: a child process that survives the app.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Generic, Literal, TypeVar

from ingest.errors import NearspaceError

Result = TypeVar("Result")
State = Literal["waiting", "running", "done", "failed", "cancelled"]
Progress = Callable[[float, str], None]
"""Takes the share of the work that is done, 0 to 1, and what is being done; raises Cancelled after `Task.cancel`."""

_REMEMBERED = 64  # finished tasks

_LOG = logging.getLogger(__name__)


class Cancelled(Exception):
    """The task was cancelled."""


@dataclass(frozen=True)
class TaskStatus:
    """How far a task is."""

    state: State = "waiting"
    share: float = 0.0
    """Of the work, 0 to 1; never falls."""
    message: str = ""
    """What is being done, as `placing 100,000 items`."""
    problem: str = ""
    """Why it failed, fit to be shown to a person."""
    seconds: float = 0.0
    """How long it has run, or ran."""

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ("done", "failed", "cancelled")


class Task(Generic[Result]):
    """One piece of slow work; safe to share between threads."""

    def __init__(self, work: Callable[[Progress], Result]) -> None:
        """Nothing begins before `run`."""
        self._work = work
        self._lock = threading.Lock()
        self._status = TaskStatus()
        self._started = 0.0
        self._cancelled = threading.Event()
        self._finished = threading.Event()
        self._result: Result | None = None
        self._error: BaseException | None = None

    @property
    def status(self) -> TaskStatus:
        """How far it is now; costs nothing."""
        with self._lock:
            running = self._status.state == "running"
            seconds = time.monotonic() - self._started if running else self._status.seconds
            return replace(self._status, seconds=seconds)

    def cancel(self) -> None:
        """Ask it to end; it does so within a second or so, and its state is then `cancelled`."""
        self._cancelled.set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for its end, at most `seconds`; returns whether it has finished."""
        return self._finished.wait(seconds)

    def result(self) -> Result:
        """Wait for its end and return its result; raises what it failed with, or Cancelled."""
        self._finished.wait()
        if self._error is not None:
            raise self._error
        return self._result  # type: ignore[return-value]  # it has finished, and did not fail

    def run(self) -> None:
        """Do the work in this thread, once; never raises.  Whatever the work holds is released at its end."""
        with self._lock:
            self._started = time.monotonic()
            self._status = TaskStatus("running")
        state: State = "done"
        problem = ""
        try:
            self._on_progress(0.0, "")
            self._result = self._work(self._on_progress)
        except Cancelled as stop:
            self._error, state = stop, "cancelled"
        except Exception as error:  # `result` raises it again, and the page shows that there is one
            self._error, state = error, "failed"
            problem = str(error)
            if not isinstance(error, NearspaceError):
                _LOG.exception("a background task failed")
                problem = f"{type(error).__name__}: {error}. The log tells more."
        # A task is remembered for long, and its work may hold all vectors of a space, as may a traceback.
        del self._work
        _drop_tracebacks(self._error)
        self._finish(state, problem)

    def _on_progress(self, share: float, message: str) -> None:
        if self._cancelled.is_set():
            raise Cancelled
        with self._lock:
            share = min(max(share, self._status.share), 1.0)
            self._status = replace(self._status, share=share, message=message or self._status.message)

    def _finish(self, state: State, problem: str = "") -> None:
        with self._lock:
            share = 1.0 if state == "done" else self._status.share
            self._status = replace(
                self._status, state=state, share=share, problem=problem, seconds=time.monotonic() - self._started
            )
        self._finished.set()


def _drop_tracebacks(error: BaseException | None) -> None:
    """Release the tracebacks of an error and of its causes: they hold the local variables of every call."""
    while error is not None:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__


class TaskQueue:
    """Runs tasks one after another, in daemon threads that end with the program; remembers the last ones."""

    def __init__(self) -> None:
        """No thread runs before the first task."""
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._tasks: dict[str, Task[Any]] = {}  # of any result: each key has its own

    def start(self, key: str, work: Callable[[Progress], Result]) -> Task[Result]:
        """Begin `work`, or return the task of that key that has not finished yet."""
        with self._lock:
            known = self._tasks.get(key)
            if known is not None and not known.status.finished:
                return known
            task = Task(work)
            self._tasks.pop(key, None)  # so that it comes last again
            self._tasks[key] = task
            finished = [other for other, each in self._tasks.items() if each.status.finished]
            for forgotten in finished[: max(0, len(self._tasks) - _REMEMBERED)]:
                del self._tasks[forgotten]
        threading.Thread(target=self._run_in_turn, args=(task,), name=f"map {key}", daemon=True).start()
        return task

    def get(self, key: str) -> Task[Any] | None:
        """The last task of that key; None once it has finished and many others have begun since."""
        with self._lock:
            return self._tasks.get(key)

    def _run_in_turn(self, task: Task[Any]) -> None:
        with self._turn:
            task.run()
