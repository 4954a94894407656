"""The library page: what is in a space, what failed and why, and everything that changes it."""

import streamlit as st

from ingest.run.jobs import newest
from ingest.settings import DEMO_SPACE
from search_app.access.permissions import Permission
from search_app.components.library import start_jobs, url_state
from search_app.components.library.add_items import adding, sample
from search_app.components.library.encoder import encoder
from search_app.components.library.health import health
from search_app.components.library.job_panel import LOOK_EVERY, job_panel
from search_app.components.library.overview import facts_of, overview
from search_app.components.library.source_lists import problems, sources
from search_app.components.shared import page_layout, page_url
from search_app.components.shared.app_space import AppSpace, SpaceChoice, choose_space
from search_app.components.shared.open_page import draw_page, space_missing
from search_app.search.query import Query
from search_app.search.snapshot import Snapshot

_TAB = "library-tab"


def library_page() -> None:
    """Draw the page as its URL asks."""
    draw_page(_draw, _without_space)


def _draw(space: AppSpace, query: Query, snapshot: Snapshot) -> None:
    allowed = start_jobs.granted()
    home, name = space.home, space.name
    start_jobs.complaint()
    running = job_panel(home, name, may_change=allowed.may_change)
    tab = url_state.current().tab or (url_state.OVERVIEW if len(snapshot) or running else url_state.ADD)
    if not len(snapshot) and tab == url_state.ADD and not running:
        _start(allowed)
    _tabs(space, tab)
    busy = running is not None
    if tab == url_state.OVERVIEW:
        overview(space, may_change=allowed.may_change, busy=busy)
    elif tab == url_state.ADD:
        if allowed.may_change:
            adding(home, name, allowed, space, busy=busy)
        else:
            start_jobs.read_only(allowed)
    elif tab == url_state.SOURCES:
        sources(space, may_change=allowed.may_change, busy=busy)
    elif tab == url_state.PROBLEMS:
        problems(space)
    elif tab == url_state.ENCODER:
        encoder(space, allowed, busy=busy)
    else:
        health(space, may_change=allowed.may_change, busy=busy)
    if not allowed.may_change and tab != url_state.ADD:
        page_layout.note(allowed.why)


def _tabs(space: AppSpace, tab: str) -> None:
    wrong = sum(facts_of(space)["sources"].get(outcome, 0) for outcome in ("failed", "skipped"))
    labels = {**url_state.TABS, url_state.PROBLEMS: f"Problems ({wrong:,})" if wrong else "Problems"}
    st.session_state[_TAB] = tab
    st.segmented_control(
        "Part of the library",
        list(url_state.TABS),
        format_func=labels.__getitem__,
        key=_TAB,
        label_visibility="collapsed",
        required=True,
        on_change=_tab_picked,
    )


def _tab_picked() -> None:
    url_state.go_to(st.session_state[_TAB])


def _without_space(where: SpaceChoice) -> None:
    """The friendly start."""
    allowed = start_jobs.granted()
    start_jobs.complaint()
    name = DEMO_SPACE if page_url.space_name() == DEMO_SPACE and newest(where.home, DEMO_SPACE) else where.name
    running = job_panel(where.home, name, may_change=allowed.may_change)
    if not allowed.may_change or (where.existing and name == where.name):
        space_missing(where)
        if not allowed.may_change:
            start_jobs.read_only(allowed)
            return
    if running is None:
        _start(allowed, where)
        adding(where.home, where.name, allowed, None, busy=False)
    _look_for(name)


def _start(allowed: Permission, where: SpaceChoice | None = None) -> None:
    if not allowed.may_change:
        return
    with st.container(key="start"):
        st.html(
            '<div class="ns-hero"><h1>Add your first folder</h1><p>Pictures and documents are read where they are; '
            "each becomes a point in one space, which you can then search in words and pictures. Nothing leaves this "
            "machine.</p></div>"
        )
        if where is not None:
            sample(where.home, busy=False)


@st.fragment(run_every=LOOK_EVERY)
def _look_for(name: str) -> None:
    """Draw the page again once the space is there."""
    if name in choose_space().existing:
        st.rerun()
