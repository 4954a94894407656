"""Moves the index of a space to another Chroma server, which is then filled from the ledger."""

from contextlib import suppress
from functools import partial
from pathlib import Path

import httpx
from chromadb.errors import ChromaError, NotFoundError

from ingest.encoders.base import Log
from ingest.errors import ServerError, SettingsError
from ingest.readers.draft import MODALITIES
from ingest.space.chroma.connection import Connection, call_client, collection_name, connect
from ingest.space.chroma.local_server import CHROMA_FOLDER
from ingest.space.chroma.remote_server import RemoteConnection
from ingest.space.chroma_address import ChromaAddress
from ingest.space.manifest import Manifest, read_manifest, write_manifest


def resolve_address(folder: Path, requested: ChromaAddress | None) -> ChromaAddress | None:
    """The address of the index of the space in `folder`, with the access options of `requested`, which it stores.

    Raises:
        SettingsError: the index is not at `requested`.
    """
    manifest = read_manifest(folder)
    known = manifest.chroma
    if requested is None:
        return known
    if known is None or not known.same_database(requested):
        raise SettingsError(
            f"The space {manifest.name!r} has its index {_where(known)}, and {requested} was given. Leave "
            "--chroma out, use another space with --space NAME, or move the index: "
            f"nearspace repair --space {manifest.name} --chroma {requested.url}."
        )
    address = known.with_access_of(requested)
    if address != known:
        write_manifest(folder, manifest.with_chroma(address))
    return address


def move_index(folder: Path, target: ChromaAddress | None, *, log: Log | None = None) -> str:
    """Move the index to `target`, None for Nearspace's own server; for the holder of the write lock.

    It is empty there until the space is opened, which fills it from the ledger; at its old place it is deleted.
    Returns what was done, without a full stop; '' if there was nothing to do.

    Raises:
        ServerError: `target` does not answer, or has collections of that name which are not this space's.
    """
    manifest = read_manifest(folder)
    known = manifest.chroma
    if known == target:
        return ""
    if known is not None and target is not None and known.same_database(target):
        write_manifest(folder, manifest.with_chroma(known.with_access_of(target)))
        return f"wrote down how {known} is reached now"
    moved = manifest.with_chroma(target)
    if target is not None:
        _delete_collections(connect(folder, target, log=log), moved)
    write_manifest(folder, moved)
    # From here on a reader that no longer finds its collections reads the manifest, and opens the space again.
    leftover = ""
    try:
        if known is not None or (folder / CHROMA_FOLDER).is_dir():
            _delete_collections(connect(folder, known, log=log), manifest)
    except (ServerError, SettingsError):
        leftover = f", and left {_where(known)} what could not be deleted there"
    return f"moved the index to where it is {_where(target)} now{leftover}"


def _delete_collections(connection: Connection, manifest: Manifest) -> None:
    """Delete the space's collections on that server, if they exist and are its own."""
    names = [collection_name(manifest.name, modality) for modality in MODALITIES]
    try:
        if isinstance(connection, RemoteConnection):
            connection.require_ownership(names, manifest.id)
        client = call_client(connection.client)
        for name in names:
            with suppress(NotFoundError):
                call_client(partial(client.delete_collection, name))
    except (ChromaError, httpx.TransportError, ValueError) as error:
        raise connection.server_error(manifest.name, error) from error
    finally:
        connection.close()


def _where(address: ChromaAddress | None) -> str:
    return f"on {address}" if address else "on this machine"
