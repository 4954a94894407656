"""The Add tab: ingest a folder of the machine that the app runs on, uploaded files, or the sample."""

from pathlib import Path

import streamlit as st
from rich.filesize import decimal

from ingest.encoders.registry import list_encoders
from ingest.errors import NearspaceError
from ingest.formatting import format_count, format_duration, printable
from ingest.resources import sample_folder
from ingest.run.dry_run import time_files
from ingest.settings import DEFAULT_ENCODER, DEMO_SPACE
from ingest.sources.preview import Preview, preview
from ingest.sources.selection import Selection
from search_app.access.permissions import Permission
from search_app.components.library import folder_browser, job_actions
from search_app.components.library.uploads import (
    MAX_FILE_BYTES,
    MAX_FILES,
    UPLOAD_FOLDER,
    accepted_suffixes,
    save_uploads,
)
from search_app.components.shared import page_layout, page_url
from search_app.components.shared.app_space import AppSpace, encoder_of
from search_app.components.shared.formatting import in_html, in_markdown, snippet

_FOLDER, _INCLUDE, _EXCLUDE, _ENCODER = "add-folder", "add-include", "add-exclude", "add-encoder"
_UPLOADER = "add-dropped"
_UPLOADER_VERSION = "add-round"  # a new version empties the uploader
_REFUSED = "add-refused"
_SUGGESTIONS = 6
_LOOK_SECONDS, _QUICK_SECONDS = 2.0, 0.4  # for counting what is in a folder
_MEASURED_SECONDS = 0.7  # for files of each kind, to tell how long adding a folder takes


def add_tab(home: Path, name: str, permission: Permission, space: AppSpace | None, *, busy: bool) -> None:
    """Draw the tab; `space` is None if it does not exist yet."""
    with st.container():  # always there, so that what is below keeps its place
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
    with st.container(key="add-path", horizontal=True, vertical_alignment="bottom", gap="small"):
        st.text_input(
            "Path of a folder or file",
            key=_FOLDER,
            placeholder="~/Pictures" if permission.any_folder else str(permission.folders[0]),
            label_visibility="collapsed",
        )
        browse = st.button(
            "Browse …",
            key="add-browse",
            icon=":material/folder_open:",
            on_click=folder_browser.open_at,
            args=(str(st.session_state.get(_FOLDER) or ""),),
        )
    if browse:
        folder_browser.browse_folders(lambda path: _describe(path, space, quick=True), _fill_in)
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
            st.selectbox(
                "The model that reads them",
                installed,
                key=_ENCODER,
                index=installed.index(DEFAULT_ENCODER),
                help="It turns pictures and texts into numbers that stand for their meaning. All of a space is read "
                "by the same one.",
            )
        page_layout.note("As in a .gitignore file, several with spaces between. Hidden files are left out.")
    ready = bool(typed) and _preview(permission, typed, space)
    st.button(
        "Add this folder",
        key="add-ingest",
        icon=":material/create_new_folder:",
        type="primary",
        disabled=busy or not ready,
        on_click=_ingest_folder,
        args=(home, name, space is None),
    )


def _preview(permission: Permission, typed: str, space: AppSpace | None) -> bool:
    """Show what is at the path and how long it takes to add; returns whether there is anything to add."""
    try:
        return _describe(permission.resolve_folder(typed), space)
    except NearspaceError as error:
        st.html(f'<div class="ns-preview ns-error" role="status">{in_html(str(error))}</div>')
        return False


def _describe(path: Path, space: AppSpace | None, *, quick: bool = False) -> bool:
    """As `_preview`, for a path that exists and may be named; raises SettingsError if a glob is invalid.

    A quick look counts for less long, and measures nothing.
    """
    with page_layout.spinner("Looking …"):
        found = _cached_preview(str(path), *_globs(), _QUICK_SECONDS if quick else _LOOK_SECONDS)
        time_needed = _time_needed(path, found, space, measure=not quick) if found.readable else ""
    st.html(f'<div class="ns-preview" role="status">{in_html(_preview_text(found))}{in_html(time_needed)}</div>')
    return bool(found.readable)


@st.cache_data(show_spinner=False, ttl=30, max_entries=32)
def _cached_preview(path: str, include: tuple[str, ...], exclude: tuple[str, ...], seconds: float) -> Preview:
    return preview(Path(path), Selection(include, exclude), seconds)


def _preview_text(found: Preview) -> str:
    counts = ((found.images, "picture"), (found.documents, "document"), (found.videos, "video"))
    kinds = [format_count(number, noun) for number, noun in counts if number]
    if not kinds:
        return "No file in it can be read here." if found.complete else "It exists; it is large."
    at_least = "" if found.complete else "At least "
    others = f"; {found.others:,} other files are left out" if found.others else ""
    return f"{at_least}{', '.join(kinds)}, {decimal(found.bytes)}{others}."


def _time_needed(path: Path, found: Preview, space: AppSpace | None, *, measure: bool) -> str:
    """About how long adding all of it takes, in a sentence; '' where that is not known.

    The pace is that of the space's earlier ingests; without any it is measured, if `measure`.
    """
    pace = space.ledger.runs.pace() if space is not None else None
    if pace:
        seconds = found.readable / pace
    elif not measure:
        return ""
    else:
        encoder_id = space.manifest.encoder.id if space is not None else st.session_state.get(_ENCODER)
        try:
            seconds = _measured_seconds(str(path), *_globs(), str(encoder_id or DEFAULT_ENCODER))
        except NearspaceError:
            return ""  # the job will say what is wrong with the encoder
    at_least = "" if found.complete else "more than "
    return f" Adding all of it takes about {at_least}{format_duration(seconds)}."


@st.cache_data(show_spinner=False, ttl=600, max_entries=32)
def _measured_seconds(path: str, include: tuple[str, ...], exclude: tuple[str, ...], encoder_id: str) -> float:
    """The seconds for a folder, as measured by reading and encoding a few of its files."""
    found = preview(Path(path), Selection(include, exclude))
    encoder = encoder_of(encoder_id)
    return sum(
        found.count(kind) * time_files(files, encoder, seconds=_MEASURED_SECONDS)[0]
        for kind, files in found.samples.items()
    )


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
        name = f"<bdi>{in_html(printable(file))}</bdi>"
        st.html(f'<div class="ns-preview ns-error" role="status">{name}: {in_html(reason)}.</div>')


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
