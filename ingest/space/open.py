"""Opens a space for reading or writing, creating it when it does not exist, and lists the spaces in a folder."""

from pathlib import Path
from typing import IO

from ingest.encoders.base import EncoderInfo, Log
from ingest.errors import (
    EncoderMismatch,
    ServerUnreachable,
    SettingsError,
    SpaceBusy,
    SpaceChanged,
    SpaceError,
    SpaceNotFound,
)
from ingest.space.chroma.move import resolve_address
from ingest.space.chroma.sync import Progress
from ingest.space.chroma_address import ChromaAddress
from ingest.space.locks import EXCLUSIVE, try_lock, wait_for_lock
from ingest.space.manifest import MANIFEST_NAME, Manifest, current_manifest, new_manifest, write_manifest
from ingest.space.space import THUMBNAIL_FOLDER, WRITE_LOCK, Space


def open_space(home: Path, name: str, *, log: Log | None = None, progress: Progress | None = None) -> Space:
    """Open the space `name` in the folder `home` to read it.

    What an interrupted ingest left undone in Chroma is finished first, and a broken index is rebuilt.

    Raises:
        SpaceNotFound: there is no such space.
        SpaceError: it is damaged, or its server does not start.
    """
    folder = require_space(home, name)
    try:
        return Space(folder, log=log, progress=progress)
    except SpaceChanged:
        return Space(folder, log=log, progress=progress)  # it was re-encoded while it was opened


def open_to_reencode(
    home: Path,
    name: str,
    *,
    chroma: ChromaAddress | None = None,
    log: Log | None = None,
    progress: Progress | None = None,
) -> Space:
    """Open the space `name` to write, whatever its encoder is; waits while another process writes.

    `chroma` is as for `Space`.

    Raises:
        SpaceNotFound: there is no such space.
        SpaceError: it is damaged or cannot be written, or its server does not start.
    """
    folder = require_space(home, name)
    lock = write_lock(folder, name, log, float("inf"))
    try:
        return Space(folder, writing=lock, chroma=chroma, log=log, progress=progress)
    except BaseException:
        lock.close()
        raise


def open_to_write(
    home: Path,
    name: str,
    encoder: EncoderInfo,
    *,
    chroma: ChromaAddress | None = None,
    log: Log | None = None,
    progress: Progress | None = None,
    wait_seconds: float = float("inf"),
) -> Space:
    """Open the space `name` for writing, creating it when it does not exist; waits while another process writes.

    The index of a new space is at `chroma`; that of an existing space must be there already.

    Raises:
        SettingsError: the index of the space is not at `chroma`.
        EncoderMismatch: the space was made with another encoder.
        SpaceBusy: another process was still writing after `wait_seconds`.
        SpaceError: the folder cannot be written, or the space is damaged.
    """
    folder = home / name
    lock = write_lock(folder, name, log, wait_seconds)
    try:
        made = not (folder / MANIFEST_NAME).exists()
        if made:
            write_manifest(folder, new_manifest(name, encoder, chroma))
        else:
            check_encoder(current_manifest(folder), encoder)
            chroma = resolve_address(folder, chroma)
        try:
            return Space(folder, writing=lock, chroma=chroma, log=log, progress=progress)
        except (ServerUnreachable, SettingsError):
            if made:  # where its index was to be is still open
                (folder / MANIFEST_NAME).unlink()
            raise
    except BaseException:
        lock.close()
        raise


def write_lock(folder: Path, name: str, log: Log | None, wait_seconds: float) -> IO[bytes]:
    """The write lock of the space in `folder`, which is created if needed; raises SpaceBusy or SpaceError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / THUMBNAIL_FOLDER).mkdir(exist_ok=True)
        lock = try_lock(folder / WRITE_LOCK, EXCLUSIVE)
        if lock is None:
            if log:
                log(f"another process is writing into the space {name!r}; waiting until it is done ...")
            lock = wait_for_lock(folder / WRITE_LOCK, EXCLUSIVE, wait_seconds)
    except OSError as error:
        raise SpaceError(
            f"The folder {folder} cannot be written ({error.strerror}). Choose another with --home."
        ) from error
    if lock is None:
        raise SpaceBusy(
            f"Another process is still writing into the space {name!r} after {wait_seconds:.0f} s. Try again later."
        )
    return lock


def require_space(home: Path, name: str) -> Path:
    """The folder of the space `name`; raises SpaceNotFound, which names the existing ones, if there is none."""
    folder = home / name
    if not (folder / MANIFEST_NAME).is_file():
        others = list_spaces(home)
        advice = f"Choose one of these: {', '.join(others)}." if others else "Make one with `nearspace ingest FOLDER`."
        raise SpaceNotFound(f"There is no space {name!r} in {home}. {advice}")
    return folder


def list_spaces(home: Path) -> list[str]:
    """The names of the spaces in `home`, sorted; none when the folder does not exist."""
    if not home.is_dir():
        return []
    return sorted(folder.name for folder in home.iterdir() if (folder / MANIFEST_NAME).is_file())


def encoder_of_space(home: Path, name: str) -> str | None:
    """The id of the encoder that the space was made with; None when there is no such space."""
    folder = home / name
    return current_manifest(folder).encoder.id if (folder / MANIFEST_NAME).is_file() else None


def check_encoder(manifest: Manifest, encoder: EncoderInfo) -> None:
    """Check that `encoder` is the one the space was made with.

    Raises:
        EncoderMismatch: it is not, so that its vectors could not be compared with those in the space.
    """
    made_with = manifest.encoder
    if made_with.fingerprint == encoder.fingerprint:
        return
    if made_with.id != encoder.id:
        raise EncoderMismatch(
            f"The space {manifest.name!r} was made with encoder {made_with.id}, and {encoder.id} was asked for: "
            f"their vectors cannot be compared. Use --encoder {made_with.id}, or another space with --space NAME, or "
            f"re-encode this one: nearspace reencode --encoder {encoder.id} --space {manifest.name}."
        )
    raise EncoderMismatch(
        f"The space {manifest.name!r} was made with encoder {made_with.id} of fingerprint "
        f"{made_with.fingerprint[:12]}, and the {encoder.id} installed here has {encoder.fingerprint[:12]}: their "
        f"vectors cannot be compared. Re-encode it: nearspace reencode --encoder {encoder.id} --space {manifest.name}."
    )
