"""The Overview tab: what the space holds, where it comes from, and its folders, formats and years."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st
from rich.filesize import decimal

from ingest.formatting import format_count, printable
from ingest.outcomes import IN_THE_SPACE
from ingest.readers.draft import MODALITIES
from ingest.sources.location import location_of
from ingest.space.ledger.runs import IngestedRoot
from ingest.space.status import describe_reencoding, describe_run, space_status
from search_app.components.library import job_actions
from search_app.components.shared import page_layout
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import count_of, in_html

_ROWS = 12  # of each chart
_LOCATIONS = 30


def overview_tab(space: AppSpace, *, may_change: bool, busy: bool) -> None:
    """Draw the tab."""
    status = status_of(space)
    _figures(status)
    _locations(space, may_change=may_change, busy=busy)
    left, middle, right = st.columns(3, gap="medium")
    with left:
        _bar_chart("By folder", status["folders"])
    with middle:
        _bar_chart(
            "By format", {name.removeprefix(".") or "no suffix": kinds for name, kinds in status["formats"].items()}
        )
    with right:
        _years_taken(status["years_taken"])
    if run := status["last_run"]:
        page_layout.note(f"Last added: {describe_run(run)}.")
    if status["reencoding"]:
        page_layout.note(f"Switching to another model {describe_reencoding(status['reencoding'], status['items'])}.")


def status_of(space: AppSpace) -> dict[str, Any]:
    """What `nearspace status --json` reports; refreshed when the ledger changes, and at least once a minute."""
    return _cached_status(space, str(space.folder), space.manifest.encoder.fingerprint, space.ledger.revision())


@st.cache_data(show_spinner=False, max_entries=8, ttl=60)
def _cached_status(_space: AppSpace, folder: str, fingerprint: str, revision: int) -> dict[str, Any]:
    return space_status(_space.stored)


def _figures(status: Mapping[str, Any]) -> None:
    file_count = sum(count for outcome, count in status["sources"].items() if outcome in IN_THE_SPACE)
    figures = [
        (f"{status['items']['image']:,}", "pictures", "ns-image"),
        (f"{status['items']['text']:,}", "passages", "ns-text"),
        (f"{file_count:,}", "files", ""),
        (decimal(status["bytes"]), "on disk", ""),
    ]
    if status["copies"]:
        figures.append((f"{status['copies']:,}", "copies of other files", ""))
    if status["near_duplicates"]["items"]:
        figures.append((f"{status['near_duplicates']['items']:,}", "near-duplicates", ""))
    tiles = "".join(f'<div class="{kind}"><b>{number}</b><span>{label}</span></div>' for number, label, kind in figures)
    st.html(f'<div class="ns-figures">{tiles}</div>')


def _locations(space: AppSpace, *, may_change: bool, busy: bool) -> None:
    found = space.ledger.runs.ingested_roots(space.folder, _LOCATIONS + 1)
    if not found:
        return
    st.html('<div class="ns-section">Where it comes from</div>')
    for number, place in enumerate(found[:_LOCATIONS], start=1):
        with st.container(key=f"location-{number}", horizontal=True, vertical_alignment="center", gap="small"):
            exists = location_of(place.path, space.folder).exists()
            missing = "" if exists else ' <em class="ns-negative">not there now</em>'
            sources = format_count(place.sources, "file")
            st.html(
                f'<div class="ns-location"><b dir="auto">{in_html(printable(place.path))}</b>'
                f"<small>{sources}{missing}</small></div>"
            )
            if may_change:
                _location_actions(space, place, number, exists=exists, busy=busy)
    if len(found) > _LOCATIONS:
        page_layout.note("Only the newest are shown.")
    if may_change:
        page_layout.note(
            "Looking for changes reads new and changed files, and removes those that no longer exist. It takes every "
            "file that can be read: options given in a terminal, such as --exclude, are not remembered."
        )


def _location_actions(space: AppSpace, place: IngestedRoot, number: int, *, exists: bool, busy: bool) -> None:
    home, name = space.home, space.name
    st.button(
        "Look for changes",
        key=f"again-{number}",
        icon=":material/sync:",
        disabled=busy or not exists,
        on_click=job_actions.start_ingest_clicked,
        args=(home, name, [place.path], place.path),
    )
    if st.button("Remove …", key=f"remove-{number}", type="tertiary", disabled=busy):
        confirm_removal(space, [place.path])


@st.dialog("Remove from the space?", width="medium")
def confirm_removal(space: AppSpace, paths: list[str], on_started: Callable[[], None] | None = None) -> None:
    """Show what would leave the space, and remove it once the visitor confirms; `on_started` hears when it begins."""
    removal = space.ledger.exclusions.preview(paths)
    sources = format_count(removal.sources, "file")
    items = format_count(removal.items, "item")
    shared = "" if removal.items or not removal.sources else " (their items stay, as other files have the same content)"
    subject = in_html(printable(paths[0])) if len(paths) == 1 else f"{len(paths):,} chosen"
    st.html(
        f'<div class="ns-item"><h4 dir="auto">{subject}</h4>'
        f"<p><b>{sources}</b> with <b>{items}</b> leave the space{shared}.</p>"
        "<p>Nothing is deleted on disk: the files stay where they are.</p>"
        "<p>They stay out, also when a folder around them is added again, until you let them in again under "
        "Files, or add one by its own name.</p></div>"
    )
    about = paths[0] if len(paths) == 1 else f"{removal.sources:,} files"
    options = ["--yes", "--json", "--", *paths]

    def start() -> None:
        if job_actions.start(space.home, space.name, "remove", options, about) and on_started is not None:
            on_started()

    with st.container(horizontal=True):
        if st.button(
            f"Remove {sources}",
            key="confirm-remove",
            type="primary",
            disabled=not removal.sources,
            on_click=start,
        ):
            st.rerun()
        if st.button("Keep them", key="confirm-keep", type="tertiary"):
            st.rerun()


def _years_taken(counts: Mapping[str, Mapping[str, int]]) -> None:
    """Draw a bar for each year in which pictures were taken; a file's own time says nothing about that."""
    dated = {year: kinds for year, kinds in sorted(counts.items(), reverse=True) if year}
    undated = counts.get("", {}).get("image", 0)
    if not dated:
        st.html('<div class="ns-section">By year taken</div>')
        page_layout.note("No picture here says when it was taken.")
        return
    _bar_chart("By year taken", dated, by_size=False)
    if undated:
        page_layout.note(f"{count_of(undated, 'image')} without a date")


def _bar_chart(heading: str, counts: Mapping[str, Mapping[str, int]], *, by_size: bool = True) -> None:
    """Draw a bar for each name: its number of pictures and passages."""
    rows = list(counts.items())
    if by_size:
        rows.sort(key=lambda row: -sum(row[1].values()))
    largest = max((sum(kinds.values()) for _, kinds in rows), default=1)
    lines = []
    for name, kinds in rows[:_ROWS]:
        total = sum(kinds.values())
        bars = "".join(
            f'<i class="ns-{kind}" style="width:{100 * kinds.get(kind, 0) / largest:.2f}%"></i>' for kind in MODALITIES
        )
        label = f'<dt class="ns-path" title="{in_html(name)}"><bdi>{in_html(name)}</bdi></dt>'
        lines.append(f"{label}<dd><span>{bars}</span>{total:,}</dd>")
    more = f'<div class="ns-note">and {len(rows) - _ROWS:,} more</div>' if len(rows) > _ROWS else ""
    st.html(f'<div class="ns-section">{heading}</div><dl class="ns-bar-list">{"".join(lines)}</dl>{more}')
