"""What a section of the lab is, and the way from one section to the next.

The modules of sections follow one pattern.  `_draw` draws the section with its controls; `_state` reads its state from
`url_state`, and a frozen `_State` holds it where it is more than a value or two; `_controls` draws the controls, and
`_on_...` are their callbacks, which write to `url_state`; `_render` turns the state into markup.  `_markup` is the
section without controls, for presentations, and `_handout` what a printed handout has of it.  SECTION ties them
together, and `pages/closeness.py` lists the sections.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import streamlit as st

from search_app.components.lab import url_state
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import in_html
from search_app.search.snapshot import Snapshot


@dataclass(frozen=True)
class Section:
    """One section of the lab."""

    key: str
    """Its name in the URL; the names of its own parameters begin with it."""
    title: str
    lead: str
    """What it shows, in a sentence or two for people who have never heard of a vector."""
    draw: Callable[[AppSpace, Snapshot], None]
    """Draws what is below the lead; the snapshot is not empty."""
    markup: Callable[[AppSpace, Snapshot], str] | None = None
    """The section without its controls as self-contained markup, for presentations and handouts.

    It reads its state through `components.lab.url_state` alone.  None where a section has no such markup: it is then
    presented as it is drawn.
    """
    handout: Callable[[AppSpace, Snapshot], str] | None = None
    """The markup in a handout of a section without `markup`, likewise."""
    actions: Mapping[str, Callable[[str], None]] = field(default_factory=dict)
    """The actions of buttons in `markup`; see search_app.components.lab.clicks."""


def chosen(sections: Sequence[Section]) -> Section:
    """The section that the URL names; the first where it names none."""
    return next((section for section in sections if section.key == url_state.value(url_state.PART)), sections[0])


def section_list(sections: Sequence[Section], now: Section) -> None:
    """Draw a button for each section."""
    with st.container(key="lab-section-list", horizontal=True, gap="xxsmall"):
        for place, section in enumerate(sections, start=1):
            st.button(
                f"{place}  {section.title}",
                key=f"lab-to-{section.key}",
                type="secondary" if section == now else "tertiary",
                on_click=url_state.set_param,
                args=(url_state.PART, section.key),
            )


def section_head(now: Section) -> None:
    """Draw a section's title and lead."""
    st.html(f'<div class="ns-lab-lead"><h1>{in_html(now.title)}</h1><p>{in_html(now.lead)}</p></div>')


def previous_and_next(sections: Sequence[Section], now: Section) -> None:
    """Draw buttons for the sections before and after."""
    place = [section.key for section in sections].index(now.key)
    with st.container(key="lab-previous-next", horizontal=True, horizontal_alignment="distribute"):
        for other, icon, sign in ((place - 1, "arrow_back", "back"), (place + 1, "arrow_forward", "next")):
            if 0 <= other < len(sections):
                st.button(
                    sections[other].title,
                    key=f"lab-{sign}",
                    type="tertiary",
                    icon=f":material/{icon}:",
                    icon_position="right" if sign == "next" else "left",
                    on_click=url_state.set_param,
                    args=(url_state.PART, sections[other].key),
                )
            else:
                st.empty()
