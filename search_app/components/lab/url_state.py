"""The state of the lab's sections in the page's URL; the names of a section's parameters begin with its key."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

import streamlit as st

from search_app.search.terms import MOST_TERMS, Term, read_term, write_term

PART = "part"
"""The parameter that names the section shown."""

_OVERRIDE: ContextVar[Mapping[str, Sequence[str]] | None] = ContextVar(
    "parameters read instead of the URL", default=None
)


@contextmanager
def override(params: Mapping[str, Sequence[str]]) -> Iterator[None]:
    """Within the context, read parameters from `params`, such as those of a prepared step, instead of the URL."""
    token = _OVERRIDE.set(params)
    try:
        yield
    finally:
        _OVERRIDE.reset(token)


def value(name: str, default: str = "") -> str:
    """The last value of a parameter."""
    found = values(name)
    return found[-1] if found else default


def values(name: str) -> list[str]:
    """All values of a parameter."""
    params = _OVERRIDE.get()
    return [str(each) for each in (st.query_params.get_all(name) if params is None else params.get(name, ()))]


def integer(name: str, least: int, most: int, default: int) -> int:
    """The value of a parameter as a whole number, limited to `least` and `most`; `default` where it is none."""
    written = value(name)
    if not written.isascii() or not written.isdecimal() or len(written) > 6:
        return default
    return min(max(int(written), least), most)


def set_param(name: str, new: str | Sequence[str]) -> None:
    """Set a parameter of the URL to a value, or values; an empty one removes it."""
    if new:
        st.query_params[name] = new if isinstance(new, str) else list(new)
    elif name in st.query_params:
        del st.query_params[name]


def terms(name: str) -> list[Term]:
    """The operands in a parameter: words, pictures and items, each once; what cannot be read is left out."""
    read = [term for written in values(name) if (term := read_term(written)) and term.kind != "between"]
    return list(dict.fromkeys(read))[:MOST_TERMS]


def set_terms(name: str, new: Sequence[Term]) -> None:
    """Set a parameter of the URL to these operands, each once."""
    set_param(name, [write_term(term) for term in dict.fromkeys(new)][:MOST_TERMS])


def switch(name: str, label: str, titles: Mapping[str, str], now: str) -> None:
    """Draw a control that sets a parameter to one of the values in `titles`, each with its title; `now` is the current.

    '' stands for the default, which the URL does not name.
    """
    by_title = {title: each for each, title in titles.items()}
    st.session_state[name] = titles[now]
    st.segmented_control(
        label,
        list(by_title),
        key=name,
        required=True,
        label_visibility="collapsed",
        on_change=lambda: set_param(name, by_title[st.session_state[name]]),
    )
