"""Retrieval quality of another encoder on the same collection, beside the space's own."""

import streamlit as st

from ingest.encoders.registry import list_encoders
from search_app.access.permissions import Permission
from search_app.components.lab import url_state
from search_app.components.lab.evaluation_table import table
from search_app.components.library.job_actions import visitor_permission
from search_app.components.shared import page_layout
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import count_of, in_html, in_markdown
from search_app.lab.encoder_comparison import ComparisonTasks, EncoderComparison
from search_app.lab.evaluation import Truth
from search_app.search.background_tasks import Task
from search_app.search.snapshot import Snapshot

_WITH = "quality-with"
_LISTED, _TYPED = "quality-with-listed", "quality-with-typed"
_PICKER_KEY = "encoders compared in the lab so far"
_POLL_EVERY = 1.0  # seconds


def encoder_picker(space: AppSpace, snapshot: Snapshot, truth: Truth) -> None:
    """Draw the popover to choose another encoder, for people who may load one."""
    allowed = visitor_permission()
    here = _installed_encoders(space)
    if not allowed.any_folder and not (allowed.may_change and here):
        return
    # Another key each time, so that it closes once an encoder is chosen.
    key = f"quality-another-{st.session_state.get(_PICKER_KEY, 0)}"
    with (
        st.popover("Another encoder", key=key, icon=":material/compare_arrows:"),
        st.form("quality-with-form", border=False),
    ):
        page_layout.note("It encodes a part of this collection in memory; the space stays as it is.")
        if here:
            st.selectbox("Encoder", here, key=_LISTED)
        if allowed.any_folder:
            label = "Or another, by its id" if here else "Id of the encoder"
            st.text_input(label, key=_TYPED, placeholder="openclip:ViT-B-16-SigLIP2/webli")
        st.form_submit_button(
            "Compare", key="quality-with-start", type="primary", on_click=_on_chosen, args=(space, snapshot, truth)
        )


def draw(space: AppSpace, snapshot: Snapshot, truth: Truth) -> None:
    """Draw the comparison with the encoder that the URL names, or its progress."""
    other = url_state.value(_WITH)
    if not other:
        return
    st.html(f'<div class="ns-section">{in_html(_title(space, other))}</div>')
    task = _comparisons(str(space.folder)).task(snapshot, other, truth)
    if task is not None and not task.status.finished:
        _progress(task)
        return
    if task is not None and task.status.state == "done":
        st.html(_comparison_markup(space, task.result()))
    else:
        if task is not None and task.status.problem:
            page_layout.notice(f"{other} cannot be compared", task.status.problem, is_error=True)
        if _can_load(visitor_permission(), space, other):
            st.button(
                f"Compare with {in_markdown(other)}",
                key="quality-with-again",
                icon=":material/play_arrow:",
                on_click=_start,
                args=(space, snapshot, other, truth),
            )
        else:
            page_layout.note("Only who may change this space can have another encoder loaded.")
    st.button("Leave it", key="quality-with-none", type="tertiary", on_click=url_state.set_param, args=(_WITH, ""))


def handout(space: AppSpace, snapshot: Snapshot, truth: Truth) -> str:
    """The table of the comparison that the URL names, for a handout; '' if there is none yet."""
    other = url_state.value(_WITH)
    task = _comparisons(str(space.folder)).task(snapshot, other, truth) if other else None
    if task is None or task.status.state != "done":
        return ""
    return f"<h4>{in_html(_title(space, other))}</h4>{_comparison_markup(space, task.result())}"


def _title(space: AppSpace, other: str) -> str:
    return f"{space.manifest.encoder.id} and {other}"


def _comparison_markup(space: AppSpace, found: EncoderComparison) -> str:
    counts = " and ".join(count_of(count, modality) for modality, count in found.counts.items())
    rows = [(space.manifest.encoder.id, found.own), (found.encoder, found.other)]
    note = f"Both were asked the same about the same {counts}: a sample where the collection has more."
    return f'{table(rows)}<div class="ns-note">{note}</div>'


def _installed_encoders(space: AppSpace) -> list[str]:
    """The other encoders whose weights are on this machine."""
    return [model.id for model in list_encoders() if model.here and model.id != space.manifest.encoder.id]


def _can_load(allowed: Permission, space: AppSpace, encoder_id: str) -> bool:
    # An id may name a folder of the server, or code to be run: only who may name any folder may name any encoder.
    return allowed.any_folder or (allowed.may_change and encoder_id in _installed_encoders(space))


def _on_chosen(space: AppSpace, snapshot: Snapshot, truth: Truth) -> None:
    typed = str(st.session_state.get(_TYPED) or "").strip()
    if other := typed or str(st.session_state.get(_LISTED) or ""):
        st.session_state[_PICKER_KEY] = st.session_state.get(_PICKER_KEY, 0) + 1
        url_state.set_param(_WITH, other)
        _start(space, snapshot, other, truth)


def _start(space: AppSpace, snapshot: Snapshot, other: str, truth: Truth) -> None:
    if _can_load(visitor_permission(), space, other):
        _comparisons(str(space.folder)).start(space.stored, snapshot, space.encoder, other, truth)


@st.fragment(run_every=_POLL_EVERY)
def _progress(task: Task[EncoderComparison]) -> None:
    status = task.status
    if status.finished:
        st.rerun()
    st.progress(status.share, in_markdown(f"{status.message}, {status.seconds:.0f} s"))
    st.button("Stop", key="quality-with-stop", icon=":material/stop:", type="tertiary", on_click=task.cancel)


@st.cache_resource(show_spinner=False)
def _comparisons(folder: str) -> ComparisonTasks:
    return ComparisonTasks()
