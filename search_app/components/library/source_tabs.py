"""The Sources and Problems tabs: filtered lists of sources, one page at a time."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import PurePath

import streamlit as st
from rich.filesize import decimal

from ingest.formatting import printable
from ingest.outcomes import IN_THE_SPACE
from ingest.space.ledger import Ledger
from ingest.space.ledger.source_filter import ListedSource, Reason, SourceFilter
from search_app.components.library import job_actions, url_state
from search_app.components.library.overview_tab import confirm_removal
from search_app.components.library.url_state import LibraryView
from search_app.components.shared import page_layout
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import in_html, snippet

PAGE_SIZE = 50

_FIND, _SHOW, _REASON = "library-find", "library-show", "library-reason"
_IN, _SKIPPED, _FAILED = "in", "skipped", "failed"
_OUTCOMES = {_IN: tuple(sorted(IN_THE_SPACE)), _SKIPPED: (_SKIPPED,), _FAILED: (_FAILED,)}
_SOURCE_FILTERS = {"": "All", _IN: "In the space", _SKIPPED: "Skipped", _FAILED: "Failed"}
_PROBLEM_FILTERS = {"": "All", _FAILED: "Failed", _SKIPPED: "Skipped"}
_NO_REMEDY = "Nothing: such files are skipped."
_MAX_REASONS = 40
_LONGEST_FOLDER = 28  # letters that a column shows
_MAX_EXCLUDED = 100


def sources_tab(space: AppSpace, *, may_change: bool, busy: bool) -> None:
    """Draw the tab that lists every source."""
    view = url_state.current()
    _filter_row(view, _SOURCE_FILTERS)
    wanted = SourceFilter(view.find, _OUTCOMES.get(view.show, ()))
    chosen = _source_table(space.ledger, wanted, view, selectable=may_change)
    if may_change:
        label = f"Remove {len(chosen):,} chosen …" if chosen else "Choose rows to remove them"
        if st.button(label, key="remove-chosen", icon=":material/remove_circle:", disabled=busy or not chosen):
            confirm_removal(space, [source.path for source in chosen])
    _excluded(space, may_change=may_change, busy=busy)


def problems_tab(space: AppSpace) -> None:
    """Draw the tab that lists what failed or was skipped, by reason."""
    view = url_state.current()
    outcomes = _OUTCOMES.get(view.show) or (_FAILED, _SKIPPED)
    if not space.ledger.sources.count(SourceFilter(outcomes=(_FAILED, _SKIPPED))):
        page_layout.notice("Nothing failed", "Every file that was found could be read.")
        return
    _filter_row(view, _PROBLEM_FILTERS)
    found = space.ledger.sources.reasons(SourceFilter(view.find, outcomes))
    _reason_table(found, view)
    _source_table(space.ledger, SourceFilter(view.find, outcomes, view.reason), view, selectable=False)


def _filter_row(view: LibraryView, options: dict[str, str]) -> None:
    st.session_state[_FIND], st.session_state[_SHOW] = view.find, view.show if view.show in options else ""
    with st.container(key="library-filters", horizontal=True, vertical_alignment="center", gap="small"):
        st.text_input(
            "Find",
            key=_FIND,
            placeholder="Part of a path",
            label_visibility="collapsed",
            icon=":material/search:",
            on_change=_find_changed,
        )
        st.segmented_control(
            "Show",
            list(options),
            format_func=options.__getitem__,
            key=_SHOW,
            label_visibility="collapsed",
            required=True,
            on_change=_show_changed,
        )


def _find_changed() -> None:
    url_state.go(find=str(st.session_state[_FIND]).strip(), at=1, reason="")


def _show_changed() -> None:
    url_state.go(show=st.session_state[_SHOW] or "", at=1, reason="")


def _reason_table(found: Sequence[Reason], view: LibraryView) -> None:
    """Show each reason, how often it occurred, and what to do; one can be chosen as a filter."""
    rows = "".join(
        f'<tr><td class="ns-number">{reason.count:,}</td><td><span class="ns-outcome ns-{reason.outcome}">'
        f"{reason.outcome}</span></td><td>{in_html(_sentence(reason.what))}</td>"
        f"<td>{in_html(reason.advice or _NO_REMEDY)}</td></tr>"
        for reason in found[:_MAX_REASONS]
        if view.reason in ("", reason.pattern)
    )
    head = "<tr><th>Files</th><th></th><th>What happened</th><th>What to do</th></tr>"
    st.html(f'<div class="ns-table"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>')
    if len(found) > _MAX_REASONS:
        page_layout.note(f"and {len(found) - _MAX_REASONS:,} rarer reasons; search for a part of a path to see them.")
    patterns = [reason.pattern for reason in found]
    if len(patterns) < 2:
        return
    labels = {reason.pattern: f"{snippet(_sentence(reason.what), 70)} ({reason.count:,})" for reason in found}
    st.session_state[_REASON] = view.reason if view.reason in patterns else None
    st.selectbox(
        "Reason",
        patterns,
        key=_REASON,
        placeholder="All reasons",
        format_func=lambda pattern: labels.get(pattern, pattern),
        label_visibility="collapsed",
        on_change=_reason_changed,
    )


def _reason_changed() -> None:
    url_state.go(reason=st.session_state[_REASON] or "", at=1)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _source_table(ledger: Ledger, wanted: SourceFilter, view: LibraryView, *, selectable: bool) -> list[ListedSource]:
    """Show one page of the matching sources; returns the selected ones."""
    total = ledger.sources.count(wanted)
    pages = max(1, -(-total // PAGE_SIZE))
    at = min(view.at, pages)
    found = ledger.sources.page(wanted, (at - 1) * PAGE_SIZE, PAGE_SIZE)
    if not found:
        page_layout.note("No file is like that.")
        return []
    # A selection is a list of row numbers: once the ledger has changed, they may belong to other sources.
    key = f"sources-{ledger.revision()}-{view.find}-{view.show}-{view.reason}-{at}-{selectable}"
    rows = {
        "File": [printable(PurePath(source.path).name) for source in found],
        "Folder": [_end_of(printable(str(PurePath(source.path).parent))) for source in found],
        "Outcome": [source.outcome for source in found],
        "Items": [source.items for source in found],
        "Size": [decimal(source.size) for source in found],
        "Changed": [_date(source.mtime_ns) for source in found],
        "Why": [source.reason for source in found],
    }
    if not any(source.reason for source in found):
        del rows["Why"]
    rows["Path"] = [printable(source.path) for source in found]
    columns = {
        "File": st.column_config.TextColumn(width="medium"),
        "Folder": st.column_config.TextColumn(width="medium"),
        "Items": st.column_config.NumberColumn(width="small"),
        "Outcome": st.column_config.TextColumn(width="small"),
        "Size": st.column_config.TextColumn(width="small"),
        "Why": st.column_config.TextColumn(width="large"),
        "Path": st.column_config.TextColumn(width="large"),
    }
    chosen: list[ListedSource] = []
    if selectable:
        selected = st.dataframe(
            rows, hide_index=True, column_config=columns, key=key, on_select="rerun", selection_mode="multi-row"
        )
        chosen = [found[row] for row in selected["selection"]["rows"] if row < len(found)]
    else:
        st.dataframe(rows, hide_index=True, column_config=columns, key=key)
    _pager(at, pages, total, len(found))
    return chosen


def _end_of(folder: str) -> str:
    """The end of a long path, which tells more than its beginning, from a folder's name on where that fits."""
    if len(folder) <= _LONGEST_FOLDER:
        return folder
    end = folder[-_LONGEST_FOLDER:]
    return f"…/{end.partition('/')[2]}" if "/" in end else f"…{end}"


