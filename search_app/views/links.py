"""The page's URL is its state: callbacks write it, and every run of the page reads it."""

from dataclasses import replace

import streamlit as st

from search_app.engine.query import MapView, Query, from_params, to_params, without_filters

_SPACE = "space"


def current() -> tuple[Query, MapView]:
    """The query and the map view that the URL asks for."""
    return from_params({name: st.query_params.get_all(name) for name in st.query_params})


def space_asked_for() -> str:
    """The space that the URL names, or ''."""
    return st.query_params.get(_SPACE, "")


def go(query: Query, view: MapView | None = None) -> None:
    """Bring the URL to a query, with the map as it is or as `view`."""
    params = to_params(query, view or current()[1])
    if asked := space_asked_for():
        params[_SPACE] = [asked]
    st.query_params.from_dict(params)


def go_to_space(name: str) -> None:
    """Bring the URL to another space, with an empty query."""
    st.query_params.from_dict({_SPACE: [name]})


def ask_text(text: str) -> None:
    """Search for words alone."""
    query, _ = current()
    go(replace(query, text=text, picture="", like=""))


def ask_like(item_id: str) -> None:
    """Search for what is like an item; filters stay."""
    query, _ = current()
    go(replace(query, text="", picture="", like=item_id))


def clear_part(name: str) -> None:
    """Drop one part of the query: `text`, `picture` or `like`."""
    query, _ = current()
    go(replace(query, **{name: ""}))  # type: ignore[arg-type]


def clear_filters() -> None:
    """Let all items through again."""
    query, _ = current()
    go(without_filters(query))
