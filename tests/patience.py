"""How long tests wait: limits are written for an idle machine, and grow as this one is busier.

A fixed piece of work shows how busy it is.  It is measured when a limit is set, unless it was shortly before, and
again when a wait is about to end in vain.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable

_WORK = "sum(range(3_000_000))"
_WORK_SECONDS = 0.12  # what a Python that does this takes on an idle machine, or a little more
_FRESH_SECONDS = 30.0  # as long a measurement holds at the begin of a wait; at its end it is taken anew
_MOST = 15.0  # a machine that is still slower is taken to hang


class _Last:
    slowness = 1.0
    at = -float("inf")


def slowness(fresh: float = _FRESH_SECONDS) -> float:
    """How many times as long as on an idle machine work takes, measured at most `fresh` seconds ago."""
    if time.monotonic() - _Last.at > fresh:
        _Last.slowness = min(max(_measure(), 1.0), _MOST)
        _Last.at = time.monotonic()
    return _Last.slowness


def limit(seconds: float) -> float:
    """The seconds that what takes at most `seconds` on an idle machine may take now."""
    return seconds * slowness()


class Patience:
    """A wait of at most `seconds` of an idle machine."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._began = time.monotonic()
        self._limit = seconds

    def over(self) -> bool:
        """Whether it has lasted too long."""
        if self.left() <= 0:
            self._limit = max(self._limit, self._seconds * slowness(fresh=1.0))
        return self.left() <= 0

    def left(self) -> float:
        """The seconds that are left, as far as is known now."""
        return self._limit - (time.monotonic() - self._began)


def wait_until(condition: Callable[[], object], seconds: float = 60.0) -> bool:
    """Whether `condition` came true within `seconds` of an idle machine."""
    patience = Patience(seconds)
    while not patience.over():
        if condition():
            return True
        time.sleep(0.05)
    return bool(condition())


def _measure() -> float:
    began = time.monotonic()
    subprocess.run([sys.executable, "-I", "-S", "-c", _WORK], check=True)
    now = (time.monotonic() - began) / _WORK_SECONDS
    # A machine that has just become idle was not so while a test waited; the load is that of the last minute.
    lately = os.getloadavg()[0] / (os.cpu_count() or 1) if hasattr(os, "getloadavg") else 0.0
    return max(now, lately)
