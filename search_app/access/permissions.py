"""Who may change a space from the browser, and which folders of this machine they may ingest.

Everybody who can search can read what is ingested, so whoever may name any folder can read any file that the app can.
Therefore:

    visited from this machine                 may change everything, and name any folder
    open to a network, without sign-in        may change nothing, unless `nearspace app --allow-changes`
    with sign-in                              may change nothing, except the `editors` named in the sign-in file
    visitors from elsewhere who may change    may name only folders inside those that the owner allows
                                              (`--allow-folder DIR`, or `folders` in the sign-in file), and may
                                              always upload files
"""

import ipaddress
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ingest.errors import SettingsError
from search_app.access.sign_in_policy import SignInPolicy

ALLOW_CHANGES_VARIABLE = "NEARSPACE_ALLOW_CHANGES"
"""Set to 1 in the app's process, it lets every visitor change its spaces."""
ALLOW_FOLDERS_VARIABLE = "NEARSPACE_ALLOW_FOLDERS"
"""The folders that those visitors may name, joined by the separator of PATH."""

_FORWARDING_HEADERS = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
_NOT_ALLOWED = "The folder {folder} is not one of those that may be ingested from here{allowed}. {advice}"


@dataclass(frozen=True)
class Permission:
    """What a visitor may do."""

    may_change: bool
    any_folder: bool = False
    """Whether any folder of this machine may be named."""
    folders: tuple[Path, ...] = ()
    """Otherwise the folders inside which one may be named; links resolved."""
    reason: str = ""
    """Why nothing may be changed, and what would change that."""

    @property
    def may_name_folders(self) -> bool:
        """Whether a folder may be named at all."""
        return self.may_change and (self.any_folder or bool(self.folders))

    def require_change(self) -> None:
        """Raise SettingsError unless the visitor may change the space."""
        if not self.may_change:
            raise SettingsError(self.reason)

    def resolve_folder(self, typed: str) -> Path:
        """The folder or file that was typed, links resolved.

        Raises SettingsError unless it may be ingested and exists.  A visitor who may not name every folder cannot find
        out what exists outside the allowed ones.
        """
        self.require_change()
        if not typed.strip():
            raise SettingsError("No folder was named. Type the path of one, such as ~/Pictures.")
        try:
            path = Path(typed.strip()).expanduser()
            resolved = path.resolve() if path.is_absolute() or self.any_folder else None
        except (OSError, RuntimeError, ValueError):
            resolved = None
        if not self.any_folder and not (resolved and any(resolved.is_relative_to(each) for each in self.folders)):
            allowed = f": {', '.join(map(str, self.folders))}" if self.folders else ""
            advice = "Name one in there." if self.folders else "Drop files instead, or ask the owner."
            raise SettingsError(_NOT_ALLOWED.format(folder=typed.strip(), allowed=allowed, advice=advice))
        if resolved is None or not _exists(resolved):
            raise SettingsError(f"There is nothing at {typed.strip()}. Check how it is spelt.")
        return resolved


def permission_for(
    *,
    address: str | None,
    headers: Mapping[str, str],
    sign_in: SignInPolicy | None = None,
    claims: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Permission:
    """What the visitor of a page may do.

    `address` is the one that the app listens on, None for all; `headers` are those of the request; `sign_in` is the
    policy if visitors sign in, and `claims` are then those of the visitor's account.
    """
    environment = os.environ if environment is None else environment
    if sign_in is not None:
        if claims and sign_in.admits(claims) and sign_in.may_edit(claims):
            return Permission(True, folders=_resolved(sign_in.folders))
        return Permission(
            False,
            reason="Your account may search here and change nothing. The owner can name it among the editors in the "
            "sign-in file.",
        )
    if is_local_visit(address, headers):
        return Permission(True, any_folder=True)
    if environment.get(ALLOW_CHANGES_VARIABLE) == "1":
        folders = environment.get(ALLOW_FOLDERS_VARIABLE, "").split(os.pathsep)
        return Permission(True, folders=_resolved(filter(None, folders)))
    return Permission(
        False,
        reason="This app is open to other machines, so it changes nothing. Its owner can start it with "
        "`nearspace app --allow-changes`, or with `--sign-in` and a list of editors.",
    )


def is_local_visit(address: str | None, headers: Mapping[str, str]) -> bool:
    """Whether the request can only come from this machine: the app listens on loopback and no proxy forwarded it."""
    names = {name.lower(): value for name, value in headers.items()}
    if not _is_loopback(address) or any(name in names for name in _FORWARDING_HEADERS):
        return False
    host = names.get("host", "")
    return not host or _is_loopback(urlsplit(f"//{host}").hostname)


def _is_loopback(host: str | None) -> bool:
    if not host:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False


def _resolved(folders: Iterable[str]) -> tuple[Path, ...]:
    return tuple(Path(folder).expanduser().resolve() for folder in folders)
