"""The library page: what is in a space, what failed and why, and everything that changes it."""

import streamlit as st

from ingest.commands.demo import DEMO_SPACE
from ingest.run.jobs import newest
from search_app.permission import Permission
from search_app.search.query import Query
from search_app.search.snapshot import Snapshot
from search_app.views import frame, links
from search_app.views.library import changing, state
from search_app.views.library.adding import adding, sample
from search_app.views.library.encoder import encoder
from search_app.views.library.health import health
from search_app.views.library.job_panel import LOOK_EVERY, job_panel
from search_app.views.library.lists import problems, sources
from search_app.views.library.overview import facts_of, overview
from search_app.views.opening import draw_page, space_missing
from search_app.views.resources import OpenSpace, Place, place

_TAB = "library-tab"


def library_page() -> None:
    """Draw the page as its URL asks."""
    draw_page(_draw, _without_space)


def _draw(space: OpenSpace, query: Query, snapshot: Snapshot) -> None:
    allowed = changing.granted()
    home, name = space.space.folder.parent, space.space.name
    changing.complaint()
    running = job_panel(home, name, may_change=allowed.may_change)
    tab = state.current().tab or (state.OVERVIEW if len(snapshot) or running else state.ADD)
    if not len(snapshot) and tab == state.ADD and not running:
        _start(allowed)
    _tabs(space, tab)
    busy = running is not None
    if tab == state.OVERVIEW:
        overview(space, may_change=allowed.may_change, busy=busy)
    elif tab == state.ADD:
        if allowed.may_change:
            adding(home, name, allowed, space, busy=busy)
        else:
            changing.read_only(allowed)
    elif tab == state.SOURCES:
        sources(space, may_change=allowed.may_change, busy=busy)
    elif tab == state.PROBLEMS:
        problems(space)
    elif tab == state.ENCODER:
        encoder(space, allowed, busy=busy)
    else:
        health(space, may_change=allowed.may_change, busy=busy)
    if not allowed.may_change and tab != state.ADD:
        frame.note(allowed.why)


def _tabs(space: OpenSpace, tab: str) -> None:
    wrong = sum(facts_of(space)["sources"].get(outcome, 0) for outcome in ("failed", "skipped"))
    labels = {**state.TABS, state.PROBLEMS: f"Problems ({wrong:,})" if wrong else "Problems"}
    st.session_state[_TAB] = tab
    st.segmented_control(
        "Part of the library",
        list(state.TABS),
        format_func=labels.__getitem__,
        key=_TAB,
        label_visibility="collapsed",
        required=True,
        on_change=_tab_picked,
    )


def _tab_picked() -> None:
    state.go_to(st.session_state[_TAB])


def _without_space(where: Place) -> None:
    """The friendly start."""
    allowed = changing.granted()
    changing.complaint()
    name = DEMO_SPACE if links.space_asked_for() == DEMO_SPACE and newest(where.home, DEMO_SPACE) else where.name
    running = job_panel(where.home, name, may_change=allowed.may_change)
    if not allowed.may_change or (where.others and name == where.name):
        space_missing(where)
        if not allowed.may_change:
            changing.read_only(allowed)
            return
    if running is None:
        _start(allowed, where)
        adding(where.home, where.name, allowed, None, busy=False)
    _look_for(name)


def _start(allowed: Permission, where: Place | None = None) -> None:
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
    if name in place().others:
        st.rerun()
