"""Paths, counts and durations in words, alike in the terminal and on a page."""

import sys


def printable(path: str) -> str:
    """A path that any terminal can show: control characters and what is not Unicode are escaped."""
    encoding = sys.stdout.encoding or "utf-8"
    clean = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in path)
    return clean.encode(encoding, "backslashreplace").decode(encoding)


def format_duration(seconds: float) -> str:
    """A duration in words: '2 seconds', '14 minutes', '3.5 hours'."""
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= 1.5 * size:
            count = seconds / size
            return f"{count:.0f} {unit}s" if count >= 10 else f"{count:.1f} {unit}s"
    whole = max(1, round(seconds))
    return f"{whole} second{'s' * (whole != 1)}"


def format_count(count: int, noun: str, nouns: str = "") -> str:
    """A count with its noun: '1 image', '2,000 images'; `nouns` where more than an s is added."""
    return f"{count:,} {noun if count == 1 else nouns or f'{noun}s'}"
