"""The address of a Chroma server of the user's own, and the headers and certificates that it needs.

Secrets are never written to disk: of a header the manifest has the name, and perhaps the variable that has its value.
"""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from ingest.errors import SettingsError

ADDRESS_VARIABLE = "NEARSPACE_CHROMA"
HEADERS_VARIABLE = "NEARSPACE_CHROMA_HEADERS"
DEFAULT_TENANT = "default_tenant"
DEFAULT_DATABASE = "default_database"

_API_PATH = "/api/v2"
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110's token
_REFERENCE = re.compile(r"((?:Bearer |Basic |Token )?)\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))")


@dataclass(frozen=True)
class Header:
    """A header that the server needs: its name, and where its value comes from."""

    name: str
    reference: str = ""
    """`$VARIABLE` or `Bearer $VARIABLE`; '' where the value is in $NEARSPACE_CHROMA_HEADERS."""
    value: str = field(default="", repr=False, compare=False)
    """The value itself, for this process alone; it is never written."""


@dataclass(frozen=True)
class ChromaAddress:
    """A database of a Chroma server, and how it is reached."""

    url: str
    """http or https, host, perhaps a port and a path; without a slash at its end."""
    tenant: str = DEFAULT_TENANT
    database: str = DEFAULT_DATABASE
    headers: tuple[Header, ...] = ()
    ca_file: str = ""
    """The certificates to trust, an absolute path; '' for the default ones."""

    def same_database(self, other: "ChromaAddress | None") -> bool:
        """Whether both are one database, however it is reached."""
        mine = (self.url, self.tenant, self.database)
        return other is not None and mine == (other.url, other.tenant, other.database)

    def with_access_of(self, other: "ChromaAddress") -> "ChromaAddress":
        """This database, with the headers and certificates of `other` where it names any."""
        return replace(self, headers=other.headers or self.headers, ca_file=other.ca_file or self.ca_file)

    def header_values(self) -> dict[str, str]:
        """The headers to send, by name.

        Raises:
            SettingsError: a value is neither known nor in the environment.
        """
        return {header.name: _value(header, self.url) for header in self.headers}

    def as_json(self) -> dict[str, Any]:
        """The address in values that JSON has: everything but the headers' values."""
        return {
            "url": self.url,
            "tenant": self.tenant,
            "database": self.database,
            "headers": {header.name: header.reference for header in self.headers},
            "ca_file": self.ca_file,
        }

    def __str__(self) -> str:
        """The address, with tenant and database where they are not the default ones."""
        is_default = (self.tenant, self.database) == (DEFAULT_TENANT, DEFAULT_DATABASE)
        return self.url if is_default else f"{self.url} ({self.tenant}/{self.database})"


def address_from_json(content: Mapping[str, Any]) -> ChromaAddress:
    """The address that `as_json` wrote; raises KeyError, TypeError or AttributeError if it is damaged."""
    return ChromaAddress(
        url=str(content["url"]),
        tenant=str(content["tenant"]),
        database=str(content["database"]),
        headers=tuple(Header(str(name), str(reference)) for name, reference in content["headers"].items()),
        ca_file=str(content["ca_file"]),
    )


def parse_url(text: str) -> str:
    """The server's address in the form in which it is stored.

    Raises:
        SettingsError: it is no http(s) address of a server, or has a password in it.
    """
    advice = "Write it as https://host:port or http://host:port/path."
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError as error:
        raise SettingsError(f"{text!r} is not the address of a Chroma server ({error}). {advice}") from error
    if parts.username is not None or parts.password is not None:
        raise SettingsError(
            "The address of the Chroma server has a user's name or a password in it, which would be written to disk. "
            "Leave them out of the address, and give a header instead: --chroma-header 'Authorization: Basic $VARIABLE'"
            ", with the variable in the environment."
        )
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise SettingsError(f"{text!r} is not the address of a Chroma server. {advice}")
    scheme = parts.scheme.lower()
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    is_default_port = port is None or port == {"http": 80, "https": 443}[scheme]
    path = parts.path.rstrip("/").removesuffix(_API_PATH).rstrip("/")
    return f"{scheme}://{host}{'' if is_default_port else f':{port}'}{path}"


def parse_header(text: str) -> Header:
    """The header in 'Name: value'; a value `$VARIABLE` or `Bearer $VARIABLE` stays a reference.

    Raises:
        SettingsError: it does not have that form.
    """
    name, colon, value = text.partition(":")
    name, value = name.strip(), value.strip()
    if not colon or not value or not _HEADER_NAME.fullmatch(name):
        shown = repr(name) if colon else "what was given"
        raise SettingsError(f"A header cannot be made of {shown}. Write it as 'Name: value', in quotation marks.")
    if _REFERENCE.fullmatch(value):
        return Header(name, reference=value)
    return Header(name, value=value)


def headers_in_environment() -> tuple[Header, ...]:
    """The headers in $NEARSPACE_CHROMA_HEADERS, one a line, without their values; raises SettingsError."""
    return tuple(Header(header.name, header.reference) for header in _in_environment())


def address_of(
    url: str | None,
    headers: Sequence[str] = (),
    *,
    ca_file: str | None = None,
    tenant: str | None = None,
    database: str | None = None,
) -> ChromaAddress | None:
    """The address in the options of a command line; None if there is none.

    Raises:
        SettingsError: it is invalid, or headers and the like come without an address.
    """
    if not url:
        if headers or ca_file or tenant or database:
            raise SettingsError("What concerns a Chroma server was given without its address. Add --chroma URL.")
        return None
    parsed = tuple(parse_header(header) for header in headers)
    names = {header.name.lower() for header in parsed}
    others = tuple(header for header in headers_in_environment() if header.name.lower() not in names)
    return ChromaAddress(
        url=parse_url(url),
        tenant=tenant or DEFAULT_TENANT,
        database=database or DEFAULT_DATABASE,
        headers=parsed + others,
        ca_file=os.path.abspath(os.path.expanduser(ca_file)) if ca_file else "",  # noqa: PTH100, PTH111
    )


def _in_environment() -> list[Header]:
    return [parse_header(line) for line in os.environ.get(HEADERS_VARIABLE, "").splitlines() if line.strip()]


def _value(header: Header, url: str) -> str:
    if header.value:
        return header.value
    reference = header.reference
    if not reference:
        of_that_name = [known for known in _in_environment() if known.name.lower() == header.name.lower()]
        if not of_that_name:
            raise SettingsError(
                f"The Chroma server {url} wants the header {header.name}, and its value is not kept on disk. "
                f"Put it into the environment: export {HEADERS_VARIABLE}='{header.name}: ...'."
            )
        if of_that_name[0].value:
            return of_that_name[0].value
        reference = of_that_name[0].reference
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise SettingsError(
            f"The manifest says that the value of the header {header.name} is {reference!r}, which names no variable. "
            "Give the header anew: nearspace repair --chroma URL --chroma-header 'NAME: $VARIABLE'."
        )
    kind, variable = found[1], found[2] or found[3]
    value = os.environ.get(variable, "").strip()
    if not value:
        raise SettingsError(
            f"The Chroma server {url} wants the header {header.name} from the variable {variable}, which is not set. "
            f"Set it in the environment: export {variable}=..."
        )
    return kind + value
