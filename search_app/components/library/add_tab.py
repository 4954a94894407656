"""The Add tab: ingest a folder of the machine that the app runs on, uploaded files, or the sample."""

from pathlib import Path

import streamlit as st
from rich.filesize import decimal

from ingest.encoders.registry import list_encoders
from ingest.errors import NearspaceError
from ingest.formatting import format_count, printable
from ingest.resources import sample_folder
from ingest.settings import DEFAULT_ENCODER, DEMO_SPACE
from ingest.sources.preview import Preview, preview
from ingest.sources.selection import Selection
from search_app.access.permissions import Permission
from search_app.components.library import job_actions
from search_app.components.library.uploads import (
    MAX_FILE_BYTES,
    MAX_FILES,
    UPLOAD_FOLDER,
    accepted_suffixes,
    save_uploads,
)
from search_app.components.shared import page_layout, page_url
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import in_html, in_markdown, snippet

_FOLDER, _INCLUDE, _EXCLUDE, _ENCODER = "add-folder", "add-include", "add-exclude", "add-encoder"
_UPLOADER = "add-dropped"
_UPLOADER_VERSION = "add-round"  # a new version empties the uploader
_REFUSED = "add-refused"
_SUGGESTIONS = 6


def add_tab(home: Path, name: str, permission: Permission, space: AppSpace | None, *, busy: bool) -> None:
    """Draw the tab; `space` is None if it does not exist yet."""
    if busy:
        page_layout.note("A job is running; you can add more when it is done.")
    left, right = st.columns(2, gap="medium")
    with left, st.container(key="add-a-folder"):
        _folder_form(home, name, permission, space, busy=busy)
    with right, st.container(key="add-files"):
        _upload_form(home, name, busy=busy)


def sample_button(home: Path, *, busy: bool) -> None:
    """Draw the button that ingests the sample collection into a space of its own."""
    st.button(
        "Try the sample",
        key="add-sample",
        icon=":material/auto_awesome:",
        disabled=busy,
        on_click=_ingest_sample,
        args=(home,),
        help="Some 430 pictures and some texts that come with Nearspace, in a space of their own.",
    )


def _ingest_sample(home: Path) -> None:
    try:
        folder = sample_folder()
    except NearspaceError as error:
        job_actions.report_error(error)
        return
    paths = [str(folder / "pictures"), str(folder / "texts")]
    if job_actions.start_ingest(home, DEMO_SPACE, paths, "the sample collection"):
        page_url.go_to_space(DEMO_SPACE)


def _folder_form(home: Path, name: str, permission: Permission, space: AppSpace | None, *, busy: bool) -> None:
    st.html('<div class="ns-section">A folder</div>')
    if not permission.may_name_folders:
        page_layout.note(
            "Folders of the server can be named only where its owner allows it: nearspace app --allow-folder DIR, or "
            "folders in the sign-in file. Drop files instead."
        )
        return
    page_layout.note(
        "On the machine that the app runs on"
        + ("." if permission.any_folder else f", in {', '.join(map(str, permission.folders))}.")
        + " Files are read where they are, not copied; everybody who can search here can find what is in it."
    )
    st.text_input(
        "Path of a folder or file",
        key=_FOLDER,
        placeholder="~/Pictures" if permission.any_folder else str(permission.folders[0]),
        label_visibility="collapsed",
    )
    suggested = _suggested_folders(permission, space)
    if suggested:
        with st.container(key="add-recent", horizontal=True, gap="xsmall"):
            for number, path in enumerate(suggested, start=1):
                label = in_markdown(_short_path(path))
                st.button(label, key=f"recent-{number}", help=in_markdown(path), on_click=_fill_in, args=(path,))
    typed = str(st.session_state.get(_FOLDER) or "").strip()
    with st.expander("Which files"):
        st.text_input("Only files like", key=_INCLUDE, placeholder="*.jpg *.md")
        st.text_input("Leave out", key=_EXCLUDE, placeholder="drafts/ *.tmp")
        if space is None:
            installed = [model.id for model in list_encoders() if model.here]
            st.selectbox("Encoder of the new space", installed, key=_ENCODER, index=installed.index(DEFAULT_ENCODER))
        page_layout.note("As in a .gitignore file, several with spaces between. Hidden files are left out.")
    ready = bool(typed) and _preview(permission, typed)
    st.button(
        "Ingest",
        key="add-ingest",
        icon=":material/create_new_folder:",
        type="primary",
        disabled=busy or not ready,
        on_click=_ingest_folder,
        args=(home, name, space is None),
    )


def _preview(permission: Permission, typed: str) -> bool:
    """Show what is at the path; returns whether there is anything to ingest."""
    try:
        path = permission.resolve_folder(typed)
        with page_layout.spinner("Looking …"):
            found = _cached_preview(str(path), *_globs())
    except NearspaceError as error:
        st.html(f'<div class="ns-preview ns-error" role="status">{in_html(str(error))}</div>')
        return False
    st.html(f'<div class="ns-preview" role="status">{in_html(_preview_text(found))}</div>')
    return bool(found.readable)


