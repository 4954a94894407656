"""The pipeline of an ingest: find files, read, encode and write, overlapped and bounded; then forget what is gone."""

import queue
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from itertools import takewhile
from pathlib import Path, PurePath

from ingest.atomic import atomic_write
from ingest.encoders.base import Encoder
from ingest.errors import SpaceError
from ingest.outcomes import CHANGES_ITEMS, OnOutcome, Outcome, SourceOutcome
from ingest.readers.draft import Draft
from ingest.run.classify import Copy, Examined, Fresh, LeftOut, Moved, Recaptioned, Unchanged, same_content
from ingest.run.cleanup import sweep
from ingest.run.engines import local
from ingest.run.engines.work import Engine, Work
from ingest.run.events import Event, OnEvent, Stop
from ingest.run.exclusions import without_removed
from ingest.run.near_duplicates import mark_twins
from ingest.run.options import DEFAULT, IngestOptions
from ingest.run.report import Report
from ingest.sources.discovery import find, find_changed
from ingest.sources.table_images import with_named_pictures
from ingest.sources.walk import Found
from ingest.sources.web import fetch
from ingest.space.ledger.duplicates import Content
from ingest.space.ledger.exclusions import let_in
from ingest.space.ledger.overview import note_results
from ingest.space.ledger.records import Source, SourceRecord
from ingest.space.space import THUMBNAIL_FOLDER, Space

