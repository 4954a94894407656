"""Captions of the map: how far it can be trusted, the variance of its axes, and how many items it draws."""

import streamlit as st

from search_app.components.map.scatter import DrawnMap
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import headline, in_html, snippet
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
        share = f" · {100 * axis.variance:.1f} % of the variance" if axis.variance is not None else ""
        return {"title": f"axis {axis.axis}{share}", "low": "", "high": ""}
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


def trust_note(layout: Layout, sentence: str = "", *more: str) -> None:
    """Draw how far the map can be trusted, in one word, with the figures behind it one click away.

    `sentence` stands before it, and `more` behind the figures.
    """
    word = trust_word(layout.trust) if layout.trust else "unknown"
    bars = _bars(layout) if layout.variance else ""
    parts = [_figures(layout.trust), *_kept(layout), *_sampled(layout), *map(in_html, more)]
    figures = "".join(f"<p>{part}</p>" for part in parts)
    lead = f"<p>{in_html(sentence)}</p>" if sentence else ""
    st.html(
        f'<div class="ns-trust">{lead}<details><summary>Trust: <b class="ns-{word}">{word}</b></summary>'
        f'<div class="ns-trust-figures"><h4>{_MEANINGS[word]}</h4>{figures}{bars}</div></details></div>'
    )


_MEANINGS = {
    "good": "Dots that lie close mostly mean alike.",
    "fair": "Dots that lie close often mean alike, but not always.",
    "low": "Take it as an overview: single neighbours on it may mislead.",
    "unknown": "There are too few items to tell how far the map can be trusted.",
}


def trust_word(trust: Trust) -> str:
    """How far a map can be trusted: low, fair or good."""
    return next(
        word for word, (least, kept) in _WORDS if trust.trustworthiness >= least and trust.neighbours_kept >= kept
    )


_WORDS = (("good", (0.9, 0.35)), ("fair", (0.75, 0.15)), ("low", (0.0, 0.0)))
"""The least trustworthiness and share of neighbours kept for each word."""


def _figures(trust: Trust | None) -> str:
    if trust is None:
        return "Of at least 22 items the neighbours are compared with those in the full space."
    return (
        f"Of an item's 10 nearest in the full space, <b>{100 * trust.neighbours_kept:.0f} %</b> are among the 10 "
        f"nearest here; trustworthiness is <b>{trust.trustworthiness:.2f}</b> of 1, measured on {trust.sample:,} items."
    )


def _bars(layout: Layout) -> str:
    most = max(max(layout.variance), 1e-9)
    drawn = {axis.axis for axis in layout.axes}
    parts = [
        f'<i class="{"ns-drawn" if number in drawn else ""}" style="height:{max(100 * share / most, 2):.0f}%" '
        f'title="axis {number}: {100 * share:.1f} % of the variance"></i>'
        for number, share in enumerate(layout.variance, start=1)
    ]
    shares = ", ".join(f"{100 * share:.1f} %" for share in layout.variance)
    return f'<div class="ns-bars" role="img" aria-label="Variance along each axis: {shares}">{"".join(parts)}</div>'


def _kept(layout: Layout) -> list[str]:
    shares = [axis.variance for axis in layout.axes if axis.variance is not None]
    if not shares:
        return []
    gap = "as they are" if layout.spec.gap else "about its own middle"
    axes = "the axis" if len(shares) == 1 else f"these {len(shares)} axes"
    each = " + ".join(f"{100 * share:.1f}" for share in shares)
    total = f"{each} = " if len(shares) > 1 else ""
    return [
        f"Straight axes (principal components): <b>{total}{100 * sum(shares):.1f} % of the variance</b> lies along "
        f"{axes}, pictures and passages each {gap}."
    ]


def _sampled(layout: Layout) -> list[str]:
    if layout.fitted_on < layout.items_at_fit:
        return [f"Fitted on {layout.fitted_on:,} of {layout.items_at_fit:,} items; the others are placed by that fit."]
    return []
