"""Gives a space the vectors of another encoder: staged source by source, and swapped in once all are complete."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import Encoder, EncoderInfo
from ingest.errors import ReadError
from ingest.readers.draft import Draft
from ingest.readers.formats import is_table, kind_of
from ingest.readers.reread import reread_pictures
from ingest.run.classified import Classified, LeftOut, New
from ingest.run.engines import local
from ingest.run.engines.workload import EncodingCount
from ingest.run.near_duplicates import mark_near_duplicates
from ingest.sources.found import FoundSource
from ingest.sources.location import content_hash, location_of
from ingest.sources.read_state import ReadState
from ingest.space.chroma.sync import Progress
from ingest.space.ledger.item import Item
from ingest.space.ledger.records import Source
from ingest.space.space import Space
from ingest.space.staging import NewPassages, Staging, delete_staging

_GROUP = 64  # sources whose vectors are staged together; what a kill can cost


@dataclass(frozen=True)
class MissingPicture:
    """A picture of the space that cannot be encoded again."""

    source: Source
    reason: str


@dataclass
class Reencoding:
    """The result of a re-encoding."""

    missing: list[MissingPicture] = field(default_factory=list)
    """Pictures that cannot be encoded again, by path."""
    swapped: bool = False
    """Whether the space has the new encoder's vectors now."""
    images: int = 0
    """Pictures encoded in this run."""
    texts: int = 0
    """Passages encoded in this run."""
    resumed: int = 0
    """Items whose vectors an earlier run had staged."""
    kept_texts: bool = False
    """Whether the text vectors stayed, since both encoders have the same text tower."""
    recut: int = 0
    """Documents with other passages now, since the text window differs."""
    seconds: float = 0.0


@dataclass(frozen=True)
class _Task:
    """Sources of one content, of which the first that can be read stands for all."""

    picture: bool
    """Whether it is a picture; otherwise a document."""
    sources: tuple[Source, ...]
    """Those that hold items, then their duplicates."""
    items: tuple[tuple[int, ...], ...]
    """For each source that holds items, those that are live, in order: pictures (one a page or frame), or passages."""


def same_texts(old: EncoderInfo, new: EncoderInfo) -> bool:
    """Whether both encoders give texts the same vectors, and cut documents alike."""
    return bool(old.text_fingerprint) and (old.text_fingerprint, old.dimension, old.text_window) == (
        new.text_fingerprint,
        new.dimension,
        new.text_window,
    )


def reencode(
    space: Space,
    encoder: Encoder,
    *,
    drop_missing: bool = False,
    on_progress: Progress | None = None,
    on_index_progress: Progress | None = None,
) -> Reencoding:
    """Give `space` the vectors of `encoder`; the caller holds the space's write lock.

    The old vectors are used until all new ones are complete, and an interrupted re-encoding continues where it was.
    Pictures are encoded from their files: if one no longer exists or has changed, nothing is swapped, unless
    `drop_missing` lets such pictures leave the space.  Documents are read and cut as an ingest would; for those that
    cannot be read as they were, the ledger's own passages are encoded, so no text is ever lost.

    Raises:
        SpaceError: the space cannot be written.
    """
    started = time.monotonic()
    result = Reencoding(kept_texts=same_texts(space.manifest.encoder, encoder.info))
    if space.manifest.encoder.fingerprint == encoder.info.fingerprint:
        delete_staging(space.folder)  # left when a finished swap was interrupted
        return result
    staging = Staging(space.folder, encoder.info)
    try:
        live = {source: [item for item, _ in items] for source, items in space.ledger.items.by_source().items()}
        staging.drop_stale(live)
        tasks = _tasks(space, staging.items(), result)
        result.missing = _missing_pictures(tasks, space.folder)
        if result.missing and not drop_missing:
            return result
        missing_ids = {missing.source.id for missing in result.missing}
        tasks = [task for task in tasks if task.sources[0].id not in missing_ids]
        result.missing += _encode(space, encoder, tasks, staging, result, on_progress)
        result.missing.sort(key=lambda missing: missing.source.path)
        if result.missing and not drop_missing:
            return result
    finally:
        staging.close()
        result.seconds = time.monotonic() - started
    dropped = [missing.source.id for missing in result.missing]
    space.swap_encoder(encoder.info, dropped=dropped, keep_texts=result.kept_texts, progress=on_index_progress)
    mark_near_duplicates(space.ledger, space.folder)
    result.swapped = True
    result.seconds = time.monotonic() - started
    return result


