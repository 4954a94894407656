"""The colours of squares in a table: the stronger, the more; the number in each can be read in both themes."""

_HALF = 0.6
_WEAK, _STRONG = (0.0, 58.0), (80.0, 100.0)
"""Per cent of the accent in a square, for numbers in ink and in the colour on badges.

Between the two ranges neither colour has a contrast of 4.5 to 1 with the square.
"""


def shade(share: float) -> tuple[int, bool]:
    """The per cent of the accent in a square of that share, 0 to 1, and whether it is a strong one."""
    share = min(max(share, 0.0), 1.0)
    strong = share > _HALF
    low, high = _STRONG if strong else _WEAK
    within = (share - _HALF) / (1.0 - _HALF) if strong else share / _HALF
    return round(low + (high - low) * within), strong
