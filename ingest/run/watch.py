"""Keeps a space in step with folders: one run over all of them, then only what changes, as it changes."""

import time
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from ingest.encoders.base import Encoder
from ingest.errors import EncoderMismatch, SettingsError
from ingest.outcomes import CHANGES_ITEMS, OnOutcome
from ingest.readers.draft import Modality
from ingest.run.events import OnEvent, Stop
from ingest.run.options import IngestOptions
from ingest.run.pipeline import ingest, tidy
from ingest.run.report import Report
from ingest.sources.selection import IGNORE_FILE, Selector
from ingest.sources.walk import is_space
from ingest.space import Space, open_to_write

QUIET_MILLISECONDS = 400
"""Changes are gathered until there are none for so long, so that a file being copied is read once,"""
LONGEST_MILLISECONDS = 5_000
"""but not for longer than this."""
IDLE_SECONDS = 20.0
"""After so long without changes, statistics and unused thumbnails are brought in step."""

_WAKE_MILLISECONDS = 500  # how soon Ctrl-C is noticed

OpenSpaceAndEncoder = Callable[[], tuple[Space, Encoder]]


class WatchReporter(Protocol):
    """What shows the runs of a watch; see `ingest.console.reporters.Reporter`."""

    on_outcome: OnOutcome | None

    def message(self, line: str) -> None:
        """Show one line."""

    def progress(self) -> AbstractContextManager[OnEvent]:
        """A context whose value shows the progress of a run."""

    def report(self, report: Report, *, space: str, roots: Sequence[str], counts: Mapping[Modality, int]) -> None:
        """Show the outcomes of the run over everything."""

    def changes(self, report: Report, *, space: str, roots: Sequence[str], counts: Mapping[Modality, int]) -> None:
        """Show the outcomes of files that changed."""


def watch(
    home: Path,
    name: str,
    paths: Sequence[Path],
    options: IngestOptions,
    reporter: WatchReporter,
    open_space_and_encoder: OpenSpaceAndEncoder,
    stop: Stop,
) -> Report:
    """Ingest `paths` into the space `name`, then every file under them that changes, until `stop` says so.

    The write lock is held only while something is written.  `open_space_and_encoder` is called at first, and when the
    space has been re-encoded meanwhile.  Returns the report of the last run.

    Raises:
        SettingsError: a path does not exist, or the system cannot report changes.
        SpaceError: the space cannot be written.
    """
    roots = [_existing(path) for path in paths]
    # Watching begins first, so that no change during the run over everything is missed.
    changes = _changes(roots, (home / name).resolve(), options)
    space, encoder = open_space_and_encoder()
    with space:
        report = _run(space, encoder, roots, None, options, reporter, stop)
        reporter.report(report, space=name, roots=[str(root) for root in roots], counts=space.ledger.items.counts())
    if not stop():
        reporter.message(f"watching {', '.join(str(root) for root in roots)}; Ctrl-C ends this")
    untidy_since: float | None = None
    while not stop():
        changed = next(changes)
        if not changed and (untidy_since is None or time.monotonic() - untidy_since < IDLE_SECONDS):
            continue
        try:
            space = open_to_write(home, name, encoder.info, chroma=options.chroma, log=reporter.message)
        except EncoderMismatch:
            space, encoder = open_space_and_encoder()
        with space:
            if not changed:
                tidy(space)
                untidy_since = None
                continue
            report = _run(space, encoder, roots, changed, options, reporter, stop)
            if any(entry.outcome in CHANGES_ITEMS for entry in report.outcomes):
                untidy_since = time.monotonic()
            if report.outcomes or report.notes:
                reporter.changes(
                    report, space=name, roots=[str(root) for root in roots], counts=space.ledger.items.counts()
                )
    changes.close()
    if untidy_since is not None:
        with open_to_write(home, name, encoder.info, chroma=options.chroma, log=reporter.message) as space:
            tidy(space)
    return report


def _run(
    space: Space,
    encoder: Encoder,
    roots: Sequence[Path],
    changed: set[Path] | None,
    options: IngestOptions,
    reporter: WatchReporter,
    stop: Stop,
) -> Report:
    with reporter.progress() as progress:
        return ingest(
            space,
            encoder,
            roots,
            options,
            changed=changed,
            on_event=progress if changed is None else None,
            on_outcome=reporter.on_outcome,
            stop=stop,
        )


def _existing(path: Path) -> Path:
    try:
        return path.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise SettingsError(f"There is nothing at {path} to watch. Check how it is spelt.") from error


def _changes(roots: Sequence[Path], own: Path, options: IngestOptions) -> Generator[set[Path], None, None]:
    """The paths that change under `roots`, a group at a time, often an empty one; watching continues when this returns.

    `own` is the folder of the space.

    Raises:
        SettingsError: the system cannot tell of changes.
    """
    import watchfiles

    selector = Selector(options.selection)

    def matters(path: Path) -> bool:
        if path.is_relative_to(own):
            return False  # the space's own files change with every run
        root = next((root for root in roots if path.is_relative_to(root)), None)
        if root is None:
            return False
        if not all(selector.is_visible(part) or part == IGNORE_FILE for part in path.relative_to(root).parts):
            return False
        return not any(is_space(above) for above in path.parents if above.is_relative_to(root))

    def told(folders: Collection[Path], *, below: bool, wake: int) -> Generator[set[Path], None, None]:
        for group in watchfiles.watch(
            *folders,
            watch_filter=None,  # else a folder in which other files change all the time would never let go
            debounce=LONGEST_MILLISECONDS,
            step=QUIET_MILLISECONDS,
            rust_timeout=wake,
            yield_on_timeout=True,
            raise_interrupt=True,
            ignore_permission_denied=True,
            recursive=below,
        ):
            yield {path for path in (Path(name) for _, name in group) if matters(path)}

    def groups() -> Generator[set[Path], None, None]:
        folders = {root for root in roots if root.is_dir()}
        # A file that is saved by renaming is another one each time: its folder tells of all of them.
        beside = {root.parent for root in roots if root not in folders}
        parts = [(each, below) for each, below in ((folders, True), (beside, False)) if each]
        sources = [told(each, below=below, wake=_WAKE_MILLISECONDS // len(parts)) for each, below in parts]
        while True:
            yield set().union(*(next(source) for source in sources))

    found = groups()
    try:
        first = next(found)  # comes at the first time-out, when everything is being watched
    except (OSError, RuntimeError) as error:
        raise SettingsError(
            f"The system cannot tell of changes under {', '.join(map(str, roots))} ({error}). On Linux, raise "
            "fs.inotify.max_user_watches with sysctl; or set WATCHFILES_FORCE_POLLING=1."
        ) from error
    return _after(first, found)


def _after(first: set[Path], rest: Generator[set[Path], None, None]) -> Generator[set[Path], None, None]:
    yield first
    yield from rest
