"""A Chroma server of the user's own: reached over http or https, with headers and certificates; never started or ended.

Before chromadb's client is created the server is probed, since its answers distinguish what the client would report as
one error: no server, an untrusted certificate, a missing header, something other than Chroma.
"""

import json
import socket
import ssl
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import chromadb
import httpx
from chromadb.config import Settings

from ingest.errors import ServerError, ServerUnreachable
from ingest.space.chroma_address import ChromaAddress

if TYPE_CHECKING:
    from chromadb.api import ClientAPI

OWNER = "space"
"""The key, in the metadata of a collection on a server of the user's own, of the id of the space that it belongs to."""
_OLDEST = (1, 0)
_API = "/api/v2"
_PROBE_SECONDS = 10.0
_RECONNECT_SECONDS = 20.0  # a server that is being restarted is waited for
_ANSWER_SECONDS = 300.0
_CLOUD = ".trychroma.com"
_CLOUD_WRITES = 300  # records in one request that Chroma Cloud takes


class RemoteConnection:
    """A connection to a server of the user's own; it has nothing to close."""

    starts_servers = False
    answer_seconds: float | None = _ANSWER_SECONDS

    def __init__(self, folder: Path, address: ChromaAddress) -> None:
        """Check that the server of the space in `folder` answers at `address`.

        Raises:
            ServerUnreachable: it does not answer, refuses us, or is too old.
            SettingsError: the value of a header is not available.
        """
        self.folder = folder
        self.address = address
        self._headers = address.header_values()
        self._verify = _certificate_check(address)
        self._probe()

    def __str__(self) -> str:
        """What messages call the server."""
        return f"the Chroma server {self.address}"

    def client(self) -> "ClientAPI":
        """A client of chromadb for the database."""
        settings = Settings(anonymized_telemetry=False)
        settings.chroma_server_ssl_verify = self._verify  # type: ignore[assignment]  # httpx, to which it goes, takes it
        address = self.address
        return chromadb.HttpClient(
            address.url,
            headers=dict(self._headers),
            settings=settings,
            tenant=address.tenant,
            database=address.database,
        )

    def batch_size(self, max_batch_size: int) -> int:
        """How many records to write in one request, where the server accepts `max_batch_size`."""
        host = httpx.URL(self.address.url).host
        return min(max_batch_size, _CLOUD_WRITES) if host.endswith(_CLOUD) else max_batch_size

    def require_ownership(self, names: Sequence[str], owner: str) -> None:
        """Check that each collection of `names` belongs to the space whose id is `owner`, or does not exist.

        Raises:
            ServerUnreachable: one belongs to another space, or to no space at all.
        """
        for name in names:
            path = f"/tenants/{quote(self.address.tenant)}/databases/{quote(self.address.database)}/collections/"
            found = self._get(path + quote(name), missing_is_fine=True)
            if found is not None and (found.get("metadata") or {}).get(OWNER) != owner:
                raise collection_taken(self.address, name)

    def reconnect(self) -> None:
        """Wait a while for a server that has stopped answering."""
        deadline = time.monotonic() + _RECONNECT_SECONDS
        while True:
            try:
                self._probe()
                return
            except RemoteRefusal:
                raise
            except ServerUnreachable:
                if time.monotonic() > deadline:
                    raise
            time.sleep(1.0)

    def restart_empty(self) -> None:
        """Never: a server of the user's own is left alone."""
        raise ServerError(f"{self.address} is not Nearspace's own server, and is left as it is. Look at its log.")

    def close(self) -> None:
        """Nothing to close; another thread may still be waiting for an answer."""

    def server_error(self, space: str, error: Exception) -> ServerError:
        """The error to raise when a request has failed."""
        return ServerUnreachable(
            f"The Chroma server {self.address} cannot serve the space {space!r}.\n"
            f"It says: {_shorten(str(error) or type(error).__name__)}\n"
            "Look at the server's log, and run the same command again: what it still lacks is kept in the ledger."
        )

    def _probe(self) -> None:
        beat = self._get("/heartbeat")
        if not beat or "nanosecond heartbeat" not in beat:
            raise self._no_chroma("it answers, and not as Chroma does")
        version = self._get("/version", plain=True)
        numbers = str(version).strip('"').split(".")
        if len(numbers) > 1 and all(number.isdecimal() for number in numbers[:2]):
            if (int(numbers[0]), int(numbers[1])) < _OLDEST:
                raise self._too_old(".".join(numbers))
        else:
            raise self._no_chroma(f"it gives {_shorten(str(version))} as its version")
        database = f"/tenants/{quote(self.address.tenant)}/databases/{quote(self.address.database)}"
        if self._get(database, missing_is_fine=True) is None:
            raise RemoteRefusal(
                f"The Chroma server {self.address.url} has no database {self.address.database!r} of a tenant "
                f"{self.address.tenant!r}.\n"
                "Nearspace makes collections, and no databases.\n"
                "Make it there, or name another with --chroma-database and --chroma-tenant."
            )

    def _get(self, path: str, *, missing_is_fine: bool = False, plain: bool = False) -> Any:
        url = f"{self.address.url}{_API}{path}"
        try:
            with httpx.Client(headers=self._headers, verify=self._verify, timeout=_PROBE_SECONDS) as session:
                answer = session.get(url)
        except httpx.HTTPError as error:
            raise self._not_reached(error) from error
        if answer.status_code in (401, 403):
            raise self._denied(answer)
        if answer.has_redirect_location:
            raise self._no_chroma(f"it sends on to {answer.headers['location']}")
        if missing_is_fine and answer.status_code == 404 and _error_name(answer) == "NotFoundError":
            return None
        if answer.status_code == 404 and self._speaks_v1():
            raise self._too_old("older than 0.6")
        if answer.status_code in (502, 503, 504, 429):
            raise self._unready(answer)
        if answer.status_code >= 400:
            raise self._no_chroma(f"it answers {answer.status_code} {answer.reason_phrase} to {url}")
        if plain:
            return answer.text
        try:
            read = json.loads(answer.text)
        except ValueError:
            read = None
        if not isinstance(read, dict):
            raise self._no_chroma("it answers, and not as Chroma does")
        return read

    def _speaks_v1(self) -> bool:
        try:
            with httpx.Client(headers=self._headers, verify=self._verify, timeout=_PROBE_SECONDS) as session:
                return "nanosecond heartbeat" in session.get(f"{self.address.url}/api/v1/heartbeat").text
        except httpx.HTTPError:
            return False

    def _not_reached(self, error: httpx.HTTPError) -> ServerUnreachable:
        url, said = self.address.url, _shorten(str(_cause(error)) or type(error).__name__)
        if _has_cause(error, ssl.SSLError):
            if "CERTIFICATE_VERIFY_FAILED" in str(_cause(error)):
                return RemoteRefusal(
                    f"The certificate of the Chroma server {url} is not trusted.\n"
                    f"{said}\n"
                    "Name the authority that it comes from with --chroma-ca FILE (PEM), or correct the server's name."
                )
            return RemoteRefusal(
                f"The Chroma server {url} does not speak TLS as it should.\n"
                f"{said}\n"
                "Use http:// if it speaks no TLS, or look at what the server or its proxy says."
            )
        if _has_cause(error, socket.gaierror):
            return ServerUnreachable(
                f"There is no host {httpx.URL(url).host!r}, where the Chroma server should be.\n"
                f"{said}\n"
                "Correct the address after --chroma, or look at the network and its name server."
            )
        if isinstance(error, httpx.TimeoutException):
            said = f"no answer within {_PROBE_SECONDS:.0f} s"
        return ServerUnreachable(
            f"The Chroma server {url} cannot be reached.\n"
            f"{said[:1].upper()}{said[1:]}\n"
            "Start it (chroma run --host 0.0.0.0 --port ...), or correct the address; a firewall may be in the way."
        )

    def _denied(self, answer: httpx.Response) -> "RemoteRefusal":
        sent = ", ".join(self._headers) or "none"
        return RemoteRefusal(
            f"The Chroma server {self.address.url} refuses us ({answer.status_code} {answer.reason_phrase}).\n"
            f"Headers of yours that were sent: {sent}.\n"
            "Give the one that it wants with --chroma-header 'NAME: $VARIABLE' (for a space that is there: nearspace "
            "repair --chroma URL --chroma-header ...), and check that the variable's value still holds."
        )

    def _unready(self, answer: httpx.Response) -> ServerUnreachable:
        return ServerUnreachable(
            f"The Chroma server {self.address.url} is not ready ({answer.status_code} {answer.reason_phrase}).\n"
            "A proxy is there, and Chroma does not answer behind it, or has too much to do.\n"
            "Look whether Chroma runs there, and run the same command again."
        )

    def _no_chroma(self, what: str) -> "RemoteRefusal":
        return RemoteRefusal(
            f"No Chroma server is at {self.address.url}.\n"
            f"{what[:1].upper()}{what[1:]}.\n"
            "Correct the address after --chroma: http or https, the port, and the path if a proxy gives it one."
        )

    def _too_old(self, version: str) -> "RemoteRefusal":
        return RemoteRefusal(
            f"The Chroma server {self.address.url} has version {version}.\n"
            f"Nearspace needs {'.'.join(map(str, _OLDEST))} or newer.\n"
            "Update Chroma there, or name another server with --chroma URL."
        )


