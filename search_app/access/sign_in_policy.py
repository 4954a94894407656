"""Sign-in to the app by OpenID Connect, through Streamlit's `st.login`.

One TOML file configures it; `nearspace app --sign-in FILE` checks the file before anything is served:

    [auth]                      # as in Streamlit's documentation of st.login
    redirect_uri = "https://search.example.org/oauth2callback"
    cookie_secret = "..."       # at least 32 random characters
    client_id = "..."
    client_secret = "..."
    server_metadata_url = "https://id.example.org/.well-known/openid-configuration"

    [nearspace]
    allowed = ["ada@example.org", "@example.com"]   # addresses, whole domains, or "*" for every account of the provider
    unverified_emails = false   # true if the provider does not report whether an address is verified
    editors = ["ada@example.org"]   # who of them may change spaces on the library page; by default nobody
    folders = ["/srv/pictures"]     # folders of the server in which editors may ingest; by default only uploads
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
"""Holds the file's path in the app's process; when it is set, nobody sees anything without signing in."""

_AUTH_KEYS = ("redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url")
_CALLBACK = "/oauth2callback"
_MIN_SECRET_LENGTH = 32


@dataclass(frozen=True)
class SignInPolicy:
    """Who may come in, and who of them may change spaces."""

    allowed: tuple[str, ...]
    """Lower-case addresses, domains with `@` in front, or `*`."""
    unverified_emails: bool = False
    editors: tuple[str, ...] = ()
    """Who of them may change spaces, in the same form."""
    folders: tuple[str, ...] = ()
    """The folders in which editors may ingest."""

    def admits(self, claims: Mapping[str, Any]) -> bool:
        """Whether the account with these claims, signed by the provider, may come in."""
        return self._matches(self.allowed, claims)

    def may_edit(self, claims: Mapping[str, Any]) -> bool:
        """Whether that account may change spaces, if it may come in."""
        return self._matches(self.editors, claims)

    def _matches(self, entries: tuple[str, ...], claims: Mapping[str, Any]) -> bool:
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


def read_sign_in_file(file: Path) -> SignInPolicy:
    """Read and check the file; raises SettingsError, which names the key that is missing or wrong."""
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(
            f"The sign-in file {file} cannot be read ({error.strerror}). Give the path of one to --sign-in."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"The sign-in file {file} is not TOML: {error}. Correct it.") from error
    auth, nearspace = _table(content, "auth", file), _table(content, "nearspace", file)
    for key in _AUTH_KEYS:
        if not isinstance(auth.get(key), str) or not auth[key].strip():
            raise SettingsError(f"The sign-in file {file} lacks the key {key} in [auth]. Add it.")
    if not urlsplit(auth["redirect_uri"]).netloc or not auth["redirect_uri"].endswith(_CALLBACK):
        raise SettingsError(
            f"redirect_uri in [auth] of {file} is not the page's address followed by {_CALLBACK}. Correct it."
        )
    if len(auth["cookie_secret"]) < _MIN_SECRET_LENGTH:
        raise SettingsError(
            f"cookie_secret in [auth] of {file} is shorter than {_MIN_SECRET_LENGTH} characters. "
            "Use the output of `openssl rand -hex 32`."
        )
    return SignInPolicy(
        _allowed(nearspace, file),
        nearspace.get("unverified_emails") is True,
        _addresses(nearspace.get("editors", []), "editors", file),
        _folders(nearspace.get("folders", []), file),
    )


def require_authlib() -> None:
    """Make sure that Authlib, which `st.login` needs, is installed; raises SettingsError."""
    if find_spec("authlib") is None:
        raise SettingsError("Sign-in needs another package. Run: pip install 'nearspace[login]'.")


def _table(content: Mapping[str, Any], name: str, file: Path) -> Mapping[str, Any]:
    table = content.get(name)
    if not isinstance(table, Mapping):
        raise SettingsError(f"The sign-in file {file} lacks the table [{name}]. Add it.")
    return table


def _allowed(nearspace: Mapping[str, Any], file: Path) -> tuple[str, ...]:
    allowed = nearspace.get("allowed")
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
        raise SettingsError(f"folders of {file} is not a list of folders with absolute paths. Correct it.")
    return tuple(entries)
