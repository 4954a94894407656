"""Why did this match: which part of a picture, or which words of a passage, carry it."""

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
from search_app.components.lab.item_labels import MARKS, Face, embedded, face_of, items_of, pictures_of
from search_app.components.lab.operand_picker import adding, chips, looked_into, picked, starting
from search_app.components.lab.picture_views import SIDE, covered, left_out, lit, whole_picture, with_patch
from search_app.components.lab.sections import Section
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import in_html, snippet, unwrapped
from search_app.components.shared.open_page import loaded_encoder
from search_app.lab.matrix import how_close
from search_app.lab.occlusion import LeftOut
from search_app.lab.operands import Thing, things_of
from search_app.lab.reference import Ground, ground_of
from search_app.search.hits import Closeness
from search_app.search.snapshot import Snapshot
from search_app.search.terms import Term

_OF, _FOR = "why-of", "why-for"
_LONGEST = 4_000  # characters of a passage that are looked at


@dataclass(frozen=True)
class _State:
    """What is looked at, and what it is to match."""

    space: AppSpace
    encoder: Encoder
    ground: Ground
    items: Mapping[str, Item]
    pictures: Mapping[str, Image.Image]
    looked_at: Thing | None
    wanted: Thing | None

    def face(self, thing: Thing) -> Face:
        return face_of(self.space, thing.term, self.items, self.pictures)


def _state(space: AppSpace, snapshot: Snapshot) -> _State:
    encoder = loaded_encoder(space)
    looked_at, wanted = url_state.terms(_OF)[:1], url_state.terms(_FOR)[:1]
    if not looked_at and not wanted and (found := looked_into(space, snapshot)):
        looked_at, wanted = [found[0]], [found[1]]
    elif not looked_at or not wanted:
        first = starting(space, snapshot)
        looked_at = looked_at or [term for term in first if term.kind == "item"][:1]
        wanted = wanted or _words_for(looked_at, first, encoder, snapshot)
    terms = [*looked_at, *wanted]
    items, pictures = items_of(space, terms), pictures_of(space, terms)
    there = {thing.term: thing for thing in things_of(terms, encoder, snapshot, pictures)}
    of, to = (there.get(found[0]) if found else None for found in (looked_at, wanted))
    return _State(space, encoder, ground_of(space.searcher, encoder, snapshot), items, pictures, of, to)


def _words_for(looked_at: list[Term], first: list[Term], encoder: Encoder, snapshot: Snapshot) -> list[Term]:
    """Of the words that a fresh page is about, those that match best."""
    words = things_of([term for term in first if term.kind == "text"], encoder, snapshot)
    seen = things_of(looked_at, encoder, snapshot)
    best = max(words, key=lambda thing: float(thing.vector @ seen[0].vector)) if words and seen else None
    return [best.term] if best else []


def _draw(space: AppSpace, snapshot: Snapshot) -> None:
    state = _state(space, snapshot)
    slots = ((_OF, "Look at", state.looked_at, "Type a passage"), (_FOR, "and ask about", state.wanted, "Type words"))
    for column, (name, title, thing, label) in zip(st.columns(2, gap="large"), slots, strict=True):
        with column:
            st.html(f'<div class="ns-section">{title}</div>')
            chips(name, [state.face(thing)] if thing else [], None)
            adding(space, snapshot, name, partial(_choose, name), words=label)
    st.html(_markup(state))
    listen({name: picked(partial(_choose, name)) for name in (_OF, _FOR)})


def _choose(name: str, term: Term) -> None:
    url_state.put_terms(name, [term])


def _shown(space: AppSpace, snapshot: Snapshot) -> str:
    return _markup(_state(space, snapshot))


def _markup(state: _State) -> str:
    if state.looked_at is None or state.wanted is None:
        return '<div class="ns-note">Choose something to look at, and something to ask about.</div>'
    if state.looked_at.modality == "text":
        return _passage(state, state.looked_at, state.wanted)
    figures = _picture(state, state.looked_at, state.wanted)
    if state.wanted.modality == "image":
        figures += _picture(state, state.wanted, state.looked_at)
    return f'<div class="ns-why">{figures}</div>'