_WRITES_AHEAD = 4  # groups waiting for the writer; with the engine's own bound this bounds memory
_ROOTS_KEPT = 1_000  # of the paths given, how many the ledger keeps; scripts may name every file of an archive
_GROUP = 256  # sources written in one transaction at most


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
        SettingsError: a glob cannot be understood.
        SpaceError: the space cannot be written (a full disk, a server that does not answer).
    """
    started = time.monotonic()
    selection, reading, addresses = options.selection, options.reading, options.addresses
    report = Report(told=on_outcome)
    emit = on_event or (lambda event: None)
    if changed is None:
        finds = find(paths, selection, report, told=lambda count: emit(Event(count, True, 0)), stop=stop)
    else:
        finds = find_changed(paths, changed, selection, report)
    finds.files.extend(fetch(addresses, space.folder, stop=stop) if addresses else ())
    with_named_pictures(finds, space.ledger, reading)
    finds.own = space.folder.resolve()
    let_in(space.ledger, without_removed(finds, space.ledger, (*paths, *addresses) if changed is None else (), report))
    report.found = len(finds.files)
    size = sum(found.size for found in finds.files)
    held = space.ledger.held_count()
    run = space.ledger.begin_run([str(path) for path in (*paths, *addresses)[:_ROOTS_KEPT]])
    work = Work(takewhile(lambda found: not stop(), finds.files), space.ledger, encoder, reading, stop)

    def settled(files: int, settled_size: int, items: int, last: str) -> None:
        report.settled = files
        emit(Event(len(finds.files), False, files, size, settled_size, items, last))

    settled(0, 0, 0, "")
    with _Writer(space, run, report, settled) as writer:
        while True:
            for group in engine(work):
                writer.put(group)
            # Copies whose original got another content, or left the space, in this very run are read after all.
            if stop() or not (again := writer.unwritten()):
                break
            engine = local.engine
            work = replace(work, files=takewhile(lambda found: not stop(), again))
    report.interrupted = stop()
    if not report.interrupted:
        sweep(space.ledger, run, finds, report, missing=options.missing, held=held)
    if changed is None and not report.interrupted and (saved := space.ledger.fold()):
        report.note(
            f"{saved:,} items of the space were there more than once, as their files have the same content: they "
            "are kept once now, with all their paths."
        )
    space.index()
    changes = any(entry.outcome in CHANGES_ITEMS for entry in report.outcomes)
    if changed is None and (changes or space.ledger.unmarked_count()):
        tidy(space)
    report.encoded_images, report.encoded_texts = work.count.images, work.count.texts
    report.slowest = work.slowest.files()
    report.seconds = time.monotonic() - started
    if not report.interrupted:
        space.ledger.end_run(run)
    note_results(space.ledger, run, report.seconds, report.counts())
    return report


def tidy(space: Space) -> None:
    """Bring statistics and near-duplicates in step with the items, and drop what no item uses.

    For the holder of the write lock.
    """
    space.refresh_statistics()
    mark_twins(space.ledger, space.folder)
    space.drop_unused_thumbnails()


class _Writer:
    """Writes groups in a thread of its own: thumbnails, then the ledger, then Chroma."""

    def __init__(self, space: Space, run: int, report: Report, settled: Callable[[int, int, int, str], None]) -> None:
        self._space = space
        self._run = run
        self._report = report
        self._settled = settled
        self._count = 0
        self._size = 0
        self._items = 0
        self._groups: queue.Queue[Sequence[Examined] | None] = queue.Queue(_WRITES_AHEAD)
        # Copies whose items are still being encoded, by the hash of their content and by the content.
        self._early: dict[str, dict[Content, list[Copy]]] = {}
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="writer")

    def __enter__(self) -> "_Writer":
        self._thread.start()
        return self

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        self._groups.put(None)
        self._thread.join()
        if self._failure is not None and kind is None:
            raise self._failure

    def put(self, group: Sequence[Examined]) -> None:
        """Hand over a group; waits while the writer is behind, and raises what stopped the writer."""
        if self._failure is not None:
            raise self._failure
        self._groups.put(group)

    def unwritten(self) -> list[Found]:
        """Wait until all that was put is written; the copies whose items nobody gave, which are then forgotten."""
        self._groups.join()
        if self._failure is not None:
            raise self._failure
        left = [copy.found for alike in self._early.values() for copies in alike.values() for copy in copies]
        self._early.clear()
        return left

    def _work(self) -> None:
        last = False
        while not last:
            group = self._groups.get()
            taken = 1
            gathered: list[Examined] = []
            while group is not None:
                gathered.extend(group)
                if len(gathered) >= _GROUP:
                    break
                try:
                    group = self._groups.get_nowait()
                    taken += 1
                except queue.Empty:
                    break
            last = group is None
            if gathered and self._failure is None:
                try:
                    self._write(gathered)
                except BaseException as error:  # handed to the thread that feeds this one
                    self._failure = error
            for _ in range(taken):
                self._groups.task_done()

    def _write(self, group: Sequence[Examined]) -> None:
        space, ledger, run = self._space, self._space.ledger, self._run
        outcomes: list[SourceOutcome] = []
        records: list[SourceRecord] = []
        seen: list[tuple[int, int, int]] = []
        settled: list[Examined] = []
        copies: list[Copy] = []
        with ledger.transaction(changes=False):
            for examined in self._without_copies(group, copies):
                settled.append(examined)
                found = examined.found
                outcome: Outcome = "unchanged"
                reason, items, gaps = "", 0, ""
                match examined:
                    case Unchanged(source=source):
                        seen.append((source.id, found.size, found.mtime_ns))
                    case Moved(source=source, recaptioned=recaptioned):
                        sidecar = source.sidecar
                        if recaptioned:
                            sidecar = recaptioned.sidecar
                            ledger.set_caption(run, source.id, sidecar, recaptioned.caption)
                        outcome, reason = "moved", f"from {source.path}"
                        ledger.move(run, source.id, _record(found, source.sha256, outcome, reason, sidecar))
                    case Recaptioned(source=source, sidecar=sidecar, caption=caption):
                        outcome, reason = "updated", "its caption changed"
                        ledger.set_caption(run, source.id, sidecar, caption)
                    case LeftOut(source=source):
                        outcome, reason = examined.outcome, examined.reason
                        self._leave_out(examined, records)
                    case Fresh():
                        outcome, items = ("updated" if examined.known else "added"), len(examined.drafts)
                        gaps = examined.gaps
                        reason = f"same content as {examined.copy_of.path}" if examined.copy_of else ""
                        records.append(self._fresh_record(examined, outcome))
                outcomes.append(SourceOutcome(found.source, outcome, reason, items, gaps))
            ledger.touch(run, seen)
            if records:
                ledger.write(run, records)
            for copy, outcome_of_copy in self._write_copies(copies, settled):
                outcomes.append(outcome_of_copy)
                settled.append(copy)
        space.index()
        for entry in outcomes:
            self._report.add(entry)
        self._count += len(outcomes)
        self._size += sum(examined.found.size for examined in settled)
        self._items += sum(entry.items for entry in outcomes)
        self._settled(self._count, self._size, self._items, group[-1].found.source)

    def _without_copies(self, group: Sequence[Examined], copies: list[Copy]) -> Iterator[Examined]:
        """Lay into `copies` those of `group`, and what was read although another has given the same content."""
        given: set[Content] = set()
        for examined in group:
            if isinstance(examined, Copy):
                copies.append(examined)
                continue
            if isinstance(examined, Fresh) and (content := examined.content):
                if content in given or self._space.ledger.holder(content):  # by another machine of a cluster
                    copies.append(Copy(examined.found, content, examined.sidecar, examined.known, ""))
                    continue
                given.add(content)
            yield examined

    def _write_copies(
        self, copies: Sequence[Copy], written: Sequence[Examined]
    ) -> Iterator[tuple[Copy, SourceOutcome]]:  # fmt: skip
        """Write those of `copies`, and of those that wait, whose items are there by now; the others wait.

        Asks only about contents that may have got a holder since they were asked about: by what is `written` now.
        """
        to_ask: dict[Content, None] = {}
        for copy in copies:
            waiting = self._early.setdefault(copy.content.sha256, {})
            if copy.content not in waiting:
                to_ask[copy.content] = None
            waiting.setdefault(copy.content, []).append(copy)
        for sha256 in filter(None, map(_written_hash, written)):
            to_ask |= dict.fromkeys(self._early.get(sha256, ()))
        for content in to_ask:
            if holder := self._space.ledger.holder(content):
                for copy in self._early[content.sha256].pop(content):
                    yield copy, self._write_copy(copy, holder)
                if not self._early[content.sha256]:
                    del self._early[content.sha256]

    def _write_copy(self, copy: Copy, holder: Source) -> SourceOutcome:
        """Let the file share the items of `holder`."""
        outcome: Outcome = "updated" if copy.known else "added"
        reason = same_content(copy.found, holder.path)
        record = _record(copy.found, copy.content.sha256, outcome, reason, copy.sidecar)
        self._space.ledger.write_copy(self._run, record, holder.id)
        return SourceOutcome(record.path, outcome, reason)

    def _leave_out(self, left_out: LeftOut, records: list[SourceRecord]) -> None:
        source = left_out.source
        # A source without a hash is one that `nearspace repair` has marked to be read again.
        same_content = source is not None and (left_out.sha256 in ("", source.sha256) or not source.sha256)
        if source is not None and same_content:
            # Its items, if it has any, still say what was in the file when it could last be read.
            self._space.ledger.keep(self._run, source.id, left_out.outcome, left_out.reason)
        else:
            records.append(_record(left_out.found, left_out.sha256, left_out.outcome, left_out.reason))

    def _fresh_record(self, fresh: Fresh, outcome: Outcome) -> SourceRecord:
        thumbnails = fresh.thumbnails or [
            self._write_thumbnail(fresh.sha256, position, draft) for position, draft in enumerate(fresh.drafts)
        ]
        return _record(
            fresh.found, fresh.sha256, outcome, fresh.gaps, fresh.sidecar, fresh.drafts, thumbnails, fresh.vectors
        )  # fmt: skip

    def _write_thumbnail(self, sha256: str, position: int, draft: Draft) -> str:
        """Write the draft's thumbnail under the content's name; returns its path within the space folder."""
        if not draft.thumbnail:
            return ""
        suffix = f"-{position}" if position else ""
        name = PurePath(THUMBNAIL_FOLDER, sha256[:2], f"{sha256}{suffix}.jpg")
        path = self._space.folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            atomic_write(path, draft.thumbnail)
        except OSError as error:
            raise SpaceError(
                f"The thumbnail {path} cannot be written ({error.strerror}). What was written before is safe: free "
                "space on its disk or mend the folder's permissions, and run the same command again."
            ) from error
        return name.as_posix()


def _written_hash(examined: Examined) -> str:
    """The hash of the content that a source has items of now, by what was written of it; '' where none changed."""
    match examined:
        case Fresh(sha256=sha256):
            return sha256
        case Moved(source=source) | Recaptioned(source=source):
            return source.sha256
    return ""


def _record(
    found: Found,
    sha256: str,
    outcome: str,
    reason: str,
    sidecar: str = "",
    drafts: Sequence[Draft] = (),
    thumbnails: Sequence[str] = (),
    vectors: object = None,
) -> SourceRecord:
    return SourceRecord(
        path=found.source,
        root=found.origin,
        folder=found.folder,
        size=found.size,
        mtime_ns=found.mtime_ns,
        sha256=sha256,
        outcome=outcome,
        reason=reason,
        sidecar=sidecar,
        drafts=drafts,
        thumbnails=thumbnails,
        vectors=vectors,  # type: ignore[arg-type]
    )
