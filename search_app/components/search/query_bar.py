"""The bar that the question lives in: its words, a token for each further part and each filter, and a menu to add more.

The bar is a component of our own (`query_bar.js`), since none of Streamlit's takes words, pictures and tokens together.
Recent questions stay in the browser, and are never sent here but when one is chosen.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from ingest.errors import ReadError, SpaceError
from search_app.components.search.collection_picker import open_picker, request_picker
from search_app.components.search.more_filters import drop_filter, filter_tokens, refused_dates
from search_app.components.search.query_terms import (
    TermContents,
    change_term,
    drop_token,
    go_between,
    question_label,
    term_contents,
    tokens,
)
from search_app.components.shared import page_url
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import snippet
from search_app.components.shared.page_layout import notice
from search_app.components.shared.page_script import page_script
from search_app.search.fields import MOST_PARTS
from search_app.search.query import Query, with_terms
from search_app.search.query_dates import asked_with_date, without_date
from search_app.search.query_pictures import MOST_BYTES, keep_picture, upload_suffixes
from search_app.search.query_schema import MapView
from search_app.search.snapshot import Snapshot
from search_app.search.terms import LONGEST_TEXT, MOST_TERMS, Term, is_item
from search_app.search.url_state import from_params, to_params

KEY = "query-bar"
_SCRIPTS = [Path(__file__).with_name(name) for name in ("suggestions.js", "query_bar.js")]
_STYLE = Path(__file__).with_name("query_bar.css")
PROBLEM = "why the last part of a question could not be asked"
_SENT = "questions sent from the bar"
_MOST_TOPICS, _MOST_FOLDERS = 40, 200  # that may be suggested

Event = Callable[[AppSpace, Mapping[str, Any]], None]


def query_bar(
    space: AppSpace,
    query: Query,
    snapshot: Snapshot,
    contents: TermContents | None = None,
    *,
    compact: bool = False,
) -> None:
    """Draw the bar with the question as it stands; what is done in it goes into the URL.

    `contents` are those of the question, where they are known already; `compact` is that of `filters`.  The plain words
    of the question stay in the bar to be edited; other words clear judged items, while pictures, further terms and
    filters stay.
    """
    with st.container(key="ask"):
        page_script("query_bar", *_SCRIPTS, style=_STYLE)(
            key=KEY,
            data=_data(space, query, snapshot, contents or term_contents(space, query), compact),
            on_event_change=partial(_on_event, space),
        )
    if message := st.session_state.pop(PROBLEM, None):
        notice("This cannot be searched for", message, is_error=True)
    open_picker(space, snapshot, query)


def _data(
    space: AppSpace, query: Query, snapshot: Snapshot, contents: TermContents, compact: bool
) -> dict[str, object]:
    topics = space.searcher.topics.current(snapshot)
    asked = to_params(Query(text=query.text, term=query.term), MapView())
    return {
        "text": query.text,
        "tokens": tokens(space, query, contents),
        "filters": filter_tokens(query, modality=compact),
        "between": len(query.like) == 2,
        "judged": bool(query.like or query.unlike),
        "topics": [name.name for name in topics.names[:_MOST_TOPICS]] if topics else [],
        "folders": _folders(query, snapshot),
        "asked": {"label": question_label(query), "params": asked},
        "space": space.identity,
        "longest": LONGEST_TEXT,
        "accept": ",".join(["image/*", *(f".{suffix}" for suffix in upload_suffixes())]),
        "most_bytes": MOST_BYTES,
        "sent": st.session_state.get(_SENT, 0),  # so that each answer reaches the script, also one that changes nothing
    }


def _folders(query: Query, snapshot: Snapshot) -> list[str]:
    """The folders that may be suggested, the fullest first, those of the filter left out."""
    counts = snapshot.folder_counts()
    others = [name for name in counts if name not in query.filters.folder] if len(counts) > 1 else []
    return sorted(others, key=lambda name: -counts[name])[:_MOST_FOLDERS]


def _on_event(space: AppSpace) -> None:
    event = st.session_state[KEY].get("event")
    if isinstance(event, Mapping):
        run_event(space, event)


def run_event(space: AppSpace, event: Mapping[str, Any]) -> None:
    """Do what was done in the bar; the values come from the browser, and may be anything."""
    st.session_state[_SENT] = st.session_state.get(_SENT, 0) + 1
    if act := EVENTS.get(str(event.get("name"))):
        try:
            act(space, event)
        except (ReadError, SpaceError) as error:
            st.session_state[PROBLEM] = f"{snippet(str(event.get('file') or 'The picture'), 80)}: {error}"


def _ask(space: AppSpace, event: Mapping[str, Any]) -> None:
    """Ask these words, and what else stands in the bar; a picture that comes with them is a part too."""
    query, _ = page_url.current()
    text = _words(event)
    picture = _picture(space, event) if event.get("picture") else query.image
    if text or event.get("picture"):
        query = replace(query, like=(), unlike=())
    page_url.go(asked_with_date(replace(query, text=text, image=picture), refused_dates()))


def _add(space: AppSpace, event: Mapping[str, Any]) -> None:
    """Ask one part more, or leave it out: words, or a picture."""
    query, _ = page_url.current()
    weight = -1.0 if event.get("without") else 1.0
    if event.get("picture"):
        term = Term("image", _picture(space, event), weight)
    elif words := _words(event):
        term = Term("text", words, weight)
    else:
        return
    if len(query.term) >= MOST_TERMS:
        st.session_state[PROBLEM] = f"A question has at most {MOST_TERMS} parts. Clear one first."
    elif weight > 0 or term not in query.all_terms:
        page_url.set_terms([*query.all_terms, term])


def _change(space: AppSpace, event: Mapping[str, Any]) -> None:
    change_term(
        str(event.get("token")), weight=_number(event, "weight", 1.0), words=_words(event), at=_number(event, "at", 0.5)
    )


def _drop(space: AppSpace, event: Mapping[str, Any]) -> None:
    token = str(event.get("token"))
    if token.startswith("filter-"):
        drop_filter(token)
    else:
        drop_token(token)


def _clear(space: AppSpace, event: Mapping[str, Any]) -> None:
    """Ask nothing; filters stay, but for the date that words of the question named."""
    query, _ = page_url.current()
    query = without_date(query) if query.display.dated else query
    page_url.go(replace(with_terms(query, ()), like=(), unlike=()))


def _recent(space: AppSpace, event: Mapping[str, Any]) -> None:
    """Ask a question of words that was asked before; filters stay."""
    given = event.get("params")
    params = given if isinstance(given, Mapping) else {}
    before, _ = from_params(
        {str(name): [str(each) for each in values] for name, values in params.items() if isinstance(values, list)}
    )
    query, _ = page_url.current()
    page_url.go(replace(query, text=before.text, image="", term=before.term, like=(), unlike=()))


def _folder(space: AppSpace, event: Mapping[str, Any]) -> None:
    """Look only into a folder, beside those of the filter."""
    query, _ = page_url.current()
    folders = tuple(dict.fromkeys([*query.filters.folder, str(event.get("folder"))]))
    page_url.go(replace(query, filters=replace(query.filters, folder=folders[:MOST_PARTS])).at_start)


def _details(space: AppSpace, event: Mapping[str, Any]) -> None:
    if is_item(item := str(event.get("item"))):
        page_url.open_details(item)


def _pick(space: AppSpace, event: Mapping[str, Any]) -> None:
    request_picker()


EVENTS: Mapping[str, Event] = {
    "ask": _ask,
    "add": _add,
    "change": _change,
    "drop": _drop,
    "clear": _clear,
    "recent": _recent,
    "folder": _folder,
    "details": _details,
    "between": lambda space, event: go_between(),
    "pick": _pick,
}
"""What is done for each event of the script, by its name."""


def _words(event: Mapping[str, Any]) -> str:
    return str(event.get("text") or "").strip()[:LONGEST_TEXT]


def _number(event: Mapping[str, Any], name: str, default: float) -> float:
    value = event.get(name)
    return float(value) if isinstance(value, int | float) else default


def _picture(space: AppSpace, event: Mapping[str, Any]) -> str:
    """The name of the picture that came with an event, which is kept.  Raises ReadError and SpaceError."""
    try:
        content = base64.b64decode(str(event["picture"]), validate=True)
    except binascii.Error as error:
        raise ReadError("it did not arrive whole. Try it once more.") from error
    at_least = space.manifest.encoder.image_size
    return keep_picture(space.folder, content, at_least=at_least, file_name=str(event.get("file") or ""))
