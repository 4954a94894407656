"""File locks that the operating system releases when a process ends, however it ends."""

import time
from pathlib import Path
from typing import IO

import portalocker

SHARED = portalocker.LockFlags.SHARED
EXCLUSIVE = portalocker.LockFlags.EXCLUSIVE
_POLL_SECONDS = 0.05


def try_lock(path: Path, flags: portalocker.LockFlags) -> IO[bytes] | None:
    """Lock the file at `path` (created if needed) at once; None when another process holds the lock.

    The lock is held as long as the returned file is open.
    """
    file = path.open("a+b")
    try:
        portalocker.lock(file, flags | portalocker.LockFlags.NON_BLOCKING)
    except portalocker.LockException:
        file.close()
        return None
    return file


def wait_for_lock(path: Path, flags: portalocker.LockFlags, seconds: float) -> IO[bytes] | None:
    """Lock the file at `path` as soon as others release it; None when they have not after `seconds`."""
    deadline = time.monotonic() + seconds
    while (lock := try_lock(path, flags)) is None and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    return lock
