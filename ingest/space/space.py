"""A space: opened to be read by search and app, or to be written by an ingest."""

import shutil
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import EncoderInfo, Say
from ingest.errors import EncoderMismatch, ServerError, SpaceBusy, SpaceError, SpaceNotFound
from ingest.readers.draft import MODALITIES, Modality
from ingest.space.collections import Collections
from ingest.space.index import Progress, catch_up, make_sound
from ingest.space.item import Item
from ingest.space.ledger import LEDGER_NAME, Ledger
from ingest.space.locks import EXCLUSIVE, try_lock, wait_for_lock
from ingest.space.manifest import (
    MANIFEST_NAME,
    Manifest,
    ModalityStatistics,
    new_manifest,
    read_manifest,
    write_manifest,
)
from ingest.space.server import CHROMA_FOLDER, ServerConnection

THUMBNAIL_FOLDER = "thumbnails"
_WRITE_LOCK = "write.lock"


class Space:
    """An open space; safe to share between threads.  Use it as a context manager, or call `close`."""

    def __init__(
        self,
        folder: Path,
        *,
        writing: IO[bytes] | None = None,
        say: Say | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Open the space in `folder`; `writing` is its write lock, if held.  See `open_space`."""
        self.folder = folder
        self.manifest = read_manifest(folder)
        self._writing = writing
        self.ledger = Ledger(folder / LEDGER_NAME, self.manifest.encoder.dimension)
        try:
            self._connect(say)
            self._make_sound(say, progress)
        except BaseException:
            self.close()
            raise

    @property
    def name(self) -> str:
        """The space's name."""
        return self.manifest.name

    def query(
        self, modality: Modality, vectors: NDArray[np.float32], count: int
    ) -> list[list[tuple[str, float]]]:  # fmt: skip
        """The `count` nearest items to each row of `vectors` (n, dimension), as (item id, cosine), nearest first."""
        return self._collections.query(modality, vectors, count)

    def thumbnail_path(self, item: Item) -> Path | None:
        """The file of the item's thumbnail; None for a passage."""
        return self.folder / item.thumbnail if item.thumbnail else None

    def index(self, progress: Progress | None = None) -> int:
        """Tell Chroma what the ledger has and it has not; for the holder of the write lock; returns how many items."""
        return catch_up(self.ledger, self._collections, progress)

    def refresh_statistics(self) -> None:
        """Recompute counts and means of both modalities and write them to the manifest."""
        stored = self.ledger.vectors()
        kinds = np.array(stored.modalities)
        statistics: dict[Modality, ModalityStatistics] = {}
        for modality in MODALITIES:
            chosen = stored.vectors[kinds == modality] if len(kinds) else stored.vectors
            if len(chosen):
                mean = chosen.mean(axis=0, dtype=np.float64)
                statistics[modality] = ModalityStatistics(len(chosen), tuple(round(float(x), 7) for x in mean))
        self.manifest = self.manifest.with_statistics(statistics)
        write_manifest(self.folder, self.manifest)

    def drop_unused_thumbnails(self) -> int:
        """Delete the thumbnails that no item uses any more; for the holder of the write lock; returns how many."""
        used = self.ledger.thumbnails()
        unused = [
            path
            for path in (self.folder / THUMBNAIL_FOLDER).rglob("*")
            if path.is_file() and path.relative_to(self.folder).as_posix() not in used
        ]
        for path in unused:
            path.unlink(missing_ok=True)
        return len(unused)

    def close(self) -> None:
        """Let go of the ledger, the server and the write lock."""
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
    ) -> None:  # fmt: skip
        """Close the space."""
        self.close()

    def _connect(self, say: Say | None) -> None:
        try:
            self._connection = ServerConnection(self.folder, say=say)
        except ServerError as error:
            if not self._drop_index(str(error), say):
                raise
            self._connection = ServerConnection(self.folder, say=say)
        self._collections = Collections(self._connection, self.name, self.manifest.encoder)

    def _drop_index(self, problem: str, say: Say | None) -> bool:
        """Set Chroma's folder aside when its server will not start on it; the ledger has all that is needed."""
        index = self.folder / CHROMA_FOLDER
        lock = self._writing or try_lock(self.folder / _WRITE_LOCK, EXCLUSIVE)
        if lock is None or not index.exists():
            return False
        if say:
            say(f"{problem} Setting its folder aside as {CHROMA_FOLDER}-broken; nothing is lost.")
        aside = self.folder / f"{CHROMA_FOLDER}-broken"
        shutil.rmtree(aside, ignore_errors=True)
        index.rename(aside)
        if lock is not self._writing:
            lock.close()
        return True

    def _make_sound(self, say: Say | None, progress: Progress | None) -> None:
        lock = self._writing or try_lock(self.folder / _WRITE_LOCK, EXCLUSIVE)
        if lock is None:
            return  # somebody is writing at this moment, and has looked when it opened the space
        try:
            make_sound(self.ledger, self._collections, say, progress)
        finally:
            if lock is not self._writing:
                lock.close()


