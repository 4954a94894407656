"""Long lists of sources, looked through and shown a page at a time, so that a browser never gets all at once."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import PurePath

import streamlit as st
from rich.filesize import decimal

from ingest.formatting import printable
from ingest.outcomes import IN_THE_SPACE
from ingest.space.ledger import Ledger
from ingest.space.ledger.source_filter import ListedSource, Reason, SourceFilter
from search_app.components.library import start_jobs, url_state
from search_app.components.library.overview import confirm_removal
from search_app.components.library.url_state import View
from search_app.components.shared import page_layout
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import in_html, snippet

PAGE = 50
"""Sources on a page."""

_FIND, _SHOW, _REASON = "library-find", "library-show", "library-reason"
_IN, _SKIPPED, _FAILED = "in", "skipped", "failed"
_OUTCOMES = {_IN: tuple(sorted(IN_THE_SPACE)), _SKIPPED: (_SKIPPED,), _FAILED: (_FAILED,)}
_SHOWN = {"": "All", _IN: "In the space", _SKIPPED: "Skipped", _FAILED: "Failed"}
_WRONG = {"": "All", _FAILED: "Failed", _SKIPPED: "Skipped"}
_NOTHING_TO_DO = "Nothing: such files are passed over."
_REASONS = 40
_KEPT_OUT = 100


def sources(space: AppSpace, *, may_change: bool, busy: bool) -> None:
    """Draw the tab with every source."""
    view = url_state.current()
    _narrow(view, _SHOWN)
    wanted = SourceFilter(view.find, _OUTCOMES.get(view.show, ()))
    chosen = _page(space.ledger, wanted, view, choosing=may_change)
    if may_change:
        words = f"Remove {len(chosen):,} chosen …" if chosen else "Choose rows to remove them"
        if st.button(words, key="remove-chosen", icon=":material/remove_circle:", disabled=busy or not chosen):
            confirm_removal(space, [source.path for source in chosen])
    _kept_out(space, may_change=may_change, busy=busy)


def problems(space: AppSpace) -> None:
    """Draw the tab with what failed or was left out, by reason."""
    view = url_state.current()
    wrong = _OUTCOMES.get(view.show) or (_FAILED, _SKIPPED)
    if not space.ledger.sources.count(SourceFilter(outcomes=(_FAILED, _SKIPPED))):
        page_layout.notice("Nothing failed", "Every file that was looked at could be read.")
        return
    _narrow(view, _WRONG)
    found = space.ledger.sources.reasons(SourceFilter(view.find, wrong))
    _reasons(found, view)
    _page(space.ledger, SourceFilter(view.find, wrong, view.reason), view, choosing=False)


def _narrow(view: View, shown: dict[str, str]) -> None:
    st.session_state[_FIND], st.session_state[_SHOW] = view.find, view.show if view.show in shown else ""
    with st.container(key="library-narrow", horizontal=True, vertical_alignment="center", gap="small"):
        st.text_input(
            "Find",
            key=_FIND,
            placeholder="Part of a path",
            label_visibility="collapsed",
            icon=":material/search:",
            on_change=_found,
        )
        st.segmented_control(
            "Show",
            list(shown),
            format_func=shown.__getitem__,
            key=_SHOW,
            label_visibility="collapsed",
            required=True,
            on_change=_show_picked,
        )


def _found() -> None:
    url_state.go(find=str(st.session_state[_FIND]).strip(), at=1, reason="")


def _show_picked() -> None:
    url_state.go(show=st.session_state[_SHOW] or "", at=1, reason="")


def _reasons(found: Sequence[Reason], view: View) -> None:
    """What went wrong, how often, and what to do; one of them can be picked."""
    rows = "".join(
        f'<tr><td class="ns-number">{reason.count:,}</td><td><span class="ns-outcome ns-{reason.outcome}">'
        f"{reason.outcome}</span></td><td>{in_html(_sentence(reason.what))}</td>"
        f"<td>{in_html(reason.advice or _NOTHING_TO_DO)}</td></tr>"
        for reason in found[:_REASONS]
        if view.reason in ("", reason.pattern)
    )
    head = "<tr><th>Files</th><th></th><th>What happened</th><th>What to do</th></tr>"
    st.html(f'<div class="ns-table"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>')
    if len(found) > _REASONS:
        page_layout.note(f"and {len(found) - _REASONS:,} rarer reasons; look for a part of a path to see them.")
    patterns = [reason.pattern for reason in found]
    if len(patterns) < 2:
        return
    said = {reason.pattern: f"{snippet(_sentence(reason.what), 70)} ({reason.count:,})" for reason in found}
    st.session_state[_REASON] = view.reason if view.reason in patterns else None
    st.selectbox(
        "Reason",
        patterns,
        key=_REASON,
        placeholder="All reasons",
        format_func=lambda pattern: said.get(pattern, pattern),
        label_visibility="collapsed",
        on_change=_reason_picked,
    )


def _reason_picked() -> None:
    url_state.go(reason=st.session_state[_REASON] or "", at=1)


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _page(ledger: Ledger, chosen_sources: SourceFilter, view: View, *, choosing: bool) -> list[ListedSource]:
    """Show one page of the sources that are wanted; returns those that are chosen."""
    total = ledger.sources.count(chosen_sources)
    pages = max(1, -(-total // PAGE))
    at = min(view.at, pages)
    found = ledger.sources.page(chosen_sources, (at - 1) * PAGE, PAGE)
    if not found:
        page_layout.note("No file is like that.")
        return []
    # What is chosen is told by the rows' places: once something has changed, they may be those of other sources.
    key = f"sources-{ledger.revision()}-{view.find}-{view.show}-{view.reason}-{at}-{choosing}"
    rows = {
        "File": [printable(PurePath(source.path).name) for source in found],
        "Folder": [printable(str(PurePath(source.path).parent)) for source in found],
        "Outcome": [source.outcome for source in found],
        "Items": [source.items for source in found],
        "Size": [decimal(source.size) for source in found],
        "Changed": [_date(source.mtime_ns) for source in found],
        "Why": [source.reason for source in found],
    }
    if not any(source.reason for source in found):
        del rows["Why"]
    shown = {
        "File": st.column_config.TextColumn(width="medium"),
        "Folder": st.column_config.TextColumn(width="medium"),
        "Items": st.column_config.NumberColumn(width="small"),
        "Outcome": st.column_config.TextColumn(width="small"),
        "Size": st.column_config.TextColumn(width="small"),
        "Why": st.column_config.TextColumn(width="large"),
    }
    chosen: list[ListedSource] = []
    if choosing:
        selected = st.dataframe(
            rows, hide_index=True, column_config=shown, key=key, on_select="rerun", selection_mode="multi-row"
        )
        chosen = [found[row] for row in selected["selection"]["rows"] if row < len(found)]
    else:
        st.dataframe(rows, hide_index=True, column_config=shown, key=key)
    _turn(at, pages, total, len(found))
    return chosen


def _turn(at: int, pages: int, total: int, shown: int) -> None:
    first = (at - 1) * PAGE + 1
    with st.container(key="library-turn", horizontal=True, vertical_alignment="center", gap="small"):
        if pages > 1:
            for label, icon, to in (("Previous", "chevron_left", at - 1), ("Next", "chevron_right", at + 1)):
                st.button(
                    label,
                    key=f"turn-{label.lower()}",
                    icon=f":material/{icon}:",
                    disabled=not 1 <= to <= pages,
                    on_click=url_state.go,
                    kwargs={"at": to},
                )
        page_layout.note(
            f"{first:,} to {first + shown - 1:,} of {total:,}" + (f", page {at:,} of {pages:,}" * (pages > 1))
        )


def _kept_out(space: AppSpace, *, may_change: bool, busy: bool) -> None:
    out = space.ledger.exclusions.paths()
    if not out:
        return
    with st.expander(f"Removed by hand and kept out ({len(out):,})"):
        page_layout.note("Their files are where they were. An ingest passes over them until one is let in again.")
        for number, path in enumerate(out[:_KEPT_OUT], start=1):
            with st.container(key=f"out-{number}", horizontal=True, vertical_alignment="center"):
                st.html(f'<div class="ns-place"><b>{in_html(printable(path))}</b></div>')
                if may_change:
                    st.button(
                        "Let it in again",
                        key=f"let-in-{number}",
                        type="tertiary",
                        disabled=busy,
                        on_click=start_jobs.ingest_clicked,
                        args=(space.home, space.name, [path], path),
                    )
        if len(out) > _KEPT_OUT:
            page_layout.note(f"and {len(out) - _KEPT_OUT:,} more; nearspace status --json names them all.")


def _date(mtime_ns: int) -> str:
    return datetime.fromtimestamp(mtime_ns / 1e9).strftime("%Y-%m-%d") if mtime_ns else ""
