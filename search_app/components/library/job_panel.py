"""The job of a space on the page: its progress and its result, kept up to date."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePath
from typing import Any

import streamlit as st

from ingest.formatting import format_count, format_duration, printable
from ingest.outcomes import OUTCOMES
from ingest.run.jobs import Job, log_tail, newest_job
from search_app.components.library import job_actions, url_state
from search_app.components.shared import navigation, page_layout
from search_app.components.shared.formatting import in_html, in_markdown, snippet

POLL_SECONDS = 1.0
_SHOWN_FOR = timedelta(minutes=15)
_DISMISSED = "library-job-dismissed"

_RUNNING_TITLES = {
    "ingest": "Adding {}",
    "remove": "Removing {}",
    "tune": "Fitting the model {}",
    "reencode": "Switching to the model {}",
    "check": "Checking the space{}",
    "repair": "Repairing the space{}",
}
_DONE_TITLES = {
    "ingest": "Added {}",
    "remove": "Removed {}",
    "tune": "Fitted the model {}",
    "reencode": "Switched to the model {}",
    "check": "Everything is in order{}",
    "repair": "Repaired the space{}",
}


def job_panel(home: Path, name: str, *, may_change: bool) -> Job | None:
    """Show the current or latest job; returns the running one.  The page is drawn again when that changes."""
    job = newest_job(home, name)
    running = job if job and job.running else None
    _live(home, name, running.id if running else "", may_change)
    return running


@st.fragment(run_every=POLL_SECONDS)
def _live(home: Path, name: str, running_id: str, may_change: bool) -> None:
    job = newest_job(home, name)
    if (job.id if job and job.running else "") != running_id:
        st.rerun()
    job_actions.show_error()
    if job is None or not (job.running or _is_recent(job)):
        return
    with st.container(key="job"), page_layout.part("job", "running" if job.running else "ended"):
        if job.running:
            _running_job(home, name, job, may_change)
        else:
            _ended_job(home, name, job)


def _running_job(home: Path, name: str, job: Job, may_change: bool) -> None:
    _title_line(title(job), f"by {job.by}" if job.by else "")
    if job.kind == "ingest":
        left = job.seconds_left()
        phase = "Finishing the current batch …" if job.stop_requests else _phase(job)
        time_left = f" · about {format_duration(left)} left" if left and not job.stop_requests else ""
        st.progress(job.share or 0.0, text=in_markdown(f"{phase}{time_left}"))
        _outcome_counts(job)
    else:
        text = "Asked to end …" if job.stop_requests else f"Running for {format_duration(job.seconds())}."
        st.html(f'<div class="ns-note">{in_html(text)}</div>')
    if job.kind in ("tune", "reencode") and (tail := log_tail(home, name, job.id)):
        st.code(tail, language=None, wrap_lines=True)
    with st.container(key="job-actions", horizontal=True, vertical_alignment="center"):
        if may_change:
            label = "End at once" if job.stop_requests else "Cancel"
            st.button(
                label,
                key="job-end",
                icon=":material/stop_circle:",
                on_click=job_actions.cancel_clicked,
                args=(home, name, job),
            )
        st.html('<div class="ns-note">It continues when this page is closed; come back to it at any time.</div>')


def _phase(job: Job) -> str:
    if job.found is None:
        return snippet(job.last_line, 120) if job.last_line else "Getting ready and looking for files …"
    if job.settled >= job.found:
        return f"All {job.found:,} files are done; tidying up …"
    current = f" · {snippet(printable(PurePath(job.current).name), 60)}" if job.current else ""
    return f"{job.settled:,} of {job.found:,} files{current}"


def _ended_job(home: Path, name: str, job: Job) -> None:
    tail = log_tail(home, name, job.id, 14)
    good = None if job.ended_early else job.done and not (job.kind == "check" and job.status)
    _title_line(title(job), f"{format_duration(job.seconds())}" if job.finished else "", good=good)
    if sentence := _result_text(job) or _last_log_line(job, tail):
        st.html(f'<p class="ns-message" dir="auto">{in_html(sentence)}</p>')
    _outcome_counts(job)
    for note in (job.result or {}).get("notes", []) if job.kind == "ingest" else []:
        st.html(f'<div class="ns-note">{in_html(str(note))}</div>')
    if job.kind in ("check", "repair"):
        check_findings(job)
    if tail and (job.kind in ("tune", "reencode") or not (job.done or job.ended_early)):
        if job.done:
            with st.expander("Its output"):
                st.code(tail, language=None, wrap_lines=True)
        else:
            st.code(tail, language=None, wrap_lines=True)
    with st.container(key="job-actions", horizontal=True, vertical_alignment="center"):
        if job.kind == "ingest" and job.items:
            navigation.page_link("", "Search it", ":material/search:")
        failed = job.kind == "ingest" and job.outcomes.get("failed")
        if failed and st.button("See what failed", key="job-problems"):
            url_state.open_tab(url_state.PROBLEMS)
            st.rerun()
        st.button(
            "Dismiss", key="job-dismiss", icon=":material/close:", type="tertiary", on_click=_dismiss, args=(job,)
        )


def title(job: Job) -> str:
    """A short title of the job, which may contain untrusted text."""
    titles = _RUNNING_TITLES if job.running else _DONE_TITLES
    about = snippet(printable(job.about), 90)
    if job.ended_early:
        return f"Ended: {_RUNNING_TITLES[job.kind].format(about)}"
    if not job.running and (job.crashed or not job.done or (job.kind == "check" and job.status)):
        return "The space has problems" if job.kind == "check" and job.result else _failed_title(job, about)
    return titles[job.kind].format(about)


def _failed_title(job: Job, about: str) -> str:
    return f"It did not work: {_RUNNING_TITLES[job.kind].format(about)}"


def _result_text(job: Job) -> str:
    """A sentence about how a job ended; '' if its title says it all."""
    result = job.result or {}
    if job.lost:
        return (
            "It ended without a report: it was killed, or the machine went down. What was done before is safe; "
            "start it again to continue."
        )
    if (job.status or 0) < 0:
        return (
            f"It was killed by signal {-(job.status or 0)}, perhaps because memory ran out. What was done before is "
            "safe; start it again to continue."
        )
    if job.crashed:
        return "It stopped because of a bug in Nearspace; its last lines are below. What was done before is safe."
    if job.ended_early and job.kind == "tune":
        return "It was cancelled. Nothing was kept, and nothing has changed."
    if job.ended_early:
        return "It was cancelled. What is done is kept, and starting it again continues from there."
    if job.kind == "ingest" and result:
        items = format_count(job.items, "new item")
        holds = result.get("items", {})
        return f"{items}; the space holds {holds.get('image', 0):,} pictures and {holds.get('text', 0):,} passages now."
    if job.kind == "remove" and result:
        sources, items = format_count(result["sources"], "source"), format_count(result["items"], "item")
        return f"{sources} with {items} left the space. The files on disk are unchanged."
    if job.kind == "tune" and job.status == 2:
        return "Nothing was kept; the last lines say why."
    return ""


def _last_log_line(job: Job, tail: str) -> str:
    """The last line of a finished re-encoding, which tells what the space has now."""
    last = tail.strip().rpartition("\n")[2] if job.kind == "reencode" and job.done else ""
    return f"{last[:1].upper()}{last[1:]}." if last else ""


def check_findings(job: Job) -> None:
    """Show what a check or a repair found and did."""
    result = job.result or {}
    check = result.get("after", result)
    for sentence in result.get("done", []):
        st.html(f'<p class="ns-message" dir="auto">Repaired: {in_html(str(sentence))}.</p>')
    rows = "".join(
        f"<li><b>{in_html(str(each['part']))}</b> {in_html(_problem(each))}</li>" for each in check.get("problems", [])
    )
    if rows:
        st.html(f'<ul class="ns-list">{rows}</ul>')
    if job.kind == "check" and check:
        compared = "every item was" if check.get("full") else f"{check.get('compared', 0):,} items were"
        st.html(
            f'<div class="ns-note">{check.get("vectors", 0):,} vectors and {check.get("thumbnails", 0):,} thumbnails '
            f"were checked; {compared} compared with the index.</div>"
        )
    if folders := result.get("to_ingest"):
        names = in_html(", ".join(map(str, folders)))
        st.html(f'<p class="ns-message">Look for changes once more in: <bdi>{names}</bdi></p>')


def _problem(problem: Mapping[str, Any]) -> str:
    count = f"{problem['count']:,} " if problem["examples"] else ""
    examples = f": {', '.join(map(str, problem['examples']))}" if problem["examples"] else ""
    return f"{count}{problem['message']}{examples}"


def _title_line(text: str, aside: str, *, good: bool | None = None) -> None:
    mark = "" if good is None else ' class="ns-success"' if good else ' class="ns-error"'
    small = f"<small>{in_html(aside)}</small>" if aside else ""
    st.html(f'<div class="ns-job-title" role="status"><b{mark} dir="auto">{in_html(text)}</b>{small}</div>')


def _outcome_counts(job: Job) -> None:
    counts = [(outcome, job.outcomes[outcome]) for outcome in OUTCOMES if job.outcomes.get(outcome)]
    if counts:
        chips = "".join(
            f'<span class="ns-outcome ns-{outcome}">{number:,} {outcome}</span>' for outcome, number in counts
        )
        st.html(f'<div class="ns-outcomes">{chips}</div>')


def _is_recent(job: Job) -> bool:
    when = datetime.fromisoformat(job.finished or job.started)
    return st.session_state.get(_DISMISSED) != job.id and datetime.now(UTC) - when < _SHOWN_FOR


def _dismiss(job: Job) -> None:
    st.session_state[_DISMISSED] = job.id
