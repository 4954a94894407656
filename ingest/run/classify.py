"""Examines one found file against the ledger: what there is to do about it, and its drafts if it must be encoded."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import Encoder
from ingest.errors import ReadError, SkipSource
from ingest.outcomes import Outcome
from ingest.readers.draft import Draft, writable
from ingest.readers.formats import is_table, kind_of
from ingest.readers.passages import cut
from ingest.readers.reading_options import CHOICES, DEFAULT_READING, ReadingOptions, choices_in
from ingest.readers.registry import read_document, read_pictures
from ingest.sources.captions import caption_path, read_caption
from ingest.sources.location import file_at, is_there, state_at
from ingest.sources.walk import ROW_STATE, Found, content_hash
from ingest.space.ledger.duplicates import Content, content_of
from ingest.space.ledger.item import Item
from ingest.space.ledger.ledger import Ledger
from ingest.space.ledger.records import Source

_NO_READER = "no reader for "


@dataclass(frozen=True)
class Unchanged:
    """The space has the file as it is."""

    found: Found
    source: Source


@dataclass(frozen=True)
class Moved:
    """The space has the content, read as the file would be, under a path that is gone now."""

    found: Found
    source: Source
    recaptioned: "Recaptioned | None" = None
    """The caption beside the new path, where it is another one."""


@dataclass(frozen=True)
class Recaptioned:
    """The space has the image, and its caption sidecar changed."""

    found: Found
    source: Source
    sidecar: str
    caption: str


@dataclass(frozen=True)
class Fresh:
    """The file is new or has new content; its drafts are to be encoded."""

    found: Found
    sha256: str
    sidecar: str
    drafts: Sequence[Draft]
    known: bool
    """Whether an older content of this path is in the space."""
    copy_of: Item | None = None
    """The first item with the same content, where there is one."""
    thumbnails: Sequence[str] = ()
    """The thumbnails of a copy's items, one for each draft, which serve these too."""
    vectors: NDArray[np.float32] | None = None
    """Vectors that need not be encoded, as the same content is in the space already."""
    gaps: str = ""
    """What of the file could not be read; '' when all of it was."""
    content: Content | None = None
    """What copies of the file would share; None for a file whose items are its own."""


@dataclass(frozen=True)
class Copy:
    """The space has items of this content, or gets them from another file of this run: the file shares them."""

    found: Found
    content: Content
    sidecar: str
    known: bool
    """Whether an older content of this path is in the space."""
    first: str
    """The path that has the items, or gets them."""


@dataclass(frozen=True)
class LeftOut:
    """The file is not in the space: it was skipped, or it failed."""

    found: Found
    outcome: Outcome
    reason: str
    sha256: str = ""
    """'' when the content could not be read at all."""
    source: Source | None = None


Examined = Unchanged | Moved | Recaptioned | Fresh | Copy | LeftOut


