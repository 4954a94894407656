"""Compares an answer with the recorded one: the same values and shape, figures nearly the same, and room for more."""

from collections.abc import Mapping, Sequence
from typing import Any

NEAR = 1.01e-4
"""How far apart figures may be; some are rounded to four digits."""
_CLOSENESS = ("score", "cosine", "distance", "percentile")


def difference(recorded: Any, now: Any, where: str = "") -> str:
    """Where and how `now` differs from what was recorded; '' where it does not.

    Objects may have further entries now.  Results that are equally close may come in any order.
    """
    if isinstance(recorded, Mapping):
        if not isinstance(now, Mapping):
            return f"{where}: {now!r} is no object"
        if missing := [key for key in recorded if key not in now]:
            return f"{where}: there is no {', '.join(missing)}"
        return next(
            filter(None, (difference(value, now[key], f"{where}/{key}") for key, value in recorded.items())), ""
        )
    if isinstance(recorded, list):
        if not isinstance(now, list | tuple) or len(recorded) != len(now):
            return f"{where}: {now!r} instead of {recorded!r}"
        pairs = zip(_settled(recorded), _settled(now), strict=True)
        return next(filter(None, (difference(*pair, f"{where}/{n}") for n, pair in enumerate(pairs))), "")
    if isinstance(recorded, float) or isinstance(now, float):
        near = isinstance(now, int | float) and isinstance(recorded, int | float) and abs(recorded - now) <= NEAR
        return "" if near else f"{where}: {now!r} instead of {recorded!r}"
    return "" if recorded == now and type(recorded) is type(now) else f"{where}: {now!r} instead of {recorded!r}"


def _settled(answers: Sequence[Any]) -> list[Any]:
    """The answers; of search results, those in a row that are equally close are sorted by id, with ranks in place."""
    if not answers or not all(isinstance(each, dict) and "rank" in each and "score" in each for each in answers):
        return list(answers)
    runs: list[list[dict[str, Any]]] = []
    for result in answers:
        if runs and all(abs(runs[-1][-1][name] - result[name]) <= NEAR for name in _CLOSENESS):
            runs[-1].append(result)
        else:
            runs.append([result])
    ordered = [result for run in runs for result in sorted(run, key=lambda result: int(result["id"]))]
    return [{**result, "rank": place["rank"]} for result, place in zip(ordered, answers, strict=True)]
