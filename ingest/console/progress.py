"""Progress on standard error: live bars on a terminal, a line every ten seconds elsewhere (a log, a CI job)."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import PurePath
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.filesize import decimal
from rich.progress import BarColumn, MofNCompleteColumn, Progress, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from ingest.console.output import progress_console, show_message
from ingest.formatting import format_duration, printable

if TYPE_CHECKING:
    from ingest.run.events import Event, OnEvent

_LINE_SECONDS = 10.0


class _Left(TimeRemainingColumn):
    """The time left, with the word behind it."""

    def render(self, task: Task) -> Text:
        return Text.assemble(super().render(task), (" left", "dim"))


class _IngestBar(Progress):
    """A bar with a line below it, since 80 columns do not hold everything."""

    below = ""

    def get_renderables(self) -> Iterable[RenderableType]:
        yield from super().get_renderables()
        if self.below:
            yield Text(self.below, style="dim", no_wrap=True, overflow="ellipsis")


@contextmanager
def ingest_progress(doing: str = "ingesting") -> Iterator["OnEvent"]:
    """Show the progress of a run: files, bytes and time left, and below them the rates and the current file."""
    if not progress_console.is_terminal:
        yield _plain_watch()
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[files]}"),
        TextColumn("{task.fields[size]}", style="dim"),
        _Left(),
    )
    with _IngestBar(*columns, console=progress_console, transient=True) as bar:
        finding = bar.add_task("looking for files", total=None, files="", size="")
        ingesting = bar.add_task(doing, total=None, start=False, visible=False, files="", size="")

        def watch(event: "Event") -> None:
            if event.walking:
                bar.update(finding, files=f"{event.found:,} found")
                return
            task = bar.tasks[ingesting]
            if not task.started:
                bar.update(finding, visible=False)
                bar.start_task(ingesting)
            line = [*_rates(event, task.elapsed), printable(PurePath(event.current).name)]
            bar.below = "  " + "  ".join(filter(None, line))
            bar.update(
                ingesting,
                total=event.found,
                completed=event.settled,
                visible=True,
                files=f"{event.settled:,} of {event.found:,} files",
                size=f"{decimal(event.settled_size)} of {decimal(event.size)}",
            )

        yield watch


def _rates(event: "Event", elapsed: float | None) -> list[str]:
    """Files and items a second, over the whole run; nothing before there are any."""
    if not elapsed or not event.settled:
        return []
    rates = [f"{event.settled / elapsed:,.1f} files/s"]
    return [*rates, f"{event.items / elapsed:,.1f} items/s"] if event.items else rates


def _plain_watch() -> "OnEvent":
    last = time.monotonic()
    begun: float | None = None

    def watch(event: "Event") -> None:
        nonlocal last, begun
        now = time.monotonic()
        if begun is None and not event.walking:
            begun = now
        if now - last < _LINE_SECONDS:
            return
        last = now
        if begun is None:
            show_message(f"{event.found:,} files found")
            return
        elapsed = now - begun
        parts = [f"{event.settled:,} of {event.found:,} files"]
        parts += [f"{decimal(event.settled_size)} of {decimal(event.size)}", *_rates(event, elapsed)]
        if event.settled:
            left = format_duration(elapsed / event.settled * (event.found - event.settled))
            parts += [f"about {left} left", printable(event.current)]
        show_message(", ".join(parts))

    return watch


@contextmanager
def count_progress(doing: str) -> Iterator["Counting"]:
    """A live bar on a terminal, a line every ten seconds elsewhere; it appears when it is first called."""
    with _counting_bar() as bar:
        yield Counting(bar, doing)


class Counting:
    """Shows the progress of some work; call it with (done, total)."""

    def __init__(self, bar: Progress, doing: str) -> None:
        """Draw on `bar`, with `doing` before it."""
        self._bar = bar
        self._doing = doing
        self._last = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        """Move the bar, or print a line to a log."""
        if not self._bar.tasks:
            self._bar.add_task(self._doing, total=total)
        self._bar.update(self._bar.tasks[0].id, total=total, completed=done)
        if not progress_console.is_terminal and time.monotonic() - self._last >= _LINE_SECONDS:
            self._last = time.monotonic()
            show_message(f"{self._doing}: {done:,} of {total:,}")


@contextmanager
def rebuild_progress() -> Iterator["Rebuilding"]:
    """A bar for work on the index that appears only when there is such work."""
    with _counting_bar() as bar:
        yield Rebuilding(bar)


class Rebuilding:
    """Shows how far the index has caught up with the ledger; call it with (items done, items in total)."""

    def __init__(self, bar: Progress) -> None:
        """Draw on `bar`."""
        self._bar = bar

    def __call__(self, done: int, total: int) -> None:
        """Move the bar."""
        if not self._bar.tasks:
            self._bar.add_task("updating the index", total=total)
        self._bar.update(self._bar.tasks[0].id, total=total, completed=done)


def _counting_bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=progress_console, transient=True, disable=not progress_console.is_terminal)
