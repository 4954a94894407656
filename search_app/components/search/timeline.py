"""The timeline among the filters: when the pictures of the space were taken, and a range of it to choose."""

from collections.abc import Callable
from datetime import date

import streamlit as st

from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import count_of, in_html
from search_app.components.shared.page_layout import note
from search_app.search.snapshot import Snapshot
from search_app.search.timeline import Timeline, timeline_of

KEY = "filter-taken"
_DRAWN, _NUMBER = "the timeline of the space", "how often the timeline was set by something else"
Range = tuple[date | None, date | None]


def timeline(space: AppSpace, snapshot: Snapshot, chosen: Range, on_change: Callable[[Range], None]) -> None:
    """Draw the timeline with the `chosen` first and last day; `on_change` receives those that are chosen next.

    A range that goes to an end of the timeline has no day there; the whole timeline is no range at all.
    """
    drawn = _timeline(space, snapshot)
    if not drawn.bars:
        if drawn.undated:
            note("No picture here says when it was taken.")
        return
    first, last = drawn.range_of(*chosen)
    narrowed = chosen != (None, None)
    undated = f" · {drawn.undated:,} without a date" + (", left out" if narrowed else "") if drawn.undated else ""
    st.html(
        f'<div class="ns-timeline-title">Taken<small>{in_html(count_of(drawn.dated, "image"))} with a date'
        f'{undated}</small></div><div class="ns-timeline" aria-hidden="true">{_bars(drawn, first, last)}</div>'
    )
    if len(drawn.bars) > 1:
        _slider(drawn, (first, last), on_change)


def _slider(drawn: Timeline, chosen: tuple[int, int], on_change: Callable[[Range], None]) -> None:
    """Draw a slider of the range from one bar to another."""
    # Only a value that is given here makes it a slider of two ends, and only a new key takes over another value.
    state = st.session_state
    number = state.setdefault(_NUMBER, 0)
    stem = f"{KEY}-{drawn.bars[0].first}-{len(drawn.bars)}"
    if tuple(state.get(f"{stem}-{number}", chosen)) != chosen:
        number = state[_NUMBER] = number + 1
    key = f"{stem}-{number}"

    def changed() -> None:
        start, end = state[key]
        after = drawn.bars[start].first if start > 0 else None
        before = drawn.bars[end].last if end < len(drawn.bars) - 1 else None
        on_change((after, before))

    st.select_slider(
        "Taken",
        range(len(drawn.bars)),
        value=chosen,
        key=key,
        format_func=lambda place: drawn.bars[place].label,
        label_visibility="collapsed",
        on_change=changed,
    )


def _timeline(space: AppSpace, snapshot: Snapshot) -> Timeline:
    """The timeline of the snapshot, read once."""
    known: tuple[object, Timeline] | None = st.session_state.get(_DRAWN)
    of = (space.identity, snapshot.revision)
    if known is None or known[0] != of:
        days = space.ledger.search_index.days_taken()
        known = st.session_state[_DRAWN] = of, timeline_of(days, len(snapshot.groups["image"]))
    return known[1]


def _bars(drawn: Timeline, first: int, last: int) -> str:
    most = max(bar.count for bar in drawn.bars)
    parts = []
    for place, bar in enumerate(drawn.bars):
        height = max(100 * bar.count / most, 6.0) if bar.count else 0.0
        css_class = ' class="ns-drawn"' if first <= place <= last else ""
        title = f"{in_html(bar.label)}: {bar.count:,}"
        parts.append(f'<i{css_class} title="{title}" style="height:{height:.0f}%"></i>')
    return "".join(parts)