class Examiner:
    """Examines files for one run; safe to share between threads."""

    def __init__(self, ledger: Ledger, encoder: Encoder, reading: ReadingOptions = DEFAULT_READING) -> None:
        """Compare files with `ledger`; read new ones as `encoder` needs them and `reading` says."""
        self._ledger = ledger
        self._reading = reading
        self._encoder = encoder
        self._gone: dict[str, list[Source]] = {}
        self._lock = threading.Lock()
        self._first: dict[Content, str] = {}
        self._being_read: set[Content] = set()
        # Asked of the ledger once a run, since thousands of files may be alike and all empty, or all broken.
        self._not_held: set[Content] = set()
        self._broken_pictures: set[tuple[str, str]] = set()
        self._turn = threading.Condition()

    def glance(self, files: Sequence[Found]) -> list[Unchanged | None]:
        """For each of `files`, `Unchanged` where the ledger alone tells that the space has it as it is.

        None where one has to look.
        """
        known = self._ledger.sources_at([found.source for found in files])
        return [self._unchanged(found, known.get(found.source)) for found in files]

    def _unchanged(self, found: Found, source: Source | None) -> Unchanged | None:
        if found.kind is None or found.problem:
            return None
        if source is None or (source.size, source.mtime_ns) != (found.size, found.mtime_ns):
            return None
        if not source.in_the_space or not self._read_as_wanted(found, source):
            return None
        as_it_is = self._as_it_is(found, source)
        return as_it_is if isinstance(as_it_is, Unchanged) else None

    def examine(self, found: Found) -> Examined:
        """Say what there is to do about `found`, reading it if its content is new; only bugs are raised."""
        source = self._ledger.source(found.source)
        same_stat = source is not None and (source.size, source.mtime_ns) == (found.size, found.mtime_ns)
        if found.kind is None and not found.problem:
            suffix = found.path.suffix
            which = f"{suffix} files" if suffix else "files without a suffix"
            reason = f"{_NO_READER}{which}. Save it in a format that is read, or leave it out."
            return LeftOut(found, "skipped", reason, source=source)
        if source and same_stat and source.outcome == "skipped" and not source.reason.startswith(_NO_READER):
            return LeftOut(found, "skipped", source.reason, source.sha256, source)
        sha256 = ""
        try:
            if found.problem:
                raise ReadError(found.problem)
            as_wanted = source is not None and source.in_the_space and self._read_as_wanted(found, source)
            if source and same_stat and as_wanted:
                return self._as_it_is(found, source)
            with file_at(found.path) as file:
                sha256 = content_hash(file)
                if source and source.sha256 == sha256 and as_wanted:
                    return self._as_it_is(found, source)
                if source is None and (gone := self._claim_gone(found, sha256)):
                    as_it_is = self._as_it_is(found, gone)
                    return Moved(found, gone, as_it_is if isinstance(as_it_is, Recaptioned) else None)
                return self._read_once(found, file, sha256, source)
        except SkipSource as error:
            return LeftOut(found, "skipped", str(error), sha256, source)
        except ReadError as error:
            # What it quotes of a file may be no character, which the ledger could not keep.
            return LeftOut(found, "failed", writable(str(error)), sha256, source)

    def _read_as_wanted(self, found: Found, source: Source) -> bool:
        """Whether the source was read with the choices of this run, where any bears on it, and what its table says."""
        if found.row and found.row.state != _caption_state(source.sidecar):
            return False
        wanted = self._reading.chosen_for(found.path)
        return wanted in ("", choices_in(source.sidecar))

    def _as_it_is(self, found: Found, source: Source) -> Unchanged | Recaptioned:
        if found.kind == "image" and found.row is None:
            sidecar, path = _sidecar(found.path)
            if sidecar != _caption_state(source.sidecar):
                return Recaptioned(
                    found, source, _state(sidecar, choices_in(source.sidecar)), self._recaption(source, path)
                )
        return Unchanged(found, source)

    def _recaption(self, source: Source, sidecar: Path | None) -> str:
        """The caption in the sidecar; without one, that in the picture's own file."""
        return _caption(sidecar) or next(map(_own_caption, self._ledger.items_of(source.path)), "")

    def _claim_gone(self, found: Found, sha256: str) -> Source | None:
        """A source whose file is gone and was read as `found` would be; each is given to one file only."""
        with self._lock:
            if sha256 not in self._gone:
                sources = self._ledger.sources_with_hash(sha256)
                if not sources:
                    return None
                # Looked for once a run: of one content there may be thousands of files, old and new.
                self._gone[sha256] = [source for source in sources if source.in_the_space and not is_there(source.path)]
            for place, source in enumerate(self._gone[sha256]):
                if read_alike(found, source) and self._read_as_wanted(found, source):
                    return self._gone[sha256].pop(place)
        return None

    def _read_once(self, found: Found, file: Path, sha256: str, source: Source | None) -> Fresh | Copy:
        """Read the file, unless the space has its content or another file of this run gives it."""
        content, state = self._content(found, sha256, source)
        if content is None:
            return self._read(found, file, sha256, source)
        holder = None if content in self._not_held else self._ledger.holder(content)
        if holder is None:
            self._not_held.add(content)
        first = holder.path if holder else self._first_of(content, found.source)
        if first:
            return Copy(found, content, state, source is not None and source.in_the_space, first)
        read = False
        try:
            fresh = self._read(found, file, sha256, source)
            read = True
        finally:
            with self._turn:
                self._being_read.discard(content)
                if not read:  # the next file of this content has to be read itself
                    del self._first[content]
                self._turn.notify_all()
        return replace(fresh, content=content)

    def _content(self, found: Found, sha256: str, source: Source | None) -> tuple[Content | None, str]:
        """What the file has in common with its copies, and the state that the ledger keeps of it.

        None for a file whose items are its own: a picture that a table names, a table that names pictures (beside
        it), and what was fetched.
        """
        reading = self._reading.for_table(found.path, choices_in(source.sidecar) if source else "")
        names_pictures = is_table(found.path) and reading.image_column
        if found.row or names_pictures or found.source != str(found.path):
            return None, ""
        chosen = reading.chosen_for(found.path)
        sidecar, path = _sidecar(found.path) if found.kind == "image" else ("", None)
        return content_of(found.path, sha256, chosen, _caption(path)), _state(sidecar, chosen)

    def _first_of(self, content: Content, path: str) -> str:
        """The file of this run that gives `content`, once it has been read; '' where `path` is to be read for it."""
        with self._turn:
            while content in self._being_read:
                self._turn.wait()
            if content in self._first:
                return self._first[content]
            self._first[content] = path
            self._being_read.add(content)
            return ""

    def _read(self, found: Found, file: Path, sha256: str, source: Source | None) -> Fresh:
        """Read `found`, whose content is in `file`; `source` is what the space has of it, if anything."""
        known = source is not None and source.in_the_space
        if found.kind in ("image", "video"):
            return self._read_pictures(found, file, sha256, known=known)

        reading = self._reading.for_table(found.path, choices_in(source.sidecar) if source else "")
        state = _state("", reading.chosen_for(found.path))
        table = is_table(found.path)
        if table and reading.image_column and not reading.text_column:
            # Its pictures are sources of their own, and have the texts of their rows.
            from ingest.readers.tables import named_pictures

            named_pictures(file, reading)
            nothing = np.empty((0, self._encoder.info.dimension), np.float32)
            return Fresh(found, sha256, state, [], known, vectors=nothing, gaps=found.gaps)
        document = read_document(file, reading)
        drafts = cut(document, self._encoder.token_spans, self._encoder.info.text_window)
        if not drafts:
            raise SkipSource("There is no text in it. Leave it out, or put words in it.")
        gaps = ", ".join(filter(None, (found.gaps, document.gaps)))
        return Fresh(found, sha256, state, drafts, known, gaps=gaps)

    def _read_pictures(self, found: Found, file: Path, sha256: str, *, known: bool) -> Fresh:
        row = found.row
        sidecar, path = (row.state, None) if row else _sidecar(found.path) if found.kind == "image" else ("", None)
        caption = row.caption if row else _caption(path)
        chosen = self._reading.chosen_for(found.path)
        state = _state(sidecar, chosen)
        same, items = self._same_pictures(sha256, chosen)
        if same and not row and not _caption_state(same.sidecar).startswith(ROW_STATE):
            drafts = [
                Draft("image", caption or _own_caption(item), title=item.title, page=item.page, meta=item.meta)
                for item in items
            ]
            vectors = self._ledger.vectors_of([item.id for item in items])
            return Fresh(found, sha256, state, drafts, known, items[0], [item.thumbnail for item in items], vectors)
        try:
            read = read_pictures(file, caption=caption, image_size=self._encoder.info.image_size, reading=self._reading)
        except (SkipSource, ReadError):
            self._broken_pictures.add((sha256, chosen))
            raise
        drafts = list(read.drafts)
        if row:
            drafts = [replace(draft, meta={**row.facts, **draft.meta}) for draft in drafts]
        if same and len(items) == len(drafts):
            # What a table says of a picture is another matter than what is in it.
            drafts = [replace(draft, image=None) for draft in drafts]
            vectors = self._ledger.vectors_of([item.id for item in items])
            copy_of = items[0] if same.path != found.source else None
            names = [item.thumbnail for item in items]
            return Fresh(found, sha256, state, drafts, known, copy_of, names, vectors, read.gaps)
        return Fresh(found, sha256, state, drafts, known, gaps=read.gaps)

    def _same_pictures(self, sha256: str, chosen: str) -> tuple[Source | None, list[Item]]:
        """A source whose pictures are the same ones, read in the same way, and its items."""
        if (sha256, chosen) in self._broken_pictures:
            return None, []
        source = self._ledger.source_of_pictures(sha256, chosen)
        return source, self._ledger.items_of(source.path) if source else []


