"""Classifies the sources of a run by comparing them with the ledger, and reads those that are new."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ingest.errors import ReadError, SkipSource
from ingest.readers.draft import writable
from ingest.readers.formats import is_table, kind_of
from ingest.readers.reading_options import DEFAULT_READING, ReadingOptions
from ingest.run.classified import Classified, Duplicate, LeftOut, Moved, New, Recaptioned, Unchanged
from ingest.run.read_source import ReadSource, own_caption
from ingest.sources.captions import Sidecar, find_sidecar
from ingest.sources.found import FoundSource
from ingest.sources.location import ArchiveMember, WebCopy, content_hash, location_of
from ingest.sources.read_state import ReadState
from ingest.space.ledger import Ledger
from ingest.space.ledger.duplicates import Content, content_of
from ingest.space.ledger.records import Source

_NO_READER = "no reader for "


class Classifier:
    """Classifies sources for one run; safe to share between threads."""

    def __init__(self, ledger: Ledger, read: ReadSource, reading: ReadingOptions = DEFAULT_READING) -> None:
        """Compare sources with `ledger`; `read` reads new ones with the options `reading`."""
        self._ledger = ledger
        self._read = read
        self._reading = reading
        self._lock = threading.Lock()
        self._movable: dict[str, list[Source]] = {}
        self._being_read: set[Content] = set()
        self._read_from: dict[Content, str] = {}
        self._content_read = threading.Condition()
        # Of one content there may be thousands of files, all empty: the ledger is asked once a run.
        self._not_in_ledger: set[Content] = set()

    def classify_known(self, sources: Sequence[FoundSource]) -> list[Unchanged | None]:
        """For each source `Unchanged` if the ledger alone tells so, else None; one query for all of them."""
        known = self._ledger.sources.get_many([found.ledger_path for found in sources])
        return [self._if_unchanged(found, known.get(found.ledger_path)) for found in sources]

    def _if_unchanged(self, found: FoundSource, source: Source | None) -> Unchanged | None:
        if found.kind is None or found.problem or source is None or not _same_state(found, source):
            return None
        if not source.in_the_space or not self._read_alike(found, source):
            return None
        classified = self._same_content(found, source)
        return classified if isinstance(classified, Unchanged) else None

    def classify(self, found: FoundSource) -> Classified:
        """Classify `found`, reading it if its content is new; raises nothing but bugs."""
        source = self._ledger.sources.get(found.ledger_path)
        if found.kind is None and not found.problem:
            suffix = found.path.suffix
            which = f"{suffix} files" if suffix else "files without a suffix"
            reason = f"{_NO_READER}{which}. Save it in a format that is read, or leave it out."
            return LeftOut(found, "skipped", reason, source=source)
        same_state = source is not None and _same_state(found, source)
        if source and same_state and source.outcome == "skipped" and not source.reason.startswith(_NO_READER):
            return LeftOut(found, "skipped", source.reason, source.sha256, source)
        sha256 = ""
        try:
            if found.problem:
                raise ReadError(found.problem)
            read_alike = source is not None and source.in_the_space and self._read_alike(found, source)
            if source and same_state and read_alike:
                return self._same_content(found, source)
            with found.location.local_file() as file:
                sha256 = content_hash(file)
                if source and source.sha256 == sha256 and read_alike:
                    return self._same_content(found, source)
                if source is None and (moved := self._claim_moved(found, sha256)):
                    classified = self._same_content(found, moved)
                    return Moved(found, moved, classified if isinstance(classified, Recaptioned) else None)
                return self._read_once(found, file, sha256, source)
        except SkipSource as error:
            return LeftOut(found, "skipped", str(error), sha256, source)
        except ReadError as error:
            # What it quotes of a file may not be valid Unicode, which the ledger could not keep.
            return LeftOut(found, "failed", writable(str(error)), sha256, source)

    def _read_alike(self, found: FoundSource, source: Source) -> bool:
        """Whether the source was read with the options of this run that bear on it, and with what its table says."""
        if found.row and found.row.digest != source.read_state.row:
            return False
        return self._reading.options_for(found.path) in ("", source.read_state.options)

    def _same_content(self, found: FoundSource, source: Source) -> Unchanged | Recaptioned:
        if found.kind == "image" and found.row is None:
            sidecar = find_sidecar(found.location)
            state = replace(source.read_state, caption=sidecar.state if sidecar else "", row="")
            if state != source.read_state:
                return Recaptioned(found, source, state, self._caption(source, sidecar))
        return Unchanged(found, source)

    def _caption(self, source: Source, sidecar: Sidecar | None) -> str:
        """The caption in the sidecar; without one, that in the picture's own file."""
        if sidecar and (caption := sidecar.caption()):
            return caption
        return next(map(own_caption, self._ledger.items.of_source(source.path)), "")

    def _claim_moved(self, found: FoundSource, sha256: str) -> Source | None:
        """A source that no longer exists and was read as `found` would be; each is claimed by one file only."""
        with self._lock:
            if sha256 not in self._movable:
                sources = self._ledger.sources.with_hash(sha256)
                if not sources:
                    return None
                # Once a run: of one content there may be thousands of files, old and new.
                space = self._ledger.path.parent
                self._movable[sha256] = [
                    source for source in sources if source.in_the_space and not location_of(source.path, space).exists()
                ]
            for index, source in enumerate(self._movable[sha256]):
                if is_same_format(found, source) and self._read_alike(found, source):
                    return self._movable[sha256].pop(index)
        return None

    def _read_once(self, found: FoundSource, file: Path, sha256: str, source: Source | None) -> New | Duplicate:
        """Read the file, unless the space has its content or another file of this run provides it."""
        content, read_state = self._shared_content(found, sha256, source)
        if content is None:
            return self._read(found, file, sha256, source)
        holder = None if content in self._not_in_ledger else self._ledger.duplicates.holder(content)
        if holder is None:
            self._not_in_ledger.add(content)
        holder_path = holder.path if holder else self._await_content(content, found.ledger_path)
        if holder_path:
            is_update = source is not None and source.in_the_space
            return Duplicate(found, content, read_state, is_update, holder_path)
        done = False
        try:
            new = self._read(found, file, sha256, source)
            done = True
        finally:
            with self._content_read:
                self._being_read.discard(content)
                if not done:  # the next file of this content has to be read itself
                    del self._read_from[content]
                self._content_read.notify_all()
        return replace(new, content=content)

    def _shared_content(
        self, found: FoundSource, sha256: str, source: Source | None
    ) -> tuple[Content | None, ReadState]:
        """What the file has in common with its duplicates, and its read state.

        None for a file whose items are its own: a picture that a table names, a table that names pictures (beside
        it), and what was fetched.
        """
        reading = self._reading.for_table(found.path, source.read_state.options if source else "")
        names_pictures = is_table(found.path) and reading.image_column
        if found.row or names_pictures or isinstance(found.location, WebCopy):
            return None, ReadState()
        options = reading.options_for(found.path)
        sidecar = find_sidecar(found.location) if found.kind == "image" else None
        content = content_of(found.path, sha256, options, sidecar.caption() if sidecar else "")
        return content, ReadState(sidecar.state if sidecar else "", options=options)

    def _await_content(self, content: Content, ledger_path: str) -> str:
        """The source of this run that provides `content`, once it is read; '' if that is to be `ledger_path`."""
        with self._content_read:
            while content in self._being_read:
                self._content_read.wait()
            if content in self._read_from:
                return self._read_from[content]
            self._read_from[content] = ledger_path
            self._being_read.add(content)
            return ""


def earlier_options(ledger: Ledger, table: FoundSource) -> str:
    """The options that `table` was last read with, here or where it has been moved from; '' if none were set."""
    if source := ledger.sources.get(table.ledger_path):
        return source.read_state.options
    if isinstance(table.location, ArchiveMember):
        return ""
    try:
        sources = ledger.sources.with_hash(content_hash(table.path))
    except ReadError:
        return ""  # its own outcome says why
    space = ledger.path.parent
    for source in sources:
        if is_same_format(table, source) and not location_of(source.path, space).exists() and source.in_the_space:
            return source.read_state.options
    return ""


def is_same_format(found: FoundSource, source: Source) -> bool:
    """Whether the two are read in the same way if they have the same content, going by their names."""
    before = Path(source.path)
    if (found.row is None) == bool(source.read_state.row) or kind_of(before) != found.kind:
        return False
    return found.kind != "document" or before.suffix.lower() == found.path.suffix.lower()


def _same_state(found: FoundSource, source: Source) -> bool:
    return (source.size, source.mtime_ns) == (found.size, found.mtime_ns)
