"""What a person sees in the terminal: progress, the table of outcomes, and errors."""

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from rich.console import Console
from rich.filesize import decimal
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from ingest.readers.draft import Modality
from ingest.readers.kinds import Kind
from ingest.report import IN_THE_SPACE, OUTCOMES, Outcome, Report, SourceOutcome

if TYPE_CHECKING:
    from ingest.pipeline import Event, Watch
    from ingest.plan import Plan

SLOW_SECONDS = 2.0
"""A file that took less is not told among the slowest."""

_NAME_SHOWN = 40  # characters of the current file's name
_LISTED = 20  # sources listed under one reason before the rest are only counted
_STYLES = {
    "added": "green",
    "updated": "green",
    "moved": "cyan",
    "removed": "yellow",
    "skipped": "yellow",
    "failed": "red",
}

progress_console = Console(stderr=True, highlight=False)
"""Progress and messages go to standard error, so that standard output holds results alone."""

result_console = Console(highlight=False)


def say(line: str) -> None:
    """Tell the person one line about work that goes on."""
    progress_console.print(Text(line, style="dim"))


def show_error(message: str) -> None:
    """Tell the person what went wrong."""
    progress_console.print(Text.assemble(("error: ", "bold red"), message), soft_wrap=True)


class _Rate(ProgressColumn):
    """Files settled a second, over the whole run."""

    def render(self, task: Task) -> Text:
        if not task.elapsed or not task.completed:
            return Text("- files/s", style="dim")
        return Text(f"{task.completed / task.elapsed:,.1f} files/s", style="dim")


@contextmanager
def ingest_progress() -> Iterator["Watch"]:
    """A live bar with rate and time left on a terminal; a line every ten seconds elsewhere (a log, a CI job)."""
    if not progress_console.is_terminal:
        yield _plain_watch()
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        _Rate(),
        TextColumn("{task.fields[size]}", style="dim"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[current]}", style="dim", markup=False),
    )
    with Progress(*columns, console=progress_console, transient=True) as bar:
        finding = bar.add_task("looking for files", total=None, size="", current="")
        ingesting = bar.add_task("ingesting", total=None, start=False, visible=False, size="", current="")

        def watch(event: "Event") -> None:
            if event.walking:
                bar.update(finding, completed=event.found)
                return
            if not bar.tasks[ingesting].started:
                bar.update(finding, visible=False)
                bar.start_task(ingesting)
            bar.update(
                ingesting,
                total=event.found,
                completed=event.settled,
                visible=True,
                size=f"{decimal(event.settled_size)} of {decimal(event.size)}",
                current=printable(PurePath(event.current).name)[:_NAME_SHOWN],
            )

        yield watch


def _plain_watch() -> "Watch":
    last = time.monotonic()

    def watch(event: "Event") -> None:
        nonlocal last
        if time.monotonic() - last >= 10:
            last = time.monotonic()
            sizes = f"{decimal(event.settled_size)} of {decimal(event.size)}"
            done = f"{event.settled:,} of {event.found:,} files, {sizes}, {printable(event.current)}"
            say(f"{event.found:,} files found" if event.walking else done)

    return watch


@contextmanager
def count_progress(doing: str) -> Iterator["Counting"]:
    """A live bar on a terminal, a line every ten seconds elsewhere; it appears when it is first called."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=progress_console, transient=True, disable=not progress_console.is_terminal) as bar:
        yield Counting(bar, doing)


class Counting:
    """Shows how far some work has come; call it with (done, in all)."""

    def __init__(self, bar: Progress, doing: str) -> None:
        """Draw on `bar`, with `doing` before it."""
        self._bar = bar
        self._doing = doing
        self._last = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        """Move the bar, or tell a log."""
        if not self._bar.tasks:
            self._bar.add_task(self._doing, total=total)
        self._bar.update(self._bar.tasks[0].id, total=total, completed=done)
        if not progress_console.is_terminal and time.monotonic() - self._last >= 10:
            self._last = time.monotonic()
            say(f"{self._doing}: {done:,} of {total:,}")


@contextmanager
def rebuild_progress() -> Iterator["Rebuilding"]:
    """A bar for work on the index that appears only when there is such work."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=progress_console, transient=True, disable=not progress_console.is_terminal) as bar:
        yield Rebuilding(bar)


class Rebuilding:
    """Shows how far the index has caught up with the ledger; call it with (items done, items in all)."""

    def __init__(self, bar: Progress) -> None:
        """Draw on `bar`."""
        self._bar = bar

    def __call__(self, done: int, total: int) -> None:
        """Move the bar."""
        if not self._bar.tasks:
            self._bar.add_task("updating the index", total=total)
        self._bar.update(self._bar.tasks[0].id, total=total, completed=done)


