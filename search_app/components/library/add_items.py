"""Adding to a space: a folder of the machine that the app runs on, files dropped into the browser, or the sample."""

from pathlib import Path

import streamlit as st
from rich.filesize import decimal

from ingest.encoders.registry import list_encoders
from ingest.errors import NearspaceError
from ingest.formatting import printable
from ingest.resources import sample_folder
from ingest.settings import DEFAULT_ENCODER, DEMO_SPACE
from ingest.sources.preview import Preview, preview
from ingest.sources.selection import Selection
from search_app.access.permissions import Permission
from search_app.components.library import start_jobs
from search_app.components.library.uploaded_files import (
    MOST_BYTES,
    MOST_FILES,
    UPLOAD_FOLDER,
    keep_files,
    kept_suffixes,
)
from search_app.components.shared import page_layout, page_url
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import in_html, in_markdown, snippet

_FOLDER, _ONLY, _WITHOUT, _ENCODER = "add-folder", "add-only", "add-without", "add-encoder"
_DROPPED = "add-dropped"
_ROUND = "add-round"  # a new one empties the uploader
_REFUSED = "add-refused"
_OFFERED = 6


def adding(home: Path, name: str, allowed: Permission, space: AppSpace | None, *, busy: bool) -> None:
    """Draw the forms; `space` is None where there is none yet."""
    if busy:
        page_layout.note("A job goes on; what is added here can start when it is done.")
    left, right = st.columns(2, gap="medium")
    with left, st.container(key="add-a-folder"):
        _folder(home, name, allowed, space, busy=busy)
    with right, st.container(key="add-files"):
        _files(home, name, busy=busy)


def sample(home: Path, *, busy: bool) -> None:
    """Offer the sample collection as a space of its own."""
    st.button(
        "Try the sample",
        key="add-sample",
        icon=":material/auto_awesome:",
        disabled=busy,
        on_click=_add_sample,
        args=(home,),
        help="Some 430 pictures and some texts that come with Nearspace, in a space of their own.",
    )


def _add_sample(home: Path) -> None:
    try:
        folder = sample_folder()
    except NearspaceError as error:
        start_jobs.complain(error)
        return
    paths = [str(folder / "pictures"), str(folder / "texts")]
    if start_jobs.ingest(home, DEMO_SPACE, paths, "the sample collection"):
        page_url.go_to_space(DEMO_SPACE)


def _folder(home: Path, name: str, allowed: Permission, space: AppSpace | None, *, busy: bool) -> None:
    st.html('<div class="ns-section">A folder</div>')
    if not allowed.names_folders:
        page_layout.note(
            "Folders of the server can be named only where its owner lets them: nearspace app --allow-folder DIR, or "
            "folders in the sign-in file. Drop files instead."
        )
        return
    page_layout.note(
        "On the machine that the app runs on"
        + ("." if allowed.any_folder else f", in {', '.join(map(str, allowed.folders))}.")
        + " Files are read where they are, not copied; what is in it can be found by everybody who can search here."
    )
    st.text_input(
        "Path of a folder or file",
        key=_FOLDER,
        placeholder="~/Pictures" if allowed.any_folder else str(allowed.folders[0]),
        label_visibility="collapsed",
    )
    offered = _offered(allowed, space)
    if offered:
        with st.container(key="add-recent", horizontal=True, gap="xsmall"):
            for number, path in enumerate(offered, start=1):
                label = in_markdown(_short(path))
                st.button(label, key=f"recent-{number}", help=in_markdown(path), on_click=_take, args=(path,))
    typed = str(st.session_state.get(_FOLDER) or "").strip()
    with st.expander("Which files"):
        st.text_input("Only files like", key=_ONLY, placeholder="*.jpg *.md")
        st.text_input("Leave out", key=_WITHOUT, placeholder="drafts/ *.tmp")
        if space is None:
            here = [model.id for model in list_encoders() if model.here]
            st.selectbox("Encoder of the new space", here, key=_ENCODER, index=here.index(DEFAULT_ENCODER))
        page_layout.note("As in a .gitignore file, several with spaces between. Hidden files are left out.")
    ready = bool(typed) and _look(allowed, typed)
    st.button(
        "Ingest",
        key="add-ingest",
        icon=":material/create_new_folder:",
        type="primary",
        disabled=busy or not ready,
        on_click=_ingest_folder,
        args=(home, name, space is None),
    )


def _look(allowed: Permission, typed: str) -> bool:
    """Say what is at the path; returns whether there is anything to ingest."""
    try:
        path = allowed.folder(typed)
        with page_layout.waiting("Looking …"):
            found = _look_at(str(path), *_globs())
    except NearspaceError as error:
        st.html(f'<div class="ns-look ns-wrong" role="status">{in_html(str(error))}</div>')
        return False
    st.html(f'<div class="ns-look" role="status">{in_html(_found(found))}</div>')
    return bool(found.readable)


