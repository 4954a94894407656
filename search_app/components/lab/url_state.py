"""What the lab's sections are asked, in the page's URL; the names of a section's parameters begin with its key."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

import streamlit as st

from search_app.search.terms import MOST_TERMS, Term, read_term, write_term

PART = "part"


_INSTEAD: ContextVar[Mapping[str, Sequence[str]] | None] = ContextVar("instead of the URL", default=None)


@contextmanager
def instead(params: Mapping[str, Sequence[str]]) -> Iterator[None]:
    """Within, what is asked is read from `params`, such as those of a prepared step, and not from the URL."""
    token = _INSTEAD.set(params)
    try:
        yield
    finally:
        _INSTEAD.reset(token)


def one(name: str, default: str = "") -> str:
    """The URL's last value of that name."""
    values = many(name)
    return values[-1] if values else default


def many(name: str) -> list[str]:
    """The URL's values of that name."""
    instead = _INSTEAD.get()
    return [str(value) for value in (st.query_params.get_all(name) if instead is None else instead.get(name, ()))]


def number(name: str, least: int, most: int, default: int) -> int:
    """The URL's value of that name as a whole number from `least` to `most`; `default` where it is none."""
    written = one(name)
    if not written.isascii() or not written.isdecimal() or len(written) > 6:
        return default
    return min(max(int(written), least), most)


def put(name: str, value: str | Sequence[str]) -> None:
    """Bring the URL to a value, or values; empty ones leave it."""
    if value:
        st.query_params[name] = value if isinstance(value, str) else list(value)
    elif name in st.query_params:
        del st.query_params[name]


def terms(name: str) -> list[Term]:
    """The things of that name: words, pictures and items, each once; what cannot be read is left out."""
    read = [term for written in many(name) if (term := read_term(written)) and term.kind != "between"]
    return list(dict.fromkeys(read))[:MOST_TERMS]


def put_terms(name: str, wanted: Sequence[Term]) -> None:
    """Bring the URL to these things, each once."""
    put(name, [write_term(term) for term in dict.fromkeys(wanted)][:MOST_TERMS])


def switch(name: str, label: str, titles: Mapping[str, str], now: str) -> None:
    """Draw a choice among the values that the URL's `name` may have, each with its title; `now` is the one it has.

    '' stands for the default, which the URL does not name.
    """
    by_title = {title: value for value, title in titles.items()}
    st.session_state[name] = titles[now]
    st.segmented_control(
        label,
        list(by_title),
        key=name,
        required=True,
        label_visibility="collapsed",
        on_change=lambda: put(name, by_title[st.session_state[name]]),
    )
