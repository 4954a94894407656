"""The state of the library page in its URL: the tab, the search and filters of a list, and its page."""

from dataclasses import dataclass, fields, replace
from typing import Any

import streamlit as st

from search_app.components.shared import page_url

OVERVIEW, ADD, SOURCES, PROBLEMS, ENCODER, HEALTH = "overview", "add", "sources", "problems", "encoder", "health"
TABS = {
    OVERVIEW: "Overview",
    ADD: "Add",
    SOURCES: "Files",
    PROBLEMS: "Problems",
    ENCODER: "Model",
    HEALTH: "Storage and repair",
}
_MAX_LENGTH = 300


@dataclass(frozen=True)
class LibraryView:
    """What the library page shows; each field is a URL parameter."""

    tab: str = ""
    """One of TABS; '' for the default one."""
    find: str = ""
    """Text that a source's path contains."""
    show: str = ""
    """Which outcomes are listed: '' for all."""
    reason: str = ""
    """The pattern of the reasons that are listed."""
    at: int = 1
    """The page of the list, from 1."""


def current() -> LibraryView:
    """The view in the URL; an invalid parameter takes its default."""
    tab, find, show, reason, at = (
        st.query_params.get(name, "")[:_MAX_LENGTH] for name in ("tab", "find", "show", "reason", "at")
    )
    page = int(at) if at.isdecimal() and len(at) < 9 else 1
    return LibraryView(tab if tab in TABS else "", find, show, reason, max(1, page))


def go(**changes: Any) -> None:
    """Change the view in the URL; the query and the space stay, and defaults are left out."""
    view = replace(current(), **changes)
    params = dict(page_url.shared_params())
    for field in fields(view):
        if (value := getattr(view, field.name)) != field.default:
            params[field.name] = [str(value)]
    st.query_params.from_dict(params)


def open_tab(tab: str) -> None:
    """Go to a tab, without search or filters."""
    go(**{field.name: field.default for field in fields(LibraryView) if field.name != "tab"}, tab=tab)
