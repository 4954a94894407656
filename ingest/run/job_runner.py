"""`python -m ingest.run.job_runner FOLDER ID`: runs one job of `ingest.run.jobs` and writes down how far it is."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import IO

from ingest.run.jobs import READY, RUNNING_LOCK, Job, read, times_asked_to_end, write
from ingest.space.locks import EXCLUSIVE, wait_for_lock

_LOCK_SECONDS = 30.0
_LOOK_SECONDS = 0.2
_COLUMNS = "96"  # how wide tables in the log are


class _Progress:
    """Gathers what the command tells on standard output."""

    def __init__(self, job: Job, log: IO[bytes]) -> None:
        self._lock = threading.Lock()
        self._job = job
        self._outcomes: Counter[str] = Counter()
        self._log = log
        self._whole: list[str] = []  # of a command that prints one JSON document at its end

    def follow(self, output: IO[bytes]) -> None:
        """Take in every line until the command ends."""
        for raw in output:
            line = raw.decode("utf-8", "replace")
            if self._job.kind == "ingest":
                self._event(line)
            elif self._job.kind in ("tune", "reencode"):
                self._to_log(line)
            else:
                self._whole.append(line)

    def job(self) -> Job:
        """The job as far as it is."""
        with self._lock:
            return replace(self._job, outcomes=dict(self._outcomes))

    def ended(self, status: int) -> Job:
        """The job at its end."""
        said = "".join(self._whole)
        try:
            result = json.loads(said) if said else None
        except ValueError:
            result = None
            self._to_log(said)
        with self._lock:
            self._job = replace(self._job, status=status, finished=_now(), result=result or self._job.result)
        return self.job()

    def _event(self, line: str) -> None:
        try:
            event = json.loads(line)
            kind = event["event"]
        except (ValueError, TypeError, KeyError):
            self._to_log(line)
            return
        with self._lock:
            if kind == "said":
                self._job = replace(self._job, said=str(event["line"]))
                self._to_log(f"{event['line']}\n")
            elif kind == "found":
                self._job = replace(self._job, found=int(event["files"]), found_at=_now())
            elif kind == "outcome":
                self._outcomes[event["outcome"]] += 1
                self._job = replace(self._job, items=self._job.items + int(event["items"]), current=event["path"])
                if event["outcome"] == "failed":
                    self._to_log(f"failed: {event['path']}: {event['reason']}\n")
            elif kind == "summary":
                self._job = replace(self._job, result={key: value for key, value in event.items() if key != "event"})

    def _to_log(self, line: str) -> None:
        self._log.write(line.encode("utf-8", "replace"))
        self._log.flush()


def main(folder: Path, job_id: str) -> int:
    """Run the job to its end; returns 1 where it is not to be run."""
    lock = wait_for_lock(folder / RUNNING_LOCK, EXCLUSIVE, _LOCK_SECONDS)
    job = read(folder, job_id)
    if lock is None or job is None:
        print("another job holds the lock", file=sys.stderr)  # noqa: T201
        return 1
    os.write(sys.stdout.fileno(), READY)
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    stopping = threading.Event()

    def told_to_stop(number: int, frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, told_to_stop)  # as when the machine shuts down
    # What is ignored here would be ignored by the command too, and it is asked to end by this signal.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with lock, (folder / f"{job_id}.log").open("ab") as log:
        command = [sys.executable, "-m", "ingest.cli", *job.arguments]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": _COLUMNS}
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, env=environment
        ) as child:
            assert child.stdout
            progress = _Progress(job, log)
            reader = threading.Thread(target=progress.follow, args=(child.stdout,), name="reader")
            reader.start()
            _wait(child, folder, progress, stopping)
            reader.join()
        write(folder, progress.ended(child.returncode))
    return 0


def _wait(child: "subprocess.Popen[bytes]", folder: Path, progress: _Progress, stopping: threading.Event) -> None:
    """Write down how far the command is, and pass on that it is to end, until it does."""
    written, passed_on = progress.job(), 0
    while True:
        try:
            child.wait(_LOOK_SECONDS)
            return
        except subprocess.TimeoutExpired:
            pass
        asked = times_asked_to_end(folder, written.id) or int(stopping.is_set())
        if asked > passed_on:
            child.send_signal(signal.SIGINT)
            passed_on += 1
        if (now := progress.job()) != written:
            write(folder, now)
            written = now


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
