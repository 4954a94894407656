"""Lists the sources of a space a page at a time, the places they come from, and the reasons why some are not in it."""

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.space.ledger.ledger import Ledger

_AFTER = chr(ord(os.sep) + 1)
_RUNS, _ROOTS = 400, 2_000  # of the newest runs so many roots are looked at
_VARIES = re.compile(r"\d[\d.,:]*|'[^']*'|\"[^\"]*\"")
_GAP = "…"


@dataclass(frozen=True)
class Wanted:
    """Which sources are listed."""

    search: str = ""
    """What their path contains, upper and lower case alike."""
    outcomes: tuple[str, ...] = ()
    """What became of them; all where there is none."""
    reason: str = ""
    """The pattern of a `Reason`."""


@dataclass(frozen=True)
class Listed:
    """A source as a list shows it."""

    path: str
    folder: str
    size: int
    mtime_ns: int
    outcome: str
    reason: str
    items: int
    """How many items are from it, or from the source whose content it has."""


@dataclass(frozen=True)
class Reason:
    """Why sources are not in the space: those whose reasons differ in numbers and names alone count as one."""

    pattern: str
    """The reason with … for what differs."""
    outcome: str
    count: int
    what: str
    advice: str
    """The last sentence: what to do."""


@dataclass(frozen=True)
class Place:
    """A path or web address that was ingested, and how much of it is in the space."""

    path: str
    sources: int


def count(ledger: Ledger, wanted: Wanted) -> int:
    """How many sources are wanted."""
    where, values = _where(wanted)
    return int(ledger._all(f"SELECT COUNT(*) FROM sources WHERE {where}", values)[0][0])


def listed(ledger: Ledger, wanted: Wanted, offset: int, limit: int) -> list[Listed]:
    """Up to `limit` of the sources that are wanted, by path, the first `offset` left out."""
    where, values = _where(wanted)
    rows = ledger._all(
        "SELECT path, folder, size, mtime_ns, outcome, reason, (SELECT COUNT(*) FROM items WHERE state != 2 AND "
        "items.source = COALESCE((SELECT holder FROM copies WHERE copies.source = page.id), page.id)) "
        f"FROM (SELECT * FROM sources WHERE {where} ORDER BY path LIMIT ? OFFSET ?) AS page ORDER BY path",
        [*values, limit, offset],
    )
    return [Listed(*row) for row in rows]


def reasons(ledger: Ledger, wanted: Wanted) -> list[Reason]:
    """Why the sources that are wanted have their outcome, the most frequent reason first."""
    where, values = _where(wanted)
    found: dict[tuple[str, str], tuple[int, str]] = {}
    for outcome, reason, number in ledger._all(
        f"SELECT outcome, reason, COUNT(*) FROM sources WHERE {where} AND reason != '' GROUP BY outcome, reason", values
    ):
        key = (_VARIES.sub(_GAP, reason), outcome)
        before, first = found.get(key, (0, reason))
        found[key] = (before + number, reason if not before else first if first == reason else key[0])
    listing = [Reason(pattern, outcome, number, *_parted(said)) for (pattern, outcome), (number, said) in found.items()]
    return sorted(listing, key=lambda each: (-each.count, each.pattern))


def places(ledger: Ledger, folder: Path, most: int) -> list[Place]:
    """Up to `most` paths that were ingested and that the space has sources from, the latest first.

    One inside another counts with it; what the space keeps itself, in its `folder`, counts as one.
    """
    given: dict[str, None] = {}
    for (roots,) in ledger._all("SELECT roots FROM runs ORDER BY id DESC LIMIT ?", [_RUNS]):
        for root in json.loads(roots):
            if len(given) < _ROOTS:
                given.setdefault(_place_of(root, folder))
    outermost = [path for path in given if not any(str(above) in given for above in Path(path).parents)]
    found: list[Place] = []
    for path in outermost:
        rows = ledger._all(
            "SELECT COUNT(*) FROM sources WHERE path = ? OR (path > ? AND path < ?)",
            [path, path.rstrip(os.sep) + os.sep, path.rstrip(os.sep) + _AFTER],
        )
        if number := int(rows[0][0]):
            found.append(Place(path, number))
            if len(found) == most:
                break
    return found


def _place_of(root: str, folder: Path) -> str:
    if "://" in root:
        return root
    path = Path(root).resolve()
    kept = folder.resolve()
    if path.is_relative_to(kept) and path != kept:
        return str(kept / path.relative_to(kept).parts[0])
    return str(path)


def _where(wanted: Wanted) -> tuple[str, list[str]]:
    conditions, values = ["1"], list[str]()
    if wanted.search:
        conditions.append(r"path LIKE ? ESCAPE '\'")
        values.append(f"%{_escaped(wanted.search)}%")
    if wanted.outcomes:
        conditions.append(f"outcome IN ({', '.join('?' * len(wanted.outcomes))})")
        values += wanted.outcomes
    if wanted.reason:
        conditions.append(r"reason LIKE ? ESCAPE '\'")
        values.append(_escaped(wanted.reason).replace(_GAP, "%"))
    return " AND ".join(conditions), values


def _escaped(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)


def _parted(reason: str) -> tuple[str, str]:
    """What is wrong, and what to do about it: the last sentence."""
    parts: Sequence[str] = re.split(r"(?<=\w\w[.)])\s+(?=[A-Z`])", reason)
    if len(parts) < 2:
        return reason.rstrip("."), ""
    return " ".join(parts[:-1]).rstrip("."), parts[-1]