def _picture(state: _State, looked_at: Thing, wanted: Thing) -> str:
    picture = whole_picture(state.space, looked_at.term, state.items, state.pictures)
    if picture is None:
        return '<div class="ns-note">This picture cannot be opened any more. Choose another.</div>'
    found = covered(state.space, state.encoder, looked_at.term, picture)
    usual = state.ground.means[wanted.modality]
    heat = found.heat(wanted.vector, usual)
    one, other = state.face(looked_at), state.face(wanted)
    before = how_close(looked_at, wanted, state.ground)
    if not heat.any():
        return _figure(picture, one.name) + (
            f"<p>No part of {in_html(one.quoted)} carries a match with {in_html(other.quoted)}: "
            "whichever is covered, they are no less close.</p>"
        )
    place = int(np.argmax(found.losses(wanted.vector, usual)))
    without = replace(looked_at, vector=found.vectors[place])
    after = how_close(without, wanted, state.ground)
    cosines = [float(thing.vector @ wanted.vector) for thing in (looked_at, without)]
    return (
        f"{_figure(lit(picture, heat), f'Warm: what carries the match with {other.quoted}')}"
        f"{_figure(with_patch(picture, found, place), 'Covered where it counts most')}"
        f'<div class="ns-lab-told">{_verdict(before, after)}<p>{in_html(_told(one, other, before, after))}</p>'
        f'<div class="ns-note">cosine {cosines[0]:.3f} as it is, {cosines[1]:.3f} covered</div></div>'
    )


def _told(one: Face, other: Face, before: Closeness, after: Closeness) -> str:
    """What covering does, in a sentence or two."""
    if before == "no real match":
        return (
            f"{one.quoted} is no real match for {other.quoted}. The warm part is what comes nearest to it all the same."
        )
    if before == after:
        return (
            f"{one.quoted} and {other.quoted} are {before}, and stay so when the warmest part is covered: "
            "the match does not hang on one spot."
        )
    return f"Cover the warmest part, and {one.quoted} and {other.quoted} are no longer {before}: {_now(after)}."


def _now(after: Closeness) -> str:
    return "nothing of the match is left" if after == "no real match" else f"they are {after}"


def _verdict(before: Closeness, after: Closeness) -> str:
    return (
        f'<b class="ns-verdict {MARKS[before]}">{before}</b>'
        f'<span class="ns-arrow">covered:</span><b class="ns-verdict {MARKS[after]}">{after}</b>'
    )


def _figure(picture: Image.Image, caption: str) -> str:
    words = in_html(caption)
    return f'<figure><img src="{embedded(picture, SIDE)}" alt="{words}"><figcaption>{words}</figcaption></figure>'


def _passage(state: _State, looked_at: Thing, wanted: Thing) -> str:
    face, other = state.face(looked_at), state.face(wanted)
    text = unwrapped(face.words)[:_LONGEST]
    found = left_out(state.encoder, text)
    word = how_close(looked_at, wanted, state.ground)
    shaded = _shaded(text, found, wanted)
    return (
        f'<div class="ns-lab-wide"><div class="ns-shaded">{shaded}</div><div class="ns-pair">'
        f'<b class="ns-verdict {MARKS[word]}">{word}</b>'
        f"<p>{in_html(_words_told(found, text, wanted, other))}</p>"
        '<div class="ns-note"><mark style="--weight:80%">warm</mark> words carry the match: without them it is weaker. '
        '<mark class="ns-against" style="--weight:60%">Blue</mark> words stand in its way.</div></div></div>'
    )


def _words_told(found: LeftOut, text: str, wanted: Thing, other: Face) -> str:
    weights = found.weights(wanted.vector)
    if not len(weights) or weights.max(initial=0.0) <= 0:
        return f"No single word carries a match with {other.quoted}."
    start, end = found.spans[int(np.argmax(weights))]
    return f"Of all the words, “{snippet(text[start:end], 60)}” does most for the match with {other.quoted}."


def _shaded(text: str, found: LeftOut, wanted: Thing) -> str:
    """The passage as markup, each run of words shaded by what leaving it out does."""
    parts, at = [], 0
    for (start, end), weight in zip(found.spans, found.weights(wanted.vector).tolist(), strict=True):
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
    _shown,
)
