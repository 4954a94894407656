"""The question as it stands: a chip for each part of the question, and ways to compose it further."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import streamlit as st
from PIL.Image import Image

from ingest.errors import ReadError, SpaceError
from ingest.space import Item
from search_app.components.shared import page_url
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import headline, in_html, snippet
from search_app.search.query import Query
from search_app.search.query_pictures import keep_picture, open_picture, upload_suffixes
from search_app.search.terms import LONGEST_TEXT, MOST_TERMS, Term, between

MEGABYTES = 50
"""The largest picture that may be uploaded."""

_HEAVIEST = 3.0
_STEP = 0.25
_NEW_WORDS, _NEW_PICTURE = "compose-words", "compose-picture"
_PROBLEM = "problem of the last composing"
_USED = "pictures added so far"
_ADD, _LEAVE_OUT = "Add", "Leave out"


@dataclass(frozen=True)
class TermContents:
    """What the parts of a question stand for, as far as it is still there."""

    pictures: Mapping[str, Image]
    """By name."""
    items: Mapping[str, Item]
    """By id."""


def term_contents(space: AppSpace, query: Query) -> TermContents:
    """The pictures and items that a question names, as far as they are still there."""
    opened = {name: open_picture(space.folder, name) for name in query.images}
    pictures = {name: picture for name, picture in opened.items() if picture is not None}
    return TermContents(pictures, {item.id: item for item in space.ledger.items.get(query.items)})


def term_chips(space: AppSpace, query: Query, contents: TermContents) -> None:
    """Show the parts of the question, each with a button that drops it and, in company, its weight and sign.

    An item that is the whole question has no chip: the page shows it large.
    """
    alone = only_item(query)
    with st.container(key="chips", horizontal=True, vertical_alignment="center", gap="small"):
        together = len(query.all_terms) + len(query.like) + len(query.unlike) > 1
        for place in range(len(query.all_terms)):
            _term(space, query.all_terms, place, contents, together)
        for item_id in () if alone else query.like:
            _judgement(space, contents, item_id, liked=True)
        for item_id in query.unlike:
            _judgement(space, contents, item_id, liked=False)
        if len(query.like) == 2 and not query.unlike and not query.all_terms:
            st.button(
                "Go between the two",
                key="go-between",
                type="tertiary",
                icon=":material/linear_scale:",
                on_click=_go_between,
            )
        _add_popover(space)


def only_item(query: Query) -> str:
    """The id of the item that is all the question there is; '' when there is more, or none."""
    return query.like[0] if len(query.like) == 1 and not query.all_terms and not query.unlike else ""


def _term(space: AppSpace, terms: Sequence[Term], place: int, contents: TermContents, together: bool) -> None:
    term = terms[place]
    name = _name(terms, place)
    with st.container(key=f"chip-{name}", horizontal=True, vertical_alignment="center", gap="xxsmall"):
        label = {"text": "words", "image": "your picture", "item": "item", "between": "between"}[term.kind]
        body = f"<b>{in_html(snippet(term.value, 120))}</b>" if term.kind == "text" else ""
        if term.kind == "image" and term.value in contents.pictures:
            _small(contents.pictures[term.value])
        for item_id in term.items:
            _thumbnail(space, contents.items.get(item_id))
        if term.items:
            longest = 40 // len(term.items)
            body = (
                f"<b>{in_html(' – '.join(_title(contents.items.get(item_id), longest) for item_id in term.items))}</b>"
            )
        sign = '<em class="ns-negative">without</em>' if term.weight < 0 else ""
        share = abs(term.weight)
        weight = f"<small>× {share:g}</small>" if share != 1.0 else ""
        at = f"<small>at {term.ends[2]:.0%}</small>" if term.kind == "between" else ""
        label = "" if sign and body else f"<small>{label}</small>"
        st.html(f'<div class="ns-chip">{sign}{label}{body}{at}{weight}</div>', width="content")
        if together or term.weight != 1.0 or term.kind == "between":
            _adjust(terms, place, name)
        label = {"text": "Clear the words", "image": "Clear the picture"}.get(name, "Clear this part")
        _drop(name, label, page_url.set_terms, [*terms[:place], *terms[place + 1 :]])


def _name(terms: Sequence[Term], place: int) -> str:
    """The simple question's words and picture are named so, the other terms by their number."""
    term = terms[place]
    first = next(number for number, other in enumerate(terms) if other.kind == term.kind)
    simple = {"text": "text", "image": "picture"}.get(term.kind, "")
    return simple if simple and first == place and term.weight == 1.0 else f"term-{place}"


