"""What a person sees in the terminal: the table of outcomes, messages and errors."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.console import Console
from rich.filesize import decimal
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from ingest.formatting import format_count, format_duration, printable
from ingest.outcomes import IN_THE_SPACE, OUTCOMES, Outcome, SourceOutcome
from ingest.readers.draft import Modality
from ingest.readers.formats import Kind
from ingest.run.report import Report

if TYPE_CHECKING:
    from ingest.run.dry_run import DryRun

SLOW_SECONDS = 0.5
"""A file that took less is not listed among the slowest."""

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


def show_message(line: str) -> None:
    """Show one line about work in progress."""
    progress_console.print(Text(line, style="dim"), soft_wrap=True)


def show_error(message: str) -> None:
    """Show what went wrong."""
    progress_console.print(Text.assemble(("error: ", "bold red"), message), soft_wrap=True)


def show_report(report: Report, *, space: str, counts: Mapping[Modality, int]) -> None:
    """Print the outcomes as a table, then every file that failed, was skipped or was read in part, with its reason."""
    if report.outcomes:
        table = Table(box=None, pad_edge=False, header_style="dim")
        table.add_column("outcome")
        table.add_column("files", justify="right")
        for outcome, count in report.counts().items():
            if count:
                table.add_row(Text(outcome, style=_STYLES.get(outcome, "")), f"{count:,}")
        result_console.print(table)
    else:
        result_console.print("no files to read there")
    show_problems(report)
    _show_left_out(report)
    if slow := [(path, seconds) for path, seconds in report.slowest if seconds >= SLOW_SECONDS]:
        result_console.print(Text("\nslowest to read:", style="dim"))
        for path, seconds in slow:
            result_console.print(Text(f"  {seconds:,.1f} s  {printable(path)}", style="dim"), soft_wrap=True)
    done = sum(report.counts()[outcome] for outcome in IN_THE_SPACE)
    items = report.encoded_images + report.encoded_texts
    rates = [f"{count / report.seconds:,.1f} {what}/s" for count, what in ((done, "files"), (items, "items")) if count]
    took = ", ".join([f"{report.seconds:,.1f} s", *(rates if report.seconds > 1 else ())])
    result_console.print(f"\nencoded {_items(report.encoded_images, report.encoded_texts)} in {took}")
    result_console.print(f"the space [bold]{escape(space)}[/bold] holds {_items(counts['image'], counts['text'])}")
    if report.interrupted:
        result_console.print(
            Text(
                f"stopped after {report.settled:,} of {report.found:,} files; what is done is kept, and the same "
                "command continues from there",
                style="yellow",
            ),
            soft_wrap=True,
        )


def show_changes(report: Report) -> None:
    """Print, in a line with the time, the outcomes of files that changed while they were watched; then what failed."""
    outcomes = ", ".join(f"{count:,} {outcome}" for outcome, count in report.counts().items() if count)
    named = f": {printable(report.outcomes[0].path)}" if len(report.outcomes) == 1 else ""
    if outcomes:
        result_console.print(Text(f"{time.strftime('%H:%M:%S')}  {outcomes}{named}"), soft_wrap=True)
    show_problems(report, outcomes=("failed",))


def show_plan(plan: "DryRun") -> None:
    """Print the result of a dry run: outcomes by kind of file, notes, and how long the run would take."""
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
        f"{format_duration(plan.seconds)}, going by {plan.timed:,} of them; nothing was written",
        soft_wrap=True,
    )


def _items(images: int, passages: int) -> str:
    return f"{format_count(images, 'image')} and {format_count(passages, 'passage')}"


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
