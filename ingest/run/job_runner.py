"""`python -m ingest.run.job_runner FOLDER ID`: runs one job of `ingest.run.jobs` and writes its progress."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import IO

from ingest.run.jobs import READY, RUNNING_LOCK, Job, count_stop_requests, read_job, timestamp, write_job
from ingest.space.locks import EXCLUSIVE, wait_for_lock

_LOCK_SECONDS = 30.0
_POLL_SECONDS = 0.2
_COLUMNS = "96"  # how wide tables in the log are


class _Progress:
    """Gathers what the command prints on standard output."""

    def __init__(self, job: Job, log: IO[bytes]) -> None:
        self._lock = threading.Lock()
        self._job = job
        self._outcomes: Counter[str] = Counter()
        self._log = log
        self._document: list[str] = []  # of a command that prints one JSON document at its end

    def follow(self, output: IO[bytes]) -> None:
        """Read every line until the command ends."""
        for raw in output:
            line = raw.decode("utf-8", "replace")
            if self._job.kind == "ingest":
                self._event(line)
            elif self._job.kind in ("tune", "reencode"):
                self._to_log(line)
            else:
                self._document.append(line)

    def job(self) -> Job:
        """The job with its progress so far."""
        with self._lock:
            return replace(self._job, outcomes=dict(self._outcomes))

    def ended(self, status: int) -> Job:
        """The job at its end."""
        printed = "".join(self._document)
        try:
            result = json.loads(printed) if printed else None
        except ValueError:
            result = None
            self._to_log(printed)
        with self._lock:
            self._job = replace(self._job, status=status, finished=timestamp(), result=result or self._job.result)
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
                self._job = replace(self._job, last_line=str(event["line"]))
                self._to_log(f"{event['line']}\n")
            elif kind == "found":
                self._job = replace(self._job, found=int(event["files"]), found_at=timestamp())
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
    """Run the job to its end; returns 1 if it must not run."""
    lock = wait_for_lock(folder / RUNNING_LOCK, EXCLUSIVE, _LOCK_SECONDS)
    job = read_job(folder, job_id)
    if lock is None or job is None:
        print("another job holds the lock", file=sys.stderr)  # noqa: T201
        return 1
    os.write(sys.stdout.fileno(), READY)
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    stopping = threading.Event()

    def on_terminate(number: int, frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, on_terminate)  # as when the machine shuts down
    # A signal ignored here would be ignored by the command too, and this is the one that asks it to stop.
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
        write_job(folder, progress.ended(child.returncode))
    return 0


def _wait(child: "subprocess.Popen[bytes]", folder: Path, progress: _Progress, stopping: threading.Event) -> None:
    """Write the command's progress, and pass on requests to stop, until it ends."""
    written, passed_on = progress.job(), 0
    while True:
        try:
            child.wait(_POLL_SECONDS)
            return
        except subprocess.TimeoutExpired:
            pass
        requests = count_stop_requests(folder, written.id) or int(stopping.is_set())
        if requests > passed_on:
            child.send_signal(signal.SIGINT)
            passed_on += 1
        if (now := progress.job()) != written:
            write_job(folder, now)
            written = now


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
