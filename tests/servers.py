"""Ending a space's server when a test is done with it."""

import os
import signal
from contextlib import suppress
from pathlib import Path

from ingest.space.chroma.local_server import read_server_info
from tests.patience import wait_until


def end_server(space: Path) -> None:
    """End the server of the space in the folder `space` at once, rather than when it has had no client for a moment."""
    if note := read_server_info(space):
        with suppress(ProcessLookupError):
            os.kill(note.keeper_pid, signal.SIGTERM)
            assert wait_until(lambda: read_server_info(space) is None)
