"""Which sources a list shows, a row of such a list, and the reasons why sources are not in a space, grouped."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ingest.space.ledger.database import Row

_VARIABLE_PARTS = re.compile(r"\d[\d.,:]*|'[^']*'|\"[^\"]*\"")  # numbers and quoted names
_GAP = "…"


@dataclass(frozen=True)
class SourceFilter:
    """Which sources are listed."""

    search: str = ""
    """What their path contains, ignoring case."""
    outcomes: tuple[str, ...] = ()
    """Their outcomes; empty selects all."""
    reason: str = ""
    """The pattern of a `Reason`."""

    def where(self) -> tuple[str, list[str]]:
        """The condition in SQL, and its values."""
        conditions, values = ["1"], list[str]()
        if self.search:
            conditions.append(r"path LIKE ? ESCAPE '\'")
            values.append(f"%{_escape_like(self.search)}%")
        if self.outcomes:
            conditions.append(f"outcome IN ({', '.join('?' * len(self.outcomes))})")
            values += self.outcomes
        if self.reason:
            conditions.append(r"reason LIKE ? ESCAPE '\'")
            values.append(_escape_like(self.reason).replace(_GAP, "%"))
        return " AND ".join(conditions), values


@dataclass(frozen=True)
class ListedSource:
    """A source as a list shows it."""

    path: str
    folder: str
    size: int
    mtime_ns: int
    outcome: str
    reason: str
    items: int
    """How many items it has, or shares with another source of the same content."""


@dataclass(frozen=True)
class Reason:
    """Why sources are not in the space; reasons that differ in numbers and names alone count as one."""

    pattern: str
    """The reason with … for what differs."""
    outcome: str
    count: int
    what: str
    advice: str
    """The last sentence: what to do."""


def group_reasons(rows: Iterable[Row]) -> list[Reason]:
    """The reasons in `rows` of outcome, reason and count, grouped by pattern, the most frequent first."""
    found: dict[tuple[str, str], tuple[int, str]] = {}
    for outcome, reason, count in rows:
        key = (_VARIABLE_PARTS.sub(_GAP, reason), outcome)
        before, first = found.get(key, (0, reason))
        # A reason that occurs in one wording alone is shown as it is, otherwise by its pattern.
        found[key] = (before + count, reason if not before or first == reason else key[0])
    reasons = [
        Reason(pattern, outcome, count, *_split_advice(text)) for (pattern, outcome), (count, text) in found.items()
    ]
    return sorted(reasons, key=lambda reason: (-reason.count, reason.pattern))


def _escape_like(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)


def _split_advice(reason: str) -> tuple[str, str]:
    """What is wrong, and what to do about it: the last sentence."""
    sentences: Sequence[str] = re.split(r"(?<=\w\w[.)])\s+(?=[A-Z`])", reason)
    if len(sentences) < 2:
        return reason.rstrip("."), ""
    return " ".join(sentences[:-1]).rstrip("."), sentences[-1]
