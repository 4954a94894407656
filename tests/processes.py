"""Ends every process that a test run has started, however the run ends.

Whatever a test starts inherits a mark in its environment, and so do the servers, jobs and browsers which that starts
in turn, in sessions of their own too.  A warden, this file run as a program, waits at the end of a pipe whose other
end the pytest process holds: the operating system closes it even if that process is killed.  The warden then ends all
processes with the mark.
"""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress

import psutil

VARIABLE = "NEARSPACE_TEST_RUN"
_FINISHED = b"finished"
_ASK_SECONDS = 5.0  # after which a process that was asked to end is killed
_END_SECONDS = 60.0


class Guard:
    """Marks what this pytest process starts, and has it ended with this process.

    The marks of the workers of a run begin with the mark of the run: the run's warden ends their processes too.
    """

    def __init__(self, worker: str | None) -> None:
        run = os.environ.get(VARIABLE, "") if worker else uuid.uuid4().hex
        self.mark = f"{run}.{worker}" if worker else run
        self._is_worker = worker is not None
        environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
        os.environ[VARIABLE] = self.mark
        self._warden = subprocess.Popen(
            [sys.executable, "-P", __file__, self.mark],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,  # Ctrl-C in the terminal is not meant for it
        )

    def finish(self) -> None:
        """Return once nothing with the mark is alive; a worker leaves that to its run, whose servers others share."""
        self._warden.communicate(_FINISHED if self._is_worker else b"", timeout=_END_SECONDS + 10)


def marked(mark: str) -> Iterator[psutil.Process]:
    """The processes that a run or a worker has started and that are alive."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):  # it has just ended, or is somebody else's
            found = process.environ().get(VARIABLE, "")
            if found == mark or found.startswith(f"{mark}."):
                yield process


def end_marked(mark: str) -> None:
    """Ask the processes with this mark to end, and kill those that do not."""
    asked: set[psutil.Process] = set()
    began = time.monotonic()
    while (found := list(marked(mark))) and time.monotonic() - began < _END_SECONDS:
        for process in found:
            with suppress(psutil.Error):
                if time.monotonic() - began > _ASK_SECONDS:
                    process.kill()
                elif process not in asked:
                    process.terminate()
        asked.update(found)
        time.sleep(0.1)


if __name__ == "__main__":
    if sys.stdin.buffer.read() != _FINISHED:
        end_marked(sys.argv[1])
