"""The page's URL is its state: callbacks write it, and every run of the page reads it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from search_app.search.query import Query, with_terms, without_filters
from search_app.search.query_schema import MOST_PAGES, MOST_UNFOLDED, MapView, Part
from search_app.search.terms import MOST_TERMS, Term
from search_app.search.url_state import Params, from_params, to_params

_SPACE = "space"


def current() -> tuple[Query, MapView]:
    """The query and the map view that the URL asks for."""
    return from_params({name: st.query_params.get_all(name) for name in st.query_params})


def space_name() -> str:
    """The space that the URL names, or ''."""
    return st.query_params.get(_SPACE, "")


def go(query: Query, view: MapView | None = None) -> None:
    """Bring the URL to a query, with the map as it is or as `view`; another question begins at its first page."""
    before, seen = current()
    if replace(query, listing=before.listing, display=before.display) != before:
        query = query.at_start
    st.query_params.from_dict(_params(query, view or seen))


def shared_params(asked: Query | None = None) -> Params:
    """The URL's parameters that mean the same on every page: the query, or `asked`, the map and the space."""
    query, view = current()
    query = asked or query
    return _params(replace(query, display=replace(query.display, opened="")), view)


def _params(query: Query, view: MapView) -> Params:
    params = to_params(query, view)
    if name := space_name():
        params[_SPACE] = [name]
    return params


def change_listing(**changes: Any) -> None:
    """Change how the results are listed, beginning at the first page; see Listing."""
    query, _ = current()
    go(replace(query.at_start, listing=replace(query.listing, **{"page": 1, **changes})))


def go_to_page(page: int) -> None:
    """Show another page of the results."""
    change_listing(page=page)


def change_display(**changes: Any) -> None:
    """Show the same results otherwise; see Display."""
    query, _ = current()
    go(replace(query, display=replace(query.display, **changes)))


def expand(part: Part, *, shown: bool) -> None:
    """Show a part of the results in full, or no longer."""
    query, _ = current()
    others = tuple(other for other in query.display.expanded if other != part)
    change_display(expanded=(*others, part) if shown else others)


def show_more(drawn: Query) -> None:
    """Show a page of results more below those of the question that is `drawn`, unless another is asked by now."""
    query, _ = current()
    if query.at_start == drawn.at_start:
        change_display(pages=min(drawn.display.pages + 1, MOST_PAGES))


def open_details(item_id: str) -> None:
    """Show the details of an item; of none for ''."""
    change_display(opened=item_id)


def unfold(item_id: str, *, shown: bool) -> None:
    """Show the near-duplicates of a result, or hide them again."""
    query, _ = current()
    others = tuple(other for other in query.display.unfolded if other != item_id)
    change_display(unfolded=(*others, item_id)[-MOST_UNFOLDED:] if shown else others)


def go_to_space(name: str) -> None:
    """Bring the URL to another space, with an empty query."""
    st.query_params.from_dict({_SPACE: [name]})


def search_text(text: str) -> None:
    """Search for words alone."""
    query, _ = current()
    go(_searching_for(query, text=text))


def search_like(item_id: str) -> None:
    """Search for what is like an item; filters stay."""
    query, _ = current()
    go(_searching_for(query, like=(item_id,)))


def _searching_for(query: Query, text: str = "", like: tuple[str, ...] = ()) -> Query:
    """The query with no terms but `text` or `like`; filters stay."""
    return replace(query, text=text, image="", like=like, unlike=(), term=())


def set_terms(terms: Sequence[Term]) -> None:
    """Ask these terms; judgements and filters stay."""
    query, _ = current()
    go(with_terms(query, terms))


def add_term(term: Term) -> None:
    """Ask one term more; one for the same item, with another weight, gives way to it."""
    query, _ = current()
    others = [other for other in query.all_terms if (other.kind, other.value) != (term.kind, term.value)]
    go(with_terms(query, [*others, term]))


def judge(item_id: str, *, liked: bool) -> None:
    """Move the question towards an item, or away from it."""
    query, _ = current()
    likes = tuple(other for other in query.like if other != item_id)
    unlikes = tuple(other for other in query.unlike if other != item_id)
    if liked:
        likes = (*likes, item_id)[-MOST_TERMS:]
    else:
        unlikes = (*unlikes, item_id)[-MOST_TERMS:]
    go(replace(query, like=likes, unlike=unlikes))


def forget_judgement(item_id: str) -> None:
    """Take a judgement back."""
    query, _ = current()
    go(
        replace(
            query,
            like=tuple(other for other in query.like if other != item_id),
            unlike=tuple(other for other in query.unlike if other != item_id),
        )
    )


def clear_filters() -> None:
    """Let all items through again."""
    query, _ = current()
    go(without_filters(query))


def change_map(**changes: Any) -> None:
    """Change what is looked at on the map, or how; see MapView."""
    query, view = current()
    go(query, replace(view, **changes))


def focus_item(item_id: str) -> None:
    """Look at an item on the map, and at nothing else."""
    query, view = current()
    go(query, replace(view.unfocused, item=item_id))


def unfocus() -> None:
    """Look at the map as a whole again."""
    query, view = current()
    go(query, view.unfocused)