def _tasks(space: Space, staged: set[int], result: Reencoding) -> list[_Task]:
    """What is still to be encoded, by path."""
    sources = {source.id: source for source in space.ledger.sources.all()}
    duplicates = space.ledger.duplicates.by_holder()
    alike: dict[tuple[bool, str | int], list[tuple[Source, tuple[int, ...]]]] = {}
    for number, items in space.ledger.items.by_source().items():
        to_stage = tuple(item for item, modality in items if modality == "image" or not result.kept_texts)
        todo = [item for item in to_stage if item not in staged]
        result.resumed += len(to_stage) - len(todo)
        if not todo:
            continue
        source = sources[number]
        picture = any(modality == "image" for _, modality in items)
        # Pictures of one content have the same vectors; documents have titles from their own names.
        alone = not picture or not source.sha256
        has_options = bool(source.read_state.options)
        key = (picture, number) if alone else (True, f"{source.sha256} {len(to_stage)} {has_options}")
        alike.setdefault(key, []).append((source, to_stage))
    tasks = []
    for (picture, _), found in alike.items():
        holders = [source for source, _ in found]
        shared = [duplicate for source in holders for duplicate in duplicates.get(source.id, ())]
        tasks.append(_Task(picture, (*holders, *shared), tuple(item_ids for _, item_ids in found)))
    return sorted(tasks, key=lambda task: task.sources[0].path)


def _missing_pictures(tasks: Iterable[_Task], space: Path) -> list[MissingPicture]:
    """The pictures without an unchanged file, found before hours are spent on the others."""
    missing: list[MissingPicture] = []
    for task in tasks:
        if not task.picture:
            continue
        reasons = [_why_unusable(source, space) for source in task.sources]
        if all(reasons):
            missing += [MissingPicture(source, reason) for source, reason in zip(task.sources, reasons, strict=True)]
    return sorted(missing, key=lambda found: found.source.path)


def _why_unusable(source: Source, space: Path) -> str:
    """Why the source's file cannot be used; '' if it is as it was when it was ingested."""
    try:
        location = location_of(source.path, space)
        if location.state() == (source.size, source.mtime_ns):
            return ""
        with location.local_file() as file:
            return "" if content_hash(file) == source.sha256 else "it changed since it was ingested"
    except (FileNotFoundError, NotADirectoryError):
        return "it is no longer there"
    except (OSError, ReadError) as error:
        return (str(error) if isinstance(error, ReadError) else error.strerror or str(error)).rstrip(".")


def _encode(
    space: Space,
    encoder: Encoder,
    tasks: Sequence[_Task],
    staging: Staging,
    result: Reencoding,
    on_progress: Progress | None,
) -> list[MissingPicture]:
    """Encode and stage the tasks; returns the pictures that could not be read after all."""
    by_path = {task.sources[0].path: task for task in tasks}
    reader = _Reader(space, encoder, by_path)
    count = EncodingCount()
    missing: list[MissingPicture] = []
    done = 0
    waiting: list[New] = []

    def stage() -> None:
        staging.put(*_to_stage(space, waiting, by_path, result))
        waiting.clear()

    try:
        for group in local.run((_found(task, space.folder) for task in tasks), reader.read, encoder, count):
            for classified in group:
                done += 1
                if isinstance(classified, New):
                    waiting.append(classified)
                elif isinstance(classified, LeftOut):
                    task = by_path[classified.found.ledger_path]
                    missing += [MissingPicture(source, classified.reason) for source in task.sources]
            if len(waiting) >= _GROUP:
                stage()
            if on_progress:
                on_progress(done, len(tasks))
    finally:
        stage()  # what was encoded before Ctrl-C or an error is kept as well
        result.images, result.texts = count.images, count.texts
    return missing


