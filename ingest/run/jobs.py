"""Background jobs of a space: commands that go on when nobody looks, one at a time, and that everybody can look at.

A job is a `nearspace` command in a process of its own, watched by `ingest.run.job_runner` in another, so that neither a
page that is closed nor an app that ends takes it along.  What is known of it lies in the space's folder:

    jobs/running.lock   held by the runner as long as it lives
    jobs/ID.json        the job and how far it is; written by its runner alone
    jobs/ID.log         what the command said
    jobs/ID.end         how often a person has asked it to end: once, it finishes the batch in hand
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args
from uuid import uuid4

from ingest.atomic import atomic_write
from ingest.errors import JobRunning, SpaceError
from ingest.exit_status import ALL_WELL, INTERRUPTED, SOME_FAILED
from ingest.space.locks import EXCLUSIVE, SHARED, try_lock, wait_for_lock

Kind = Literal["ingest", "remove", "tune", "reencode", "check", "repair"]
KINDS: tuple[Kind, ...] = get_args(Kind)
JOB_FOLDER = "jobs"
RUNNING_LOCK = "running.lock"
READY = b"ready\n"
"""What the runner writes once it holds the lock."""
KEPT = 20
"""How many jobs of a space are remembered."""

_STARTING_LOCK = "starting.lock"
_START_SECONDS = 60.0
_TAIL_BYTES = 40_000


@dataclass(frozen=True)
class Job:
    """A job and how far it is."""

    id: str
    kind: Kind
    about: str
    """What it works on, for a person: a folder, an encoder."""
    arguments: tuple[str, ...]
    """The command line behind `nearspace`."""
    started: str
    """UTC, ISO 8601."""
    by: str = ""
    """Who asked for it; '' where nobody signs in."""
    finished: str | None = None
    """None while it runs, and for ever where it was killed together with its runner."""
    status: int | None = None
    """The exit status; below 0 the signal that killed the command."""
    ends_asked: int = 0
    """How often it has been asked to end."""
    found: int | None = None
    """How many files there are; None before that is known, and for other jobs than an ingest."""
    found_at: str | None = None
    outcomes: dict[str, int] = field(default_factory=dict)
    """How many sources had each outcome so far."""
    items: int = 0
    """How many new items there are so far."""
    current: str = ""
    """The source that was settled last."""
    said: str = ""
    """The last line that the command said for a person."""
    result: dict[str, Any] | None = None
    """What it told at its end, as the command's JSON has it."""
    lost: bool = False
    """Whether it ended without a word, its runner having been killed."""

    @property
    def running(self) -> bool:
        """Whether it goes on."""
        return self.finished is None and not self.lost

    @property
    def settled(self) -> int:
        """How many sources have an outcome."""
        return sum(self.outcomes.values())

    @property
    def share(self) -> float | None:
        """How much of it is done, from 0 to 1; None while that cannot be told."""
        if self.found is None:
            return None
        return min(1.0, self.settled / self.found) if self.found else 1.0

    @property
    def crashed(self) -> bool:
        """Whether it ended in a way that its command knows nothing of: killed, or a bug."""
        if self.running:
            return False
        tells = self.kind in ("ingest", "check", "repair", "remove")
        return self.lost or (self.status or 0) < 0 or (tells and self.status == SOME_FAILED and self.result is None)

    @property
    def done(self) -> bool:
        """Whether it did what it was asked for, for an ingest as far as files could be read."""
        return not self.running and not self.crashed and self.status in (ALL_WELL, SOME_FAILED)

    @property
    def ended_early(self) -> bool:
        """Whether it ended because it was asked to."""
        return not self.running and self.status == INTERRUPTED

    def seconds(self, now: datetime | None = None) -> float:
        """How long it took, or has taken so far."""
        end = datetime.fromisoformat(self.finished) if self.finished else now or datetime.now(UTC)
        return max(0.0, (end - datetime.fromisoformat(self.started)).total_seconds())

    def seconds_left(self, now: datetime | None = None) -> float | None:
        """About how long it will still take; None while that cannot be told."""
        if not self.running or not self.found_at or not self.found or self.settled < 5:
            return None
        took = ((now or datetime.now(UTC)) - datetime.fromisoformat(self.found_at)).total_seconds()
        return max(0.0, took * (self.found - self.settled) / self.settled)


def start(
    home: Path, name: str, kind: Kind, arguments: Sequence[str], *, about: str = "", by: str = ""
) -> Job:  # fmt: skip
    """Start `nearspace KIND ARGUMENTS` on the space `name`, which need not be there yet; returns the job.

    Raises:
        JobRunning: another job of that space goes on.
        SpaceError: its folder cannot be written, or the job does not start.
    """
    folder = home / name / JOB_FOLDER
    where = () if kind == "tune" else ("--space", name, "--home", str(home))
    # What a person typed goes behind `--`, so that it is never taken for an option.
    job = Job(uuid4().hex, kind, about, (kind, *where, *arguments), _now(), by)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = wait_for_lock(folder / _STARTING_LOCK, EXCLUSIVE, _START_SECONDS)
        if lock is None:
            raise _busy(name, folder)
        with lock:
            if is_running(folder):
                raise _busy(name, folder)
            write(folder, job)
            _forget_oldest(folder)
            _run(folder, job)
    except OSError as error:
        raise SpaceError(
            f"A job cannot be started in {folder} ({error.strerror or error}). Check that the folder can be written "
            "and its disk has room."
        ) from error
    return job


