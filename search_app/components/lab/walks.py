"""Take a walk: from one operand to another, along a principal component, or by arithmetic."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import streamlit as st

from ingest.encoders.base import Encoder
from ingest.readers.draft import MODALITIES
from search_app.components.lab import url_state
from search_app.components.lab.clicks import listen
from search_app.components.lab.item_labels import (
    MEDIUM,
    ItemLabel,
    card,
    image_tag,
    item_label,
    items_of,
    pictures_of,
    term_label,
)
from search_app.components.lab.operand_picker import (
    add_controls,
    add_within_limit,
    default_terms,
    on_item_picked,
    operand_chips,
)
from search_app.components.lab.sections import Section
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import in_html, snippet
from search_app.components.shared.open_page import loaded_encoder
from search_app.components.shared.page_layout import part
from search_app.lab.everyday_words import everyday_words
from search_app.lab.operands import operands_of
from search_app.lab.reference import Reference, reference_of
from search_app.lab.walks import (
    MAX_STEPS,
    MIN_STEPS,
    Station,
    along_component,
    nearest_items,
    vector_sum,
    walk,
)
from search_app.search.projection import COMPONENTS
from search_app.search.snapshot import Snapshot
from search_app.search.terms import MOST_TERMS, Term
from search_app.search.topics.vocabulary import Vocabulary, WordVectors

_HOW, _FROM, _TO, _STEPS, _AGAIN, _AXIS, _SUM = (
    "walk-how",
    "walk-from",
    "walk-to",
    "walk-steps",
    "walk-again",
    "walk-axis",
    "walk-sum",
)
_HOWS = {"between": "From one to another", "axis": "Along a main direction", "sum": "Arithmetic"}
_USUAL_STEPS = 5
_NEAREST = 6
_WORDS = 8
_SIGN = re.compile(r"(?:^|(?<=\s))([+\-−–])(?=\s)")
_FIRST_SUM = (Term("text", "king"), Term("text", "man", -1.0), Term("text", "woman"))


def expression(written: str) -> list[Term]:
    """The words of `king - man + woman`, each with its sign."""
    parts = _SIGN.split(f"+ {written.strip()}")
    signs, words = parts[1::2], parts[2::2]
    terms = [
        Term("text", " ".join(word.split()), 1.0 if sign == "+" else -1.0)
        for sign, word in zip(signs, words, strict=True)
        if word.strip()
    ]
    return terms[:MOST_TERMS]


def _how() -> str:
    return url_state.value(_HOW) if url_state.value(_HOW) in _HOWS else "between"


def _draw(space: AppSpace, snapshot: Snapshot) -> None:
    st.session_state[_HOW] = _HOWS[_how()]
    st.segmented_control(
        "How", list(_HOWS.values()), key=_HOW, required=True, label_visibility="collapsed", on_change=_how_changed
    )
    actions: dict[str, Callable[[str], None]]
    with part("walk", _how()):
        if _how() == "between":
            actions = _between_controls(space, snapshot)
        elif _how() == "axis":
            actions = {}
            _axis_controls()
        else:
            actions = _sum_controls(space, snapshot)
        st.html(_markup(space, snapshot))
    listen(actions)


def _how_changed() -> None:
    how = next((key for key, name in _HOWS.items() if name == st.session_state[_HOW]), "between")
    url_state.set_param(_HOW, "" if how == "between" else how)


def _between_controls(space: AppSpace, snapshot: Snapshot) -> dict[str, Callable[[str], None]]:
    ends = _ends(space, snapshot)
    items, pictures = items_of(space, ends), pictures_of(space, ends)
    actions = {}
    for column, name, title, term in zip(st.columns(2, gap="large"), (_FROM, _TO), ("From", "to"), ends, strict=True):
        with column:
            st.html(f'<div class="ns-section">{title}</div>')
            operand_chips(name, [term_label(space, term, items, pictures)], None)
            choose = partial(_choose, name)
            add_controls(space, snapshot, name, choose)
            actions[name] = on_item_picked(choose)
    with st.container(key="lab-bar-walk", horizontal=True, vertical_alignment="center", gap="medium"):
        _steps_control()
        st.session_state[_AGAIN] = url_state.value(_AGAIN) == "yes"
        st.toggle(
            "Items may come twice",
            key=_AGAIN,
            on_change=lambda: url_state.set_param(_AGAIN, "yes" if st.session_state[_AGAIN] else ""),
            help="Off: each station shows what has not been shown before. On: what is nearest, whatever came before.",
        )
    return actions


def _steps_control() -> None:
    st.session_state[_STEPS] = _steps()
    st.slider(
        "Steps",
        MIN_STEPS,
        MAX_STEPS,
        key=_STEPS,
        width=240,
        on_change=lambda: url_state.set_param(_STEPS, str(st.session_state[_STEPS])),
    )


def _steps() -> int:
    return url_state.integer(_STEPS, MIN_STEPS, MAX_STEPS, _USUAL_STEPS)


def _axis() -> int:
    return url_state.integer(_AXIS, 1, COMPONENTS, 1)


def _axis_controls() -> None:
    with st.container(key="lab-bar-axis", horizontal=True, vertical_alignment="center", gap="medium"):
        st.session_state[_AXIS] = _axis()
        st.selectbox(
            "Direction",
            list(range(1, COMPONENTS + 1)),
            key=_AXIS,
            width=240,
            format_func=lambda number: f"Main direction {number}",
            on_change=lambda: url_state.set_param(_AXIS, str(st.session_state[_AXIS])),
        )
        _steps_control()


def _sum_controls(space: AppSpace, snapshot: Snapshot) -> dict[str, Callable[[str], None]]:
    terms = _sum()
    items, pictures = items_of(space, terms), pictures_of(space, terms)

    def entered() -> None:
        if written := expression(str(st.session_state.get("walk-expression") or "")):
            url_state.set_terms(_SUM, written)

    def add(term: Term) -> None:
        url_state.set_terms(_SUM, add_within_limit(terms, term))

    def drop(place: int) -> None:
        url_state.set_terms(_SUM, [*terms[:place], *terms[place + 1 :]])

    def flip(place: int) -> None:
        turned = replace(terms[place], weight=-terms[place].weight)
        url_state.set_terms(_SUM, [*terms[:place], turned, *terms[place + 1 :]])

    st.text_input(
        "Words with + and − between them",
        key="walk-expression",
        placeholder="king - man + woman",
        on_change=entered,
        width=420,
    )
    signs = ["+" if term.weight > 0 else "−" for term in terms]
    labels = [term_label(space, term, items, pictures) for term in terms]
    operand_chips(_SUM, labels, drop, signs=signs, flip=flip)
    add_controls(space, snapshot, _SUM, add, words="Add words")
    return {_SUM: on_item_picked(add)}


def _choose(name: str, term: Term) -> None:
    url_state.set_terms(name, [term])


def _ends(space: AppSpace, snapshot: Snapshot) -> list[Term]:
    """The two ends of the walk; on a fresh page two pictures, or whatever there is."""
    first = default_terms(space, snapshot)
    items = [term for term in first if term.kind == "item"]
    usual = [*items, *first]
    start = (url_state.terms(_FROM) or usual)[0]
    other = url_state.terms(_TO) or [term for term in (*items[-1:], *usual) if term != start]
    return [start, other[0]]


def _sum() -> list[Term]:
    return url_state.terms(_SUM) or list(_FIRST_SUM)


def _markup(space: AppSpace, snapshot: Snapshot) -> str:
    encoder = loaded_encoder(space)
    reference = reference_of(space.searcher, encoder, snapshot)
    if _how() == "between":
        return _between(space, reference)
    if _how() == "axis":
        return _along(space, snapshot)
    return _added(space, reference)


def _between(space: AppSpace, reference: Reference) -> str:
    ends = _ends(space, reference.snapshot)
    items, pictures = items_of(space, ends), pictures_of(space, ends)
    operands = operands_of(ends, loaded_encoder(space), reference.snapshot, pictures)
    if len(operands) < 2:
        return '<div class="ns-note">One of the two has gone. Choose another.</div>'
    one, other = operands
    stations = walk(one, other, _steps(), reference, unique=url_state.value(_AGAIN) != "yes")
    first, last = (term_label(space, term, items, pictures, MEDIUM) for term in ends)
    return _film(space, stations, first, last, lambda station: f"{station.place:.0%}".replace("%", " %"))


def _along(space: AppSpace, snapshot: Snapshot) -> str:
    projection = space.searcher.projections(snapshot).of(gap=False)
    component = _axis() - 1
    share = projection.kept[component] if component < len(projection.kept) else 0.0
    if share <= 0.0:
        return '<div class="ns-note">The collection does not spread along this axis. Choose an earlier one.</div>'
    stations = along_component(projection, component, _steps(), snapshot)
    text = (
        f"Main direction {component + 1}: the one in which the collection differs "
        f"{_ordinal(component + 1)}most. It keeps {100 * share:.1f} % of all differences. What does it sort by?"
    )
    film = _film(space, stations, None, None, lambda station: f"{station.place:+.2f}".replace("-", "−"))
    return f'<div class="ns-lab-text"><p>{text}</p></div>{film}'


def _ordinal(number: int) -> str:
    return {1: "", 2: "second ", 3: "third "}.get(number, f"{number}th ")


def _film(
    space: AppSpace,
    stations: Sequence[Station],
    first: ItemLabel | None,
    last: ItemLabel | None,
    caption: Callable[[Station], str],
) -> str:
    """Stations side by side as markup: the nearest picture over the nearest passage."""
    ids = [near.id for station in stations for found in station.nearest.values() for near in found]
    items = {item.id: item for item in space.ledger.items.get(ids)}
    frames = [_end(first, "start")] if first else []
    for station in stations:
        near = [one.id for modality in MODALITIES for one in station.nearest.get(modality, ())[:1]]
        cells = "".join(card(item_label(space, items[item_id], MEDIUM)) for item_id in near if item_id in items)
        if not cells:  # a small collection has no more items to show
            continue
        frames.append(f'<div class="ns-station"><small>{in_html(caption(station))}</small>{cells}</div>')
    if not items:
        return '<div class="ns-note">Nothing else in the collection lies on the way. Choose other ends.</div>'
    frames += [_end(last, "end")] if last else []
    return f'<div class="ns-film" style="--stations:{len(frames)}" tabindex="0">{"".join(frames)}</div>'


def _end(label: ItemLabel, caption: str) -> str:
    return f'<div class="ns-station ns-end"><small>{caption}</small>{card(label)}</div>'


def _added(space: AppSpace, reference: Reference) -> str:
    terms = _sum()
    items, pictures = items_of(space, terms), pictures_of(space, terms)
    operands = operands_of(terms, loaded_encoder(space), reference.snapshot, pictures)
    point = vector_sum(operands, reference)
    if point is None:
        return '<div class="ns-note">Nothing is left of this. Add some words or a picture.</div>'
    used = {term.value.casefold() for term in terms if term.kind == "text"}
    known = _words(space)
    words = known.nearest(point, _WORDS, frozenset(used | {f"{word}s" for word in used}))
    equation = "".join(
        f"<span>{'+' if term.weight > 0 else '−'}</span>"
        f"<b dir='auto'>{image_tag(label, 'ns-medium') or in_html(snippet(label.name, 60))}</b>"
        for term, label in ((term, term_label(space, term, items, pictures, MEDIUM)) for term in terms)
    ).removeprefix("<span>+</span>")
    best = in_html(words[0][0]) if words else "?"
    others = "".join(f"<li>{in_html(word)}<small>{cosine:.2f}</small></li>" for word, cosine in words[1:])
    near = nearest_items(point, reference, _NEAREST, [term.value for term in terms if term.kind == "item"])
    found = space.ledger.items.get([one.id for modality in MODALITIES for one in near.get(modality, ())])
    frames = "".join(card(item_label(space, item, MEDIUM)) for item in found)
    return (
        f'<div class="ns-equation">{equation}<span>≈</span><b class="ns-answer">{best}</b></div>'
        f'<div class="ns-note">The nearest of {len(known.words):,} everyday words, without those that were put in; '
        f'the next are</div><ul class="ns-words">{others}</ul>'
        f'<div class="ns-section">Nearest in the collection</div><div class="ns-found">{frames}</div>'
    )


def _words(space: AppSpace) -> Vocabulary:
    encoder = loaded_encoder(space)
    return _vocabulary(encoder.info.fingerprint, space.searcher.topics.words, encoder)


@st.cache_resource(show_spinner="Reading a list of everyday words, once …", max_entries=4)
def _vocabulary(fingerprint: str, _vectors: WordVectors, _encoder: Encoder) -> Vocabulary:
    words = everyday_words()
    return Vocabulary(words, _vectors.encode(words, _encoder))


SECTION = Section(
    "walk",
    "Take a walk",
    "Meanings lie in a space in which one can go from one to another. Stop on the way, and look at what lies nearest. "
    "One can even calculate: take “man” from “king”, add “woman”, and see where that leads.",
    _draw,
    _markup,
)
