"""Writes what an engine gives, in a thread of its own: thumbnails, then the ledger, then Chroma."""

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from ingest.atomic import atomic_write
from ingest.errors import SpaceError
from ingest.outcomes import OnOutcome, Outcome, SourceOutcome
from ingest.readers.draft import Draft
from ingest.run.classified import (
    Classified,
    Duplicate,
    LeftOut,
    Moved,
    New,
    Recaptioned,
    Unchanged,
    duplicate_reason,
)
from ingest.sources.found import FoundSource
from ingest.sources.read_state import ReadState
from ingest.space.ledger.duplicates import Content
from ingest.space.ledger.records import Source, SourceRecord
from ingest.space.space import THUMBNAIL_FOLDER, Space

_GROUPS_AHEAD = 4  # waiting for the writer; with the engine's own bound this bounds memory
_TRANSACTION_SOURCES = 256  # sources written in one transaction at most


@dataclass(frozen=True)
class Written:
    """How much has been written so far."""

    sources: int = 0
    size: int = 0
    """Bytes of those sources."""
    items: int = 0
    """New items of those sources."""
    last: str = ""
    """The source that was written last."""


class Writer:
    """Writes groups of sources for one run, as a context manager; the thread ends with the block."""

    def __init__(self, space: Space, run: int, *, on_outcome: OnOutcome, on_written: Callable[[Written], None]) -> None:
        """Write into `space` for the run of that number; the callbacks are called in the writer's thread."""
        self._space = space
        self._run = run
        self._on_outcome = on_outcome
        self._on_written = on_written
        self._written = Written()
        self._groups: queue.Queue[Sequence[Classified] | None] = queue.Queue(_GROUPS_AHEAD)
        # Duplicates whose items are still being encoded, by the hash of their content and by the content.
        self._waiting: dict[str, dict[Content, list[Duplicate]]] = {}
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._write_groups, name="writer")

    def __enter__(self) -> "Writer":
        self._thread.start()
        return self

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        self._groups.put(None)
        self._thread.join()
        if self._failure is not None and kind is None:
            raise self._failure

    def put(self, group: Sequence[Classified]) -> None:
        """Hand over a group; waits while the writer is behind, and raises what stopped the writer."""
        if self._failure is not None:
            raise self._failure
        self._groups.put(group)

    def take_unwritten(self) -> list[FoundSource]:
        """Wait until everything is written, and take back the duplicates whose items no source provided."""
        self._groups.join()
        if self._failure is not None:
            raise self._failure
        left = [
            duplicate.found
            for by_content in self._waiting.values()
            for duplicates in by_content.values()
            for duplicate in duplicates
        ]
        self._waiting.clear()
        return left

    def _write_groups(self) -> None:
        last = False
        while not last:
            group = self._groups.get()
            groups = 1
            gathered: list[Classified] = []
            while group is not None:
                gathered.extend(group)
                if len(gathered) >= _TRANSACTION_SOURCES:
                    break
                try:
                    group = self._groups.get_nowait()
                    groups += 1
                except queue.Empty:
                    break
            last = group is None
            if gathered and self._failure is None:
                try:
                    self._write(gathered)
                except BaseException as error:  # handed to the thread that feeds this one
                    self._failure = error
            for _ in range(groups):
                self._groups.task_done()

    def _write(self, group: Sequence[Classified]) -> None:
        ledger, run = self._space.ledger, self._run
        outcomes: list[SourceOutcome] = []
        records: list[SourceRecord] = []
        seen: list[tuple[int, int, int]] = []
        written: list[Classified] = []
        duplicates: list[Duplicate] = []
        with ledger.transaction(changes=False):
            for classified in self._without_duplicates(group, duplicates):
                written.append(classified)
                found = classified.found
                outcome: Outcome = "unchanged"
                reason, items, gaps = "", 0, ""
                match classified:
                    case Unchanged(source=source):
                        seen.append((source.id, found.size, found.mtime_ns))
                    case Moved(source=source, recaptioned=recaptioned):
                        read_state = source.read_state
                        if recaptioned:
                            read_state = recaptioned.read_state
                            ledger.set_caption(run, source.id, read_state, recaptioned.caption)
                        outcome, reason = "moved", f"from {source.path}"
                        ledger.move(run, source.id, _record(found, source.sha256, outcome, reason, read_state))
                    case Recaptioned(source=source, read_state=read_state, caption=caption):
                        outcome, reason = "updated", "its caption changed"
                        ledger.set_caption(run, source.id, read_state, caption)
                    case LeftOut():
                        outcome, reason = classified.outcome, classified.reason
                        self._leave_out(classified, records)
                    case New():
                        outcome, items = ("updated" if classified.is_update else "added"), len(classified.drafts)
                        gaps = classified.gaps
                        reason = f"same content as {classified.same_as.path}" if classified.same_as else ""
                        records.append(self._new_record(classified, outcome))
                outcomes.append(SourceOutcome(found.ledger_path, outcome, reason, items, gaps))
            ledger.sources.touch(run, seen)
            if records:
                ledger.write(run, records)
            for duplicate, outcome_of_it in self._write_duplicates(duplicates, written):
                outcomes.append(outcome_of_it)
                written.append(duplicate)
        self._space.index()
        for entry in outcomes:
            self._on_outcome(entry)
        before = self._written
        self._written = Written(
            before.sources + len(outcomes),
            before.size + sum(classified.found.size for classified in written),
            before.items + sum(entry.items for entry in outcomes),
            group[-1].found.ledger_path,
        )
        self._on_written(self._written)

    def _without_duplicates(self, group: Sequence[Classified], duplicates: list[Duplicate]) -> Iterator[Classified]:
        """Move the duplicates of `group` to `duplicates`, and with them what was read though another source gave it."""
        provided: set[Content] = set()
        for classified in group:
            if isinstance(classified, Duplicate):
                duplicates.append(classified)
                continue
            if isinstance(classified, New) and (content := classified.content):
                # Another machine of a cluster may have read it as well.
                if content in provided or self._space.ledger.duplicates.holder(content):
                    duplicates.append(
                        Duplicate(classified.found, content, classified.read_state, classified.is_update, "")
                    )
                    continue
                provided.add(content)
            yield classified

    def _write_duplicates(
        self, duplicates: Sequence[Duplicate], written: Sequence[Classified]
    ) -> Iterator[tuple[Duplicate, SourceOutcome]]:
        """Write those of `duplicates`, and of those that wait, whose items are there by now; the others wait.

        Looks up only contents that may have got a holder since the last time: by what is `written` now.
        """
        contents: dict[Content, None] = {}
        for duplicate in duplicates:
            waiting = self._waiting.setdefault(duplicate.content.sha256, {})
            if duplicate.content not in waiting:
                contents[duplicate.content] = None
            waiting.setdefault(duplicate.content, []).append(duplicate)
        for sha256 in filter(None, map(_written_hash, written)):
            contents |= dict.fromkeys(self._waiting.get(sha256, ()))
        for content in contents:
            if holder := self._space.ledger.duplicates.holder(content):
                for duplicate in self._waiting[content.sha256].pop(content):
                    yield duplicate, self._write_duplicate(duplicate, holder)
                if not self._waiting[content.sha256]:
                    del self._waiting[content.sha256]

    def _write_duplicate(self, duplicate: Duplicate, holder: Source) -> SourceOutcome:
        """Let the source share the items of `holder`."""
        outcome: Outcome = "updated" if duplicate.is_update else "added"
        reason = duplicate_reason(duplicate.found, holder.path)
        record = _record(duplicate.found, duplicate.content.sha256, outcome, reason, duplicate.read_state)
        self._space.ledger.write_duplicate(self._run, record, holder.id)
        return SourceOutcome(record.path, outcome, reason)

    def _leave_out(self, left_out: LeftOut, records: list[SourceRecord]) -> None:
        source = left_out.source
        # A source without a hash is one that `nearspace repair` has marked to be read again.
        same_content = source is not None and (left_out.sha256 in ("", source.sha256) or not source.sha256)
        if source is not None and same_content:
            # Its items, if it has any, still say what was in the file when it could last be read.
            self._space.ledger.sources.set_outcome(self._run, source.id, left_out.outcome, left_out.reason)
        else:
            records.append(_record(left_out.found, left_out.sha256, left_out.outcome, left_out.reason))

    def _new_record(self, new: New, outcome: Outcome) -> SourceRecord:
        record = _record(new.found, new.sha256, outcome, new.gaps, new.read_state)
        thumbnails = new.thumbnails or [
            self._write_thumbnail(new.sha256, position, draft) for position, draft in enumerate(new.drafts)
        ]
        return replace(record, drafts=new.drafts, thumbnails=thumbnails, vectors=new.vectors)

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


def _written_hash(classified: Classified) -> str:
    """The hash of the content that a source has items of now, by what was written of it; '' if none changed."""
    match classified:
        case New(sha256=sha256):
            return sha256
        case Moved(source=source) | Recaptioned(source=source):
            return source.sha256
    return ""


_NO_STATE = ReadState()


def _record(
    found: FoundSource, sha256: str, outcome: Outcome, reason: str, read_state: ReadState = _NO_STATE
) -> SourceRecord:
    return SourceRecord(
        path=found.ledger_path,
        root=found.ledger_root,
        folder=found.folder,
        size=found.size,
        mtime_ns=found.mtime_ns,
        sha256=sha256,
        outcome=outcome,
        reason=reason,
        read_state=read_state,
    )
