"""Where a space's index is to live: checked against where it lives, or moved, as the ledger can fill it anywhere."""

from contextlib import suppress
from functools import partial
from pathlib import Path

import httpx
from chromadb.errors import ChromaError, NotFoundError

from ingest.encoders.base import Log
from ingest.errors import ServerError, SettingsError
from ingest.readers.draft import MODALITIES
from ingest.space.chroma.connection import Connection, collection_name, connect, plainly
from ingest.space.chroma.local_server import CHROMA_FOLDER
from ingest.space.chroma.remote_server import RemoteConnection
from ingest.space.chroma_address import ChromaAddress
from ingest.space.manifest import Manifest, read_manifest, write_manifest


def same_address(folder: Path, given: ChromaAddress | None) -> ChromaAddress | None:
    """The address of the index of the space in `folder`, reached as `given`, which the manifest keeps from now on.

    Raises:
        SettingsError: `given` is another place than the index is in.
    """
    manifest = read_manifest(folder)
    known = manifest.chroma
    if given is None:
        return known
    if known is None or not known.same_place(given):
        raise SettingsError(
            f"The space {manifest.name!r} has its index {_where(known)}, and {given} was given. Leave --chroma out, "
            "use another space with --space NAME, or move the index: "
            f"nearspace repair --space {manifest.name} --chroma {given.url}."
        )
    reached = known.reached_as(given)
    if reached != known:
        write_manifest(folder, manifest.with_chroma(reached))
    return reached


def move_index(folder: Path, target: ChromaAddress | None, *, log: Log | None = None) -> str:
    """Let the index live at `target`, None for Nearspace's own server; for the holder of the write lock.

    It is empty there until the space is opened, which fills it from the ledger; where it was, it is deleted.  Returns
    what was done, without a full stop; '' if there was nothing to do.

    Raises:
        ServerError: `target` does not answer, or has collections of that name which are not this space's.
    """
    manifest = read_manifest(folder)
    known = manifest.chroma
    if known == target:
        return ""
    if known is not None and target is not None and known.same_place(target):
        write_manifest(folder, manifest.with_chroma(known.reached_as(target)))
        return f"wrote down how {known} is reached now"
    moved = manifest.with_chroma(target)
    if target is not None:
        _drop(connect(folder, target, log=log), moved)
    write_manifest(folder, moved)
    # From here on a reader that finds its collections gone looks at the manifest, and opens the space anew.
    left = ""
    try:
        if known is not None or (folder / CHROMA_FOLDER).is_dir():
            _drop(connect(folder, known, log=log), manifest)
    except (ServerError, SettingsError):
        left = f", and left {_where(known)} what could not be deleted there"
    return f"moved the index to where it is {_where(target)} now{left}"


def _drop(connection: Connection, manifest: Manifest) -> None:
    """Delete the space's collections where `connection` leads, if they are there and its own."""
    names = [collection_name(manifest.name, modality) for modality in MODALITIES]
    try:
        if isinstance(connection, RemoteConnection):
            connection.require_own(names, manifest.id)
        client = plainly(connection.client)
        for name in names:
            with suppress(NotFoundError):
                plainly(partial(client.delete_collection, name))
    except (ChromaError, httpx.TransportError, ValueError) as error:
        raise connection.refusal(manifest.name, error) from error
    finally:
        connection.close()


def _where(address: ChromaAddress | None) -> str:
    return f"on {address}" if address else "on this machine"
