"""What reports an ingest: to a person, to a person only if something fails, or to a script."""

import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from typing import TYPE_CHECKING

from ingest.console.output import show_changes, show_message, show_plan, show_problems, show_report
from ingest.console.progress import ingest_progress, rebuild_progress
from ingest.outcomes import SourceOutcome
from ingest.readers.draft import Modality
from ingest.run.report import Report

if TYPE_CHECKING:
    from ingest.outcomes import OnOutcome
    from ingest.run.dry_run import DryRun
    from ingest.run.events import Event, OnEvent
    from ingest.space.chroma.sync import Progress


class Reporter:
    """Reports to a person in the terminal: a live bar, then the table of outcomes."""

    quiet = False
    on_outcome: "OnOutcome | None" = None
    """Called with the outcome of every source as it is settled."""

    def message(self, line: str) -> None:
        """Show one line about work in progress."""
        show_message(line)

    def progress(self, doing: str = "ingesting") -> AbstractContextManager["OnEvent"]:
        """A context whose value shows the progress of the run."""
        return ingest_progress(doing)

    def index_progress(self) -> AbstractContextManager["Progress"]:
        """A context whose value shows how far the index has caught up."""
        return rebuild_progress()

    def report(self, report: Report, *, space: str, roots: Sequence[str], counts: Mapping[Modality, int]) -> None:
        """Show the outcomes of the run."""
        show_report(report, space=space, counts=counts)

    def changes(self, report: Report, *, space: str, roots: Sequence[str], counts: Mapping[Modality, int]) -> None:
        """Show the outcomes of files that changed while they were watched."""
        show_changes(report)

    def dry_run(self, plan: "DryRun", *, space: str, roots: Sequence[str]) -> None:
        """Show the result of a dry run."""
        show_plan(plan)


class QuietReporter(Reporter):
    """Reports only what failed, and what a person must know."""

    quiet = True

    def message(self, line: str) -> None:
        """Nothing."""

    def progress(self, doing: str = "ingesting") -> AbstractContextManager["OnEvent"]:
        """Shows nothing."""
        return nullcontext(_ignore_event)

    def index_progress(self) -> AbstractContextManager["Progress"]:
        """Shows nothing."""
        return nullcontext(_ignore_progress)

    def report(self, report: Report, *, space: str, roots: Sequence[str], counts: Mapping[Modality, int]) -> None:
        """Show the files that failed, and the notes; nothing when all went well."""
        show_problems(report, outcomes=("failed",))

    def changes(self, report: Report, *, space: str, roots: Sequence[str], counts: Mapping[Modality, int]) -> None:
        """Show the same of files that changed."""
        self.report(report, space=space, roots=roots, counts=counts)

    def dry_run(self, plan: "DryRun", *, space: str, roots: Sequence[str]) -> None:
        """Show what would fail, and the notes."""
        show_problems(plan.report, outcomes=("failed",))


class JsonLinesReporter(QuietReporter):
    """Reports to a script: one JSON object a line on standard output, `event` first.

    `said` is a line for a person about work in progress; `found` is how many files there are and how many
    bytes they have; `outcome` comes once a source, when it is durable; `summary` is the last.
    """

    def __init__(self) -> None:
        """Write to standard output."""
        self.on_outcome = self._outcome
        self._found = False

    def message(self, line: str) -> None:
        """Pass the line on."""
        _write_line("said", line=line)

    def progress(self, doing: str = "ingesting") -> AbstractContextManager["OnEvent"]:
        """Writes once how many files there are."""
        return nullcontext(self._watch)

    def report(self, report: Report, *, space: str, roots: Sequence[str], counts: Mapping[Modality, int]) -> None:
        """Write the summary."""
        _write_line("summary", **report.summary(space=space, roots=roots), items=dict(counts))

    def dry_run(self, plan: "DryRun", *, space: str, roots: Sequence[str]) -> None:
        """Write the same events as a run, with the outcomes that sources would have."""
        if not self._found:  # as there was nothing to look at
            _write_line("found", files=plan.report.found, bytes=0)
        for outcome in plan.report.outcomes:
            self._outcome(outcome)
        _write_line("summary", **plan.report.summary(space=space, roots=roots))

    def _outcome(self, outcome: SourceOutcome) -> None:
        _write_line("outcome", **asdict(outcome))

    def _watch(self, event: "Event") -> None:
        if not event.walking and not self._found:
            self._found = True
            _write_line("found", files=event.found, bytes=event.size)


def make_reporter(*, quiet: bool = False, json_lines: bool = False) -> Reporter:
    """The reporter that `--quiet` and `--json-lines` ask for."""
    if json_lines:
        return JsonLinesReporter()
    return QuietReporter() if quiet else Reporter()


def _write_line(event: str, **values: object) -> None:
    # In one piece, since outcomes come from the thread that writes.  Names that are not Unicode are escaped.
    sys.stdout.write(json.dumps({"event": event, **values}, ensure_ascii=True) + "\n")
    sys.stdout.flush()


def _ignore_event(event: "Event") -> None:
    pass


def _ignore_progress(done: int, total: int) -> None:
    pass
