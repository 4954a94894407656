"""Presentations: prepared steps, one after the other in large type, and a handout of them."""

from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial

import streamlit as st

from ingest.errors import NearspaceError, ReadError, SpaceError
from search_app.components.lab import sections as lab_sections
from search_app.components.lab import url_state
from search_app.components.lab.clicks import listen
from search_app.components.lab.handout import HandoutPage, handout_html
from search_app.components.lab.sections import Section
from search_app.components.shared import page_layout
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import in_html, in_markdown, snippet
from search_app.lab.presentation_steps import (
    LONGEST_NOTE,
    LONGEST_TITLE,
    MAX_STEPS,
    Step,
    load_steps,
    parse_steps,
    save_steps,
    serialise_steps,
)
from search_app.search.snapshot import Snapshot

_STEPS, _STEP, _PRESENT = "steps", "step", "present"
_PRESENTATION_PARAMS = (_STEPS, _STEP, _PRESENT, "space")
_TITLE, _NOTE = "lab-step-title", "lab-step-note"
_PROBLEM, _HANDOUT, _UPLOADS = "problem of the lab's steps", "the lab's handout", "files of steps read so far"

TOUR = (
    Step(
        "Closeness is a number",
        "Words and pictures, each with each. Find the squares of the strongest colour: what belongs "
        "together stands out.",
        {url_state.PART: ("pairs",)},
    ),
    Step(
        "What does it go by?",
        "Cover a piece of the picture: where the match suffers most is where the computer has looked.",
        {url_state.PART: ("why",)},
    ),
    Step(
        "Names without lessons",
        "Nobody has taught it these names for these pictures. It gives each the name that is closest in meaning.",
        {url_state.PART: ("labels",)},
    ),
    Step(
        "From here to there",
        "Between two things lies a way, and on the way lie others, a little of the one and a little of the other.",
        {url_state.PART: ("walk",)},
    ),
    Step(
        "Calculating with meaning",
        "King, without man, with woman: the nearest of all everyday words.",
        {url_state.PART: ("walk",), "walk-how": ("sum",)},
    ),
)
"""The steps that are presented before anybody has prepared their own."""


def is_presenting() -> bool:
    """Whether the URL names a presentation."""
    return url_state.value(_PRESENT) == "on"


def present(space: AppSpace, snapshot: Snapshot, sections: Sequence[Section]) -> None:
    """Draw the step that the URL names: large, with nothing around it; the arrow keys change the step.

    The state of the step is in the URL as well, so that it can be changed before the audience: a square clicked, a
    point picked.  A link that names only the step shows it as it was saved.
    """
    st.html("<style>" + _LARGE_STYLE + "</style>")
    steps = _steps(space)
    at = url_state.integer(_STEP, 1, len(steps), 1) - 1
    step = steps[at]
    note = f'<p dir="auto">{in_html(step.note)}</p>' if step.note else ""
    st.html(f'<div class="ns-lab-lead ns-presented"><h1 dir="auto">{in_html(step.title)}</h1>{note}</div>')
    with nullcontext() if url_state.value(url_state.PART) else url_state.override(step.params):
        section = lab_sections.chosen(sections)
        if section.markup is not None:
            st.html(section.markup(space, snapshot))
            listen(section.actions)
        else:
            section.draw(space, snapshot)
    with st.container(key="lab-present-bar", horizontal=True, vertical_alignment="center", gap="small"):
        for label, icon, key, to in (
            ("Back", "arrow_back", "Left", at - 1),
            ("Next", "arrow_forward", "Right", at + 1),
        ):
            st.button(
                label,
                key=f"lab-present-{key.lower()}",
                icon=f":material/{icon}:",
                type="tertiary",
                shortcut=key,
                disabled=not 0 <= to < len(steps),
                on_click=_present,
                args=(steps, to),
            )
        st.html(f'<div class="ns-count">{at + 1} / {len(steps)}</div>', width="content")
        st.button(
            "Leave",
            key="lab-present-leave",
            icon=":material/close:",
            type="tertiary",
            shortcut="Escape",
            on_click=_leave,
            args=(step,),
        )


def steps_panel(space: AppSpace, snapshot: Snapshot, sections: Sequence[Section], now: Section) -> None:
    """Draw the popover to prepare, save, share and present steps."""
    steps = _steps(space)
    with st.popover("Present", key="lab-steps", icon=":material/slideshow:"):
        st.button(
            "Start",
            key="lab-present-start",
            icon=":material/play_arrow:",
            type="primary",
            on_click=_present,
            args=(steps, 0),
            help="In large type, with nothing around it. The arrow keys lead on, Escape leads back.",
        )
        own = bool(url_state.value(_STEPS))
        st.html(f'<div class="ns-section">{"Your steps" if own else "The tour"}<small>{len(steps)}</small></div>')
        for place, step in enumerate(steps):
            _step_row(space, steps, place, step)
        if len(steps) < MAX_STEPS:
            _new_step(space, steps if own else (), now)
        _files(space, snapshot, sections, steps)
    if problem := st.session_state.pop(_PROBLEM, None):
        page_layout.notice("This did not work", problem, is_error=True)


def _step_row(space: AppSpace, steps: Sequence[Step], place: int, step: Step) -> None:
    with st.container(key=f"lab-step-{place}", horizontal=True, vertical_alignment="center", gap="xxsmall"):
        name = in_markdown(snippet(step.title, 44))
        st.button(
            f"{place + 1}  {name}", key=f"lab-step-open-{place}", type="tertiary", on_click=_show_step, args=(step,)
        )
        for label, icon, to, dead in (
            ("Earlier", "arrow_upward", place - 1, not place),
            ("Take this step out", "close", -1, len(steps) == 1),
        ):
            st.button(
                label,
                key=f"lab-step-{icon}-{place}",
                icon=f":material/{icon}:",
                type="tertiary",
                disabled=dead,
                on_click=_on_move if icon == "arrow_upward" else _on_drop,
                args=(space, steps, place, to),
            )