def show_report(report: Report, *, space: str, counts: Mapping[Modality, int]) -> None:
    """Print the outcomes as a table, then every file that failed, was skipped or was read in part, with its reason."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("outcome")
    table.add_column("files", justify="right")
    for outcome, count in report.counts().items():
        if count:
            table.add_row(Text(outcome, style=_STYLES.get(outcome, "")), f"{count:,}")
    result_console.print(table)
    show_problems(report)
    _show_left_out(report)
    if slow := [(path, seconds) for path, seconds in report.slowest if seconds >= SLOW_SECONDS]:
        result_console.print(Text("\nslowest to read:", style="dim"))
        for path, seconds in slow:
            result_console.print(Text(f"  {seconds:,.1f} s  {printable(path)}", style="dim"), soft_wrap=True)
    done = sum(report.counts()[outcome] for outcome in IN_THE_SPACE)
    rate = f", {done / report.seconds:,.1f} files/s" if done and report.seconds > 1 else ""
    encoded = f"{report.encoded_images:,} images and {report.encoded_texts:,} passages"
    result_console.print(f"\nencoded {encoded} in {report.seconds:,.1f} s{rate}")
    result_console.print(
        f"the space [bold]{escape(space)}[/bold] holds {counts['image']:,} images and {counts['text']:,} passages"
    )
    if report.interrupted:
        result_console.print(
            Text(
                f"stopped after {report.settled:,} of {report.found:,} files; what is done is kept, and the same "
                "command goes on from there",
                style="yellow",
            ),
            soft_wrap=True,
        )


def show_changes(report: Report) -> None:
    """Print, in a line with the time, what came of files that changed while they were watched; then what failed."""
    outcomes = ", ".join(f"{count:,} {outcome}" for outcome, count in report.counts().items() if count)
    named = f": {printable(report.outcomes[0].path)}" if len(report.outcomes) == 1 else ""
    if outcomes:
        result_console.print(Text(f"{time.strftime('%H:%M:%S')}  {outcomes}{named}"), soft_wrap=True)
    show_problems(report, outcomes=("failed",))


def show_plan(plan: "Plan") -> None:
    """Print what a dry run says: outcomes by kind of file, what a person should know, and how long it would take."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("would be", "images", "documents", "videos", "others"):
        table.add_column(column, justify="left" if column == "would be" else "right")
    kinds: tuple[Kind | None, ...] = ("image", "document", "video", None)
    for outcome in OUTCOMES:
        counts = [plan.by_kind[kind, outcome] for kind in kinds]
        if any(counts):
            style = _STYLES.get(outcome, "")
            table.add_row(Text(outcome, style=style), *(f"{count:,}" if count else "" for count in counts))
    result_console.print(table)
    show_problems(plan.report)
    _show_left_out(plan.report)
    files, size = len(plan.to_encode), decimal(sum(found.size for found in plan.to_encode))
    if not files:
        result_console.print("\nnothing to encode; nothing was written")
        return
    result_console.print(
        f"\nreading and encoding {files:,} {'file' if files == 1 else 'files'} ({size}) would take about "
        f"{in_words(plan.seconds)}, going by {plan.timed:,} of them; nothing was written",
        soft_wrap=True,
    )


def in_words(seconds: float) -> str:
    """A stretch of time as a person says it: '2 seconds', '14 minutes', '3.5 hours'."""
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= 1.5 * size:
            count = seconds / size
            return f"{count:.0f} {unit}s" if count >= 10 else f"{count:.1f} {unit}s"
    whole = max(1, round(seconds))
    return f"{whole} second{'s' * (whole != 1)}"


def _show_left_out(report: Report) -> None:
    if report.left_out:
        named = "1 file or folder" if report.left_out == 1 else f"{report.left_out:,} files and folders"
        line = f"\nleft out by --include, --exclude or .nearspaceignore: {named}"
        result_console.print(Text(line, style="dim"), soft_wrap=True)


def show_problems(report: Report, *, outcomes: Sequence[Outcome] = ("failed", "skipped")) -> None:
    """Print the sources with these outcomes, and those that were read in part, by reason; then the report's notes."""
    for outcome in outcomes:
        _show_by_reason(outcome, _STYLES[outcome], report.of(outcome), all_named=outcome == "failed")
    in_part = [replace(entry, reason=entry.gaps) for entry in report.outcomes if entry.gaps]
    _show_by_reason("read in part", "yellow", in_part, all_named=True)
    for note in report.notes:
        result_console.print(Text(f"\n{note}", style="yellow"), soft_wrap=True)


def _show_by_reason(title: str, style: str, entries: list[SourceOutcome], *, all_named: bool) -> None:
    by_reason: dict[str, list[SourceOutcome]] = {}
    for entry in entries:
        by_reason.setdefault(entry.reason, []).append(entry)
    for reason, group in by_reason.items():
        result_console.print(Text.assemble("\n", (title, style), f": {reason}"), soft_wrap=True)
        # A failed file is always named; thousands of files of a kind that has no reader are not.
        shown = group if all_named else group[:_LISTED]
        for entry in shown:
            result_console.print(Text(f"  {printable(entry.path)}"), soft_wrap=True)
        if more := len(group) - len(shown):
            line = f"  and {more:,} more; --report FILE.json names them all"
            result_console.print(Text(line, style="dim"), soft_wrap=True)


def printable(path: str) -> str:
    """A path that any terminal can show: control characters and what is not Unicode are escaped."""
    encoding = sys.stdout.encoding or "utf-8"
    clean = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in path)
    return clean.encode(encoding, "backslashreplace").decode(encoding)