def open_space(home: Path, name: str, *, say: Say | None = None, progress: Progress | None = None) -> Space:
    """Open the space `name` in the folder `home` to read it.

    What an interrupted ingest left undone in Chroma is finished first, and a broken index is rebuilt.

    Raises:
        SpaceNotFound: there is no such space.
        SpaceError: it is damaged, or its server does not start.
    """
    folder = home / name
    if not (folder / MANIFEST_NAME).is_file():
        others = list_spaces(home)
        advice = f"Choose one of these: {', '.join(others)}." if others else "Make one with `nearspace ingest FOLDER`."
        raise SpaceNotFound(f"There is no space {name!r} in {home}. {advice}")
    return Space(folder, say=say, progress=progress)


def open_to_write(
    home: Path,
    name: str,
    encoder: EncoderInfo,
    *,
    say: Say | None = None,
    progress: Progress | None = None,
    wait_seconds: float = float("inf"),
) -> Space:
    """Open the space `name` to write into it, making it when it is not there; waits while another process writes.

    Raises:
        EncoderMismatch: the space was made with another encoder.
        SpaceBusy: another process was still writing after `wait_seconds`.
        SpaceError: the folder cannot be written, or the space is damaged.
    """
    folder = home / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / THUMBNAIL_FOLDER).mkdir(exist_ok=True)
        lock = try_lock(folder / _WRITE_LOCK, EXCLUSIVE)
        if lock is None:
            if say:
                say(f"another process is writing into the space {name!r}; waiting until it is done ...")
            lock = wait_for_lock(folder / _WRITE_LOCK, EXCLUSIVE, wait_seconds)
    except OSError as error:
        raise SpaceError(
            f"The folder {folder} cannot be written ({error.strerror}). Choose another with --home."
        ) from error
    if lock is None:
        raise SpaceBusy(
            f"Another process is still writing into the space {name!r} after {wait_seconds:.0f} s. Try again later."
        )
    try:
        if (folder / MANIFEST_NAME).exists():
            check_encoder(read_manifest(folder), encoder)
        else:
            write_manifest(folder, new_manifest(name, encoder))
        return Space(folder, writing=lock, say=say, progress=progress)
    except BaseException:
        lock.close()
        raise


def list_spaces(home: Path) -> list[str]:
    """The names of the spaces in `home`, sorted; none when the folder is not there."""
    if not home.is_dir():
        return []
    return sorted(folder.name for folder in home.iterdir() if (folder / MANIFEST_NAME).is_file())


def encoder_of_space(home: Path, name: str) -> str | None:
    """The id of the encoder that the space was made with; None when there is no such space."""
    folder = home / name
    return read_manifest(folder).encoder.id if (folder / MANIFEST_NAME).is_file() else None


def check_encoder(manifest: Manifest, encoder: EncoderInfo) -> None:
    """Make sure that `encoder` is the one the space was made with.

    Raises:
        EncoderMismatch: it is not, so that its vectors could not be compared with those in the space.
    """
    made_with = manifest.encoder
    if made_with.fingerprint == encoder.fingerprint:
        return
    if made_with.id != encoder.id:
        raise EncoderMismatch(
            f"The space {manifest.name!r} was made with encoder {made_with.id}, and {encoder.id} was asked for: "
            f"their vectors cannot be compared. Use --encoder {made_with.id}, or another space with --space NAME."
        )
    raise EncoderMismatch(
        f"The space {manifest.name!r} was made with encoder {made_with.id} of fingerprint "
        f"{made_with.fingerprint[:12]}, and the {encoder.id} installed here has {encoder.fingerprint[:12]}: their "
        "vectors cannot be compared. Ingest into a new space with --space NAME."
    )
