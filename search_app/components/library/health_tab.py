"""The tab Storage and repair: the space's size on disk, its check and repair, and recent jobs."""

from datetime import datetime

import streamlit as st
from rich.filesize import decimal

from ingest.formatting import format_duration
from ingest.run.jobs import list_jobs
from ingest.space.ledger.database import LEDGER_NAME
from ingest.space.ledger.overview import size_by_part
from search_app.components.library import job_actions
from search_app.components.library.job_panel import title
from search_app.components.shared import page_layout
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import in_html

_PARTS = {
    LEDGER_NAME: "what is known of every file",
    "chroma": "search index",
    "chroma-broken": "a broken search index, set aside",
    "thumbnails": "small pictures",
    "projections": "maps",
    "uploads": "dropped files",
    "fetched": "copies of web pages and files",
    "queries": "pictures used in searches",
    "jobs": "jobs",
}
_MIN_SHARE = 0.02  # smaller parts are summed up


def health_tab(space: AppSpace, *, may_change: bool, busy: bool) -> None:
    """Draw the tab."""
    left, right = st.columns(2, gap="medium")
    with left:
        _storage(space)
    with right:
        _checks(space, may_change=may_change, busy=busy)
    _recent_jobs(space)


def _storage(space: AppSpace) -> None:
    sizes = _sizes(str(space.folder), space, space.ledger.revision())
    total = sum(sizes.values()) or 1
    shown = {_PARTS[name]: size for name, size in sizes.items() if name in _PARTS and size >= _MIN_SHARE * total}
    if rest := total - sum(shown.values()):
        shown["everything else"] = rest
    rows = "".join(
        f'<dt>{in_html(name)}</dt><dd><span><i class="ns-bar" style="width:{100 * size / total:.2f}%"></i></span>'
        f"{decimal(size)}</dd>"
        for name, size in shown.items()
    )
    st.html(
        f'<div class="ns-section">Storage<small>{decimal(total)} in {in_html(str(space.folder))}</small></div>'
        f'<dl class="ns-bar-list ns-wide">{rows}</dl>'
    )


@st.cache_data(show_spinner=False, max_entries=8, ttl=60)
def _sizes(folder: str, _space: AppSpace, revision: int) -> dict[str, int]:
    return size_by_part(_space.folder)


def _checks(space: AppSpace, *, may_change: bool, busy: bool) -> None:
    st.html('<div class="ns-section">Is everything in order?</div>')
    page_layout.note(
        "A check looks whether everything that a search needs is there and whole; the full one compares every entry, "
        "and takes longer. A repair mends what a check finds. Neither removes anything, nor touches your own files."
    )
    not_indexed = space.ledger.pending.count()
    if not_indexed:
        page_layout.note(f"{not_indexed:,} items are not in the search index yet; they are added by themselves.")
    if not may_change:
        return
    home, name = space.home, space.name
    with st.container(key="checks", horizontal=True, gap="small"):
        for label, icon, kind, options in (
            ("Check", "health_and_safety", "check", ["--json"]),
            ("Check fully", "fact_check", "check", ["--full", "--json"]),
            ("Repair", "healing", "repair", ["--json"]),
        ):
            st.button(
                label,
                key=f"health-{label.lower().replace(' ', '-')}",
                icon=f":material/{icon}:",
                disabled=busy,
                on_click=job_actions.start_clicked,
                args=(home, name, kind, options, ""),
            )


def _recent_jobs(space: AppSpace) -> None:
    ended = [job for job in list_jobs(space.home, space.name) if not job.running]
    if not ended:
        return
    rows = "".join(
        f'<tr><td class="ns-when">{datetime.fromisoformat(job.started).astimezone():%Y-%m-%d %H:%M}</td>'
        f"<td>{in_html(title(job))}</td><td>{format_duration(job.seconds()) if job.finished else ''}</td>"
        f"<td>{in_html(', '.join(f'{number:,} {kind}' for kind, number in job.outcomes.items()))}</td></tr>"
        for job in ended
    )
    st.html(
        f'<div class="ns-section">Jobs<small>started from this page</small></div>'
        f'<div class="ns-table"><table><tbody>{rows}</tbody></table></div>'
    )
