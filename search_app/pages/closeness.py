"""The closeness lab: what "close in meaning" is, as a story of sections, one shown at a time."""

from pathlib import Path

import streamlit as st

from ingest.errors import NearspaceError, SpaceChanged
from search_app.search.query import Query
from search_app.search.snapshot import Snapshot
from search_app.views import frame, lab
from search_app.views.lab import family, labels, pairs, presenting, quality, story, walk, why
from search_app.views.opening import draw_page, space_empty
from search_app.views.resources import OpenSpace

SECTIONS = (pairs.SECTION, why.SECTION, labels.SECTION, walk.SECTION, family.SECTION, quality.SECTION)
"""The story, in the order in which it is told."""

_STYLE = Path(lab.__file__).with_name("lab.css")


def closeness_page() -> None:
    """Draw the section that the URL asks for."""
    draw_page(_draw)


def _draw(space: OpenSpace, query: Query, snapshot: Snapshot) -> None:
    st.html(_STYLE)
    if not len(snapshot):
        space_empty(space, snapshot)
        return
    now = story.chosen(SECTIONS)
    with st.container(key="lab"):
        try:
            if presenting.wanted():
                presenting.present(space, snapshot, SECTIONS)
                return
            with st.container(key="lab-top", horizontal=True, horizontal_alignment="distribute"):
                story.contents(SECTIONS, now)
                presenting.steps_panel(space, snapshot, SECTIONS, now)
            story.opening(now)
            now.draw(space, snapshot)
        except SpaceChanged:
            raise
        except NearspaceError as error:
            frame.error_notice("This cannot be shown", error)
        story.onward(SECTIONS, now)
