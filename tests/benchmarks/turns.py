"""Contenders measured turn by turn in one run, so that the noise of a shared machine falls on all of them alike."""

import statistics
import time
from collections.abc import Callable, Mapping

ROUNDS = 5

Contender = tuple[int, Callable[[], object]]
"""How many things the work does, and the work."""


def compare(contenders: Mapping[str, Contender], rounds: int = ROUNDS) -> dict[str, float]:
    """Things a second of each contender: the median of `rounds` rounds, after one to warm up."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds + 1):
        for name, (_, work) in contenders.items():
            started = time.perf_counter()
            work()
            times[name].append(time.perf_counter() - started)
    return {name: contenders[name][0] / statistics.median(taken[1:]) for name, taken in times.items()}


def show(things: str, rates: Mapping[str, float]) -> None:
    """Print the rates, and how many times the first each is."""
    first = next(iter(rates.values()))
    print(f"  {things}")
    for name, rate in rates.items():
        print(f"    {name:<46} {rate:8.1f} /s  {rate / first:5.2f} x")
