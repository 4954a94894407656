"""The bar above the results: their number, layout, order, further options and export."""

from dataclasses import replace

import streamlit as st

from ingest.formatting import format_count
from search_app.components.search.export_menu import export_menu
from search_app.components.search.keyboard import keys_button
from search_app.components.shared import page_url
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import count_of
from search_app.components.shared.page_layout import note
from search_app.search.fusion import METHODS, STANDARDISED
from search_app.search.pagination import Page
from search_app.search.query import LARGEST_COUNT, Query
from search_app.search.query_schema import Sort

_LAYOUT, _SORT, _COUNT = "results-layout", "results-sort", "results-count"
_FOLD, _GROUP, _DIVERSITY = "results-fold", "results-group", "results-diversity"
_BALANCE, _SEPARATE, _METHOD = "merge-balance", "merge-separate", "merge-method"
_LAYOUTS = {"grid": ":material/grid_view:", "list": ":material/view_list:"}
_ORDERS: dict[str, tuple[Sort, bool]] = {
    "Closest first": ("closeness", False),
    "Newest first": ("date", False),
    "Oldest first": ("date", True),
    "By name": ("name", False),
    "By folder": ("folder", False),
    "Largest file": ("size", False),
    "Smallest file": ("size", True),
}
_COUNTS = (12, 24, 48, LARGEST_COUNT)


def results_bar(space: AppSpace, query: Query, page: Page) -> None:
    """Draw the bar as the query has it; a change goes into the URL."""
    with st.container(key="results-head", horizontal=True, vertical_alignment="center", gap="small"):
        st.html(f'<div class="ns-section">{_range_label(query, page)}</div>', width="content")
        with st.container(
            key="results-bar", horizontal=True, vertical_alignment="center", gap="xsmall", width="content"
        ):
            _view_controls(query)
            _more_options(query, page)
            export_menu(space, query)
            keys_button()


def pager(query: Query, page: Page) -> None:
    """Draw the buttons for the previous and the next page, if there are any."""
    number = query.listing.page
    if number == 1 and not page.more:
        return
    with st.container(
        key="pager", horizontal=True, horizontal_alignment="center", vertical_alignment="center", gap="small"
    ):
        for name, to, icon, exists in (
            ("Previous", number - 1, "chevron_left", number > 1),
            ("Next", number + 1, "chevron_right", page.more),
        ):
            st.button(
                name,
                key=f"page-{name.lower()}",
                icon=f":material/{icon}:",
                icon_position="left" if name == "Previous" else "right",
                on_click=page_url.go_to_page,
                args=(to,),
                disabled=not exists,
            )
            if name == "Previous":
                st.html(f'<div class="ns-note">Page {number:,}</div>', width="content")


def _range_label(query: Query, page: Page) -> str:
    """Which results are shown, and out of how many, as HTML."""
    first = page.entries[0].hit.rank if page.entries else 0
    last = page.entries[-1].hit.rank if page.entries else 0
    all_shown = not page.more and query.listing.page == 1
    shown = format_count(last, "result") if all_shown else f"{first:,}–{last:,}"
    if page.sorted_hits:
        total = f"the {page.sorted_hits:,} closest, sorted" if page.sorted_hits > 1 else "sorted"
    else:
        only = query.filters.modality
        total = f"of {count_of(page.searched, only[0]) if only else f'{page.searched:,} items'}"
    return f'{shown}<small>{total}</small> <a class="ns-map-link" href="#nearspace-map">to the map</a>'


def _view_controls(query: Query) -> None:
    listing, state = query.listing, st.session_state
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
    current_order = (listing.sort, listing.reverse if listing.sorts else False)
    orders = _ORDERS | ({} if current_order in _ORDERS.values() else {f"By {listing.sort}, reversed": current_order})
    state[_SORT] = next(name for name, order in orders.items() if order == current_order)
    st.selectbox(
        "Order",
        list(orders),
        key=_SORT,
        label_visibility="collapsed",
        width=142,
        on_change=lambda: page_url.change_listing(sort=orders[state[_SORT]][0], reverse=orders[state[_SORT]][1]),
    )


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
        st.slider(
            "Diversity",
            0.0,
            1.0,
            step=0.1,
            key=_DIVERSITY,
            format="%.1f",
            on_change=lambda: page_url.change_listing(diversity=round(float(state[_DIVERSITY]), 2)),
            disabled=listing.sorts,
            help="0 shows the closest first. Further to the right, a result that repeats an earlier one comes "
            "later (maximal marginal relevance).",
        )
        st.selectbox(
            "Results on a page", sorted({*_COUNTS, query.count}), key=_COUNT, on_change=_changed, filter_mode=None
        )
        if len(query.filters.modalities_searched) > 1:
            _merging_options(query, page)


def _merging_options(query: Query, page: Page) -> None:
    """Draw the options for merging images and texts: balance, separate lists, and the method."""
    st.session_state[_BALANCE] = query.listing.balance
    st.session_state[_SEPARATE] = query.listing.separate
    st.session_state[_METHOD] = query.listing.method
    st.slider(
        "From texts (-1) to images (1)",
        -1.0,
        1.0,
        step=0.1,
        key=_BALANCE,
        format="%.1f",
        on_change=_changed,
        disabled=query.listing.separate,
        help="0 is what ranks best. To the left texts come first, to the right images.",
    )
    st.toggle("Images and texts in separate lists", key=_SEPARATE, on_change=_changed)
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
        separate=bool(state.get(_SEPARATE, query.listing.separate)),
        method=str(state.get(_METHOD, query.listing.method)),
    )
    page_url.go(replace(query, count=int(state.get(_COUNT, query.count)), listing=listing).at_start)