def _adjust(terms: Sequence[Term], place: int, name: str) -> None:
    """A popover with the weight and the sign of a term."""
    term = terms[place]
    weight, sign, at = f"weight-{name}", f"sign-{name}", f"at-{name}"
    given = abs(term.weight)  # a link may give any
    st.session_state[weight] = given
    st.session_state[sign] = _ADD if term.weight > 0 else _LEAVE_OUT
    with st.popover("Weight", key=f"adjust-{name}", icon=":material/tune:", type="tertiary"):
        st.segmented_control(
            "This part",
            [_ADD, _LEAVE_OUT],
            key=sign,
            required=True,
            label_visibility="collapsed",
            on_change=_set_term,
            args=(terms, place, name),
        )
        st.slider(
            "How much it counts",
            min(_STEP, given),
            max(_HEAVIEST, given),
            step=_STEP,
            format="× %g",
            key=weight,
            on_change=_set_term,
            args=(terms, place, name),
        )
        if term.kind == "between":
            st.session_state[at] = round(term.ends[2] * 100)
            st.slider(
                "From the first to the second",
                0,
                100,
                step=5,
                format="%d %%",
                key=at,
                on_change=_set_term,
                args=(terms, place, name),
            )


def _set_term(terms: Sequence[Term], place: int, name: str) -> None:
    state = st.session_state
    weight = float(state[f"weight-{name}"]) * (-1.0 if state[f"sign-{name}"] == _LEAVE_OUT else 1.0)
    term = replace(terms[place], weight=weight)
    if term.kind == "between":
        first, second, _ = term.ends
        term = between(first, second, state[f"at-{name}"] / 100, weight)
    page_url.set_terms([*terms[:place], term, *terms[place + 1 :]])


def _judgement(space: AppSpace, contents: TermContents, item_id: str, *, liked: bool) -> None:
    item = contents.items.get(item_id)
    with st.container(key=f"chip-judged-{item_id}", horizontal=True, vertical_alignment="center", gap="xxsmall"):
        _thumbnail(space, item)
        label = "<small>more like</small>" if liked else '<em class="ns-negative">less like</em>'
        st.html(f'<div class="ns-chip">{label}<b>{in_html(_title(item))}</b></div>', width="content")
        _drop(f"judged-{item_id}", "Take this back", page_url.forget_judgement, item_id)


def _add_popover(space: AppSpace) -> None:
    """A popover that adds words or a picture to the question, or leaves them out."""
    with st.popover("Add or leave out", key="compose", icon=":material/add:", type="tertiary"):
        st.text_input("Words", key=_NEW_WORDS, max_chars=LONGEST_TEXT, placeholder="at night, people, in the snow …")
        st.file_uploader(
            "Picture",
            type=upload_suffixes(),
            key=_picture_key(),
            max_upload_size=MEGABYTES,
        )
        with st.container(horizontal=True, gap="small"):
            st.button(_ADD, key="compose-add", icon=":material/add:", on_click=_add_term, args=(space, 1.0))
            st.button(
                _LEAVE_OUT, key="compose-leave-out", icon=":material/remove:", on_click=_add_term, args=(space, -1.0)
            )


def term_problem() -> str:
    """Why the last picture that was to be added cannot be; '' when there was no such trouble."""
    return str(st.session_state.pop(_PROBLEM, ""))


def _add_term(space: AppSpace, weight: float) -> None:
    query, _ = page_url.current()
    terms = list(query.all_terms)
    if words := str(st.session_state.get(_NEW_WORDS) or "").strip():
        terms.append(Term("text", words, weight))
    if upload := st.session_state.get(_picture_key()):
        at_least = space.manifest.encoder.image_size
        try:
            name = keep_picture(space.folder, upload.getvalue(), at_least, upload.name)
            terms.append(Term("image", name, weight))
        except (ReadError, SpaceError) as error:
            st.session_state[_PROBLEM] = f"{snippet(upload.name, 80)}: {error}"
            return
    if len(terms) > MOST_TERMS:
        st.session_state[_PROBLEM] = f"A question has at most {MOST_TERMS} parts. Clear one first."
        return
    st.session_state[_NEW_WORDS] = ""
    st.session_state[_USED] = st.session_state.get(_USED, 0) + 1
    page_url.set_terms(terms)


def _picture_key() -> str:
    """The uploader's key, another one each time: an uploader cannot be emptied, and would add its picture again."""
    return f"{_NEW_PICTURE}-{st.session_state.get(_USED, 0)}"


def _go_between() -> None:
    query, _ = page_url.current()
    first, second = query.like
    page_url.go(replace(query, like=(), term=(between(first, second, 0.5),)))


def _title(item: Item | None, longest: int = 40) -> str:
    return "an item that has gone" if item is None else snippet(headline(item), longest)


def _thumbnail(space: AppSpace, item: Item | None) -> None:
    if item and (small := space.thumbnail(item)):
        st.image(small.jpeg, width=40, alt=snippet(item.text or item.name, 120))


def _small(picture: Image) -> None:
    small = picture.copy()
    small.thumbnail((160, 160))
    st.image(small, width=40, alt="Your picture")


def _drop(name: str, label: str, action: object, *given: object) -> None:
    st.button(
        label,
        key=f"clear-{name}",
        icon=":material/close:",
        type="tertiary",
        on_click=action,  # type: ignore[arg-type]
        args=given,
    )
