"""Background jobs of a space: commands that run without a page, one at a time, and that every page can show.

A job is a `nearspace` command in a process of its own, watched by `ingest.run.job_runner` in another, so that neither a
closed page nor an app that ends stops it.  Its state lies in the space's folder:

    jobs/running.lock   held by the runner for as long as it lives
    jobs/ID.json        the job and its progress; written by its runner alone
    jobs/ID.log         what the command printed
    jobs/ID.end         a byte for each request to stop: after the first, it finishes the current batch
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
"""What the runner prints once it holds the lock."""
KEPT = 20
"""How many jobs of a space are kept."""

_STARTING_LOCK = "starting.lock"
_START_SECONDS = 60.0
_TAIL_BYTES = 40_000
_FORMER_NAMES = {"ends_asked": "stop_requests", "said": "last_line"}  # in jobs that earlier versions wrote


@dataclass(frozen=True)
class Job:
    """A job and its progress."""

    id: str
    kind: Kind
    about: str
    """What it works on, for a person: a folder, an encoder."""
    arguments: tuple[str, ...]
    """The command line behind `nearspace`."""
    started: str
    """UTC, ISO 8601."""
    by: str = ""
    """Who started it; '' where nobody signs in."""
    finished: str | None = None
    """None while it runs, and for good if it was killed together with its runner."""
    status: int | None = None
    """The exit status; below 0 the signal that killed the command."""
    stop_requests: int = 0
    """How often it has been asked to stop."""
    found: int | None = None
    """How many files there are; None before that is known, and for other jobs than an ingest."""
    found_at: str | None = None
    outcomes: dict[str, int] = field(default_factory=dict)
    """How many sources had each outcome so far."""
    items: int = 0
    """How many new items there are so far."""
    current: str = ""
    """The source that was settled last."""
    last_line: str = ""
    """The last line that the command printed for a person."""
    result: dict[str, Any] | None = None
    """The JSON document that the command printed at its end."""
    lost: bool = False
    """Whether it ended without a status, because its runner was killed."""

    @property
    def running(self) -> bool:
        """Whether it is running."""
        return self.finished is None and not self.lost

    @property
    def settled(self) -> int:
        """How many sources have an outcome."""
        return sum(self.outcomes.values())

    @property
    def share(self) -> float | None:
        """How much of it is done, from 0 to 1; None while that is unknown."""
        if self.found is None:
            return None
        return min(1.0, self.settled / self.found) if self.found else 1.0

    @property
    def crashed(self) -> bool:
        """Whether it ended without its command's doing: killed, or by a bug."""
        if self.running:
            return False
        reports = self.kind in ("ingest", "check", "repair", "remove")
        return self.lost or (self.status or 0) < 0 or (reports and self.status == SOME_FAILED and self.result is None)

    @property
    def done(self) -> bool:
        """Whether it finished; an ingest does even if some files could not be read."""
        return not self.running and not self.crashed and self.status in (ALL_WELL, SOME_FAILED)

    @property
    def ended_early(self) -> bool:
        """Whether it ended because it was asked to stop."""
        return not self.running and self.status == INTERRUPTED

    def seconds(self, now: datetime | None = None) -> float:
        """How long it took, or has taken so far."""
        end = datetime.fromisoformat(self.finished) if self.finished else now or datetime.now(UTC)
        return max(0.0, (end - datetime.fromisoformat(self.started)).total_seconds())

    def seconds_left(self, now: datetime | None = None) -> float | None:
        """About how long it will still take; None while that is unknown."""
        if not self.running or not self.found_at or not self.found or self.settled < 5:
            return None
        took = ((now or datetime.now(UTC)) - datetime.fromisoformat(self.found_at)).total_seconds()
        return max(0.0, took * (self.found - self.settled) / self.settled)


def start_job(home: Path, name: str, kind: Kind, arguments: Sequence[str], *, about: str = "", by: str = "") -> Job:
    """Start `nearspace KIND ARGUMENTS` on the space `name`, which need not be there yet; returns the job.

    Raises:
        JobRunning: another job of that space is running.
        SpaceError: its folder cannot be written, or the job does not start.
    """
    folder = home / name / JOB_FOLDER
    where = () if kind == "tune" else ("--space", name, "--home", str(home))
    # What a person typed comes after `--`, so that it is never taken for an option.
    job = Job(uuid4().hex, kind, about, (kind, *where, *arguments), timestamp(), by)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = wait_for_lock(folder / _STARTING_LOCK, EXCLUSIVE, _START_SECONDS)
        if lock is None:
            raise _job_running(name, folder)
        with lock:
            if is_running(folder):
                raise _job_running(name, folder)
            write_job(folder, job)
            _delete_oldest(folder)
            _run(folder, job)
    except OSError as error:
        raise SpaceError(
            f"A job cannot be started in {folder} ({error.strerror or error}). Check that the folder can be written "
            "and its disk has room."
        ) from error
    return job


