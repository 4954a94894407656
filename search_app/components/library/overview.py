"""What is in the space: how much, where it comes from, and how it spreads over folders, formats and years."""

from collections.abc import Mapping

import streamlit as st
from rich.filesize import decimal

from ingest.formatting import printable
from ingest.outcomes import IN_THE_SPACE
from ingest.readers.draft import MODALITIES
from ingest.sources.location import location_of
from ingest.space.ledger.runs import IngestedRoot
from ingest.space.status import describe_reencoding, describe_run, space_status
from search_app.components.library import start_jobs
from search_app.components.shared import page_layout
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import in_html

_SHOWN = 12  # rows of each table
_PLACES = 30


def overview(space: AppSpace, *, may_change: bool, busy: bool) -> None:
    """Draw the tab."""
    facts = facts_of(space)
    _figures(facts)
    _places(space, may_change=may_change, busy=busy)
    left, middle, right = st.columns(3, gap="medium")
    with left:
        _spread("By folder", facts["folders"])
    with middle:
        _spread("By format", {name.removeprefix(".") or "no suffix": kinds for name, kinds in facts["formats"].items()})
    with right:
        _spread("By year", dict(sorted(facts["years"].items(), reverse=True)), by_size=False)
    if run := facts["last_run"]:
        page_layout.note(f"Last ingest: {describe_run(run)}.")
    if facts["reencoding"]:
        page_layout.note(f"Re-encoding {describe_reencoding(facts['reencoding'], facts['items'])}.")


def facts_of(space: AppSpace) -> dict:
    """What `nearspace status` says of the space; looked up anew when something changes, and once a minute."""
    return _facts(space, str(space.folder), space.manifest.encoder.fingerprint, space.ledger.revision())


@st.cache_data(show_spinner=False, max_entries=8, ttl=60)
def _facts(_space: AppSpace, folder: str, fingerprint: str, revision: int) -> dict:
    return space_status(_space.stored)


def _figures(facts: Mapping) -> None:
    held = sum(count for outcome, count in facts["sources"].items() if outcome in IN_THE_SPACE)
    figures = [
        (f"{facts['items']['image']:,}", "images", "ns-image"),
        (f"{facts['items']['text']:,}", "passages", "ns-text"),
        (f"{held:,}", "files", ""),
        (decimal(facts["bytes"]), "on disk", ""),
    ]
    if facts["copies"]:
        figures.append((f"{facts['copies']:,}", "copies of other files", ""))
    if facts["near_duplicates"]["items"]:
        figures.append((f"{facts['near_duplicates']['items']:,}", "near-duplicates", ""))
    tiles = "".join(f'<div class="{kind}"><b>{number}</b><span>{words}</span></div>' for number, words, kind in figures)
    st.html(f'<div class="ns-figures">{tiles}</div>')


def _places(space: AppSpace, *, may_change: bool, busy: bool) -> None:
    found = space.ledger.runs.ingested_roots(space.folder, _PLACES + 1)
    if not found:
        return
    st.html('<div class="ns-section">Where it comes from</div>')
    for number, place in enumerate(found[:_PLACES], start=1):
        with st.container(key=f"place-{number}", horizontal=True, vertical_alignment="center", gap="small"):
            there = location_of(place.path, space.folder).exists()
            gone = "" if there else ' <em class="ns-without">not there now</em>'
            sources = f"{place.sources:,} file{'s' * (place.sources != 1)}"
            st.html(
                f'<div class="ns-place"><b>{in_html(printable(place.path))}</b><small>{sources}{gone}</small></div>'
            )
            if may_change:
                _acts(space, place, number, there=there, busy=busy)
    if len(found) > _PLACES:
        page_layout.note("And more; the newest are shown.")
    if may_change:
        page_layout.note(
            "Looking for changes reads what is new or changed, and lets go of what is gone from there. It takes every "
            "file that can be read: rules that were given in a terminal, such as --exclude, are not remembered."
        )


def _acts(space: AppSpace, place: IngestedRoot, number: int, *, there: bool, busy: bool) -> None:
    home, name = space.home, space.name
    st.button(
        "Look for changes",
        key=f"again-{number}",
        icon=":material/sync:",
        disabled=busy or not there,
        on_click=start_jobs.ingest_clicked,
        args=(home, name, [place.path], place.path),
    )
    if st.button("Remove …", key=f"remove-{number}", type="tertiary", disabled=busy):
        confirm_removal(space, [place.path])


@st.dialog("Remove from the space?", width="medium")
def confirm_removal(space: AppSpace, paths: list[str]) -> None:
    """Say what would leave the space, and remove it when a person agrees."""
    gone = space.ledger.exclusions.preview(paths)
    sources = f"{gone.sources:,} file{'s' * (gone.sources != 1)}"
    items = f"{gone.items:,} item{'s' * (gone.items != 1)}"
    shared = "" if gone.items or not gone.sources else " (their items stay, as other files have the same content)"
    what = in_html(printable(paths[0])) if len(paths) == 1 else f"{len(paths):,} chosen"
    st.html(
        f'<div class="ns-item"><h4>{what}</h4><p><b>{sources}</b> with <b>{items}</b> leave the space{shared}.</p>'
        "<p>Nothing is deleted on disk: the files stay where they are.</p>"
        "<p>They stay out: an ingest of a folder around them passes over them, until you let them in again under "
        "Sources, or ingest one by its own name.</p></div>"
    )
    about = paths[0] if len(paths) == 1 else f"{gone.sources:,} files"
    options = ["--yes", "--json", "--", *paths]
    with st.container(horizontal=True):
        if st.button(
            f"Remove {sources}",
            key="confirm-remove",
            type="primary",
            disabled=not gone.sources,
            on_click=start_jobs.begin_clicked,
            args=(space.home, space.name, "remove", options, about),
        ):
            st.rerun()
        if st.button("Keep them", key="confirm-keep", type="tertiary"):
            st.rerun()


def _spread(heading: str, counts: Mapping[str, Mapping[str, int]], *, by_size: bool = True) -> None:
    """A table of bars: how many images and passages each name has."""
    rows = list(counts.items())
    if by_size:
        rows.sort(key=lambda row: -sum(row[1].values()))
    most = max((sum(kinds.values()) for _, kinds in rows), default=1)
    lines = []
    for name, kinds in rows[:_SHOWN]:
        total = sum(kinds.values())
        bars = "".join(
            f'<i class="ns-{kind}" style="width:{100 * kinds.get(kind, 0) / most:.2f}%"></i>' for kind in MODALITIES
        )
        lines.append(f'<dt title="{in_html(name)}">{in_html(name)}</dt><dd><span>{bars}</span>{total:,}</dd>')
    more = f'<div class="ns-note">and {len(rows) - _SHOWN:,} more</div>' if len(rows) > _SHOWN else ""
    st.html(f'<div class="ns-section">{heading}</div><dl class="ns-spread">{"".join(lines)}</dl>{more}')
