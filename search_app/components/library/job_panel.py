"""The job of a space on the page: how far it is, and what came of it, kept up to date."""

from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePath

import streamlit as st

from ingest.formatting import format_duration, printable
from ingest.outcomes import OUTCOMES
from ingest.run.jobs import Job, log_tail, newest
from search_app.components.library import start_jobs, url_state
from search_app.components.shared import navigation
from search_app.components.shared.formatting import in_html, in_markdown, snippet

LOOK_EVERY = 1.0  # seconds
_SHOWN_FOR = timedelta(minutes=15)
_AWAY = "library-job-away"

_DOING = {
    "ingest": "Ingesting {}",
    "remove": "Removing {}",
    "tune": "Tuning {}",
    "reencode": "Re-encoding with {}",
    "check": "Checking the space{}",
    "repair": "Repairing the space{}",
}
_DONE = {
    "ingest": "Ingested {}",
    "remove": "Removed {}",
    "tune": "Tuned {}",
    "reencode": "Re-encoded with {}",
    "check": "The space is sound{}",
    "repair": "Repaired the space{}",
}


def job_panel(home: Path, name: str, *, may_change: bool) -> Job | None:
    """Show the job that runs or ran lately; returns the one that runs.  The page is drawn anew when that changes."""
    job = newest(home, name)
    running = job if job and job.running else None
    _live(home, name, running.id if running else "", may_change)
    return running


@st.fragment(run_every=LOOK_EVERY)
def _live(home: Path, name: str, drawn_with: str, may_change: bool) -> None:
    job = newest(home, name)
    if (job.id if job and job.running else "") != drawn_with:
        st.rerun()
    start_jobs.complaint()
    if job is None or not (job.running or _is_fresh(job)):
        return
    with st.container(key="job"):
        if job.running:
            _running(home, name, job, may_change)
        else:
            _ended(home, name, job)


def _running(home: Path, name: str, job: Job, may_change: bool) -> None:
    _head(title(job), f"by {job.by}" if job.by else "")
    if job.kind == "ingest":
        left = job.seconds_left()
        now = "Finishing the batch in hand …" if job.ends_asked else _phase(job)
        time_left = f" · about {format_duration(left)} left" if left and not job.ends_asked else ""
        st.progress(job.share or 0.0, text=in_markdown(f"{now}{time_left}"))
        _outcomes(job)
    else:
        words = "It is asked to end …" if job.ends_asked else f"For {format_duration(job.seconds())} so far."
        st.html(f'<div class="ns-note">{in_html(words)}</div>')
    if job.kind in ("tune", "reencode") and (said := log_tail(home, name, job.id)):
        st.code(said, language=None, wrap_lines=True)
    with st.container(key="job-acts", horizontal=True, vertical_alignment="center"):
        if may_change:
            label = "End at once" if job.ends_asked else "Cancel"
            st.button(
                label, key="job-end", icon=":material/stop_circle:", on_click=start_jobs.end, args=(home, name, job)
            )
        st.html('<div class="ns-note">It goes on when this page is closed; come back to it at any time.</div>')


def _phase(job: Job) -> str:
    if job.found is None:
        return snippet(job.said, 120) if job.said else "Getting ready and looking for files …"
    if job.settled >= job.found:
        return f"All {job.found:,} files are done; tidying up …"
    current = f" · {snippet(printable(PurePath(job.current).name), 60)}" if job.current else ""
    return f"{job.settled:,} of {job.found:,} files{current}"


def _ended(home: Path, name: str, job: Job) -> None:
    tail = log_tail(home, name, job.id, 14)
    good = None if job.ended_early else job.done and not (job.kind == "check" and job.status)
    _head(title(job), f"{format_duration(job.seconds())}" if job.finished else "", good=good)
    if sentence := _what_happened(job) or _last_said(job, tail):
        st.html(f'<p class="ns-said">{in_html(sentence)}</p>')
    _outcomes(job)
    for note in (job.result or {}).get("notes", []) if job.kind == "ingest" else []:
        st.html(f'<div class="ns-note">{in_html(str(note))}</div>')
    if job.kind in ("check", "repair"):
        findings(job)
    if tail and (job.kind in ("tune", "reencode") or not (job.done or job.ended_early)):
        if job.done:
            with st.expander("What it said"):
                st.code(tail, language=None, wrap_lines=True)
        else:
            st.code(tail, language=None, wrap_lines=True)
    with st.container(key="job-acts", horizontal=True, vertical_alignment="center"):
        if job.kind == "ingest" and job.items:
            navigation.link_to("", "Search it", ":material/search:")
        failed = job.kind == "ingest" and job.outcomes.get("failed")
        if failed and st.button("See what failed", key="job-problems"):
            url_state.go_to(url_state.PROBLEMS)
            st.rerun()
        st.button("Put away", key="job-away", icon=":material/close:", type="tertiary", on_click=_put_away, args=(job,))


