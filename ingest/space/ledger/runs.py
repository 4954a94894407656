"""The runs of ingests: the tables `runs` and `run_results`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ingest.outcomes import Outcome
from ingest.space.ledger.database import Database
from ingest.space.ledger.sources import at_or_below

_MAX_RUNS, _MAX_ROOTS = 400, 2_000  # how much of the newest runs `ingested_roots` looks at
_PACED_RUNS, _MIN_PACED = 20, 10  # newest runs that tell the pace, and files that were read in each at least


@dataclass(frozen=True)
class Run:
    """A run of an ingest."""

    started: str
    """UTC, ISO 8601."""
    finished: str | None
    """None while it runs, or where it was interrupted."""
    roots: list[str]
    seconds: float | None
    """None where it ended without a result."""
    outcomes: dict[str, int] | None
    """How many sources had each outcome."""


@dataclass(frozen=True)
class IngestedRoot:
    """A path or web address that was ingested, and how many sources at and below it the space has."""

    path: str
    sources: int


class Runs:
    """When ingests ran, what over, and with what result."""

    def __init__(self, database: Database) -> None:
        """Read and write the tables in `database`."""
        self._database = database

    def last(self) -> Run | None:
        """The newest run; None in a space that has had none."""
        rows = self._database.rows(
            "SELECT started, finished, roots, seconds, outcomes FROM runs LEFT JOIN run_results ON run = id "
            "ORDER BY id DESC LIMIT 1"
        )
        for started, finished, roots, seconds, outcomes in rows:
            return Run(started, finished, json.loads(roots), seconds, json.loads(outcomes) if outcomes else None)
        return None

    def settled_by_last(self) -> dict[str, int]:
        """How many sources the newest run has settled so far, by outcome."""
        rows = self._database.rows(
            "SELECT outcome, COUNT(*) FROM sources WHERE run = (SELECT MAX(id) FROM runs) "
            "GROUP BY outcome ORDER BY outcome"
        )
        return dict(rows)

    def pace(self) -> float | None:
        """How many files a second the newest runs have read and encoded; None where none has read enough to tell."""
        files, total = 0, 0.0
        for seconds, outcomes in self._database.rows(
            "SELECT seconds, outcomes FROM run_results ORDER BY run DESC LIMIT ?", [_PACED_RUNS]
        ):
            counts = json.loads(outcomes)
            if (read := counts.get("added", 0) + counts.get("updated", 0)) >= _MIN_PACED and seconds:
                files, total = files + read, total + seconds
        return files / total if files else None

    def ingested_roots(self, space_folder: Path, limit: int) -> list[IngestedRoot]:
        """Up to `limit` paths that were ingested and that the space has sources from, the latest first.

        A path inside another counts with it; what the space itself stores, in `space_folder`, counts as one.
        """
        roots: dict[str, None] = {}
        for (logged,) in self._database.rows("SELECT roots FROM runs ORDER BY id DESC LIMIT ?", [_MAX_RUNS]):
            for root in json.loads(logged):
                if len(roots) < _MAX_ROOTS:
                    roots.setdefault(_visible_root(root, space_folder))
        outermost = [path for path in roots if not any(str(parent) in roots for parent in Path(path).parents)]
        found: list[IngestedRoot] = []
        for path in outermost:
            where, values = at_or_below(path)
            if count := self._database.number(f"SELECT COUNT(*) FROM sources WHERE {where}", values):
                found.append(IngestedRoot(path, count))
                if len(found) == limit:
                    break
        return found

    # ---- writing: for the holder of the space's write lock ----------------------------------------------------------

    def begin(self, roots: Sequence[str]) -> int:
        """Record that a run over `roots` has started; returns its number."""
        with self._database.transaction(changes=False):
            cursor = self._database.execute(
                "INSERT INTO runs (started, roots) VALUES (?, ?)", [_now(), json.dumps(roots)]
            )
            return int(cursor.lastrowid or 0)

    def end(self, run: int) -> None:
        """Record that the run has finished."""
        with self._database.transaction(changes=False):
            self._database.execute("UPDATE runs SET finished = ? WHERE id = ?", [_now(), run])

    def put_result(self, run: int, seconds: float, outcomes: Mapping[Outcome, int]) -> None:
        """Record the result of `run`: how long it took, and how many sources had each outcome."""
        with self._database.transaction(changes=False):
            self._database.execute(
                "INSERT OR REPLACE INTO run_results (run, seconds, outcomes) VALUES (?, ?, ?)",
                [run, round(seconds, 3), json.dumps(dict(outcomes))],
            )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _visible_root(root: str, space_folder: Path) -> str:
    """`root`, resolved; for a path inside the space's folder the part of the space that it is in."""
    if "://" in root:
        return root
    path, inside = Path(root).resolve(), space_folder.resolve()
    if path.is_relative_to(inside) and path != inside:
        return str(inside / path.relative_to(inside).parts[0])
    return str(path)
