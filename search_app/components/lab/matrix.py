"""How close are they: any words and pictures compared, each with each."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from ingest.readers.draft import Modality
from search_app.components.lab import url_state
from search_app.components.lab.clicks import action_attribute, listen
from search_app.components.lab.item_labels import MARKS, MEDIUM, ItemLabel, image_tag, items_of, pictures_of, term_label
from search_app.components.lab.operand_picker import (
    add_controls,
    add_within_limit,
    default_terms,
    on_item_picked,
    operand_chips,
)
from search_app.components.lab.sections import Section
from search_app.components.lab.shades import shade
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import PLURAL, in_html, snippet
from search_app.components.shared.open_page import loaded_encoder
from search_app.lab.matrix import Matrix, closer_items, compare
from search_app.lab.operands import Operand, operands_of
from search_app.lab.reference import Reference, reference_of
from search_app.search.neighbours import Measure
from search_app.search.snapshot import Snapshot
from search_app.search.terms import Term

_THINGS, _MEASURE, _GAP, _CELL = "pairs-thing", "pairs-by", "pairs-gap", "pairs-cell"
_MOST = 14


@dataclass(frozen=True)
class _State:
    """The operands that the URL names, compared."""

    space: AppSpace
    reference: Reference
    operands: Sequence[Operand]
    labels: Sequence[ItemLabel]
    measure: Measure
    matrix: Matrix
    cell: tuple[int, int] | None


def _state(space: AppSpace, snapshot: Snapshot) -> _State:
    encoder = loaded_encoder(space)
    terms = url_state.terms(_THINGS) or default_terms(space, snapshot)
    items, pictures = items_of(space, terms), pictures_of(space, terms)
    operands = operands_of(terms, encoder, snapshot, pictures)
    labels = [term_label(space, operand.term, items, pictures) for operand in operands]
    reference = reference_of(space.searcher, encoder, snapshot)
    measure: Measure = "euclidean" if url_state.value(_MEASURE) == "euclidean" else "cosine"
    matrix = compare(operands, measure, reference, gap=url_state.value(_GAP) == "open")
    return _State(space, reference, operands, labels, measure, matrix, _cell(matrix, operands))


def _draw(space: AppSpace, snapshot: Snapshot) -> None:
    state = _state(space, snapshot)
    there = [operand.term for operand in state.operands]
    add = partial(_add, there)
    operand_chips("pairs", state.labels, partial(_drop, there))
    with st.container(key="lab-bar-pairs", horizontal=True, vertical_alignment="center", gap="small"):
        add_controls(space, snapshot, "pairs-add", add)
        _controls()
    st.html(_render(state))
    listen({"pairs-add": on_item_picked(add), "cell": _cell_picked})


def _markup(space: AppSpace, snapshot: Snapshot) -> str:
    return _render(_state(space, snapshot))


def _render(state: _State) -> str:
    pair = _pair(state, state.cell) if state.cell else ""
    return f'<div class="ns-lab-wide">{table(state.matrix, state.labels, state.measure, state.cell)}{pair}</div>'


def table(matrix: Matrix, labels: Sequence[ItemLabel], measure: Measure, cell: tuple[int, int] | None = None) -> str:
    """The matrix as markup: a row and a column for each operand, and a button in each cell."""
    off = [matrix.likeness[i, j] for i in matrix.order for j in matrix.order if i != j]
    low, high = (min(off), max(off)) if off else (0.0, 1.0)
    heads = "".join(f'<th scope="col">{_heading(labels[j], row=False)}</th>' for j in matrix.order)
    rows = ""
    for i in matrix.order:
        cells = ""
        for j in matrix.order:
            share = 1.0 if i == j else (matrix.likeness[i, j] - low) / max(high - low, 1e-6)
            percent, strong = shade(share)
            name = f"{labels[i].quoted} and {labels[j].quoted}: {matrix.values[i, j]:.2f}, {matrix.closeness[i][j]}"
            marks = " ".join(
                mark
                for mark, on in (
                    ("ns-self", i == j),
                    ("ns-strong", strong),
                    ("ns-chosen", cell == (i, j)),
                )
                if on
            )
            cells += (
                f'<td><button class="{marks}" style="--share:{percent}%" '
                f"{action_attribute('cell', f'{i}-{j}')} "
                f'title="{in_html(name)}" aria-label="{in_html(name)}">{_short(matrix.values[i, j])}</button></td>'
            )
        rows += f'<tr><th scope="row">{_heading(labels[i], row=True)}</th>{cells}</tr>'
    what = "closeness (cosine)" if measure == "cosine" else "distance (Euclidean)"
    return (
        f'<div class="ns-scroll"><table class="ns-matrix" style="--columns:{len(matrix.order)}" '
        f'aria-label="The {what} of each pair"><thead><tr><td></td>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def sentence(one: ItemLabel, other: ItemLabel, closeness: str, closer: int, count: int, modality: Modality) -> str:
    """How close two operands are, for people who have never heard of a vector."""
    text = f"{one.quoted} and {other.quoted} are {closeness}"
    if closeness == "no real match":
        text = f"{one.quoted} and {other.quoted} have nothing to do with each other"
    plural = PLURAL[modality]
    if not count:
        return f"{text}."
    if not closer:
        return f"{text}: none of the {count:,} {plural} here is closer to {one.quoted}."
    verb = "are" if closer != 1 else "is"
    return f"{text}: of the {count:,} {plural} here, {closer:,} {verb} closer to {one.quoted}."


def _pair(state: _State, cell: tuple[int, int]) -> str:
    operands, matrix = state.operands, state.matrix
    i, j = cell
    # Words are what one looks from: "closer to “a dog”" is easier to follow than closer to a picture.
    if operands[i].modality == "image" and operands[j].modality == "text":
        i, j = j, i
    terms = [operands[i].term, operands[j].term]
    items, pictures = items_of(state.space, terms), pictures_of(state.space, terms)
    one, other = (term_label(state.space, term, items, pictures, MEDIUM) for term in terms)
    word = matrix.closeness[i][j]
    if i == j:
        text = f"{one.quoted} with itself: nothing can be closer."
    else:
        closer, count = closer_items(operands[i], operands[j], state.reference.snapshot)
        text = sentence(one, other, word, closer, count, operands[j].modality)
    raw = float(operands[i].vector @ operands[j].vector)
    value = "cosine" if state.measure == "cosine" else "distance"
    figures = f"{value} {matrix.values[i, j]:.3f} as drawn · cosine {raw:.3f} as the encoder gave it"
    return (
        f'<div class="ns-pair"><div class="ns-two">{side(one)}{side(other)}</div>'
        f'<b class="ns-verdict {MARKS[word]}">{word}</b><p dir="auto">{in_html(text)}</p>'
        f'<div class="ns-note">{figures}</div></div>'
    )


def side(label: ItemLabel) -> str:
    """One of two operands side by side, as markup."""
    if label.picture:
        inside = image_tag(label, "ns-large") or '<div class="ns-note">the picture no longer exists</div>'
        return f'<figure>{inside}<figcaption dir="auto">{in_html(snippet(label.name, 60))}</figcaption></figure>'
    name = f'<figcaption dir="auto">{in_html(snippet(label.name, 60))}</figcaption>'
    caption = name if label.words != label.name else ""
    return f'<figure><blockquote dir="auto">{in_html(snippet(label.words, 240))}</blockquote>{caption}</figure>'


def _heading(label: ItemLabel, *, row: bool) -> str:
    name = in_html(snippet(label.name, 28))
    if label.source:
        return f'{image_tag(label, alt="")}<span class="ns-hidden" dir="auto">{name}</span>'
    return f'<span class="ns-name{"" if row else " ns-upright"}" dir="auto">{name}</span>'


def _short(value: float) -> str:
    """A value to two digits, without a zero before the point."""
    return f"{value:.2f}".replace("0.", ".", 1).replace("-", "−") if abs(value) < 0.995 else f"{value:.1f}"


def _controls() -> None:
    st.session_state[_MEASURE] = "Distance" if url_state.value(_MEASURE) == "euclidean" else "Cosine"
    st.session_state[_GAP] = url_state.value(_GAP) == "open"
    st.segmented_control(
        "Measure",
        ["Cosine", "Distance"],
        key=_MEASURE,
        required=True,
        label_visibility="collapsed",
        on_change=_on_change,
        help="Cosine: 1 for the same direction, 0 for nothing in common. Distance (Euclidean): 0 for the same point.",
    )
    st.toggle(
        "Raw numbers",
        key=_GAP,
        on_change=_on_change,
        help="Pictures and words lie in two clouds with a gap between them. Off: the clouds are laid over each other, "
        "so that all numbers compare. On: the numbers as the encoder gave them.",
    )


def _on_change() -> None:
    measure, gap = st.session_state[_MEASURE], st.session_state[_GAP]
    url_state.set_param(_MEASURE, "euclidean" if measure == "Distance" else "")
    url_state.set_param(_GAP, "open" if gap else "")


def _add(there: Sequence[Term], term: Term) -> None:
    url_state.set_terms(_THINGS, add_within_limit(there, term, _MOST))
    url_state.set_param(_CELL, "")


def _drop(there: Sequence[Term], place: int) -> None:
    url_state.set_terms(_THINGS, [*there[:place], *there[place + 1 :]])
    url_state.set_param(_CELL, "")


def _cell_picked(value: str) -> None:
    if all(part.isdecimal() and len(part) < 3 for part in value.split("-")) and value.count("-") == 1:
        url_state.set_param(_CELL, value)


def _cell(matrix: Matrix, operands: Sequence[Operand]) -> tuple[int, int] | None:
    """The pair that the URL names; else the words and the picture that are closest, or the closest pair."""
    written = url_state.value(_CELL).split("-")
    if len(written) == 2 and all(part.isdecimal() and len(part) < 3 for part in written):
        i, j = int(written[0]), int(written[1])
        if max(i, j) < len(operands):
            return i, j
    pairs = [(i, j) for i in range(len(operands)) for j in range(len(operands)) if i != j]
    mixed = [(i, j) for i, j in pairs if operands[i].modality == "text" and operands[j].modality == "image"]
    return max(mixed or pairs, key=lambda pair: matrix.likeness[pair], default=None)


SECTION = Section(
    "pairs",
    "How close are they?",
    "Put any words and pictures side by side. The computer has turned each of them into a list of numbers that "
    "stands for its meaning, so it can say how close any two are, even a picture and a sentence. The "
    "stronger the colour of a square, the closer.",
    _draw,
    _markup,
    actions={"cell": _cell_picked},
)