@st.cache_data(show_spinner=False, ttl=30, max_entries=32)
def _cached_preview(path: str, include: tuple[str, ...], exclude: tuple[str, ...]) -> Preview:
    return preview(Path(path), Selection(include, exclude))


def _preview_text(found: Preview) -> str:
    counts = ((found.images, "picture"), (found.documents, "document"), (found.videos, "video"))
    kinds = [format_count(number, noun) for number, noun in counts if number]
    if not kinds:
        return "No file in it can be read here." if found.complete else "It exists; it is large."
    at_least = "" if found.complete else "At least "
    others = f"; {found.others:,} other files are left out" if found.others else ""
    return f"{at_least}{', '.join(kinds)}, {decimal(found.bytes)}{others}."


def _globs() -> tuple[tuple[str, ...], tuple[str, ...]]:
    include, exclude = (tuple(str(st.session_state.get(key) or "").split()) for key in (_INCLUDE, _EXCLUDE))
    return include, exclude


def _suggested_folders(permission: Permission, space: AppSpace | None) -> list[str]:
    """Folders to choose from: the recently ingested ones, or else the usual ones."""
    found: list[Path] = []
    if space is not None:
        found = [Path(place.path) for place in space.ledger.runs.ingested_roots(space.folder, _SUGGESTIONS)]
        found = [path for path in found if not path.is_relative_to(space.folder.resolve())]
    if not found:
        found = (
            [Path.home() / "Pictures", Path.home() / "Documents"] if permission.any_folder else [*permission.folders]
        )
    suggested: list[str] = []
    for path in found[:_SUGGESTIONS]:
        try:
            if permission.resolve_folder(str(path)).is_dir():
                suggested.append(str(path))
        except NearspaceError:
            continue
    return suggested


def _short_path(path: str) -> str:
    home = str(Path.home())
    return snippet(printable(f"~{path.removeprefix(home)}" if path.startswith(f"{home}/") else path), 40)


def _fill_in(path: str) -> None:
    st.session_state[_FOLDER] = path


def _ingest_folder(home: Path, name: str, is_new: bool) -> None:
    try:
        path = str(job_actions.visitor_permission().resolve_folder(str(st.session_state.get(_FOLDER) or "")))
    except NearspaceError as error:
        job_actions.report_error(error)
        return
    include, exclude = _globs()
    options = [*(f"--include={glob}" for glob in include), *(f"--exclude={glob}" for glob in exclude)]
    if is_new and (encoder := st.session_state.get(_ENCODER)) in {model.id for model in list_encoders()}:
        options.append(f"--encoder={encoder}")
    if job_actions.start_ingest(home, name, [path], path, options):
        st.session_state[_FOLDER] = ""


def _upload_form(home: Path, name: str, *, busy: bool) -> None:
    st.html('<div class="ns-section">Files from your browser</div>')
    page_layout.note(
        "Drop pictures, documents, videos or .zip archives into the box. They are copied to "
        f"{home / name / UPLOAD_FOLDER}, in the space's own folder on the machine that the app runs on: up to "
        f"{MAX_FILES} files at a time, {MAX_FILE_BYTES // 1_000_000} MB each."
    )
    key = f"{_UPLOADER}-{st.session_state.get(_UPLOADER_VERSION, 0)}"
    files = st.file_uploader(
        "Drop files",
        type=accepted_suffixes(),
        accept_multiple_files=True,
        key=key,
        label_visibility="collapsed",
        max_upload_size=MAX_FILE_BYTES // 1_000_000,
    )
    count = len(files or ())
    st.button(
        f"Add {format_count(count, 'file')}" if count else "Add them",
        key="add-drop",
        icon=":material/upload_file:",
        type="primary",
        disabled=busy or not count,
        on_click=_ingest_uploads,
        args=(home, name, key),
    )
    for file, reason in st.session_state.pop(_REFUSED, ()):
        st.html(f'<div class="ns-preview ns-error" role="status">{in_html(printable(file))}: {in_html(reason)}.</div>')


def _ingest_uploads(home: Path, name: str, key: str) -> None:
    files = st.session_state.get(key) or ()
    try:
        job_actions.visitor_permission().require_change()
        saved = save_uploads(home / name, ((file.name, file.getvalue()) for file in files))
    except NearspaceError as error:
        job_actions.report_error(error)
        return
    st.session_state[_REFUSED] = saved.refused
    paths = [str(path) for path in saved.paths]
    about = Path(paths[0]).name if len(paths) == 1 else f"{len(paths):,} dropped files"
    if paths and job_actions.start_ingest(home, name, paths, about):
        st.session_state[_UPLOADER_VERSION] = st.session_state.get(_UPLOADER_VERSION, 0) + 1
