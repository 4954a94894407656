"""Who may change a space from the browser, and which folders of this machine they may name.

A folder that is ingested can be read by everybody who can search, so whoever may name any folder may read any file that
the app can.  Therefore:

    visited on this machine itself            everything may be changed, and any folder be named
    opened to others, nobody signs in         nothing, unless `nearspace app --allow-changes`
    people sign in                            nothing, but for the `editors` that the sign-in file names
    others than on this machine who may       only folders in one that the owner names: `--allow-folder DIR`, or
                                              `folders` in the sign-in file; dropped files always
"""

import ipaddress
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ingest.errors import SettingsError
from search_app.access.sign_in import SignIn

ALLOW_CHANGES_VARIABLE = "NEARSPACE_ALLOW_CHANGES"
"""Set to 1 in the process of an app whose visitors may change its spaces, wherever they come from."""
ALLOW_FOLDERS_VARIABLE = "NEARSPACE_ALLOW_FOLDERS"
"""The folders that they may name, as a search path."""

_FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
_NOT_ALLOWED = "The folder {folder} is not one of those that may be ingested from here{which}. {advice}"


@dataclass(frozen=True)
class Permission:
    """What a visitor may do."""

    may_change: bool
    any_folder: bool = False
    """Whether any folder of this machine may be named, and seen by its whole path."""
    folders: tuple[Path, ...] = ()
    """Otherwise those in which a folder may be named; links resolved."""
    why: str = ""
    """Why nothing may be changed, and what would change that."""

    @property
    def names_folders(self) -> bool:
        """Whether a folder may be named at all."""
        return self.may_change and (self.any_folder or bool(self.folders))

    def require(self) -> None:
        """Raise SettingsError unless the visitor may change the space."""
        if not self.may_change:
            raise SettingsError(self.why)

    def folder(self, typed: str) -> Path:
        """The folder or file that was typed, links resolved.

        Raises SettingsError unless it may be ingested and is there.  Who may not name any folder learns nothing of what
        is elsewhere.
        """
        self.require()
        if not typed.strip():
            raise SettingsError("No folder was named. Type the path of one, such as ~/Pictures.")
        try:
            path = Path(typed.strip()).expanduser()
            named = path.resolve() if path.is_absolute() or self.any_folder else None
        except (OSError, RuntimeError, ValueError):
            named = None
        if not self.any_folder and (named is None or not any(named.is_relative_to(each) for each in self.folders)):
            which = f": {', '.join(map(str, self.folders))}" if self.folders else ""
            advice = "Name one in there." if self.folders else "Drop files instead, or ask the owner."
            raise SettingsError(_NOT_ALLOWED.format(folder=typed.strip(), which=which, advice=advice))
        if named is None or not _is_there(named):
            raise SettingsError(f"There is nothing at {typed.strip()}. Check how it is spelt.")
        return named


def permission(
    *,
    address: str | None,
    headers: Mapping[str, str],
    sign_in: SignIn | None = None,
    claims: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Permission:
    """What the visitor of a page may do.

    `address` is the one that the app listens at, None for all; `headers` are the request's; `claims` are those of the
    account that has signed in, where `sign_in` asks for one.
    """
    environment = os.environ if environment is None else environment
    if sign_in is not None:
        if claims and sign_in.lets_in(claims) and sign_in.lets_edit(claims):
            return Permission(True, folders=_resolved(sign_in.folders))
        return Permission(
            False,
            why="Your account may search here and change nothing. The owner can name it among the editors in the "
            "sign-in file.",
        )
    if is_this_machine(address, headers):
        return Permission(True, any_folder=True)
    if environment.get(ALLOW_CHANGES_VARIABLE) == "1":
        named = environment.get(ALLOW_FOLDERS_VARIABLE, "").split(os.pathsep)
        return Permission(True, folders=_resolved(filter(None, named)))
    return Permission(
        False,
        why="This app is opened to other machines, so it changes nothing. Its owner can start it with "
        "`nearspace app --allow-changes`, or with `--sign-in` and a list of editors.",
    )


def is_this_machine(address: str | None, headers: Mapping[str, str]) -> bool:
    """Whether only this machine can have sent the request: nothing else can reach the app, and nothing passed it on."""
    names = {name.lower(): value for name, value in headers.items()}
    if not _is_loopback(address) or any(name in names for name in _FORWARDED):
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


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False


def _resolved(folders: Iterable[str]) -> tuple[Path, ...]:
    return tuple(Path(folder).expanduser().resolve() for folder in folders)