def title(job: Job) -> str:
    """The job in a few words, which may be untrusted."""
    words = _DOING if job.running else _DONE
    about = snippet(printable(job.about), 90)
    if job.ended_early:
        return f"Ended: {_DOING[job.kind].format(about)}"
    if not job.running and (job.crashed or not job.done or (job.kind == "check" and job.status)):
        return "The space has problems" if job.kind == "check" and job.result else _failing(job, about)
    return words[job.kind].format(about)


def _failing(job: Job, about: str) -> str:
    return f"It did not work: {_DOING[job.kind].format(about)}"


def _what_happened(job: Job) -> str:
    """A sentence on how a job ended."""
    result = job.result or {}
    if job.lost:
        return (
            "It ended without a word: it was killed, or the machine went down. What was done before is safe; start it "
            "again to go on."
        )
    if (job.status or 0) < 0:
        return (
            f"It was killed by signal {-(job.status or 0)}, perhaps as memory ran out. What was done before is safe; "
            "start it again to go on."
        )
    if job.crashed:
        return "It stopped because of a bug in Nearspace; its last lines are below. What was done before is safe."
    if job.ended_early and job.kind == "tune":
        return "It ended as it was asked to. Nothing was kept, and nothing has changed."
    if job.ended_early:
        return "It ended as it was asked to. What is done is kept, and starting it again goes on from there."
    if job.kind == "ingest" and result:
        items = f"{job.items:,} new item{'s' * (job.items != 1)}"
        holds = result.get("items", {})
        return f"{items}; the space holds {holds.get('image', 0):,} images and {holds.get('text', 0):,} passages now."
    if job.kind == "remove" and result:
        return (
            f"{result['sources']:,} source{'s' * (result['sources'] != 1)} with {result['items']:,} "
            f"item{'s' * (result['items'] != 1)} left the space. The files on disk are where they were."
        )
    if job.kind == "tune" and job.status == 2:
        return "Nothing was kept; the last lines say why."
    return ""


def _last_said(job: Job, tail: str) -> str:
    """The last line of a re-encoding that is done: what the space has now."""
    last = tail.strip().rpartition("\n")[2] if job.kind == "reencode" and job.done else ""
    return f"{last[:1].upper()}{last[1:]}." if last else ""


def findings(job: Job) -> None:
    """What a check or a repair has shown."""
    result = job.result or {}
    found = result.get("after", result)
    for sentence in result.get("done", []):
        st.html(f'<p class="ns-said">Mended: {in_html(str(sentence))}.</p>')
    rows = "".join(
        f"<li><b>{in_html(str(each['part']))}</b> {in_html(_problem(each))}</li>" for each in found.get("problems", [])
    )
    if rows:
        st.html(f'<ul class="ns-list">{rows}</ul>')
    if job.kind == "check" and found:
        how = "every item was" if found.get("full") else f"{found.get('compared', 0):,} items were"
        st.html(
            f'<div class="ns-note">{found.get("vectors", 0):,} vectors and {found.get("thumbnails", 0):,} thumbnails '
            f"were looked at; {how} compared with the index.</div>"
        )
    if folders := result.get("to_ingest"):
        st.html(f'<p class="ns-said">Look for changes once more in: {in_html(", ".join(map(str, folders)))}</p>')


def _problem(problem: dict) -> str:
    count = f"{problem['count']:,} " if problem["examples"] else ""
    examples = f": {', '.join(map(str, problem['examples']))}" if problem["examples"] else ""
    return f"{count}{problem['message']}{examples}"


def _head(words: str, aside: str, *, good: bool | None = None) -> None:
    mark = "" if good is None else ' class="ns-good"' if good else ' class="ns-wrong"'
    small = f"<small>{in_html(aside)}</small>" if aside else ""
    st.html(f'<div class="ns-job-title" role="status"><b{mark}>{in_html(words)}</b>{small}</div>')


def _outcomes(job: Job) -> None:
    told = [(outcome, job.outcomes[outcome]) for outcome in OUTCOMES if job.outcomes.get(outcome)]
    if told:
        chips = "".join(
            f'<span class="ns-outcome ns-{outcome}">{number:,} {outcome}</span>' for outcome, number in told
        )
        st.html(f'<div class="ns-outcomes">{chips}</div>')


def _is_fresh(job: Job) -> bool:
    when = datetime.fromisoformat(job.finished or job.started)
    return st.session_state.get(_AWAY) != job.id and datetime.now(UTC) - when < _SHOWN_FOR


def _put_away(job: Job) -> None:
    st.session_state[_AWAY] = job.id