def _new_step(space: AppSpace, steps: Sequence[Step], now: Section) -> None:
    st.text_input("Keep what you see as a step", key=_TITLE, max_chars=LONGEST_TITLE, placeholder=now.title)
    st.text_area("What to say about it", key=_NOTE, max_chars=LONGEST_NOTE, height=70)
    st.button(
        "Add this step", key="lab-step-add", icon=":material/add:", on_click=_on_add, args=(space, steps, now.title)
    )


def _files(space: AppSpace, snapshot: Snapshot, sections: Sequence[Section], steps: Sequence[Step]) -> None:
    folder = space.folder
    with st.container(key="lab-steps-files", horizontal=True, gap="small"):
        st.download_button(
            "Save the steps",
            serialise_steps(steps, folder),
            file_name="steps.json",
            mime="application/json",
            key="lab-steps-save",
            icon=":material/download:",
            type="tertiary",
        )
        made = st.session_state.get(_HANDOUT)
        state = (folder, snapshot.revision, tuple(steps))
        if made and made[0] == state:
            st.download_button(
                "Save the handout",
                made[1],
                file_name="handout.html",
                mime="text/html",
                key="lab-handout-save",
                icon=":material/description:",
                type="tertiary",
            )
        elif st.button("Make a handout", key="lab-handout", icon=":material/description:", type="tertiary"):
            with page_layout.spinner("Drawing every step …"):
                page = handout_html(space.name, _handout_pages(space, snapshot, sections, steps))
            st.session_state[_HANDOUT] = (state, page)
            st.rerun()
    box = f"lab-steps-read-{st.session_state.get(_UPLOADS, 0)}"
    st.file_uploader("Open saved steps", type="json", key=box, on_change=partial(_on_upload, space, box))


def _handout_pages(
    space: AppSpace, snapshot: Snapshot, sections: Sequence[Section], steps: Sequence[Step]
) -> list[HandoutPage]:
    pages = []
    for step in steps:
        with url_state.override(step.params):
            section = lab_sections.chosen(sections)
            markup = section.markup or section.handout
            try:
                body = markup(space, snapshot) if markup else ""
            except NearspaceError as error:
                body = f'<p class="ns-note">{in_html(str(error))}</p>'
        pages.append(HandoutPage(step.title, step.note, section.lead, body))
    return pages


def _steps(space: AppSpace) -> tuple[Step, ...]:
    """The steps that the URL names; the tour where it names none, or they no longer exist."""
    return load_steps(space.folder, url_state.value(_STEPS)) or TOUR


def _show_step(step: Step) -> None:
    """Set the URL to the state of a step."""
    stay = {name: url_state.values(name) for name in (_STEPS, "space") if url_state.values(name)}
    st.query_params.from_dict({**{name: list(values) for name, values in step.params.items()}, **stay})


def _present(steps: Sequence[Step], place: int) -> None:
    _show_step(steps[place])
    url_state.set_param(_PRESENT, "on")
    url_state.set_param(_STEP, str(place + 1))


def _leave(step: Step) -> None:
    """End the presentation, with the page as it was shown last."""
    if not url_state.value(url_state.PART):
        _show_step(step)
    url_state.set_param(_PRESENT, "")
    url_state.set_param(_STEP, "")


def _save(space: AppSpace, steps: Sequence[Step]) -> None:
    try:
        url_state.set_param(_STEPS, save_steps(space.folder, steps))
    except SpaceError as error:
        st.session_state[_PROBLEM] = str(error)


def _on_add(space: AppSpace, steps: Sequence[Step], usual: str) -> None:
    params = {name: tuple(url_state.values(name)) for name in st.query_params if name not in _PRESENTATION_PARAMS}
    title = str(st.session_state.get(_TITLE) or "").strip() or usual
    note = str(st.session_state.get(_NOTE) or "").strip()
    st.session_state[_TITLE] = st.session_state[_NOTE] = ""
    _save(space, [*steps, Step(title, note, _section_params(params))])


def _section_params(params: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Of the URL's parameters those that the section shown reads."""
    part = params.get(url_state.PART, ("",))[-1] or "pairs"
    kept = {name: values for name, values in params.items() if name.startswith(f"{part}-")}
    return {url_state.PART: (part,), **kept}


def _on_move(space: AppSpace, steps: Sequence[Step], place: int, to: int) -> None:
    moved = list(steps)
    moved[place], moved[to] = moved[to], moved[place]
    _save(space, moved)


def _on_drop(space: AppSpace, steps: Sequence[Step], place: int, _: int) -> None:
    _save(space, [*steps[:place], *steps[place + 1 :]])


def _on_upload(space: AppSpace, box: str) -> None:
    upload = st.session_state.get(box)
    if upload is None:
        return
    st.session_state[_UPLOADS] = st.session_state.get(_UPLOADS, 0) + 1
    try:
        image_size = space.manifest.encoder.image_size
        _save(space, parse_steps(upload.getvalue(), space.folder, image_size))
    except (ReadError, SpaceError) as error:
        st.session_state[_PROBLEM] = str(error)


_LARGE_STYLE = """
html { font-size: clamp(17px, 1.55vw, 28px) !important; }
.ns-film { grid-template-columns: repeat(var(--stations), minmax(0, 1fr)) !important; }
.st-key-head, .stAppHeader, .st-key-lab-section-list, .st-key-lab-previous-next { display: none !important; }
.stMainBlockContainer { max-width: none; padding: 2rem 3vw 4.5rem !important; }
.st-key-lab { max-width: none; }
"""