def _pager(at: int, pages: int, total: int, shown: int) -> None:
    first = (at - 1) * PAGE_SIZE + 1
    with st.container(key="library-pager", horizontal=True, vertical_alignment="center", gap="small"):
        if pages > 1:
            for label, icon, to in (("Previous", "chevron_left", at - 1), ("Next", "chevron_right", at + 1)):
                st.button(
                    label,
                    key=f"library-{label.lower()}",
                    icon=f":material/{icon}:",
                    disabled=not 1 <= to <= pages,
                    on_click=url_state.go,
                    kwargs={"at": to},
                )
        page_layout.note(
            f"{first:,} to {first + shown - 1:,} of {total:,}" + (f", page {at:,} of {pages:,}" * (pages > 1))
        )


def _excluded(space: AppSpace, *, may_change: bool, busy: bool) -> None:
    excluded = space.ledger.exclusions.paths()
    if not excluded:
        return
    with st.expander(f"Removed by hand and kept out ({len(excluded):,})"):
        page_layout.note("Their files are unchanged. They stay out until they are let in again.")
        for number, path in enumerate(excluded[:_MAX_EXCLUDED], start=1):
            with st.container(key=f"excluded-{number}", horizontal=True, vertical_alignment="center"):
                st.html(f'<div class="ns-location"><b dir="auto">{in_html(printable(path))}</b></div>')
                if may_change:
                    st.button(
                        "Let it in again",
                        key=f"readmit-{number}",
                        type="tertiary",
                        disabled=busy,
                        on_click=job_actions.start_ingest_clicked,
                        args=(space.home, space.name, [path], path),
                    )
        if len(excluded) > _MAX_EXCLUDED:
            page_layout.note(f"and {len(excluded) - _MAX_EXCLUDED:,} more; nearspace status --json lists them all.")


def _date(mtime_ns: int) -> str:
    return datetime.fromtimestamp(mtime_ns / 1e9).strftime("%Y-%m-%d") if mtime_ns else ""
