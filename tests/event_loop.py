"""Runs what is asynchronous from a test that is not."""

from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import anyio

T = TypeVar("T")


def run_async(act: Callable[[], Awaitable[T]]) -> T:
    """What `act` returns, run in a thread: the test's own may run an event loop already, that of the shared browser."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(anyio.run, act).result()
