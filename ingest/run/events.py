"""The progress of a run, as its callers are notified of it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Event:
    """The progress of a run."""

    found: int
    """Files found so far."""
    walking: bool
    """Whether files are still being found, so that `found` will rise."""
    settled: int
    """Files whose outcome is written."""
    size: int = 0
    """Bytes of the files found, once all are found."""
    settled_size: int = 0
    """Bytes of the files whose outcome is written."""
    items: int = 0
    """New items that those files gave."""
    current: str = ""
    """The file whose outcome was written last."""


OnEvent = Callable[[Event], None]
Stop = Callable[[], bool]
"""Whether the run is to end early."""
