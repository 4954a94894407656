"""Changes to a space from the page: only for those who may, and always as a background job."""

import os
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from ingest.errors import NearspaceError, SettingsError
from ingest.run import jobs
from ingest.run.jobs import Job, Kind
from search_app.access.permissions import Permission, permission
from search_app.components.shared import page_layout, sign_in_gate
from search_app.components.shared.formatting import in_markdown

_PROBLEM = "library-problem"


def granted() -> Permission:
    """What the visitor of this page may do."""
    sign_in = sign_in_gate.sign_in()
    return permission(
        address=st.get_option("server.address"),
        headers=st.context.headers.to_dict(),
        sign_in=sign_in,
        claims=st.user.to_dict() if sign_in else None,
        environment=os.environ,
    )


def begin(home: Path, name: str, kind: Kind, arguments: Sequence[str], about: str) -> bool:
    """Start a job of the space; returns whether it started, and has the page say why it did not."""
    try:
        allowed = granted()
        allowed.require()
        by = str(st.user.get("email") or "") if sign_in_gate.sign_in() else ""
        jobs.start(home, name, kind, arguments, about=about, by=by)
    except NearspaceError as error:
        complain(error)
        return False
    return True


def end(home: Path, name: str, job: Job) -> None:
    """Ask a job to end."""
    try:
        granted().require()
        jobs.ask_to_end(home, name, job.id)
    except NearspaceError as error:
        complain(error)


def ingest(home: Path, name: str, paths: Sequence[str], about: str, options: Sequence[str] = ()) -> bool:
    """Start an ingest of paths that the caller has checked; as `begin`."""
    return begin(home, name, "ingest", [*options, "--json-lines", "--", *paths], about)


def ingest_clicked(home: Path, name: str, paths: Sequence[str], about: str) -> None:
    """As `ingest`, for the click of a button."""
    ingest(home, name, paths, about)


def begin_clicked(home: Path, name: str, kind: Kind, arguments: Sequence[str], about: str) -> None:
    """As `begin`, for the click of a button."""
    begin(home, name, kind, arguments, about)


def complain(error: NearspaceError) -> None:
    """Have the page say, once, what could not be done."""
    st.session_state[_PROBLEM] = str(error)


def complaint() -> None:
    """Say what could not be done at the last click."""
    if words := st.session_state.pop(_PROBLEM, ""):
        page_layout.error_notice("That could not be done", SettingsError(words))
        st.toast(in_markdown(words), icon=":material/error:")  # the notice may be above what is in sight


def read_only(allowed: Permission) -> None:
    """Say why nothing can be changed here."""
    page_layout.notice("You can look, and change nothing", allowed.why)