def _to_stage(
    space: Space, read: Sequence[New], by_path: dict[str, _Task], result: Reencoding
) -> tuple[dict[int, NDArray[np.float32]], list[NewPassages]]:
    vectors: dict[int, NDArray[np.float32]] = {}
    passages: list[NewPassages] = []
    for entry in read:
        task = by_path[entry.found.ledger_path]
        assert entry.vectors is not None  # the engine gives every `New` its vectors
        if task.picture:
            for items in task.items:
                vectors.update(zip(items, entry.vectors, strict=True))
            continue
        source, (items,) = task.sources[0], task.items
        if [item.text for item in space.ledger.items.of_source(source.path)] == [draft.text for draft in entry.drafts]:
            vectors.update(zip(items, entry.vectors, strict=True))
        else:
            result.recut += 1
            passages.append(NewPassages(source.id, items, entry.drafts, entry.vectors))
    return vectors, passages


def _found(task: _Task, space: Path) -> FoundSource:
    source = task.sources[0]
    location = location_of(source.path, space)
    return FoundSource(location, Path(source.root), source.size, source.mtime_ns, kind_of(location.path))


class _Reader:
    """Reads sources again as the new encoder needs them; safe to share between threads."""

    def __init__(self, space: Space, encoder: Encoder, by_path: dict[str, _Task]) -> None:
        self._space = space
        self._encoder = encoder
        self._by_path = by_path

    def read(self, found: FoundSource) -> Classified:
        """The drafts of the task whose first source is `found`, or the reason why there are none."""
        task = self._by_path[found.ledger_path]
        source = task.sources[0]
        if not task.picture:
            return New(found, source.sha256, ReadState(), self._passages(task.sources), is_update=True)
        reason = ""
        for candidate in task.sources:
            reason = _why_unusable(candidate, self._space.folder)
            if reason:
                continue
            items = self._space.ledger.items.of_source(candidate.path)
            try:
                with location_of(candidate.path, self._space.folder).local_file() as file:
                    drafts = reread_pictures(file, items, self._encoder.info.image_size)
                return New(found, source.sha256, ReadState(), drafts, is_update=True)
            except ReadError as error:
                reason = str(error)
        return LeftOut(found, "failed", reason, source=source)

    def _passages(self, sources: Sequence[Source]) -> list[Draft]:
        """The document cut for the encoder's window: from an unchanged file of it, else from the ledger."""
        from ingest.readers.dispatch import read_document
        from ingest.readers.passages import cut_passages

        info = self._encoder.info
        for source in sources:
            # A table is not read again, since its columns were chosen then: the ledger has its rows whole.
            table = is_table(Path(source.path))
            if table or _why_unusable(source, self._space.folder):
                continue
            try:
                with location_of(source.path, self._space.folder).local_file() as file:
                    document = read_document(file)
                if drafts := cut_passages(document, self._encoder.token_spans, info.text_window):
                    return drafts
            except ReadError:
                pass  # it could be read once, and the ledger has its text
        items = self._space.ledger.items.of_source(sources[0].path)
        return [draft for item in items for draft in self._cut_again(item)]

    def _cut_again(self, item: Item) -> Iterator[Draft]:
        from ingest.readers.document import Document, Section
        from ingest.readers.passages import cut_passages

        document = Document(item.title, (Section("", item.page, item.text, item.meta),))
        drafts = cut_passages(document, self._encoder.token_spans, self._encoder.info.text_window)
        # A text in which this encoder sees no token is an item all the same.
        yield from drafts or [Draft("text", item.text, item.text, item.title, item.page, meta=item.meta)]