def request_stop(home: Path, name: str, job_id: str) -> None:
    """Ask the job to stop: the first time after the current batch, then at once.  Raises SpaceError."""
    folder = home / name / JOB_FOLDER
    if not _path(folder, job_id).exists():
        return
    try:
        with (folder / f"{job_id}.end").open("ab") as file:
            file.write(b".")
    except OSError as error:
        raise SpaceError(f"{folder} cannot be written ({error.strerror}). Correct its permissions.") from error


def count_stop_requests(folder: Path, job_id: str) -> int:
    """How often the job in the folder `folder` of jobs was asked to stop."""
    with suppress(OSError):
        return (folder / f"{job_id}.end").stat().st_size
    return 0


def is_running(folder: Path) -> bool:
    """Whether a job in the folder `folder` of jobs is running."""
    return _is_held(folder / RUNNING_LOCK)


def list_jobs(home: Path, name: str) -> list[Job]:
    """The jobs of the space that are kept, the newest first; a running one comes first."""
    folder = home / name / JOB_FOLDER
    found = [job for path in folder.glob("*.json") if (job := _read(path))]
    if any(job.finished is None for job in found) and not (is_running(folder) or _is_held(folder / _STARTING_LOCK)):
        # Read once more: the last may have ended since.
        found = [again for job in found if (again := _read(_path(folder, job.id)))]
        found = [replace(job, lost=job.finished is None) for job in found]
    found.sort(key=lambda job: job.started, reverse=True)
    newest = found[0].id if found else ""
    found = [replace(job, lost=job.lost or (job.finished is None and job.id != newest)) for job in found]
    return [replace(job, stop_requests=count_stop_requests(folder, job.id)) if job.running else job for job in found]


def newest_job(home: Path, name: str) -> Job | None:
    """The job that runs, else the one that ran last; None if there was none."""
    return next(iter(list_jobs(home, name)), None)


def delete_job(home: Path, name: str, job_id: str) -> None:
    """Delete what is kept of a job that has ended."""
    folder = home / name / JOB_FOLDER
    for suffix in ("json", "log", "end"):
        with suppress(OSError):
            (folder / f"{job_id}.{suffix}").unlink()


def log_tail(home: Path, name: str, job_id: str, lines: int = 12) -> str:
    """The last lines that the job's command printed; '' if it printed none."""
    try:
        with (home / name / JOB_FOLDER / f"{job_id}.log").open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
            printed = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join([line.rstrip() for line in printed.splitlines() if line.strip()][-lines:])


def write_job(folder: Path, job: Job) -> None:
    """Write a job's state; readers see the old state or the new one."""
    atomic_write(_path(folder, job.id), json.dumps({**asdict(job), "lost": False}))


def read_job(folder: Path, job_id: str) -> Job | None:
    """The job as its runner last wrote it; None if there is none."""
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
    with runner.stdout as output:
        ready = output.readline() == READY
    # A process that has ended stays in the system's list until its status is read.
    threading.Thread(target=runner.wait, name="job", daemon=True).start()
    if not ready:
        runner.wait()
        said = log_tail(folder.parents[1], folder.parent.name, job.id, 3)
        delete_job(folder.parents[1], folder.parent.name, job.id)
        raise SpaceError(f"The job did not start. {said or 'It printed nothing.'} Try again.")


def _job_running(name: str, folder: Path) -> JobRunning:
    running = next((job for job in list_jobs(folder.parents[1], name) if job.running), None)
    what = f" ({running.kind}, since {running.started[11:16]} UTC)" if running else ""
    return JobRunning(f"A job of the space {name!r} is running{what}. Wait until it is done, or stop it.")


def _delete_oldest(folder: Path) -> None:
    for job in list_jobs(folder.parents[1], folder.parent.name)[KEPT:]:
        delete_job(folder.parents[1], folder.parent.name, job.id)


def _read(path: Path) -> Job | None:
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        facts = {_FORMER_NAMES.get(name, name): value for name, value in facts.items()}
        return Job(**{**facts, "arguments": tuple(facts["arguments"])})
    except (OSError, ValueError, TypeError, KeyError):  # gone, damaged, or another version's
        return None


def _is_held(path: Path) -> bool:
    if not path.exists():
        return False
    lock = try_lock(path, SHARED)  # shared: readers do not block one another
    if lock is None:
        return True
    lock.close()
    return False


def _path(folder: Path, job_id: str) -> Path:
    return folder / f"{job_id}.json"


def timestamp() -> str:
    """The time now, as jobs note it: ISO 8601 in UTC, with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
