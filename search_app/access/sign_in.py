"""Sign-in to the app by OpenID Connect, as Streamlit does it: who set it up has said wholly how, and who may come in.

One TOML file holds all of it; `nearspace app --sign-in FILE` checks the file before anything is served:

    [auth]                      # as Streamlit's documentation of st.login has it
    redirect_uri = "https://search.example.org/oauth2callback"
    cookie_secret = "..."       # at least 32 characters of chance
    client_id = "..."
    client_secret = "..."
    server_metadata_url = "https://id.example.org/.well-known/openid-configuration"

    [nearspace]
    allowed = ["ada@example.org", "@example.com"]   # addresses, whole domains, or "*" for all whom the provider knows
    unverified_emails = false   # true where the provider does not say whether it has verified an address
    editors = ["ada@example.org"]   # who of them may change spaces on the library page; without it nobody
    folders = ["/srv/pictures"]     # folders of the server in which editors may ingest; without it dropped files alone
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ingest.errors import SettingsError

SIGN_IN_VARIABLE = "NEARSPACE_SIGN_IN"
"""Holds the file's path in the app's process; where it is set, nobody sees anything without signing in."""

_AUTH_KEYS = ("redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url")
_CALLBACK = "/oauth2callback"
_SHORTEST_SECRET = 32


@dataclass(frozen=True)
class SignIn:
    """Who may come in."""

    allowed: tuple[str, ...]
    """Addresses, domains with `@` in front, or `*`; in lower case."""
    unverified_emails: bool = False
    editors: tuple[str, ...] = ()
    """Who of them may change spaces, in the same way."""
    folders: tuple[str, ...] = ()
    """The folders in which editors may ingest."""

    def lets_in(self, claims: Mapping[str, Any]) -> bool:
        """Whether the account with these claims, which the provider has signed, may come in."""
        return self._names(self.allowed, claims)

    def lets_edit(self, claims: Mapping[str, Any]) -> bool:
        """Whether that account may change spaces, if it may come in."""
        return self._names(self.editors, claims)

    def _names(self, entries: tuple[str, ...], claims: Mapping[str, Any]) -> bool:
        if "*" in entries:
            return True
        email = str(claims.get("email") or "").strip().casefold()
        name, at, domain = email.rpartition("@")
        if not (name and at and domain):
            return False
        verified = claims.get("email_verified")
        if verified is not True and not (verified is None and self.unverified_emails):
            return False
        return email in entries or f"@{domain}" in entries


def read_sign_in(file: Path) -> SignIn:
    """Read and check the file; raises SettingsError, which names the key that is missing or wrong."""
    try:
        told = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(
            f"The sign-in file {file} cannot be read ({error.strerror}). Give the path of one to --sign-in."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"The sign-in file {file} is not TOML: {error}. Correct it.") from error
    auth, own = _table(told, "auth", file), _table(told, "nearspace", file)
    for key in _AUTH_KEYS:
        if not isinstance(auth.get(key), str) or not auth[key].strip():
            raise SettingsError(f"The sign-in file {file} lacks the key {key} in [auth]. Add it.")
    if not urlsplit(auth["redirect_uri"]).netloc or not auth["redirect_uri"].endswith(_CALLBACK):
        raise SettingsError(
            f"redirect_uri in [auth] of {file} is not the page's address with {_CALLBACK} behind it. Correct it."
        )
    if len(auth["cookie_secret"]) < _SHORTEST_SECRET:
        raise SettingsError(
            f"cookie_secret in [auth] of {file} is shorter than {_SHORTEST_SECRET} characters. "
            "Put in what `openssl rand -hex 32` gives."
        )
    return SignIn(
        _allowed(own, file),
        own.get("unverified_emails") is True,
        _addresses(own.get("editors", []), "editors", file),
        _folders(own.get("folders", []), file),
    )


def require_library() -> None:
    """Make sure that the library is there which Streamlit signs in with; raises SettingsError."""
    if find_spec("authlib") is None:
        raise SettingsError("Signing in needs a further package. Run: pip install 'nearspace[login]'.")


def _table(told: Mapping[str, Any], name: str, file: Path) -> Mapping[str, Any]:
    table = told.get(name)
    if not isinstance(table, Mapping):
        raise SettingsError(f"The sign-in file {file} lacks the table [{name}]. Add it.")
    return table


def _allowed(own: Mapping[str, Any], file: Path) -> tuple[str, ...]:
    allowed = own.get("allowed")
    if not isinstance(allowed, list) or not allowed:
        raise SettingsError(
            f"The sign-in file {file} lacks the key allowed in [nearspace]: without it every account that the "
            'provider knows would come in. Add it: allowed = ["ada@example.org", "@example.com"].'
        )
    return _addresses(allowed, "allowed", file)


def _addresses(entries: object, key: str, file: Path) -> tuple[str, ...]:
    if not isinstance(entries, list):
        raise SettingsError(f"{key} of {file} is not a list of addresses. Correct it.")
    for entry in entries:
        if not isinstance(entry, str) or (entry != "*" and "@" not in entry[:-1]):
            raise SettingsError(
                f"{entry!r} in {key} of {file} is neither an address, nor @ and a domain, nor *. Correct it."
            )
    return tuple(entry.strip().casefold() for entry in entries)


def _folders(entries: object, file: Path) -> tuple[str, ...]:
    if not isinstance(entries, list) or not all(isinstance(each, str) and Path(each).is_absolute() for each in entries):
        raise SettingsError(f"folders of {file} is not a list of folders from the root on. Correct it.")
    return tuple(entries)
