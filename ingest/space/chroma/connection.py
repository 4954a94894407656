"""How the Chroma server of a space is reached: Nearspace's own on loopback, or one of the user's own."""

from collections.abc import Callable
from json import JSONDecodeError
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

import httpx

from ingest.readers.draft import Modality
from ingest.space.chroma_address import ChromaAddress

if TYPE_CHECKING:
    from chromadb.api import ClientAPI

    from ingest.errors import ServerError


Result = TypeVar("Result")


class Connection(Protocol):
    """A connection to the Chroma server of a space."""

    folder: Path
    """The space's folder."""
    starts_servers: bool
    """Whether the server is Nearspace's own, which may be started, ended, and given an empty folder."""
    answer_seconds: float | None
    """How long an answer may take; None for as long as it takes."""

    def client(self) -> "ClientAPI":
        """A client of chromadb for the database with the space's collections."""

    def batch_size(self, max_batch_size: int) -> int:
        """How many records to write in one request, where the server accepts `max_batch_size`."""

    def reconnect(self) -> None:
        """Connect again after the server stopped answering; raises ServerError."""

    def restart_empty(self) -> None:
        """Give Nearspace's own server an empty folder; raises ServerError for any other."""

    def server_error(self, space: str, error: Exception) -> "ServerError":
        """The error to raise when a request has failed."""

    def close(self) -> None:
        """Close the connection."""


def connect(folder: Path, address: ChromaAddress | None, *, log: Callable[[str], None] | None = None) -> Connection:
    """Connect to the server of the space in `folder`: that at `address`, or Nearspace's own, started if needed.

    Raises:
        ServerError: it does not start or does not answer.
        SettingsError: the value of a header is not available.
    """
    if address is not None:
        from ingest.space.chroma.remote_server import RemoteConnection

        return RemoteConnection(folder, address)
    from ingest.space.chroma.local_server import LocalConnection

    return LocalConnection(folder, log=log)


def collection_name(space: str, modality: Modality) -> str:
    """The name of a space's collection of one modality."""
    return f"{space}-{modality}"


def call_client(work: Callable[[], Result]) -> Result:
    """The result of `work`; raises httpx.RemoteProtocolError where a proxy has answered instead of Chroma.

    chromadb then raises a bare Exception, or the error of its JSON parser.
    """
    try:
        return work()
    except Exception as error:
        if type(error) is Exception or isinstance(error, JSONDecodeError):
            raise httpx.RemoteProtocolError(str(error)) from error
        raise
