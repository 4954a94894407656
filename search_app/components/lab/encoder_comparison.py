"""Retrieval quality of another encoder on the same collection, beside that of the space's own."""

import streamlit as st

from ingest.encoders.catalogue import listed
from search_app.access.permissions import Permission
from search_app.components.lab import url_state
from search_app.components.lab.retrieval_table import table
from search_app.components.library.start_jobs import granted
from search_app.components.shared import page_layout
from search_app.components.shared.formatting import count_of, in_html, in_markdown
from search_app.components.shared.open_spaces import OpenSpace
from search_app.lab.encoder_comparison import Beside, Comparisons
from search_app.lab.evaluation import Truth
from search_app.maps.background_jobs import Job
from search_app.search.snapshot import Snapshot

_WITH = "quality-with"
_LISTED, _TYPED = "quality-with-listed", "quality-with-typed"
_USED = "encoders compared in the lab so far"
_LOOK_EVERY = 1.0  # seconds


def choosing(space: OpenSpace, snapshot: Snapshot, truth: Truth) -> None:
    """Draw the popover in which another encoder is chosen, for those who may have one loaded."""
    allowed = granted()
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


def draw(space: OpenSpace, snapshot: Snapshot, truth: Truth) -> None:
    """Draw how the encoder that the URL names does, beside the space's own, or how far that is."""
    other = url_state.one(_WITH)
    if not other:
        return
    st.html(f'<div class="ns-section">{in_html(_title(space, other))}</div>')
    job = _comparisons(str(space.space.folder)).job(snapshot, other, truth)
    if job is not None and not job.status.over:
        _running(job)
        return
    if job is not None and job.status.state == "done":
        st.html(_markup(space, job.result()))
    else:
        if job is not None and job.status.problem:
            page_layout.notice(f"{other} cannot be compared", job.status.problem, bad=True)
        if _may_load(granted(), space, other):
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


def handed(space: OpenSpace, snapshot: Snapshot, truth: Truth) -> str:
    """What a handout has of the comparison that the URL names: its table, if it has been made."""
    other = url_state.one(_WITH)
    job = _comparisons(str(space.space.folder)).job(snapshot, other, truth) if other else None
    if job is None or job.status.state != "done":
        return ""
    return f"<h4>{in_html(_title(space, other))}</h4>{_markup(space, job.result())}"


def _title(space: OpenSpace, other: str) -> str:
    return f"{space.space.manifest.encoder.id} and {other}"


def _markup(space: OpenSpace, found: Beside) -> str:
    counts = " and ".join(count_of(count, modality) for modality, count in found.counts.items())
    rows = [(space.space.manifest.encoder.id, found.own), (found.encoder, found.other)]
    note = f"Both were asked the same about the same {counts}: a sample where the collection has more."
    return f'{table(rows)}<div class="ns-note">{note}</div>'


def _here(space: OpenSpace) -> list[str]:
    """The other encoders whose weights are on this machine."""
    return [model.id for model in listed() if model.here and model.id != space.space.manifest.encoder.id]


def _may_load(allowed: Permission, space: OpenSpace, encoder_id: str) -> bool:
    # An id may name a folder of the server, or code to be run: only who may name any folder may name any encoder.
    return allowed.any_folder or (allowed.may_change and encoder_id in _here(space))


def _chosen(space: OpenSpace, snapshot: Snapshot, truth: Truth) -> None:
    typed = str(st.session_state.get(_TYPED) or "").strip()
    if other := typed or str(st.session_state.get(_LISTED) or ""):
        st.session_state[_USED] = st.session_state.get(_USED, 0) + 1
        url_state.put(_WITH, other)
        _start(space, snapshot, other, truth)


def _start(space: OpenSpace, snapshot: Snapshot, other: str, truth: Truth) -> None:
    if _may_load(granted(), space, other):
        _comparisons(str(space.space.folder)).start(space.space, snapshot, space.encoder, other, truth)


@st.fragment(run_every=_LOOK_EVERY)
def _running(job: Job[Beside]) -> None:
    status = job.status
    if status.over:
        st.rerun()
    st.progress(status.share, in_markdown(f"{status.words}, {status.seconds:.0f} s"))
    st.button("Stop", key="quality-with-stop", icon=":material/stop:", type="tertiary", on_click=job.cancel)


@st.cache_resource(show_spinner=False)
def _comparisons(folder: str) -> Comparisons:
    return Comparisons()
