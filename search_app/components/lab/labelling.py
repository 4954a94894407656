"""Name it: any labels for a picture or the whole collection, without training."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from ingest.readers.draft import Modality
from search_app.components.lab import url_state
from search_app.components.lab.clicks import action_attribute, listen
from search_app.components.lab.item_labels import (
    MARKS,
    MEDIUM,
    image_tag,
    item_label,
    items_of,
    pictures_of,
    term_label,
)
from search_app.components.lab.latent_spaces.explorer import explore, explorer_markup
from search_app.components.lab.latent_spaces.samples import MAX_PICTURES, MAX_TEXTS, sample_items, sample_note
from search_app.components.lab.latent_spaces.static_map import class_legend
from search_app.components.lab.operand_picker import default_terms, item_search, on_item_picked, picture_upload
from search_app.components.lab.sections import Section
from search_app.components.lab.shades import shade
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import PLURAL, count_of, in_html, snippet
from search_app.components.shared.open_page import loaded_encoder
from search_app.components.shared.page_layout import part
from search_app.components.shared.palette import MAP_KINDS
from search_app.lab.labelling import (
    LONGEST_LABEL,
    MAX_LABELS,
    NONE,
    PROMPT,
    Confusion,
    Labelling,
    confusion,
    folder_labels,
    label_items,
    label_vectors,
    parse_labels,
)
from search_app.lab.latent_spaces.latent_space import LatentSpace
from search_app.lab.operands import Operand, operands_of
from search_app.lab.reference import Reference, reference_of
from search_app.search.hits import closeness_of
from search_app.search.snapshot import Snapshot
from search_app.search.terms import Term

_LABELS, _PROMPT, _LEAVE, _VIEW, _ITEM, _CELL = (
    "labels-of",
    "labels-prompt",
    "labels-leave",
    "labels-view",
    "labels-item",
    "labels-cell",
)
_VIEWS = ("", "map", "one", "folders")
_KEY = "labels"  # of the map
_SHOWN = 6  # pictures of a label
_SHOWN_OF_CELL = 18
_SHOWN_FOLDERS = 60  # each has a row, with a square for every label
_TOP = 10
_WORD: dict[Modality, str] = {"image": "picture", "text": "passage"}
_ANYTHING = ("dog", "bird", "cat", "flower", "food", "car", "boat", "building", "musical instrument", "person")


@dataclass(frozen=True)
class _State:
    """The labels and prompt of the URL, and the labelling."""

    space: AppSpace
    reference: Reference
    modality: Modality
    labels: tuple[str, ...]
    prompt: str
    labelling: Labelling
    vectors: np.ndarray
    view: str


def _state(space: AppSpace, snapshot: Snapshot) -> _State:
    encoder = loaded_encoder(space)
    modality: Modality = "image" if len(snapshot.groups.get("image", ())) else "text"
    labels = parse_labels(url_state.value(_LABELS)) or folder_labels(snapshot, modality) or _ANYTHING
    prompt = url_state.value(_PROMPT) or (PROMPT if modality == "image" else "{}")
    reference = reference_of(space.searcher, encoder, snapshot)
    vectors = label_vectors(labels, prompt, encoder)
    labelling = label_items(labels, vectors, reference, modality, allow_none=url_state.value(_LEAVE) == "yes")
    view = url_state.value(_VIEW) if url_state.value(_VIEW) in _VIEWS else ""
    return _State(space, reference, modality, labels, prompt, labelling, vectors, view)


def _draw(space: AppSpace, snapshot: Snapshot) -> None:
    state = _state(space, snapshot)
    _controls(state)
    with part("labels", state.view):
        if state.view == "one":
            with st.container(horizontal=True, gap="small"):
                item_search(space, snapshot, _ITEM, state.modality, f"Choose a {_WORD[state.modality]}")
                picture_upload(space, _ITEM, _choose)
        if state.view == "map":
            _map(state)
        else:
            st.html(_render(state))
    listen({_ITEM: on_item_picked(_choose), "mixed": _cell_picked})


def _controls(state: _State) -> None:
    st.session_state[_LABELS] = ", ".join(state.labels)
    st.session_state[_PROMPT] = state.prompt
    st.session_state[_LEAVE] = url_state.value(_LEAVE) == "yes"
    st.text_area(
        "Your labels, between commas",
        key=_LABELS,
        height=90,
        max_chars=MAX_LABELS * LONGEST_LABEL,
        on_change=_on_change,
    )
    with st.container(key="lab-bar-labels", horizontal=True, vertical_alignment="bottom", gap="small"):
        views = ("The whole collection", "On the map", f"One {_WORD[state.modality]}", "Against the folders")
        url_state.switch(_VIEW, "Show", dict(zip(_VIEWS, views, strict=True)), state.view)
        st.text_input(
            "Phrase around each label",
            key=_PROMPT,
            max_chars=200,
            width=220,
            on_change=_on_change,
            help="A label alone is often ambiguous: a whole phrase around it, with {} in its place, tells more.",
        )
        st.toggle(
            "Leave out what fits none",
            key=_LEAVE,
            on_change=_on_change,
            disabled=state.reference.calibration is None,
            help="Off: everything gets the label that is closest. On: what is no real match for any of them gets none.",
        )


def _on_change() -> None:
    state = st.session_state
    url_state.set_param(_LABELS, ", ".join(parse_labels(str(state[_LABELS] or ""))))
    url_state.set_param(_PROMPT, "" if state[_PROMPT] == PROMPT else str(state[_PROMPT] or "").strip())
    url_state.set_param(_LEAVE, "yes" if state[_LEAVE] else "")
    url_state.set_param(_CELL, "")


def _choose(term: Term) -> None:
    url_state.set_terms(_ITEM, [term])


def _cell_picked(value: str) -> None:
    if _numbers(value):
        url_state.set_param(_CELL, value)


def _markup(space: AppSpace, snapshot: Snapshot) -> str:
    return _render(_state(space, snapshot))


def _render(state: _State) -> str:
    if state.view == "one":
        return _one(state)
    if state.view == "map":
        found = _mapped(state)
        return _legend(found) + explorer_markup(_KEY, found.latent, state.space, classes=found.classes)
    return _folders(state) if state.view == "folders" else _all(state)


def _one(state: _State) -> str:
    terms = url_state.terms(_ITEM)[:1]
    if not terms:
        terms = [term for term in default_terms(state.space, state.reference.snapshot) if term.kind == "item"][:1]
    items, pictures = items_of(state.space, terms), pictures_of(state.space, terms)
    operands = operands_of(terms, loaded_encoder(state.space), state.reference.snapshot, pictures)
    if not operands:
        return f'<div class="ns-note">Choose a {_WORD[state.modality]} to be named.</div>'
    label = term_label(state.space, operands[0].term, items, pictures, MEDIUM)
    figure = image_tag(label, "ns-large") or f'<blockquote dir="auto">{in_html(snippet(label.words, 300))}</blockquote>'
    figure += f'<figcaption dir="auto">{in_html(snippet(label.name, 60))}</figcaption>'
    return f'<div class="ns-lab-narrow ns-naming"><figure>{figure}</figure>{_bars(state, operands[0])}</div>'


def _bars(state: _State, operand: Operand) -> str:
    cosines = state.vectors @ operand.vector
    order = np.argsort(-cosines, kind="stable")[:_TOP]
    low, high = float(min(cosines.min(), 0.0)), float(max(cosines.max(), 1e-6))
    rows = ""
    for rank, place in enumerate(order.tolist()):
        word = ""
        if state.reference.calibration is not None:
            cell = state.reference.calibration.cell(1.0, operand.modality)
            word = closeness_of(float(cell.nearness(np.array([cosines[place]], np.float64))[0]))
        share = round(100 * (float(cosines[place]) - low) / max(high - low, 1e-6))
        mark = f'<small class="{MARKS.get(word, "")}">{word}</small>'
        rows += (
            f'<tr class="{"ns-first" if not rank else ""}">'
            f'<th scope="row" dir="auto">{in_html(state.labels[place])}</th>'
            f'<td><i style="--share:{share}%"></i></td><td>{cosines[place]:.2f}</td><td>{mark}</td></tr>'
        )
    return f'<table class="ns-label-bars" aria-label="How close each label is"><tbody>{rows}</tbody></table>'


def _all(state: _State) -> str:
    labelling = state.labelling
    counts = labelling.counts()
    order = sorted(range(len(state.labels)), key=lambda place: -counts[place])
    most = max(counts, default=1) or 1
    places = [place for place in order if counts[place]]
    left = int((labelling.chosen == NONE).sum())
    chosen = {place: labelling.best(place, _SHOWN) for place in [*places, *([NONE] if left else [])]}
    small = _small(state.space, [item_id for ids in chosen.values() for item_id in ids])
    rows = ""
    for place in places:
        rows += _label_row(state.labels[place], counts[place], most, [small.get(item, "") for item in chosen[place]])
    if left:
        rows += _label_row("none of these", left, most, [small.get(item, "") for item in chosen[NONE]], named=False)
    unused = [state.labels[place] for place in order if not counts[place]]
    note = f'<div class="ns-note">Given to nothing: {in_html(", ".join(unused))}.</div>' if unused else ""
    return f'<div class="ns-labelled">{rows}</div>{note}'


def _label_row(name: str, count: int, most: int, pictures: Sequence[str], *, named: bool = True) -> str:
    label = f'<b dir="auto">{in_html(name)}</b>' if named else f"<em>{in_html(name)}</em>"
    bar = f'<i style="--share:{round(100 * count / most)}%"></i>'
    strip = f'<div class="ns-strip">{"".join(pictures)}</div>'
    return f'<div class="ns-label"><div>{label}<small>{count:,}</small>{bar}</div>{strip}</div>'


def _small(space: AppSpace, ids: Sequence[str]) -> dict[str, str]:
    """Each item as a small picture or a few words, by id."""
    answer = {}
    for item in space.ledger.items.get(list(dict.fromkeys(ids))):
        label = item_label(space, item)
        answer[item.id] = (
            image_tag(label) or f'<span dir="auto">{in_html(snippet(label.words or label.name, 60))}</span>'
        )
    return answer


@dataclass(frozen=True)
class _Mapped:
    """Items on a map, each with the index of its label among those that have a colour."""

    latent: LatentSpace
    classes: list[int]
    """For each point an index in `names`; below 0 for another label, or none."""
    names: list[str]
    """The labels that most items have, the most frequent first."""
    counts: list[int]
    others: int
    """Items with another label, or none."""


def _mapped(state: _State) -> _Mapped:
    """The labelled items as points.  Raises SpaceError where there are too few."""
    most = MAX_PICTURES if state.modality == "image" else MAX_TEXTS
    sample = sample_items(state.space, state.reference.snapshot, state.modality, most)
    counts = state.labelling.counts()
    order = sorted((place for place in range(len(counts)) if counts[place]), key=lambda place: -counts[place])
    order = order[: len(MAP_KINDS)]
    label_of = state.labelling.by_id()
    place_of = {state.labels[place]: at for at, place in enumerate(order)}
    classes = [place_of.get(label_of.get(int(item_id), ""), -1) for item_id in sample.ids]
    shown = [counts[place] for place in order]
    others = len(state.labelling.ids) - sum(shown)
    latent = LatentSpace(sample.names, sample.vectors, sample.ids)
    return _Mapped(latent, classes, [state.labels[place] for place in order], shown, others)


def _map(state: _State) -> None:
    found = _mapped(state)
    sample_note(len(found.latent), len(state.labelling.ids), PLURAL[state.modality])
    st.html(_legend(found))
    explore(_KEY, found.latent, state.space, classes=found.classes, class_names=found.names)


def _legend(found: _Mapped) -> str:
    named = [f"<b>{in_html(name)}</b>" for name in found.names]
    rows = list(zip(range(len(named)), named, found.counts, strict=True))
    others = [(-1, "others, or none of these", found.others)] if found.others else []
    return class_legend([*rows, *others], "ns-label-keys")


def _folders(state: _State) -> str:
    found = confusion(state.labelling, state.reference.snapshot, state.modality)
    columns = [place for place in range(len(found.labels)) if found.counts[:, place].any() or place in found.truth]
    heads = "".join(
        '<th scope="col"><span class="ns-name ns-upright" dir="auto">'
        f"{in_html(found.labels[place] or 'none')}</span></th>"
        for place in columns
    )
    rows = ""
    shown = found.largest(_SHOWN_FOLDERS)
    for row in shown:
        total = max(int(found.counts[row].sum()), 1)
        cells = "".join(_confused(found, row, place, total) for place in columns)
        name = in_html(snippet(found.folders[row].replace("_", " "), 24))
        rows += f'<tr><th scope="row"><span class="ns-name" dir="auto">{name}</span></th>{cells}</tr>'
    text = _accuracy(found, state.modality)
    if others := len(found.folders) - len(shown):
        sums = found.counts.sum(axis=0) - found.counts[shown].sum(axis=0)
        cells = "".join(f"<td>{int(sums[place]) or ''}</td>" for place in columns)
        name = f"{others:,} smaller"
        rows += f'<tr class="ns-others"><th scope="row"><span class="ns-name">{name}</span></th>{cells}</tr>'
        text += (
            f" The {len(shown)} largest of {len(found.folders):,} folders have a row each; "
            "the last row sums up all others."
        )
    return (
        f'<div class="ns-lab-text"><p>{in_html(text)}</p></div>'
        f'<div class="ns-scroll"><table class="ns-matrix ns-confusion" style="--columns:{len(columns)}" '
        f'aria-label="Folders against labels"><thead><tr><td>folder</td>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>{_cell(state, found)}"
    )


def _confused(found: Confusion, row: int, place: int, total: int) -> str:
    count = int(found.counts[row, place])
    right = found.truth[row] == place
    percent, strong = shade(count / total)
    if not count:
        return f'<td class="{"ns-right" if right else ""}"></td>'
    name = in_html(f"{count} of {found.folders[row]} named {found.labels[place] or 'nothing'}")
    button = (
        f'<button class="{"ns-strong" if strong else ""}" style="--share:{percent}%" '
        f'{action_attribute("mixed", f"{row}-{place}")} title="{name}" aria-label="{name}">{count}</button>'
    )
    return f'<td class="{"ns-right" if right else ""}">{button}</td>'


def _accuracy(found: Confusion, modality: Modality) -> str:
    if found.accuracy is None:
        return "No label is called as a folder is, so that nothing can be right or wrong: the squares only count."
    right = round(found.accuracy * found.judged)
    text = (
        f"{right:,} of {count_of(found.judged, modality)} ({found.accuracy:.0%}) got exactly the label that their "
        f"folder is called by; guessing would get {1 / max(len(found.labels), 1):.0%}."
    ).replace("%", " %")
    wrong = found.counts.copy()
    for row, place in enumerate(found.truth):
        wrong[row, place if place != NONE else slice(None)] = 0
    if wrong.max(initial=0) > 0:
        row, place = (int(at) for at in np.unravel_index(int(wrong.argmax()), wrong.shape))
        label = found.labels[place] or "none"
        text += f" Most often mistaken: {wrong[row, place]} of “{found.folders[row]}” for “{label}”."
    return text


def _cell(state: _State, found: Confusion) -> str:
    """The items of the square that the URL names."""
    at = _numbers(url_state.value(_CELL))
    if not at or at[0] >= len(found.folders) or at[1] >= len(found.labels):
        return f'<div class="ns-note ns-hint">Click a square to see its {PLURAL[state.modality]}.</div>'
    folder, label = found.folders[at[0]], found.labels[at[1]]
    group = state.reference.snapshot.groups[state.modality]
    names = [name.rsplit("/", 1)[-1] for name in state.reference.snapshot.folder_names]
    place = NONE if not label else at[1]
    rows = [
        row
        for row in np.flatnonzero(state.labelling.chosen == place).tolist()
        if names[int(group.folders[row])] == folder
    ]
    ids = [str(group.ids[row]) for row in rows[:_SHOWN_OF_CELL]]
    pictures = "".join(_small(state.space, ids).values())
    title = f"In the folder “{folder}”, named “{label or 'none of these'}”"
    return f'<div class="ns-section" dir="auto">{in_html(title)}</div><div class="ns-strip">{pictures}</div>'


def _numbers(written: str) -> tuple[int, int] | None:
    parts = written.split("-")
    if len(parts) != 2 or not all(part.isascii() and part.isdecimal() and len(part) < 8 for part in parts):
        return None
    return int(parts[0]), int(parts[1])


SECTION = Section(
    "labels",
    "Name it",
    "Write down any names you like: everything here gets the one that is closest in meaning. Nobody has taught the "
    "computer these names; it only compares meanings.",
    _draw,
    _markup,
    actions={"mixed": _cell_picked},
)
