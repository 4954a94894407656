"""The sections of the lab in the order in which they are told, and the way from one to the next."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import streamlit as st

from search_app.components.lab import url_state
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import in_html
from search_app.search.snapshot import Snapshot


@dataclass(frozen=True)
class Section:
    """One part of the story."""

    key: str
    """What the URL calls it; its own parameters begin with it."""
    title: str
    lead: str
    """What it shows, in a sentence or two for people who have never heard of a vector."""
    draw: Callable[[AppSpace, Snapshot], None]
    """Draws what is below the lead; the snapshot is not empty."""
    shown: Callable[[AppSpace, Snapshot], str] | None = None
    """What it draws without its controls, as markup that needs nothing else: for presenting and handouts.

    It reads what is asked through `components.lab.url_state` alone.  None where a section has no such markup, and is
    presented as it is drawn.
    """
    handed: Callable[[AppSpace, Snapshot], str] | None = None
    """What a handout has of a section without `shown`, likewise."""
    picks: Mapping[str, Callable[[str], None]] = field(default_factory=dict)
    """The actions of buttons in the markup of `shown`; see search_app.components.lab.clicks."""


def chosen(sections: Sequence[Section]) -> Section:
    """The section that the URL asks for; the first where it asks for none."""
    return next((section for section in sections if section.key == url_state.one(url_state.PART)), sections[0])


def contents(sections: Sequence[Section], now: Section) -> None:
    """Draw the way through the story: a step for each section."""
    with st.container(key="lab-contents", horizontal=True, gap="xxsmall"):
        for place, section in enumerate(sections, start=1):
            st.button(
                f"{place}  {section.title}",
                key=f"lab-to-{section.key}",
                type="secondary" if section == now else "tertiary",
                on_click=url_state.put,
                args=(url_state.PART, section.key),
            )


def opening(now: Section) -> None:
    """Draw a section's title and lead."""
    st.html(f'<div class="ns-lab-lead"><h1>{in_html(now.title)}</h1><p>{in_html(now.lead)}</p></div>')


def onward(sections: Sequence[Section], now: Section) -> None:
    """Draw the ways to the sections before and after."""
    place = [section.key for section in sections].index(now.key)
    with st.container(key="lab-onward", horizontal=True, horizontal_alignment="distribute"):
        for other, icon, sign in ((place - 1, "arrow_back", "back"), (place + 1, "arrow_forward", "next")):
            if 0 <= other < len(sections):
                st.button(
                    sections[other].title,
                    key=f"lab-{sign}",
                    type="tertiary",
                    icon=f":material/{icon}:",
                    icon_position="right" if sign == "next" else "left",
                    on_click=url_state.put,
                    args=(url_state.PART, sections[other].key),
                )
            else:
                st.empty()
