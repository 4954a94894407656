"""The pipeline of an ingest: discover, classify and read, encode and write, overlapped and bounded; then clean up."""

import time
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

from ingest.encoders.base import Encoder
from ingest.outcomes import CHANGES_ITEMS, OnOutcome
from ingest.run.classify import earlier_options
from ingest.run.cleanup import remove_missing
from ingest.run.engines import local
from ingest.run.engines.workload import Engine, Workload
from ingest.run.events import Event, OnEvent, Stop
from ingest.run.exclusions import leave_out_excluded
from ingest.run.near_duplicates import mark_near_duplicates
from ingest.run.options import DEFAULT, IngestOptions
from ingest.run.report import Report
from ingest.run.writer import Writer, Written
from ingest.sources.discovery import Discovery, discover, discover_changed
from ingest.sources.table_images import add_table_images
from ingest.sources.web import fetch
from ingest.space.space import Space

_RECORDED_ROOTS = 1_000  # of the paths given, how many the ledger records; scripts may name every file of an archive


def ingest(
    space: Space,
    encoder: Encoder,
    paths: Sequence[Path],
    options: IngestOptions = DEFAULT,
    *,
    changed: Collection[Path] | None = None,
    engine: Engine = local.engine,
    on_event: OnEvent | None = None,
    on_outcome: OnOutcome | None = None,
    stop: Stop = lambda: False,
) -> Report:
    """Bring `space` in step with the selected files under `paths`, and report an outcome for every source.

    Sources under `paths` whose files no longer exist, or are no longer selected, leave the space as `options.missing`
    says; other sources are not touched.  Web addresses are fetched; where that fails, the space keeps what it has.

    The caller holds the space's write lock, and has loaded the encoder: the options `encoder`, `device`, `chroma` and
    `pool` are its own.  `engine` reads and encodes; everything is written here.  When `stop` returns true, the current
    batch is still encoded and written, and the report says that the run was interrupted; the next run continues there.
    `on_outcome` receives every outcome as it is settled.

    If `changed` is given, only those paths are looked at, and work that grows with the space is left to `tidy`.

    Raises:
        SettingsError: a glob is invalid.
        SpaceError: the space cannot be written (a full disk, a server that does not answer).
    """
    started = time.monotonic()
    report = Report(on_outcome=on_outcome)
    emit = on_event or (lambda event: None)
    discovery = _discover(space, paths, options, changed, report, emit, stop)
    count, size = len(discovery.sources), sum(found.size for found in discovery.sources)
    report.found = count
    ledger = space.ledger
    held = ledger.sources.count_in_space()
    run = ledger.runs.begin([str(root) for root in (*paths, *options.addresses)[:_RECORDED_ROOTS]])
    sources = takewhile(lambda found: not stop(), discovery.sources)
    workload = Workload(sources, ledger, encoder, options.reading, stop)

    def on_written(written: Written) -> None:
        report.settled = written.sources
        emit(Event(count, False, written.sources, size, written.size, written.items, written.last))

    on_written(Written())
    with Writer(space, run, on_outcome=report.add, on_written=on_written) as writer:
        _encode_and_write(engine, workload, writer, stop)
    report.interrupted = stop()
    if not report.interrupted:
        remove_missing(ledger, run, discovery, report, missing=options.missing, held=held)
    if changed is None and not report.interrupted and (saved := ledger.duplicates.merge()):
        report.note(
            f"{saved:,} items of the space were there more than once, as their files have the same content: they "
            "are kept once now, with all their paths."
        )
    space.index()
    changes = any(entry.outcome in CHANGES_ITEMS for entry in report.outcomes)
    if changed is None and (changes or ledger.near_duplicates.uncompared_count()):
        tidy(space)
    report.encoded_images, report.encoded_texts = workload.count.images, workload.count.texts
    report.slowest = workload.slowest.files()
    report.seconds = time.monotonic() - started
    if not report.interrupted:
        ledger.runs.end(run)
    ledger.runs.put_result(run, report.seconds, report.counts())
    return report


def _discover(
    space: Space,
    paths: Sequence[Path],
    options: IngestOptions,
    changed: Collection[Path] | None,
    report: Report,
    on_event: OnEvent,
    stop: Stop,
) -> Discovery:
    """The sources of the run: files, what is fetched, and pictures that tables name; without what is excluded."""
    if changed is None:
        discovery = discover(
            paths,
            options.selection,
            on_outcome=report.add,
            on_found=lambda count: on_event(Event(count, True, 0)),
            stop=stop,
        )
    else:
        discovery = discover_changed(paths, changed, options.selection, on_outcome=report.add)
    report.left_out = len(discovery.left_out)
    discovery.space_folder = space.folder.resolve()
    discovery.sources.extend(fetch(options.addresses, space.folder, stop=stop) if options.addresses else ())
    add_table_images(discovery, options.reading, lambda table: earlier_options(space.ledger, table))
    named: tuple[Path | str, ...] = (*paths, *options.addresses) if changed is None else ()
    space.ledger.exclusions.lift(leave_out_excluded(discovery, space.ledger, named, report))
    return discovery


def _encode_and_write(engine: Engine, workload: Workload, writer: Writer, stop: Stop) -> None:
    while True:
        for group in engine(workload):
            writer.put(group)
        # Duplicates whose original got another content, or left the space, in this very run are read after all.
        if stop() or not (unwritten := writer.take_unwritten()):
            return
        engine = local.engine
        workload = replace(workload, sources=takewhile(lambda found: not stop(), unwritten))


def tidy(space: Space) -> None:
    """Bring statistics and near-duplicates in step with the items, and drop what no item uses.

    For the holder of the write lock.
    """
    space.refresh_statistics()
    mark_near_duplicates(space.ledger, space.folder)
    space.drop_unused_thumbnails()