def ask_to_end(home: Path, name: str, job_id: str) -> None:
    """Ask the job to end: the first time after the batch in hand, then at once.  Raises SpaceError."""
    folder = home / name / JOB_FOLDER
    if not _path(folder, job_id).exists():
        return
    try:
        with (folder / f"{job_id}.end").open("ab") as file:
            file.write(b".")
    except OSError as error:
        raise SpaceError(f"{folder} cannot be written ({error.strerror}). Mend its permissions.") from error


def times_asked_to_end(folder: Path, job_id: str) -> int:
    """How often the job of that folder of jobs was asked to end."""
    with suppress(OSError):
        return (folder / f"{job_id}.end").stat().st_size
    return 0


def is_running(folder: Path) -> bool:
    """Whether a job of that folder of jobs goes on."""
    return _is_held(folder / RUNNING_LOCK)


def jobs(home: Path, name: str) -> list[Job]:
    """The jobs of the space that are remembered, the newest first; one that runs is the first."""
    folder = home / name / JOB_FOLDER
    found = [job for path in folder.glob("*.json") if (job := _read(path))]
    if any(job.finished is None for job in found) and not (is_running(folder) or _is_held(folder / _STARTING_LOCK)):
        # Read once more: the last may have come to its end since.
        found = [again for job in found if (again := _read(_path(folder, job.id)))]
        found = [replace(job, lost=job.finished is None) for job in found]
    found.sort(key=lambda job: job.started, reverse=True)
    newest = found[0].id if found else ""
    found = [replace(job, lost=job.lost or (job.finished is None and job.id != newest)) for job in found]
    return [replace(job, ends_asked=times_asked_to_end(folder, job.id)) if job.running else job for job in found]


def newest(home: Path, name: str) -> Job | None:
    """The job that runs, else the one that ran last; None where there was none."""
    return next(iter(jobs(home, name)), None)


def forget(home: Path, name: str, job_id: str) -> None:
    """Forget a job that has ended."""
    folder = home / name / JOB_FOLDER
    for suffix in ("json", "log", "end"):
        with suppress(OSError):
            (folder / f"{job_id}.{suffix}").unlink()


def log_tail(home: Path, name: str, job_id: str, lines: int = 12) -> str:
    """The last lines of what the job's command said; '' where it said nothing."""
    try:
        with (home / name / JOB_FOLDER / f"{job_id}.log").open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
            said = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join([line.rstrip() for line in said.splitlines() if line.strip()][-lines:])


def write(folder: Path, job: Job) -> None:
    """Write a job down so that a reader sees the old state or the new one."""
    atomic_write(_path(folder, job.id), json.dumps({**asdict(job), "lost": False}))


def read(folder: Path, job_id: str) -> Job | None:
    """The job as its runner wrote it down last; None where there is none."""
    return _read(_path(folder, job_id))


def _run(folder: Path, job: Job) -> None:
    package = str(Path(__file__).resolve().parents[2])
    search_path = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")]))
    with (folder / f"{job.id}.log").open("ab") as log:
        runner = subprocess.Popen(
            [sys.executable, "-m", "ingest.run.job_runner", str(folder), job.id],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            env={**os.environ, "PYTHONPATH": search_path},
            start_new_session=True,  # Ctrl-C in the app's terminal is not meant for it
        )
    assert runner.stdout
    with runner.stdout as told:
        ready = told.readline() == READY
    # A process that has ended stays in the system's list until somebody asks for its status.
    threading.Thread(target=runner.wait, name="job", daemon=True).start()
    if not ready:
        runner.wait()
        said = log_tail(folder.parents[1], folder.parent.name, job.id, 3)
        forget(folder.parents[1], folder.parent.name, job.id)
        raise SpaceError(f"The job did not start. {said or 'It said nothing.'} Try again.")


def _busy(name: str, folder: Path) -> JobRunning:
    running = next((job for job in jobs(folder.parents[1], name) if job.running), None)
    what = f" ({running.kind}, since {running.started[11:16]} UTC)" if running else ""
    return JobRunning(f"A job of the space {name!r} goes on{what}. Wait until it is done, or end it.")


def _forget_oldest(folder: Path) -> None:
    for job in jobs(folder.parents[1], folder.parent.name)[KEPT:]:
        forget(folder.parents[1], folder.parent.name, job.id)


def _read(path: Path) -> Job | None:
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        return Job(**{**facts, "arguments": tuple(facts["arguments"])})
    except (OSError, ValueError, TypeError, KeyError):  # gone, damaged, or another version's
        return None


def _is_held(path: Path) -> bool:
    if not path.exists():
        return False
    lock = try_lock(path, SHARED)  # shared: those who only look are not in one another's way
    if lock is None:
        return True
    lock.close()
    return False


def _path(folder: Path, job_id: str) -> Path:
    return folder / f"{job_id}.json"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