class RemoteRefusal(ServerUnreachable):
    """The server refuses the connection, and waiting does not help."""


def collection_taken(address: ChromaAddress, name: str) -> RemoteRefusal:
    """The error where a collection of that name belongs to another space."""
    return RemoteRefusal(
        f"The Chroma server {address} has a collection {name!r} already.\n"
        "It belongs to another space, or to no space, and is left as it is.\n"
        "Give this space another name with --space NAME, use another database with --chroma-database, or delete that "
        "collection if nobody needs it."
    )


def _certificate_check(address: ChromaAddress) -> ssl.SSLContext | bool:
    """How httpx verifies certificates; made once, since reading them takes a moment."""
    try:
        if address.ca_file:
            return ssl.create_default_context(cafile=address.ca_file)
        return httpx.create_ssl_context() if address.url.startswith("https:") else False
    except OSError as error:  # an SSLError is one too
        raise RemoteRefusal(
            f"The file of certificates {address.ca_file} cannot be used.\n"
            f"{_shorten(error.strerror or str(error))}\n"
            "Give a file in PEM form with --chroma-ca (for a space that is there: nearspace repair --chroma URL "
            "--chroma-ca FILE)."
        ) from error


def _error_name(answer: httpx.Response) -> str:
    try:
        return str(json.loads(answer.text).get("error"))
    except (ValueError, AttributeError):
        return ""


def _causes(error: BaseException) -> list[BaseException]:
    chain: list[BaseException] = []
    at: BaseException | None = error
    while at is not None and at not in chain:
        chain.append(at)
        at = at.__cause__ or at.__context__
    return chain


def _cause(error: BaseException) -> BaseException:
    return next((each for each in reversed(_causes(error)) if isinstance(each, OSError)), error)


def _has_cause(error: BaseException, kind: type[BaseException]) -> bool:
    return any(isinstance(each, kind) for each in _causes(error))


def _shorten(said: str) -> str:
    line = " ".join(said.split())
    return line if len(line) <= 300 else line[:299] + "…"
