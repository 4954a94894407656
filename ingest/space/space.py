"""A space: opened to be read by search and app, or to be written by an ingest."""

import time
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import IO, Self

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import EncoderInfo, Log
from ingest.errors import ServerError, SpaceChanged
from ingest.readers.draft import MODALITIES, Modality
from ingest.space.chroma.collections import Collections
from ingest.space.chroma.connection import connect
from ingest.space.chroma.local_server import CHROMA_FOLDER, is_disk_full, set_chroma_aside
from ingest.space.chroma.sync import Progress, catch_up, find_problem, rebuild
from ingest.space.chroma_address import ChromaAddress
from ingest.space.ledger import Ledger
from ingest.space.ledger.database import LEDGER_NAME
from ingest.space.ledger.item import Item
from ingest.space.locks import EXCLUSIVE, SHARED, try_lock
from ingest.space.manifest import (
    FORMAT_VERSION,
    ModalityStatistics,
    read_manifest,
    write_manifest,
)
from ingest.space.staging import STAGING_NAME, delete_staging

THUMBNAIL_FOLDER = "thumbnails"
WRITE_LOCK = "write.lock"
_MEAN_SAMPLE = 20_000  # items of a modality: the mean of unit vectors is then known to less than 0.01
_SWAP_SECONDS = 30.0  # the longest that the collections lag behind the ledger while encoders are swapped


