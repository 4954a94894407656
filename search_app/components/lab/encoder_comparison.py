"""Retrieval quality of another encoder on the same collection, beside that of the space's own."""

import streamlit as st

from ingest.encoders.registry import list_encoders
from search_app.access.permissions import Permission
from search_app.components.lab import url_state
from search_app.components.lab.retrieval_table import table
from search_app.components.library.job_actions import visitor_permission
from search_app.components.shared import page_layout
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import count_of, in_html, in_markdown
from search_app.lab.encoder_comparison import Beside, Comparisons
from search_app.lab.evaluation import Truth
from search_app.search.background_tasks import Task
from search_app.search.snapshot import Snapshot

_WITH = "quality-with"
_LISTED, _TYPED = "quality-with-listed", "quality-with-typed"
_USED = "encoders compared in the lab so far"
_LOOK_EVERY = 1.0  # seconds


def choosing(space: AppSpace, snapshot: Snapshot, truth: Truth) -> None:
    """Draw the popover in which another encoder is chosen, for those who may have one loaded."""
    allowed = visitor_permission()
    here = _here(space)
    if not allowed.any_folder and not (allowed.may_change and here):
        return
    # Another key each time, so that it closes once an encoder is chosen.
    key = f"quality-another-{st.session_state.get(_USED, 0)}"
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
            "Compare", key="quality-with-start", type="primary", on_click=_chosen, args=(space, snapshot, truth)
        )


def draw(space: AppSpace, snapshot: Snapshot, truth: Truth) -> None:
    """Draw how the encoder that the URL names does, beside the space's own, or how far that is."""
    other = url_state.one(_WITH)
    if not other:
        return
    st.html(f'<div class="ns-section">{in_html(_title(space, other))}</div>')
    task = _comparisons(str(space.folder)).task(snapshot, other, truth)
    if task is not None and not task.status.finished:
        _running(task)
        return
    if task is not None and task.status.state == "done":
        st.html(_markup(space, task.result()))
    else:
        if task is not None and task.status.problem:
            page_layout.notice(f"{other} cannot be compared", task.status.problem, is_error=True)
        if _may_load(visitor_permission(), space, other):
            st.button(
                f"Compare with {in_markdown(other)}",
                key="quality-with-again",
                icon=":material/play_arrow:",
                on_click=_start,
                args=(space, snapshot, other, truth),
            )
        else:
            page_layout.note("Only who may change this space can have another encoder loaded.")
    st.button("Leave it", key="quality-with-none", type="tertiary", on_click=url_state.put, args=(_WITH, ""))


def handed(space: AppSpace, snapshot: Snapshot, truth: Truth) -> str:
    """What a handout has of the comparison that the URL names: its table, if it has been made."""
    other = url_state.one(_WITH)
    task = _comparisons(str(space.folder)).task(snapshot, other, truth) if other else None
    if task is None or task.status.state != "done":
        return ""
    return f"<h4>{in_html(_title(space, other))}</h4>{_markup(space, task.result())}"


def _title(space: AppSpace, other: str) -> str:
    return f"{space.manifest.encoder.id} and {other}"


def _markup(space: AppSpace, found: Beside) -> str:
    counts = " and ".join(count_of(count, modality) for modality, count in found.counts.items())
    rows = [(space.manifest.encoder.id, found.own), (found.encoder, found.other)]
    note = f"Both were asked the same about the same {counts}: a sample where the collection has more."
    return f'{table(rows)}<div class="ns-note">{note}</div>'


def _here(space: AppSpace) -> list[str]:
    """The other encoders whose weights are on this machine."""
    return [model.id for model in list_encoders() if model.here and model.id != space.manifest.encoder.id]


def _may_load(allowed: Permission, space: AppSpace, encoder_id: str) -> bool:
    # An id may name a folder of the server, or code to be run: only who may name any folder may name any encoder.
    return allowed.any_folder or (allowed.may_change and encoder_id in _here(space))


def _chosen(space: AppSpace, snapshot: Snapshot, truth: Truth) -> None:
    typed = str(st.session_state.get(_TYPED) or "").strip()
    if other := typed or str(st.session_state.get(_LISTED) or ""):
        st.session_state[_USED] = st.session_state.get(_USED, 0) + 1
        url_state.put(_WITH, other)
        _start(space, snapshot, other, truth)


def _start(space: AppSpace, snapshot: Snapshot, other: str, truth: Truth) -> None:
    if _may_load(visitor_permission(), space, other):
        _comparisons(str(space.folder)).start(space.stored, snapshot, space.encoder, other, truth)


@st.fragment(run_every=_LOOK_EVERY)
def _running(task: Task[Beside]) -> None:
    status = task.status
    if status.finished:
        st.rerun()
    st.progress(status.share, in_markdown(f"{status.message}, {status.seconds:.0f} s"))
    st.button("Stop", key="quality-with-stop", icon=":material/stop:", type="tertiary", on_click=task.cancel)


@st.cache_resource(show_spinner=False)
def _comparisons(folder: str) -> Comparisons:
    return Comparisons()
