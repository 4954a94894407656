"""Batches of work on several threads, one core each."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_limit = 16  # small towers gain nothing from more

Input = TypeVar("Input")
Output = TypeVar("Output")


def map_in_threads(work: Callable[[Input], Output], inputs: Sequence[Input]) -> Iterator[Output]:
    """`work` of each of `inputs`, in their order, on as many threads as there are cores.

    With a session of one thread this keeps the cores busier than all threads on one run: no thread waits for another,
    and threads that read files meanwhile hold none of them up.
    """
    threads = min(max_threads(), len(inputs))
    if threads < 2:
        yield from map(work, inputs)
        return
    with ThreadPoolExecutor(threads, thread_name_prefix="encoder") as pool:
        yield from pool.map(work, inputs)


def map_batches(work: Callable[[Sequence[Input]], Output], inputs: Sequence[Input], max_batch: int) -> Iterator[Output]:
    """`work` of each batch of `inputs`, in their order, at most `max_batch` in a batch; see map_in_threads."""
    size = batch_size(len(inputs), max_batch)
    return map_in_threads(lambda start: work(inputs[start : start + size]), range(0, len(inputs), size))


def batch_size(count: int, max_batch: int) -> int:
    """How many of `count` inputs one thread takes at a time: at most `max_batch`, fewer where threads would be idle."""
    return max(1, min(max_batch, -(-count // max_threads())))


def max_threads() -> int:
    """How many threads one encoder uses: as many as there are cores, up to a limit."""
    return min(usable_cores(), _limit)


def limit_threads(count: int) -> None:
    """Let encoders of this process use at most `count` threads, where several processes share the cores."""
    global _limit
    _limit = max(1, count)


def usable_cores() -> int:
    """How many cores this process may run on; in a container or under taskset fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
