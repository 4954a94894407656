"""Why did this match: the parts of a picture, or the words of a passage, that carry a match."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import streamlit as st
from PIL import Image

from ingest.encoders.base import Encoder
from ingest.space import Item
from search_app.components.lab import url_state
from search_app.components.lab.clicks import listen
from search_app.components.lab.item_labels import MARKS, ItemLabel, embedded, items_of, pictures_of, term_label
from search_app.components.lab.occlusion_pictures import (
    SIDE,
    covered_vectors,
    heatmap,
    passage_occlusion,
    patched,
    picture_occlusion,
    whole_picture,
)
from search_app.components.lab.operand_picker import (
    add_controls,
    default_occlusion,
    default_terms,
    on_item_picked,
    operand_chips,
)
from search_app.components.lab.sections import Section
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import in_html, snippet, unwrapped
from search_app.components.shared.open_page import loaded_encoder
from search_app.lab.matrix import how_close
from search_app.lab.occlusion import OccludedPicture, OccludedText
from search_app.lab.operands import Operand, operands_of
from search_app.lab.reference import Reference, reference_of
from search_app.search.hits import Closeness
from search_app.search.snapshot import Snapshot
from search_app.search.terms import Term

_OF, _FOR = "why-of", "why-for"
_COVERS = (1, 2, 4, 7)  # patches at a time
_LONGEST = 4_000  # characters of a passage that are occluded


@dataclass(frozen=True)
class _State:
    """What is occluded, and the target of the match."""

    space: AppSpace
    encoder: Encoder
    reference: Reference
    items: Mapping[str, Item]
    pictures: Mapping[str, Image.Image]
    subject: Operand | None
    target: Operand | None

    def label(self, operand: Operand) -> ItemLabel:
        return term_label(self.space, operand.term, self.items, self.pictures)


def _state(space: AppSpace, snapshot: Snapshot) -> _State:
    encoder = loaded_encoder(space)
    subject, target = url_state.terms(_OF)[:1], url_state.terms(_FOR)[:1]
    if not subject and not target and (found := default_occlusion(space, snapshot)):
        subject, target = [found[0]], [found[1]]
    elif not subject or not target:
        first = default_terms(space, snapshot)
        subject = subject or [term for term in first if term.kind == "item"][:1]
        target = target or _words_for(subject, first, encoder, snapshot)
    terms = [*subject, *target]
    items, pictures = items_of(space, terms), pictures_of(space, terms)
    there = {operand.term: operand for operand in operands_of(terms, encoder, snapshot, pictures)}
    of, to = (there.get(found[0]) if found else None for found in (subject, target))
    return _State(space, encoder, reference_of(space.searcher, encoder, snapshot), items, pictures, of, to)


def _words_for(subject: list[Term], first: list[Term], encoder: Encoder, snapshot: Snapshot) -> list[Term]:
    """Of the words of a fresh page, those that match best."""
    words = operands_of([term for term in first if term.kind == "text"], encoder, snapshot)
    seen = operands_of(subject, encoder, snapshot)
    best = max(words, key=lambda operand: float(operand.vector @ seen[0].vector)) if words and seen else None
    return [best.term] if best else []


def _draw(space: AppSpace, snapshot: Snapshot) -> None:
    state = _state(space, snapshot)
    slots = ((_OF, "Look at", state.subject, "Type a passage"), (_FOR, "and ask about", state.target, "Type words"))
    for column, (name, title, operand, label) in zip(st.columns(2, gap="large"), slots, strict=True):
        with column:
            st.html(f'<div class="ns-section">{title}</div>')
            operand_chips(name, [state.label(operand)] if operand else [], None)
            add_controls(space, snapshot, name, partial(_choose, name), words=label)
    st.html(_render(state))
    listen({name: on_item_picked(partial(_choose, name)) for name in (_OF, _FOR)})


def _choose(name: str, term: Term) -> None:
    url_state.set_terms(name, [term])


def _markup(space: AppSpace, snapshot: Snapshot) -> str:
    return _render(_state(space, snapshot))


def _render(state: _State) -> str:
    if state.subject is None or state.target is None:
        return '<div class="ns-note">Choose something to look at, and something to ask about.</div>'
    if state.subject.modality == "text":
        return _passage(state, state.subject, state.target)
    figures = _picture(state, state.subject, state.target)
    if state.target.modality == "image":
        figures += _picture(state, state.target, state.subject)
    return f'<div class="ns-why">{figures}</div>'


def _picture(state: _State, subject: Operand, target: Operand) -> str:
    picture = whole_picture(state.space, subject.term, state.items, state.pictures)
    if picture is None:
        return '<div class="ns-note">This picture can no longer be opened. Choose another.</div>'
    found = picture_occlusion(state.space, state.encoder, subject.term, picture)
    average = state.reference.means[target.modality]
    heat = found.heat(target.vector, average)
    one, other = state.label(subject), state.label(target)
    before = how_close(subject, target, state.reference)
    if not heat.any():
        return _figure(picture, one.name) + (
            f"<p>No part of {in_html(one.quoted)} carries a match with {in_html(other.quoted)}: "
            "whichever is covered, they are no less close.</p>"
        )
    places, without = _covered(state, subject, target, picture, found)
    after = how_close(without, target, state.reference)
    cosines = [float(operand.vector @ target.vector) for operand in (subject, without)]
    return (
        f"{_figure(heatmap(picture, heat), f'Warm: what carries the match with {other.quoted}')}"
        f"{_figure(patched(picture, found, places), 'Covered where it counts most')}"
        f'<div class="ns-lab-text">{_verdict(before, after)}'
        f'<p dir="auto">{in_html(_caption(one, other, before, after))}</p>'
        f'<div class="ns-note">cosine {cosines[0]:.3f} as it is, {cosines[1]:.3f} covered</div></div>'
    )


def _covered(
    state: _State, subject: Operand, target: Operand, picture: Image.Image, found: OccludedPicture
) -> tuple[tuple[int, ...], Operand]:
    """The fewest of the patches that cost most whose loss changes the word for the match, and what is left then.

    Where no number of them in `_COVERS` changes it, the most.
    """
    losses = found.losses(target.vector, state.reference.means[target.modality])
    order = [int(place) for place in np.argsort(-losses, kind="stable") if losses[place] > 0]
    covers = list(dict.fromkeys(tuple(order[:count]) for count in _COVERS))
    rest = covered_vectors(state.space, state.encoder, subject.term, picture, found, covers[1:]) if covers[1:] else ()
    before = how_close(subject, target, state.reference)
    vectors = (found.vectors[order[0]], *rest)
    steps = [(places, replace(subject, vector=vector)) for places, vector in zip(covers, vectors, strict=True)]
    return next((step for step in steps if how_close(step[1], target, state.reference) != before), steps[-1])


def _caption(one: ItemLabel, other: ItemLabel, before: Closeness, after: Closeness) -> str:
    """The effect of the occlusion, in a sentence or two."""
    if before == "no real match":
        return (
            f"{one.quoted} is no real match for {other.quoted}. The warm part is what comes nearest to it all the same."
        )
    if before == after:
        return (
            f"{one.quoted} and {other.quoted} are {before}, and stay so when the warmest parts are covered: "
            "the match does not hang on them."
        )
    return f"Cover the warmest part, and {one.quoted} and {other.quoted} are no longer {before}: {_after(after)}."


def _after(after: Closeness) -> str:
    return "nothing of the match is left" if after == "no real match" else f"they are {after}"


def _verdict(before: Closeness, after: Closeness) -> str:
    return (
        f'<b class="ns-verdict {MARKS[before]}">{before}</b>'
        f'<span class="ns-arrow">covered:</span><b class="ns-verdict {MARKS[after]}">{after}</b>'
    )


def _figure(picture: Image.Image, caption: str) -> str:
    words = in_html(caption)
    image = f'<img src="{embedded(picture, SIDE)}" alt="{words}">'
    return f'<figure>{image}<figcaption dir="auto">{words}</figcaption></figure>'


def _passage(state: _State, subject: Operand, target: Operand) -> str:
    label, other = state.label(subject), state.label(target)
    text = unwrapped(label.words)[:_LONGEST]
    found = passage_occlusion(state.encoder, text)
    word = how_close(subject, target, state.reference)
    shaded = _shaded(text, found, target)
    return (
        f'<div class="ns-lab-wide"><div class="ns-shaded" dir="auto">{shaded}</div><div class="ns-pair">'
        f'<b class="ns-verdict {MARKS[word]}">{word}</b>'
        f"<p>{in_html(_words_caption(found, text, target, other))}</p>"
        '<div class="ns-note"><mark style="--weight:80%">warm</mark> words carry the match: without them it is weaker. '
        '<mark class="ns-against" style="--weight:60%">Blue</mark> words stand in its way.</div></div></div>'
    )


def _words_caption(found: OccludedText, text: str, target: Operand, other: ItemLabel) -> str:
    weights = found.weights(target.vector)
    if not len(weights) or weights.max(initial=0.0) <= 0:
        return f"No single word carries a match with {other.quoted}."
    start, end = found.spans[int(np.argmax(weights))]
    return f"Of all the words, “{snippet(text[start:end], 60)}” does most for the match with {other.quoted}."


def _shaded(text: str, found: OccludedText, target: Operand) -> str:
    """The passage as markup, each run of words shaded by its contribution."""
    parts, at = [], 0
    for (start, end), weight in zip(found.spans, found.weights(target.vector).tolist(), strict=True):
        parts.append(in_html(text[at:start]))
        against = ' class="ns-against"' if weight < 0 else ""
        share = round(100 * max(abs(weight) - 0.08, 0.0) / 0.92)
        parts.append(f'<mark{against} style="--weight:{share}%">{in_html(text[start:end])}</mark>')
        at = end
    return "".join([*parts, in_html(text[at:])])


SECTION = Section(
    "why",
    "Why did this match?",
    "Cover a piece of a picture, ask again how close it is, and do so all over the picture: where covering hurts the "
    "match most, that is what the computer went by. With a passage, leave out one word after the other.",
    _draw,
    _markup,
)