def read_alike(found: Found, source: Source) -> bool:
    """Whether files with the names of the two are read in the same way, where they have the same content."""
    before = Path(source.path)
    if (found.row is None) == source.sidecar.startswith(ROW_STATE) or kind_of(before) != found.kind:
        return False
    return found.kind != "document" or before.suffix.lower() == found.path.suffix.lower()


def same_content(found: Found, path: str) -> str:
    """Why the file `found` gives no items of its own: those of `path` are its as well."""
    return f"same content as {path}" if path != found.source else ""


def _state(sidecar: str, choices: str) -> str:
    """What the ledger keeps of a source beside its content: the state of its caption, and how it was read."""
    return f"{sidecar}{CHOICES}{choices}" if choices else sidecar


def _caption_state(state: str) -> str:
    return state.rpartition(CHOICES)[0] if CHOICES in state else state


def _own_caption(item: Item) -> str:
    return str(item.meta.get("caption", ""))


def _sidecar(image: Path) -> tuple[str, Path | None]:
    """What identifies the state of an image's caption sidecar, and its path."""
    path = caption_path(image)
    if path is None:
        return "", None
    try:
        size, changed = state_at(path)
    except (OSError, ReadError):
        return "", None  # it vanished between the two looks
    return f"{path.name}:{size}:{changed}", path


def _caption(path: Path | None) -> str:
    """The caption in a sidecar; a sidecar that cannot be read has its own outcome as a document, and gives ''."""
    if path is None:
        return ""
    try:
        with file_at(path) as file:
            return read_caption(file)
    except ReadError:
        return ""
