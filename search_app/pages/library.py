"""The library page: what a space holds, what failed and why, and the jobs that change it."""

import streamlit as st

from ingest.run.jobs import newest_job
from ingest.settings import DEMO_SPACE
from search_app.access.permissions import Permission
from search_app.components.library import job_actions, url_state
from search_app.components.library.add_tab import add_tab, sample_button
from search_app.components.library.encoder_tab import encoder_tab
from search_app.components.library.health_tab import health_tab
from search_app.components.library.job_panel import POLL_SECONDS, job_panel
from search_app.components.library.overview_tab import overview_tab, status_of
from search_app.components.library.source_tabs import problems_tab, sources_tab
from search_app.components.shared import page_layout, page_url
from search_app.components.shared.app_space import AppSpace, SpaceChoice, choose_space
from search_app.components.shared.open_page import draw_page, show_missing_space
from search_app.search.query import Query
from search_app.search.snapshot import Snapshot

_TAB = "library-tab"


def library_page() -> None:
    """Draw the page for its URL."""
    draw_page(_draw, _without_space)


def _draw(space: AppSpace, query: Query, snapshot: Snapshot) -> None:
    permission = job_actions.visitor_permission()
    home, name = space.home, space.name
    job_actions.show_error()
    running = job_panel(home, name, may_change=permission.may_change)
    tab = url_state.current().tab or (url_state.OVERVIEW if len(snapshot) or running else url_state.ADD)
    with st.container():
        if not len(snapshot) and tab == url_state.ADD and not running:
            _welcome(permission)
    _tabs(space, tab)
    with page_layout.part("library", tab):
        _draw_tab(space, tab, permission, busy=running is not None)


def _draw_tab(space: AppSpace, tab: str, permission: Permission, *, busy: bool) -> None:
    if tab == url_state.OVERVIEW:
        overview_tab(space, may_change=permission.may_change, busy=busy)
    elif tab == url_state.ADD:
        if permission.may_change:
            add_tab(space.home, space.name, permission, space, busy=busy)
        else:
            job_actions.show_read_only(permission)
    elif tab == url_state.SOURCES:
        sources_tab(space, may_change=permission.may_change, busy=busy)
    elif tab == url_state.PROBLEMS:
        problems_tab(space)
    elif tab == url_state.ENCODER:
        encoder_tab(space, permission, busy=busy)
    else:
        health_tab(space, may_change=permission.may_change, busy=busy)
    if not permission.may_change and tab != url_state.ADD:
        page_layout.note(permission.reason)


def _tabs(space: AppSpace, tab: str) -> None:
    problem_count = sum(status_of(space)["sources"].get(outcome, 0) for outcome in ("failed", "skipped"))
    labels = {**url_state.TABS, url_state.PROBLEMS: f"Problems ({problem_count:,})" if problem_count else "Problems"}
    st.session_state[_TAB] = tab
    st.segmented_control(
        "Part of the library",
        list(url_state.TABS),
        format_func=labels.__getitem__,
        key=_TAB,
        label_visibility="collapsed",
        required=True,
        on_change=_tab_changed,
    )


def _tab_changed() -> None:
    url_state.open_tab(st.session_state[_TAB])


def _without_space(choice: SpaceChoice) -> None:
    """Draw the page before the space exists: the ways to fill it."""
    permission = job_actions.visitor_permission()
    job_actions.show_error()
    name = DEMO_SPACE if page_url.space_name() == DEMO_SPACE and newest_job(choice.home, DEMO_SPACE) else choice.name
    running = job_panel(choice.home, name, may_change=permission.may_change)
    if not permission.may_change or (choice.existing and name == choice.name):
        show_missing_space(choice)
        if not permission.may_change:
            job_actions.show_read_only(permission)
            return
    if running is None:
        _welcome(permission, choice)
        add_tab(choice.home, choice.name, permission, None, busy=False)
    _rerun_when_created(name)


def _welcome(permission: Permission, choice: SpaceChoice | None = None) -> None:
    if not permission.may_change:
        return
    with st.container(key="start"):
        st.html(
            '<div class="ns-hero"><h1>Add your first folder</h1><p>Pictures and documents are read where they are; '
            "each becomes a point in one space, which you can then search in words and pictures. Nothing leaves this "
            "machine.</p></div>"
        )
        if choice is not None:
            sample_button(choice.home, busy=False)


@st.fragment(run_every=POLL_SECONDS)
def _rerun_when_created(name: str) -> None:
    """Draw the page again once the space exists."""
    if name in choose_space().existing:
        st.rerun()
