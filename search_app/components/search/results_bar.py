"""The bar above the results: how many good ones there are, their size, layout and order, further options, export."""

from dataclasses import replace

import streamlit as st

from search_app.components.search.export_menu import export_menu
from search_app.components.search.keyboard import keys_button
from search_app.components.search.result_grid import SIZE_SLIDER
from search_app.components.search.shelves import Shown, on_shelves
from search_app.components.shared import page_url
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.page_layout import note
from search_app.search.fusion import METHODS, STANDARDISED
from search_app.search.pagination import Page
from search_app.search.query import LARGEST_COUNT, Query
from search_app.search.query_schema import Arrangement, Sort

_LAYOUT, _SORT, _COUNT = "results-layout", "results-sort", "results-count"
_FOLD, _GROUP, _DIVERSITY = "results-fold", "results-group", "results-diversity"
_BALANCE, _METHOD = "merge-balance", "merge-method"
_LAYOUTS = {"grid": ":material/grid_view:", "list": ":material/view_list:"}
Order = tuple[Sort, bool, Arrangement]
_MIXED: Order = ("closeness", False, "mixed")
_ORDERS: dict[str, Order] = {
    "Closest first": ("closeness", False, "shelves"),
    "Mixed": _MIXED,
    "Newest first": ("date", False, "shelves"),
    "Oldest first": ("date", True, "shelves"),
    "By name": ("name", False, "shelves"),
    "By folder": ("folder", False, "shelves"),
    "Largest file": ("size", False, "shelves"),
    "Smallest file": ("size", True, "shelves"),
}
_COUNTS = (12, 24, 48, LARGEST_COUNT)


def results_bar(space: AppSpace, query: Query, shown: Shown) -> None:
    """Draw the bar as the query has it; a change goes into the URL."""
    with st.container(key="results-head", horizontal=True, vertical_alignment="center", gap="small"):
        st.html(f'<div class="ns-count-of-good" role="status">{_count_label(query, shown)}</div>', width="content")
        with st.container(
            key="results-bar", horizontal=True, vertical_alignment="center", gap="xsmall", width="content"
        ):
            st.html(SIZE_SLIDER, width="content")
            _view_controls(query)
            _more_options(query, shown.page)
            export_menu(space, query)
            keys_button()


def _count_label(query: Query, shown: Shown) -> str:
    """How many good answers there are, as HTML; of an order that sorts a part of them, how many it sorts."""
    page = shown.page
    if page.sorted_hits:
        count = f"The {page.sorted_hits:,} closest, sorted" if page.sorted_hits > 1 else "Sorted"
    elif shown.good:
        count = "1 good match" if shown.good == 1 else f"{shown.good:,} good matches"
    else:
        count = "Nothing really matches; the nearest:"
    number = query.listing.page
    part = f"<small>from page {number:,} on</small>" if number > 1 else ""
    return f'<b>{count}</b>{part} <a class="ns-map-link" href="#nearspace-map">to the map</a>'


def _view_controls(query: Query) -> None:
    state = st.session_state
    state[_LAYOUT] = query.display.layout
    st.segmented_control(
        "View",
        list(_LAYOUTS),
        key=_LAYOUT,
        required=True,
        format_func=_LAYOUTS.__getitem__,
        label_visibility="collapsed",
        on_change=lambda: page_url.change_display(layout=state[_LAYOUT]),
    )
    current = _order_of(query)
    orders = _ORDERS if current in _ORDERS.values() else {**_ORDERS, f"By {query.listing.sort}, reversed": current}
    if len(query.filters.modalities_searched) == 1:
        orders = {name: order for name, order in orders.items() if order == current or order != _MIXED}
    state[_SORT] = next(name for name, order in orders.items() if order == current)
    st.selectbox(
        "Order",
        list(orders),
        key=_SORT,
        label_visibility="collapsed",
        width=142,
        on_change=lambda: _set_order(orders[state[_SORT]]),
    )


def _order_of(query: Query) -> Order:
    """The order that a query asks for; sorted results are mixed only where a link says so."""
    listing = query.listing
    mixed = query.display.arrangement == "mixed" and not listing.separate and not listing.sorts
    return listing.sort, listing.reverse if listing.sorts else False, "mixed" if mixed else "shelves"


def _set_order(order: Order) -> None:
    sort, reverse, arrangement = order
    query, _ = page_url.current()
    listing = replace(query.listing, page=1, sort=sort, reverse=reverse, separate=False)
    display = replace(query.at_start.display, arrangement=arrangement)
    page_url.go(replace(query.at_start, listing=listing, display=display))


def _more_options(query: Query, page: Page) -> None:
    listing, state = query.listing, st.session_state
    state[_FOLD], state[_GROUP], state[_DIVERSITY] = listing.fold, listing.group, listing.diversity
    state[_COUNT] = query.count
    with (
        st.popover("More", key="results-more", icon=":material/tune:", type="tertiary", width="content"),
        st.container(key="more-panel", width=330, gap="small"),
    ):
        st.toggle("Near-duplicates as one", key=_FOLD, on_change=lambda: page_url.change_listing(fold=state[_FOLD]))
        if "text" in query.filters.modalities_searched:
            st.toggle(
                "A document's passages as one",
                key=_GROUP,
                on_change=lambda: page_url.change_listing(group=state[_GROUP]),
            )
        if not listing.sorts:
            st.slider(
                "Diversity",
                0.0,
                1.0,
                step=0.1,
                key=_DIVERSITY,
                format="%.1f",
                on_change=lambda: page_url.change_listing(diversity=round(float(state[_DIVERSITY]), 2)),
                help="0 shows the closest first. Further to the right, a result that repeats an earlier one comes "
                "later (maximal marginal relevance).",
            )
        st.selectbox(
            "Results at a time", sorted({*_COUNTS, query.count}), key=_COUNT, on_change=_changed, filter_mode=None
        )
        if len(query.filters.modalities_searched) > 1:
            _merging_options(query, page)


def _merging_options(query: Query, page: Page) -> None:
    """Draw the options for merging pictures and passages: balance, and the method."""
    st.session_state[_BALANCE] = query.listing.balance
    st.session_state[_METHOD] = query.listing.method
    if not on_shelves(query):
        st.slider(
            "From passages (-1) to pictures (1)",
            -1.0,
            1.0,
            step=0.1,
            key=_BALANCE,
            format="%.1f",
            on_change=_changed,
            help="0 is what ranks best; to the left passages come first, to the right pictures.",
        )
    with st.expander("For experts: the method"):
        st.radio(
            "Method",
            list(METHODS),
            key=_METHOD,
            format_func=lambda name: METHODS[name].title,
            captions=[method.sentence for method in METHODS.values()],
            on_change=_changed,
            label_visibility="collapsed",
        )
        if page.method != query.listing.method:
            note(
                "The encoder of this space has no calibration, so hits are ordered as by "
                f"“{METHODS[STANDARDISED].title}”."
            )


def _changed() -> None:
    query, _ = page_url.current()
    state = st.session_state
    listing = replace(
        query.listing,
        balance=round(float(state.get(_BALANCE, query.listing.balance)), 2),
        method=str(state.get(_METHOD, query.listing.method)),
    )
    page_url.go(replace(query, count=int(state.get(_COUNT, query.count)), listing=listing).at_start)
