"""What a person may ask about a space as a whole: how its items spread over folders and formats, and its last run."""

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

import numpy as np
from numpy.typing import NDArray

from ingest.outcomes import Outcome
from ingest.readers.draft import Modality
from ingest.space.ledger.database import LEDGER_NAME
from ingest.space.ledger.ledger import Ledger
from ingest.space.ledger.records import Source


@dataclass(frozen=True)
class Run:
    """A run of an ingest as the ledger knows it."""

    started: str
    """UTC, ISO 8601."""
    finished: str | None
    """None where it was interrupted, or goes on."""
    roots: list[str]
    seconds: float | None
    """None where it did not live to tell."""
    outcomes: dict[str, int] | None
    """How many sources had each outcome."""


@dataclass(frozen=True)
class Spread:
    """How many live items of each modality there are in each folder and format.

    An item whose source has copies counts in each of their folders, and once in its format.
    """

    folders: dict[str, Counter[Modality]]
    formats: dict[str, Counter[Modality]]
    """By suffix in lower case, '' for files without one."""


def note_results(ledger: Ledger, run: int, seconds: float, outcomes: Mapping[Outcome, int]) -> None:
    """Keep what came of `run`; for the holder of the space's write lock."""
    with ledger.transaction(changes=False):
        ledger._db.execute(
            "INSERT OR REPLACE INTO run_results (run, seconds, outcomes) VALUES (?, ?, ?)",
            [run, round(seconds, 3), json.dumps(dict(outcomes))],
        )


def last_run(ledger: Ledger) -> Run | None:
    """The newest run; None in a space that has seen none."""
    rows = ledger._all(
        "SELECT started, finished, roots, seconds, outcomes FROM runs LEFT JOIN run_results ON run = id "
        "ORDER BY id DESC LIMIT 1"
    )
    for started, finished, roots, seconds, outcomes in rows:
        return Run(started, finished, json.loads(roots), seconds, json.loads(outcomes) if outcomes else None)
    return None


def settled_by_last_run(ledger: Ledger) -> dict[str, int]:
    """How many sources the newest run has come to by now, by outcome."""
    return dict(
        ledger._all(
            "SELECT outcome, COUNT(*) FROM sources WHERE run = (SELECT MAX(id) FROM runs) "
            "GROUP BY outcome ORDER BY outcome"
        )
    )


def content_keys(ledger: Ledger) -> NDArray[np.uint64]:
    """The first 16 hexadecimal digits of the hash of each content in the space, as numbers, sorted."""
    rows = ledger._all("SELECT DISTINCT substr(sha256, 1, 16) FROM sources WHERE sha256 != ''")
    return np.sort(np.array([int(digits, 16) for (digits,) in rows], dtype=np.uint64))


def spread(ledger: Ledger) -> Spread:
    """Count the live items by folder and by format."""
    found = Spread({}, {})
    for folder, path, modality, count in ledger._all(
        "SELECT folder, path, modality, COUNT(*) FROM items JOIN sources ON sources.id = items.source "
        "WHERE state != 2 GROUP BY items.source, modality"
    ):
        found.folders.setdefault(folder, Counter())[modality] += count
        found.formats.setdefault(PurePath(path).suffix.lower(), Counter())[modality] += count
    modalities = dict(ledger._all("SELECT id, modality FROM items WHERE source IN (SELECT holder FROM copies)"))
    for item, folder in ledger.other_folders():
        found.folders.setdefault(folder, Counter())[modalities[item]] += 1
    return found


def by_year(ledger: Ledger) -> dict[str, Counter[Modality]]:
    """Count the live items by the year in which a photo was taken, else in which the file was last changed."""
    found: dict[str, Counter[Modality]] = {}
    for year, modality, count in ledger._all(
        "SELECT COALESCE(substr(json_extract(meta, '$.taken'), 1, 4), "
        "strftime('%Y', mtime_ns / 1000000000, 'unixepoch', 'localtime')) AS year, modality, COUNT(*) "
        "FROM items JOIN sources ON sources.id = items.source WHERE state != 2 GROUP BY year, modality ORDER BY year"
    ):
        found.setdefault(str(year), Counter())[modality] += count
    return found


def sources_under(ledger: Ledger, paths: Iterable[Path], run: int) -> list[Source]:
    """The sources at or under `paths` that `run` has not come across; costs as much as there are, not as the space."""
    found: dict[int, Source] = {}
    after = chr(ord(os.sep) + 1)
    for path in map(str, paths):
        inside = path.removesuffix(os.sep)
        for source in ledger._sources(
            "run < ? AND (path = ? OR (path > ? AND path < ?))", [run, path, inside + os.sep, inside + after]
        ):
            found[source.id] = source
    return list(found.values())


def size_on_disk(folder: Path) -> int:
    """How many bytes the space's files have; files that come and go meanwhile may count or not."""
    return sum(size_by_part(folder).values())


def size_by_part(folder: Path) -> dict[str, int]:
    """How many bytes each part of the space's folder has, by its name there; the ledger's files count as one."""
    total: Counter[str] = Counter()
    for path in folder.rglob("*"):
        try:
            status = path.lstat()
        except OSError:
            continue
        if not path.is_dir():
            part = path.relative_to(folder).parts[0]
            total[LEDGER_NAME if part.startswith(LEDGER_NAME) else part] += status.st_size
    return dict(total.most_common())