class Space:
    """An open space; safe to share between threads.  Use it as a context manager, or call `close`."""

    def __init__(
        self,
        folder: Path,
        *,
        writing: IO[bytes] | None = None,
        chroma: ChromaAddress | None = None,
        log: Log | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Open the space in `folder`; `writing` is its write lock, if held.  See `open_space`.

        `chroma` is the manifest's own address with the values of its headers, where these are not in the environment.
        """
        self.folder = folder
        self.manifest = read_manifest(folder)
        self._address = chroma or self.manifest.chroma
        self._writing = writing
        self.ledger = Ledger(folder / LEDGER_NAME, self.manifest.encoder.dimension)
        if encoder := self.ledger.encoder():
            # The ledger decides whether encoders were swapped, even if that was interrupted right after.
            self.manifest = self.manifest.with_encoder(encoder)
        lock = writing or try_lock(folder / WRITE_LOCK, EXCLUSIVE)
        try:
            self._connect(lock is not None, log)
            if lock is not None:
                self._finish_swap()
                if self.manifest.format_version < FORMAT_VERSION:  # opening the ledger has migrated it
                    write_manifest(folder, self.manifest)
                self._repair_index(log, progress)
                self._update_search_index(log, progress)
            # Otherwise another process is writing, and has done this when it opened the space.
        except BaseException:
            self.close()
            raise
        finally:
            if lock is not None and lock is not writing:
                lock.close()

    @property
    def name(self) -> str:
        """The space's name."""
        return self.manifest.name

    def query(self, modality: Modality, vectors: NDArray[np.float32], count: int) -> list[list[tuple[str, float]]]:
        """The `count` nearest items to each row of `vectors` (n, dimension), as (item id, cosine), nearest first."""
        return self._collections.query(modality, vectors, count)

    def thumbnail_path(self, item: Item) -> Path | None:
        """The file of the item's thumbnail; None for a passage, and where the ledger names a file elsewhere."""
        inside = PurePosixPath(item.thumbnail)
        if inside.parts[:1] != (THUMBNAIL_FOLDER,) or ".." in inside.parts:
            return None
        return self.folder / inside

    def is_being_written(self) -> bool:
        """Whether an ingest, a re-encoding or the like is running."""
        if lock := None if self._writing else try_lock(self.folder / WRITE_LOCK, SHARED):
            lock.close()
        return lock is None

    def index(self, progress: Progress | None = None) -> int:
        """Bring Chroma up to date with the ledger; for the holder of the write lock; returns how many items changed."""
        return catch_up(self.ledger, self._collections, progress)

    def rebuild_index(self, progress: Progress | None = None, log: Log | None = None) -> None:
        """Fill Chroma from the ledger again; for the holder of the write lock."""
        try:
            rebuild(self.ledger, self._collections, progress)
        except ServerError as error:
            if not self._connection.starts_servers or is_disk_full(self.folder):
                raise
            # Chroma cannot even delete the broken collections: it gets an empty folder.
            self._restart_index(str(error), log)
            rebuild(self.ledger, self._collections, progress)

    def drop_from_index(self, modality: Modality, ids: Sequence[str]) -> None:
        """Delete from Chroma what the ledger does not know; for the holder of the write lock."""
        self._collections.delete(modality, ids)

    def refresh_statistics(self) -> None:
        """Write the counts and means of both modalities to the manifest; for many items the mean of a steady sample."""
        statistics: dict[Modality, ModalityStatistics] = {}
        for modality in MODALITIES:
            count, mean = self.ledger.items.count_and_mean(modality, _MEAN_SAMPLE)
            if count:
                statistics[modality] = ModalityStatistics(count, tuple(round(float(x), 7) for x in mean))
        self.manifest = self.manifest.with_statistics(statistics)
        write_manifest(self.folder, self.manifest)

    def drop_unused_thumbnails(self) -> int:
        """Delete thumbnails that no item uses; for the holder of the write lock; returns how many."""
        used = self.ledger.items.thumbnails()
        unused = [
            path
            for path in (self.folder / THUMBNAIL_FOLDER).rglob("*")
            if path.is_file() and path.relative_to(self.folder).as_posix() not in used
        ]
        for path in unused:
            path.unlink(missing_ok=True)
        return len(unused)

    def close(self) -> None:
        """Close the ledger and the connection, and release the write lock."""
        self.ledger.close()
        if connection := getattr(self, "_connection", None):
            connection.close()
        if self._writing is not None:
            self._writing.close()
            self._writing = None

    def __enter__(self) -> Self:
        """The space itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the space."""
        self.close()

    def swap_encoder(
        self, encoder: EncoderInfo, *, dropped: Sequence[int], keep_texts: bool, progress: Progress | None = None
    ) -> None:
        """Replace all vectors by the staged ones of `encoder`; for the holder of the write lock.

        The sources `dropped` leave the space.  The swap is one transaction of the ledger; what follows it is done when
        the space is next opened, should it be interrupted.
        """
        self.ledger.replace_vectors(self.folder / STAGING_NAME, encoder, dropped=dropped, keep_texts=keep_texts)
        self.manifest = self.manifest.with_encoder(encoder)
        self._finish_swap()
        self._collections.recreate_for(encoder)
        catch_up(self.ledger, self._collections, progress)
        if dropped:
            self.drop_unused_thumbnails()

    def _finish_swap(self) -> None:
        """Bring the manifest up to date with the ledger, if a swap of encoders was interrupted in between."""
        if read_manifest(self.folder).encoder.fingerprint != self.manifest.encoder.fingerprint:
            self.refresh_statistics()
            delete_staging(self.folder)

    def _repair_index(self, log: Log | None, progress: Progress | None) -> None:
        """Bring Chroma up to date with the ledger, and log when it has to be rebuilt."""
        problem = find_problem(self.ledger, self._collections)
        if not problem:
            catch_up(self.ledger, self._collections, progress)
            return
        if log:
            log(f"{problem}: rebuilding the index from the ledger; nothing is lost.")
        self.rebuild_index(progress, log)

    def _update_search_index(self, log: Log | None, progress: Progress | None) -> None:
        """Fill the search index, in a ledger from before it had one."""
        if log and self.ledger.search_index.due_count():
            log("making the words and facts of this space searchable; this is done once.")
        self.ledger.search_index.update(progress)
        if self._writing:  # whoever only searches does not wait for it
            self.ledger.passage_qualities.record()

    def _connect(self, locked: bool, log: Log | None) -> None:
        try:
            self._connection = connect(self.folder, self._address, log=log)
        except ServerError as error:
            if self._address or not locked or not (self.folder / CHROMA_FOLDER).exists() or is_disk_full(self.folder):
                raise
            _log_set_aside(str(error), log)
            set_chroma_aside(self.folder)
            self._connection = connect(self.folder, None, log=log)
        try:
            self._open_collections(locked)
        except ServerError as error:
            if not locked or not self._connection.starts_servers or is_disk_full(self.folder):
                raise
            self._restart_index(str(error), log)

    def _open_collections(self, locked: bool) -> None:
        deadline = time.monotonic() + _SWAP_SECONDS
        while True:
            try:
                encoder = self.manifest.encoder
                self._collections = Collections(
                    self._connection,
                    self.name,
                    encoder,
                    owner=self.manifest.id if self._address else "",
                    has_moved=self._has_moved,
                    may_replace=locked,
                )
                return
            except SpaceChanged:
                # Another process is swapping encoders: its collections follow its ledger in a moment.
                self.ledger.require_same_encoder()
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def _has_moved(self) -> bool:
        """Whether the index was moved to another server since the space was opened."""
        now = read_manifest(self.folder).chroma
        return not self._address.same_database(now) if self._address else now is not None

    def _restart_index(self, problem: str, log: Log | None) -> None:
        """Give Chroma an empty folder, when it cannot use the one it has; the ledger has everything needed."""
        _log_set_aside(problem, log)
        self._connection.restart_empty()
        self._open_collections(locked=True)


def _log_set_aside(problem: str, log: Log | None) -> None:
    if log:
        log(f"{problem} Setting its folder aside as {CHROMA_FOLDER}-broken; nothing is lost.")
