"""Choosing a folder of the machine that the app runs on: a dialog that goes from folder to folder."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from ingest.errors import NearspaceError, SettingsError
from ingest.formatting import printable
from search_app.access.permissions import Permission
from search_app.components.library import job_actions
from search_app.components.shared import page_layout
from search_app.components.shared.formatting import in_html, in_markdown, snippet

MAX_SHOWN = 300
"""How many folders are listed; there is a box to find others by name."""

_AT, _FIND = "folder-browser-at", "folder-browser-find"
_NAME_LENGTH = 44


@dataclass(frozen=True)
class Listing:
    """The folders in a folder."""

    folders: tuple[Path, ...]
    """Those that may be ingested, by name; hidden ones are left out."""
    files: int
    """How many files lie in the folder itself."""


def list_folder(permission: Permission, path: Path) -> Listing:
    """The folders in `path`.  Raises SettingsError if it may not be ingested or cannot be read.

    Nothing outside the folders that the visitor may name is listed, also not what a link leads to.
    """
    resolved = permission.resolve_folder(str(path))
    folders: list[Path] = []
    files = 0
    try:
        with os.scandir(resolved) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    folders.append(Path(entry.path))
                else:
                    files += entry.is_file(follow_symlinks=False)
    except OSError as error:
        raise SettingsError(
            f"The folder {resolved} cannot be opened ({error.strerror}). Choose another, or change who may read it."
        ) from error
    return Listing(tuple(sorted(folders, key=lambda each: each.name.casefold())), files)


def starting_points(permission: Permission) -> list[Path]:
    """Where to begin: the folders that may be named, or the home folder and the root of the machine."""
    if not permission.any_folder:
        return list(permission.folders)
    home = Path.home()
    usual = (home, home / "Pictures", home / "Documents", home / "Downloads", Path(home.anchor))
    return [path for path in usual if path.is_dir()]


def parents_within(permission: Permission, path: Path) -> list[Path]:
    """The folders above `path` that may be named, the outermost first, and `path` itself."""
    above = [*reversed(path.parents), path]
    if permission.any_folder:
        return above
    return [each for each in above if any(each.is_relative_to(folder) for folder in permission.folders)]


@st.dialog("Choose a folder", width="medium")
def browse_folders(describe: Callable[[Path], object], on_chosen: Callable[[str], None]) -> None:
    """Let the visitor go from folder to folder.

    `describe` draws what is in one; `on_chosen` is called with its path, as a callback.
    """
    permission = job_actions.visitor_permission()
    try:
        path = _current_folder(permission)
        listing = list_folder(permission, path)
    except NearspaceError as error:
        st.session_state.pop(_AT, None)
        page_layout.error_notice("This folder cannot be shown", error)
        _starting_buttons(permission)
        return
    _starting_buttons(permission)
    _trail(parents_within(permission, path))
    _folder_list(listing)
    describe(path)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            f"Choose {in_markdown(_name(path))}",
            key="folder-browser-choose",
            type="primary",
            icon=":material/check:",
            on_click=on_chosen,
            args=(str(path),),
        ):
            st.rerun()


def open_at(path: str) -> None:
    """Have the dialog begin at a path that was typed before, or at its folder if it is a file."""
    st.session_state[_AT] = path
    st.session_state[_FIND] = ""


def _current_folder(permission: Permission) -> Path:
    """The folder that is shown; where it is none, or not allowed, the first starting point."""
    at = str(st.session_state.get(_AT) or "")
    if at:
        try:
            path = permission.resolve_folder(at)
            return path if path.is_dir() else path.parent
        except NearspaceError:
            st.session_state.pop(_AT, None)
    return permission.resolve_folder(str(starting_points(permission)[0]))


def _starting_buttons(permission: Permission) -> None:
    starts = starting_points(permission)
    if len(starts) < 2:
        return
    with st.container(key="folder-browser-starts", horizontal=True, gap="xsmall"):
        for number, path in enumerate(starts, start=1):
            label = "Home" if path == Path.home() else "This machine" if path == Path(path.anchor) else _name(path)
            st.button(in_markdown(label), key=f"folder-browser-start-{number}", on_click=open_at, args=(str(path),))


def _trail(parents: list[Path]) -> None:
    """The way to the folder; each part leads there."""
    with st.container(key="folder-browser-trail", horizontal=True, gap="xxsmall", vertical_alignment="center"):
        for number, path in enumerate(parents, start=1):
            last = number == len(parents)
            if number > 1:
                st.html('<span class="ns-trail-mark" aria-hidden="true">›</span>', width="content")
            if last:
                name = in_html(snippet(_name(path), _NAME_LENGTH))
                st.html(f'<b class="ns-trail-here" dir="auto">{name}</b>', width="content")
            else:
                st.button(
                    in_markdown(snippet(_name(path), _NAME_LENGTH)),
                    key=f"folder-browser-up-{number}",
                    type="tertiary",
                    on_click=open_at,
                    args=(str(path),),
                )


def _folder_list(listing: Listing) -> None:
    folders = list(listing.folders)
    if len(folders) > 12:
        find = st.text_input(
            "Find a folder here", key=_FIND, placeholder="Part of a name", label_visibility="collapsed"
        )
        folders = [path for path in folders if str(find or "").strip().casefold() in path.name.casefold()]
    with st.container(key="folder-browser-list", height=260 if len(folders) > 6 else "content", gap="xxsmall"):
        for number, path in enumerate(folders[:MAX_SHOWN], start=1):
            st.button(
                in_markdown(snippet(_name(path), 70)),
                key=f"folder-browser-into-{number}",
                icon=":material/folder:",
                type="tertiary",
                width="stretch",
                on_click=open_at,
                args=(str(path),),
            )
        if not folders:
            page_layout.note("No folders in here." if not listing.folders else "No folder has such a name.")
        if len(folders) > MAX_SHOWN:
            page_layout.note(f"and {len(folders) - MAX_SHOWN:,} more; find one by its name.")


def _name(path: Path) -> str:
    return printable(path.name or str(path))