@st.cache_data(show_spinner=False, ttl=30, max_entries=32)
def _look_at(path: str, only: tuple[str, ...], without: tuple[str, ...]) -> Preview:
    return preview(Path(path), Selection(only, without))


def _found(found: Preview) -> str:
    kinds = ((found.images, "picture"), (found.documents, "document"), (found.videos, "video"))
    told = [f"{number:,} {word}{'s' * (number != 1)}" for number, word in kinds if number]
    if not told:
        return "It is there, and no file in it can be read here." if found.complete else "It is there; it is large."
    more = "" if found.complete else "At least "
    others = f"; {found.others:,} other files are left out" if found.others else ""
    return f"{more}{', '.join(told)}, {decimal(found.bytes)}{others}."


def _globs() -> tuple[tuple[str, ...], tuple[str, ...]]:
    only, without = (tuple(str(st.session_state.get(key) or "").split()) for key in (_ONLY, _WITHOUT))
    return only, without


def _offered(allowed: Permission, space: AppSpace | None) -> list[str]:
    """Folders to choose from: those that were ingested lately, else the usual ones."""
    found: list[Path] = []
    if space is not None:
        found = [Path(root.path) for root in space.ledger.runs.ingested_roots(space.folder, _OFFERED)]
        found = [path for path in found if not path.is_relative_to(space.folder.resolve())]
    if not found:
        found = [Path.home() / "Pictures", Path.home() / "Documents"] if allowed.any_folder else [*allowed.folders]
    shown: list[str] = []
    for path in found[:_OFFERED]:
        try:
            if allowed.folder(str(path)).is_dir():
                shown.append(str(path))
        except NearspaceError:
            continue
    return shown


def _short(path: str) -> str:
    home = str(Path.home())
    return snippet(printable(f"~{path.removeprefix(home)}" if path.startswith(f"{home}/") else path), 40)


def _take(path: str) -> None:
    st.session_state[_FOLDER] = path


def _ingest_folder(home: Path, name: str, new: bool) -> None:
    try:
        path = str(start_jobs.granted().folder(str(st.session_state.get(_FOLDER) or "")))
    except NearspaceError as error:
        start_jobs.complain(error)
        return
    only, without = _globs()
    options = [*(f"--include={glob}" for glob in only), *(f"--exclude={glob}" for glob in without)]
    if new and (encoder := st.session_state.get(_ENCODER)) in {model.id for model in list_encoders()}:
        options.append(f"--encoder={encoder}")
    if start_jobs.ingest(home, name, [path], path, options):
        st.session_state[_FOLDER] = ""


def _files(home: Path, name: str, *, busy: bool) -> None:
    st.html('<div class="ns-section">Files from your browser</div>')
    page_layout.note(
        "Drop pictures, documents, videos or .zip archives into the box. They are copied to "
        f"{home / name / UPLOAD_FOLDER}, in the space's own folder on the machine that the app runs on: up to "
        f"{MOST_FILES} files at one time, {MOST_BYTES // 1_000_000} MB each."
    )
    key = f"{_DROPPED}-{st.session_state.get(_ROUND, 0)}"
    files = st.file_uploader(
        "Drop files",
        type=kept_suffixes(),
        accept_multiple_files=True,
        key=key,
        label_visibility="collapsed",
        max_upload_size=MOST_BYTES // 1_000_000,
    )
    count = len(files or ())
    st.button(
        f"Add {count:,} file{'s' * (count != 1)}" if count else "Add them",
        key="add-drop",
        icon=":material/upload_file:",
        type="primary",
        disabled=busy or not count,
        on_click=_ingest_files,
        args=(home, name, key),
    )
    for file, reason in st.session_state.pop(_REFUSED, ()):
        st.html(f'<div class="ns-look ns-wrong" role="status">{in_html(printable(file))}: {in_html(reason)}.</div>')


def _ingest_files(home: Path, name: str, key: str) -> None:
    files = st.session_state.get(key) or ()
    try:
        start_jobs.granted().require()
        kept = keep_files(home / name, ((file.name, file.getvalue()) for file in files))
    except NearspaceError as error:
        start_jobs.complain(error)
        return
    st.session_state[_REFUSED] = kept.refused
    paths = [str(path) for path in kept.paths]
    about = Path(paths[0]).name if len(paths) == 1 else f"{len(paths):,} dropped files"
    if paths and start_jobs.ingest(home, name, paths, about):
        st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
