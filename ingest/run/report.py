"""The report of a run: an outcome for every source."""

import heapq
import json
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ingest.errors import SettingsError
from ingest.exit_status import ALL_WELL, INTERRUPTED, NOTHING_DONE, SOME_FAILED
from ingest.outcomes import IN_THE_SPACE, OUTCOMES, OnOutcome, Outcome, SourceOutcome


@dataclass
class Report:
    """What became of every source of one run, in the order in which they were settled."""

    outcomes: list[SourceOutcome] = field(default_factory=list)
    seconds: float = 0.0
    encoded_images: int = 0
    encoded_texts: int = 0
    notes: list[str] = field(default_factory=list)
    """What else a person should know, a sentence or two each."""
    refused: int = 0
    """How many sources were to leave the space and did not, since they were too many to remove without --yes."""

    estimate: float | None = None
    """In a dry run, about how many seconds the run would take; None in a real one."""
    interrupted: bool = False
    """Whether the run was asked to stop before it was done."""
    found: int = 0
    """How many files the run came across."""
    left_out: int = 0
    """How many files and folders globs and ignore files left out; what is in such a folder is not counted."""
    settled: int = 0
    """How many of them have an outcome."""
    slowest: list[tuple[str, float]] = field(default_factory=list)
    """Up to ten files that took longest to examine and read, with their seconds, the slowest first."""
    on_outcome: OnOutcome | None = None
    """Called with every outcome as it is taken down."""

    def add(self, outcome: SourceOutcome) -> None:
        """Add one source's outcome."""
        self.outcomes.append(outcome)
        if self.on_outcome:
            self.on_outcome(outcome)

    def note(self, note: str) -> None:
        """Add a note, once."""
        if note not in self.notes:
            self.notes.append(note)

    def counts(self) -> dict[Outcome, int]:
        """How many sources each outcome has, in a fixed order, all outcomes named."""
        found = Counter(entry.outcome for entry in self.outcomes)
        return {outcome: found[outcome] for outcome in OUTCOMES}

    def of(self, outcome: Outcome) -> list[SourceOutcome]:
        """The sources with this outcome."""
        return [entry for entry in self.outcomes if entry.outcome == outcome]

    @property
    def exit_status(self) -> int:
        """0: all went well; 1: some failed, or removals need --yes; 2: nothing could be done; 130: interrupted."""
        if self.interrupted:
            return INTERRUPTED
        counts = self.counts()
        done = counts["removed"] + sum(counts[outcome] for outcome in IN_THE_SPACE)
        if not done:
            return NOTHING_DONE
        return SOME_FAILED if counts["failed"] or self.refused else ALL_WELL

    def summary(self, *, space: str, roots: Sequence[str]) -> dict[str, object]:
        """What came of the run as a whole, in values that JSON has."""
        return {
            "space": space,
            "roots": list(roots),
            "dry_run": self.estimate is not None,
            "estimated_seconds": None if self.estimate is None else round(self.estimate, 1),
            "interrupted": self.interrupted,
            "seconds": round(self.seconds, 3),
            "encoded": {"images": self.encoded_images, "texts": self.encoded_texts},
            "counts": self.counts(),
            "exit_status": self.exit_status,
            "left_out": self.left_out,
            "refused_removals": self.refused,
            "notes": self.notes,
            "slowest": [{"path": path, "seconds": round(seconds, 3)} for path, seconds in self.slowest],
        }

    def write_json(self, path: Path, *, space: str, roots: Sequence[str]) -> None:
        """Write the whole report as JSON: every source with its outcome, reason and number of new items.

        Raises:
            SettingsError: the file cannot be written.
        """
        sources = [asdict(entry) for entry in self.outcomes]
        content = {**self.summary(space=space, roots=roots), "sources": sources}
        try:
            # Names that are not valid Unicode are legal on disk; they are written with escapes, not refused.
            path.write_text(json.dumps(content, indent=1, ensure_ascii=True), encoding="utf-8")
        except OSError as error:
            raise SettingsError(
                f"The report {path} cannot be written ({error.strerror}). The ingest itself is done; "
                "give --report a file in a folder that you may write to."
            ) from error


class Slowest:
    """Keeps the ten files that took longest; safe to share between threads."""

    def __init__(self) -> None:
        """Begin with none."""
        self._heap: list[tuple[float, str]] = []
        self._lock = threading.Lock()

    def add(self, path: str, seconds: float) -> None:
        """Record how long a file took."""
        with self._lock:
            if len(self._heap) < 10:
                heapq.heappush(self._heap, (seconds, path))
            elif seconds > self._heap[0][0]:
                heapq.heapreplace(self._heap, (seconds, path))

    def files(self) -> list[tuple[str, float]]:
        """The files and their seconds, the slowest first."""
        return [(path, seconds) for seconds, path in sorted(self._heap, reverse=True)]
