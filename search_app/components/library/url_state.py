"""What the library page shows is in its URL: the tab, what is looked for, and the page of a list."""

from dataclasses import dataclass, fields, replace
from typing import Any

import streamlit as st

from search_app.components.shared import page_url

OVERVIEW, ADD, SOURCES, PROBLEMS, ENCODER, HEALTH = "overview", "add", "sources", "problems", "encoder", "health"
TABS = {
    OVERVIEW: "Overview",
    ADD: "Add",
    SOURCES: "Sources",
    PROBLEMS: "Problems",
    ENCODER: "Encoder",
    HEALTH: "Health",
}
_LONGEST = 300


@dataclass(frozen=True)
class View:
    """What the library page shows."""

    tab: str = ""
    """One of TABS; '' for the first that makes sense."""
    find: str = ""
    """What a source's path contains."""
    show: str = ""
    """Which outcomes are listed: '' for all."""
    reason: str = ""
    """The pattern of the reason that is listed."""
    at: int = 1
    """The page of the list, from 1."""


def current() -> View:
    """What the URL asks for; what cannot be read takes its default."""
    tab, find, show, reason, at = (
        st.query_params.get(name, "")[:_LONGEST] for name in ("tab", "find", "show", "reason", "at")
    )
    page = int(at) if at.isdecimal() and len(at) < 9 else 1
    return View(tab if tab in TABS else "", find, show, reason, max(1, page))


def go(**changes: Any) -> None:
    """Bring the URL to another view; the query and the space stay, and what is at its default is left out."""
    view = replace(current(), **changes)
    params = dict(page_url.shared_params())
    for field in fields(view):
        if (value := getattr(view, field.name)) != field.default:
            params[field.name] = [str(value)]
    st.query_params.from_dict(params)


def go_to(tab: str) -> None:
    """Bring the URL to a tab as it is at first."""
    go(**{field.name: field.default for field in fields(View) if field.name != "tab"}, tab=tab)
