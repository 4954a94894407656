"""Changes to a space from the library page: always as a background job, and only for visitors who may change it."""

import os
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from ingest.errors import NearspaceError, SettingsError
from ingest.run import jobs
from ingest.run.jobs import Job, Kind
from search_app.access.permissions import Permission, permission_for
from search_app.components.shared import page_layout, sign_in_gate
from search_app.components.shared.formatting import in_markdown

_ERROR = "library-error"


def visitor_permission() -> Permission:
    """What the visitor of this page may do."""
    policy = sign_in_gate.sign_in_policy()
    return permission_for(
        address=st.get_option("server.address"),
        headers=st.context.headers.to_dict(),
        sign_in=policy,
        claims=st.user.to_dict() if policy else None,
        environment=os.environ,
    )


def start(home: Path, name: str, kind: Kind, arguments: Sequence[str], about: str) -> bool:
    """Start a job of the space; returns whether it started, and otherwise reports the error on the page."""
    try:
        visitor_permission().require_change()
        by = str(st.user.get("email") or "") if sign_in_gate.sign_in_policy() else ""
        jobs.start_job(home, name, kind, arguments, about=about, by=by)
    except NearspaceError as error:
        report_error(error)
        return False
    return True


def start_clicked(home: Path, name: str, kind: Kind, arguments: Sequence[str], about: str) -> None:
    """The callback of a button that calls `start`."""
    start(home, name, kind, arguments, about)


def start_ingest(home: Path, name: str, paths: Sequence[str], about: str, options: Sequence[str] = ()) -> bool:
    """Start an ingest of paths that the caller has checked; returns as `start` does."""
    return start(home, name, "ingest", [*options, "--json-lines", "--", *paths], about)


def start_ingest_clicked(home: Path, name: str, paths: Sequence[str], about: str) -> None:
    """The callback of a button that calls `start_ingest`."""
    start_ingest(home, name, paths, about)


def cancel_clicked(home: Path, name: str, job: Job) -> None:
    """The callback of a button that asks a job to end."""
    try:
        visitor_permission().require_change()
        jobs.request_stop(home, name, job.id)
    except NearspaceError as error:
        report_error(error)


def report_error(error: NearspaceError) -> None:
    """Have `show_error` show this error the next time that the page is drawn."""
    st.session_state[_ERROR] = str(error)


def show_error() -> None:
    """Show, once, the error that the last click caused, if there was one."""
    with st.container():  # always there, so that what is below keeps its place
        if not (message := st.session_state.pop(_ERROR, "")):
            return
        page_layout.error_notice("That could not be done", SettingsError(message))
        st.toast(in_markdown(message), icon=":material/error:")  # the notice may be above the visible part


def show_read_only(permission: Permission) -> None:
    """Show why the visitor cannot change anything."""
    page_layout.notice("You can look, and change nothing", permission.reason)
