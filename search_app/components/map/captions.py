"""Captions of the map: how far it can be trusted, the variance of its axes, and how many items it draws."""

import streamlit as st

from search_app.components.map.scatter import DrawnMap
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import headline, snippet
from search_app.maps.layout import AxisInfo, Layout, Trust
from search_app.search.snapshot import Snapshot

_LONGEST_NAME = 44  # characters


def axis_captions(space: AppSpace, layout: Layout) -> list[dict[str, str]]:
    """What is written along each axis: its `title`, and the `low` and `high` end of one with a meaning."""
    return [_axis_caption(space, axis, place) for place, axis in enumerate(layout.axes, start=1)]


def _axis_caption(space: AppSpace, axis: AxisInfo, place: int) -> dict[str, str]:
    if axis.axis is None:
        return {"title": "", "low": "", "high": ""}
    if isinstance(axis.axis, int):
        share = f" · {100 * axis.variance:.1f} % of variance" if axis.variance is not None else ""
        return {"title": f"component {axis.axis}{share}", "low": "", "high": ""}
    low, high = axis.start, axis.end
    ends = [end.value for end in (axis.axis.start, axis.axis.end) if end.kind == "item"]
    names = {item.id: headline(item) for item in space.ledger.items.get(ends)} if ends else {}
    low = snippet(low or names.get(axis.axis.start.value, "an item"), _LONGEST_NAME)
    high = snippet(high or names.get(axis.axis.end.value, "an item"), _LONGEST_NAME)
    return {"title": f"{low} to {high}", "low": low, "high": high}


def count_caption(drawn: DrawnMap, snapshot: Snapshot, hits: int) -> str:
    """How many of how many items are drawn, in a sentence."""
    count = len(snapshot)
    items = "item" if count == 1 else "items"
    if len(drawn.rows) >= count:
        return f"All {count:,} {items} drawn."
    more = f", and all {hits} results" if hits else ""
    dense = "; the shading behind them is the density of all" if drawn.layout.spec.dimensions == 2 else ""
    return f"{len(drawn.rows):,} of {count:,} items drawn, a steady sample{more}{dense}."


def map_caption(layout: Layout) -> None:
    """Draw the share of the variance that each component keeps, and say how far the map can be trusted."""
    with st.container(key="map-told"):
        bars = _bars(layout) if layout.variance else ""
        words = " ".join([*_kept(layout), _trust(layout.trust), *_sampled(layout)])
        st.html(f'<div class="ns-map-caption">{bars}<div class="ns-note">{words}</div></div>')


def _bars(layout: Layout) -> str:
    most = max(max(layout.variance), 1e-9)
    drawn = {axis.axis for axis in layout.axes}
    parts = [
        f'<i class="{"ns-drawn" if number in drawn else ""}" style="height:{max(100 * share / most, 2):.0f}%" '
        f'title="component {number}: {100 * share:.1f} % of the variance"></i>'
        for number, share in enumerate(layout.variance, start=1)
    ]
    shares = ", ".join(f"{100 * share:.1f} %" for share in layout.variance)
    return (
        f'<div class="ns-bars" role="img" aria-label="Variance kept by each component: {shares}">{"".join(parts)}</div>'
    )


def _kept(layout: Layout) -> list[str]:
    shares = [axis.variance for axis in layout.axes if axis.variance is not None]
    if not shares:
        return []
    gap = "the gap between the modalities included" if layout.spec.gap else "each modality centred on its own mean"
    axes = "component" if len(shares) == 1 else f"{len(shares)} components"
    return [f"<b>{100 * sum(shares):.1f} % of the variance</b> lies along the {axes} drawn, {gap}."]


def _trust(trust: Trust | None) -> str:
    if trust is None:
        return "There are too few items to tell how far the map can be trusted."
    word = "can be trusted well" if trust.trustworthiness >= 0.9 else "is a rough guide"
    if trust.trustworthiness < 0.75:
        word = "tells little about single neighbours"
    return (
        f"<b>Nearness here {word}</b>: trustworthiness {trust.trustworthiness:.2f} of 1 at 10 neighbours, and of an "
        f"item's 10 nearest in the full space {100 * trust.neighbours_kept:.0f} % are among the 10 nearest here "
        f"(measured on {trust.sample:,} items)."
    )


def _sampled(layout: Layout) -> list[str]:
    if layout.fitted_on < layout.items_at_fit:
        return [f"Fitted on {layout.fitted_on:,} of {layout.items_at_fit:,} items; the others are placed by that fit."]
    return []
