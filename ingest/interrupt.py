"""Ctrl-C as a request: the first asks a run to stop after the current batch, the second interrupts it at once.

The run asks `GracefulInterrupt` between batches; see `ingest.run.pipeline`.
"""

import os
import signal
import threading
from types import FrameType, TracebackType
from typing import Self

# A live bar of two lines is drawn over the last two: they are empty, so that the words stay.
_FINISHING = b"\nfinishing the current batch; press Ctrl-C again to stop at once\n\n"


class GracefulInterrupt:
    """While entered, the first Ctrl-C makes this true when called, and the second raises KeyboardInterrupt."""

    def __init__(self, *, quiet: bool = False) -> None:
        """Say on standard error what the first Ctrl-C does, unless `quiet`."""
        self._quiet = quiet
        self._requested = False
        self._entered = False

    def __call__(self) -> bool:
        """Whether the person has asked to end."""
        return self._requested

    def __enter__(self) -> Self:
        """Handle Ctrl-C; outside the main thread, where Python has no signals, nothing changes."""
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._handle)
            self._entered = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Restore Ctrl-C."""
        if self._entered:
            signal.signal(signal.SIGINT, self._before)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._requested:
            raise KeyboardInterrupt
        self._requested = True
        if not self._quiet:
            os.write(2, _FINISHING)  # print() may be in the middle of printing when the signal comes
