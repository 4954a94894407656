"""How an ingest tells what it does: to a person, to nobody unless something failed, or to a script."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from typing import TYPE_CHECKING

from ingest.console.output import say, show_changes, show_plan, show_problems, show_report
from ingest.console.progress import ingest_progress, rebuild_progress
from ingest.outcomes import SourceOutcome
from ingest.readers.draft import Modality
from ingest.run.report import Report

if TYPE_CHECKING:
    from ingest.outcomes import OnOutcome
    from ingest.run.dry_run import DryRun
    from ingest.run.events import Event, OnEvent
    from ingest.space.chroma.sync import Progress


class Voice:
    """Tells a person: a live bar while it goes on, then the table of outcomes."""

    quiet = False
    told: "OnOutcome | None" = None
    """Gets every source's outcome as it is settled."""

    def say(self, line: str) -> None:
        """Tell one line about work that goes on."""
        say(line)

    def progress(self, doing: str = "ingesting") -> AbstractContextManager["OnEvent"]:
        """What shows how the run goes on."""
        return ingest_progress(doing)

    def rebuilding(self) -> AbstractContextManager["Progress"]:
        """What shows how the index catches up."""
        return rebuild_progress()

    def report(self, report: Report, *, space: str, roots: Sequence[str], counts: Mapping[Modality, int]) -> None:
        """Tell what came of the run."""
        show_report(report, space=space, counts=counts)

    def changes(self, report: Report, *, space: str, roots: Sequence[str], counts: Mapping[Modality, int]) -> None:
        """Tell what came of files that changed while they were watched."""
        show_changes(report)

    def plan(self, plan: "DryRun", *, space: str, roots: Sequence[str]) -> None:
        """Tell what a dry run says."""
        show_plan(plan)


class Quiet(Voice):
    """Tells nothing but what failed, and what a person must know."""

    quiet = True

    def say(self, line: str) -> None:
        """Nothing."""

    def progress(self, doing: str = "ingesting") -> AbstractContextManager["OnEvent"]:
        """Shows nothing."""
        return nullcontext(_look_away)

    def rebuilding(self) -> AbstractContextManager["Progress"]:
        """Shows nothing."""
        return nullcontext(_count_nothing)

    def report(self, report: Report, *, space: str, roots: Sequence[str], counts: Mapping[Modality, int]) -> None:
        """Tell the files that failed, and the notes; nothing when all went well."""
        show_problems(report, outcomes=("failed",))

    def changes(self, report: Report, *, space: str, roots: Sequence[str], counts: Mapping[Modality, int]) -> None:
        """Tell the same of files that changed."""
        self.report(report, space=space, roots=roots, counts=counts)

    def plan(self, plan: "DryRun", *, space: str, roots: Sequence[str]) -> None:
        """Tell what would fail, and the notes."""
        show_problems(plan.report, outcomes=("failed",))


class JsonLines(Quiet):
    """Tells a script: one JSON object a line on standard output, `event` first.

    `said` is a line for a person about work that takes its time; `found` says how many files there are and how many
    bytes they have; `outcome` comes once a source, when it is durable; `summary` is the last.
    """

    def __init__(self) -> None:
        """Write to standard output."""
        self.told = self._outcome
        self._found = False

    def say(self, line: str) -> None:
        """Pass the line on."""
        _line("said", line=line)

    def progress(self, doing: str = "ingesting") -> AbstractContextManager["OnEvent"]:
        """Tells once how many files there are."""
        return nullcontext(self._watch)

    def report(self, report: Report, *, space: str, roots: Sequence[str], counts: Mapping[Modality, int]) -> None:
        """Write the summary."""
        _line("summary", **report.summary(space=space, roots=roots), items=dict(counts))

    def plan(self, plan: "DryRun", *, space: str, roots: Sequence[str]) -> None:
        """Write the same events as a run, with the outcomes that sources would have."""
        if not self._found:  # as there was nothing to look at
            _line("found", files=plan.report.found, bytes=0)
        for outcome in plan.report.outcomes:
            self._outcome(outcome)
        _line("summary", **plan.report.summary(space=space, roots=roots))

    def _outcome(self, outcome: SourceOutcome) -> None:
        _line("outcome", **asdict(outcome))

    def _watch(self, event: "Event") -> None:
        if not event.walking and not self._found:
            self._found = True
            _line("found", files=event.found, bytes=event.size)


def voice_of(options: argparse.Namespace) -> Voice:
    """The voice that `--quiet` and `--json-lines` ask for."""
    return JsonLines() if options.json_lines else Quiet() if options.quiet else Voice()


def _line(event: str, **values: object) -> None:
    # In one piece, since outcomes come from the thread that writes.  Names that are not Unicode are escaped.
    sys.stdout.write(json.dumps({"event": event, **values}, ensure_ascii=True) + "\n")
    sys.stdout.flush()


def _look_away(event: "Event") -> None:
    pass


def _count_nothing(done: int, total: int) -> None:
    pass
