"""The closeness lab: what "close in meaning" is, in sections, one shown at a time."""

from pathlib import Path

import streamlit as st

from ingest.errors import NearspaceError, SpaceChanged
from search_app.components import lab
from search_app.components.lab import evaluation, labelling, matrix, occlusion, presentation, sections, walks
from search_app.components.lab.latent_spaces import section
from search_app.components.lab.sections import Section
from search_app.components.shared import page_layout
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.open_page import draw_page, show_empty_space
from search_app.search.query import Query
from search_app.search.snapshot import Snapshot

SECTIONS = (matrix.SECTION, occlusion.SECTION, labelling.SECTION, walks.SECTION, section.SECTION, evaluation.SECTION)
"""The sections, in the order of the page."""

_STYLE = Path(lab.__file__).with_name("lab.css")


def closeness_page() -> None:
    """Draw the section that the URL names."""
    draw_page(_draw)


def _draw(space: AppSpace, query: Query, snapshot: Snapshot) -> None:
    st.html(_STYLE)
    if not len(snapshot):
        show_empty_space(space, snapshot)
        return
    now = sections.chosen(SECTIONS)
    with st.container(key="lab"):
        presenting = presentation.is_presenting()
        if not presenting:
            with st.container(key="lab-top", horizontal=True, horizontal_alignment="distribute"):
                sections.section_list(SECTIONS, now)
                presentation.steps_panel(space, snapshot, SECTIONS, now)
        with page_layout.part("lab", "presentation" if presenting else now.key):
            _draw_section(space, snapshot, now, presenting=presenting)


def _draw_section(space: AppSpace, snapshot: Snapshot, now: Section, *, presenting: bool) -> None:
    try:
        if presenting:
            presentation.present(space, snapshot, SECTIONS)
            return
        sections.section_head(now)
        now.draw(space, snapshot)
    except SpaceChanged:
        raise
    except NearspaceError as error:
        page_layout.error_notice("This cannot be shown", error)
    sections.previous_and_next(SECTIONS, now)
