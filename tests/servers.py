"""Waiting for what other processes do, and ending a space's server when a test is done with it."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ingest.space.chroma.local_server import read_note


def wait_until(condition: Callable[[], object], seconds: float = 60.0) -> bool:
    """Whether `condition` came true in time; the time is that of a busy machine."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def end_server(space: Path) -> None:
    """End the server of the space in the folder `space` at once, rather than when it has had no client for a moment."""
    if note := read_note(space):
        with suppress(ProcessLookupError):
            os.kill(note.keeper_pid, signal.SIGTERM)
            assert wait_until(lambda: read_note(space) is None)
