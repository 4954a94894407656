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


Answer = TypeVar("Answer")


class Connection(Protocol):
    """One client's hold on the Chroma server of a space."""

    folder: Path
    """The space's folder."""
    starts_servers: bool
    """Whether the server is Nearspace's own, so that it may be started, ended, and given an empty folder."""
    answer_seconds: float | None
    """How long an answer may take; None for as long as it takes."""

    def client(self) -> "ClientAPI":
        """A client of chromadb for the database with the space's collections."""

    def batch(self, offered: int) -> int:
        """How many records to write in one request, where the server offers to take `offered`."""

    def reach_again(self) -> None:
        """Reach the server after it stopped answering; raises ServerError."""

    def start_afresh(self) -> None:
        """Give Nearspace's own server an empty folder; raises ServerError for any other."""

    def refusal(self, space: str, error: Exception) -> "ServerError":
        """What to tell a person when the server could not do what was asked."""

    def close(self) -> None:
        """Let go."""


def connect(folder: Path, address: ChromaAddress | None, *, log: Callable[[str], None] | None = None) -> Connection:
    """Reach the server of the space in `folder`: that at `address`, or Nearspace's own, which is started if need be.

    Raises:
        ServerError: it does not start or does not answer.
        SettingsError: it wants a header whose value is not to be had.
    """
    if address is not None:
        from ingest.space.chroma.remote_server import RemoteConnection

        return RemoteConnection(folder, address)
    from ingest.space.chroma.local_server import ServerConnection

    return ServerConnection(folder, log=log)


def collection_name(space: str, modality: Modality) -> str:
    """The name of a space's collection of one modality."""
    return f"{space}-{modality}"


def plainly(work: Callable[[], Answer]) -> Answer:
    """What `work` gives; raises httpx.RemoteProtocolError where a proxy has answered in Chroma's place.

    chromadb raises a bare Exception then, or the error of its JSON reader.
    """
    try:
        return work()
    except Exception as error:
        if type(error) is Exception or isinstance(error, JSONDecodeError):
            raise httpx.RemoteProtocolError(str(error)) from error
        raise
