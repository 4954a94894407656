"""Retrieval quality of the collection, for one space or several side by side."""

from collections.abc import Mapping, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ingest.encoders.base import Encoder
from ingest.errors import NearspaceError
from search_app.components.lab import encoder_comparison, url_state
from search_app.components.lab.evaluation_table import table
from search_app.components.lab.item_labels import ItemLabel, image_tag, item_label
from search_app.components.lab.sections import Section
from search_app.components.shared import page_layout
from search_app.components.shared.app_space import AppSpace, choose_space, open_app_space
from search_app.components.shared.formatting import in_html, snippet
from search_app.components.shared.open_page import loaded_encoder
from search_app.lab.evaluation import RetrievalDirection, RetrievalMiss, Truth, by_captions, by_folders
from search_app.search.snapshot import Snapshot

_TRUTH, _BESIDE, _WAY = "quality", "quality-beside", "quality-way"
_TRUTHS: dict[str, Truth] = {"": "captions", "folders": "folders"}


def _draw(space: AppSpace, snapshot: Snapshot) -> None:
    truth = _truth()
    others = [name for name in choose_space().existing if name != space.name]
    beside = [name for name in url_state.values(_BESIDE) if name in others]
    bar = _controls(truth, others, beside)
    spaces = [space, *_open_others(space, beside)]
    found = {one.name: _directions(one, truth) for one in spaces}
    if not found[space.name]:
        _no_truth_notice(truth)
        return
    with bar:
        encoder_comparison.encoder_picker(space, snapshot, _TRUTHS[truth])
    st.html(table([(_title(one), found[one.name]) for one in spaces]))
    what = (
        "Each caption asks for its picture among all, and each picture for its caption."
        if not truth
        else "Each item asks for items of folders of its folder's name; at most 1,000 ask."
    )
    st.html(
        f'<div class="ns-note">{what} At 1, 5 and 10: the share of questions with something right among that many '
        "first answers. nDCG: how well the first ten are ordered, from 0 to 1.</div>"
    )
    encoder_comparison.draw(space, snapshot, _TRUTHS[truth])
    _draw_misses(space, found[space.name])


def _truth() -> str:
    """The ground truth that the URL names: `folders`, or '' for captions."""
    return url_state.value(_TRUTH) if url_state.value(_TRUTH) in _TRUTHS else ""


def _title(space: AppSpace) -> str:
    return f"{space.name} · {space.manifest.encoder.id}"


def _handout(space: AppSpace, snapshot: Snapshot) -> str:
    truth = _truth()
    found = _directions(space, truth)
    if not found:
        return '<p class="ns-note">Nothing here says what belongs together.</p>'
    missed = _missed(found)
    misses = _miss_cards(space, missed[_direction_name(missed)]) if missed else ""
    return f"{table([(_title(space), found)])}{encoder_comparison.handout(space, snapshot, _TRUTHS[truth])}{misses}"


def _controls(truth: str, others: Sequence[str], beside: Sequence[str]) -> DeltaGenerator:
    """Draw the controls; returns their row, to which more can be added."""
    st.session_state[_BESIDE] = list(beside)
    bar = st.container(horizontal=True, gap="medium", vertical_alignment="center", key="quality-bar")
    with bar:
        titles = {value: name.capitalize() for value, name in _TRUTHS.items()}
        url_state.switch(_TRUTH, "What belongs together", titles, truth)
        if others:
            st.multiselect(
                "Beside it",
                others,
                key=_BESIDE,
                placeholder="beside other spaces",
                label_visibility="collapsed",
                width=340,
                help="Ingest the same folders into another space with another encoder to compare the two.",
                on_change=lambda: url_state.set_param(_BESIDE, st.session_state[_BESIDE]),
            )
    return bar


def _open_others(space: AppSpace, names: Sequence[str]) -> list[AppSpace]:
    there = []
    for name in names:
        try:
            there.append(open_app_space(space.home, name))
        except NearspaceError as error:
            page_layout.error_notice(f"The space {name} cannot be opened", error)
    return there


def _directions(space: AppSpace, truth: str) -> list[RetrievalDirection]:
    snapshot = space.searcher.vectors.now()
    encoder = None if truth else loaded_encoder(space)
    return _cached(str(space.folder), snapshot.revision, truth, space, snapshot, encoder)


@st.cache_resource(show_spinner="Asking a thousand questions …", max_entries=16)
def _cached(
    folder: str, revision: int, truth: str, _space: AppSpace, _snapshot: Snapshot, _encoder: Encoder | None
) -> list[RetrievalDirection]:
    return by_captions(_space.ledger, _snapshot, _encoder) if _encoder is not None else by_folders(_snapshot)


def _missed(directions: Sequence[RetrievalDirection]) -> dict[str, RetrievalDirection]:
    """The directions that have misses, by name."""
    return {one.name: one for one in directions if one.misses}


def _direction_name(missed: Mapping[str, RetrievalDirection]) -> str:
    """The direction whose misses the URL names."""
    return url_state.value(_WAY) if url_state.value(_WAY) in missed else next(iter(missed))


def _draw_misses(space: AppSpace, directions: Sequence[RetrievalDirection]) -> None:
    missed = _missed(directions)
    if not missed:
        st.html('<div class="ns-note">Every question found a right answer first.</div>')
        return
    st.html('<div class="ns-section">The worst misses<small>where the right answer came late</small></div>')
    way = _direction_name(missed)
    url_state.switch(_WAY, "Direction", {name: name for name in missed}, way)
    st.html(_miss_cards(space, missed[way]))


def _miss_cards(space: AppSpace, direction: RetrievalDirection) -> str:
    cards = "".join(_miss(space, direction, miss) for miss in direction.misses)
    return f'<div class="ns-misses">{cards}</div>'


def _miss(space: AppSpace, direction: RetrievalDirection, miss: RetrievalMiss) -> str:
    parts = (("asked", miss.question), ("came first", miss.first), (f"right, at place {miss.rank:,}", miss.right))
    cells = "".join(
        f"<figure><figcaption>{title}</figcaption>{_label_markup(_miss_label(space, name))}</figure>"
        for title, name in parts
    )
    return f'<div class="ns-miss">{cells}</div>'


def _miss_label(space: AppSpace, name: str) -> ItemLabel:
    """The label of the item of that id, or of a caption."""
    items = space.ledger.items.get([name]) if name.isdecimal() else []
    return item_label(space, items[0]) if items else ItemLabel(name, name, picture=False)


def _label_markup(label: ItemLabel) -> str:
    return image_tag(label) or f'<blockquote dir="auto">{in_html(snippet(label.words or label.name, 140))}</blockquote>'


def _no_truth_notice(truth: str) -> None:
    if not truth:
        page_layout.notice(
            "No picture here has a caption",
            "A text beside a picture with the same name is its caption: cat.txt beside cat.jpg. "
            "Or let the folders say what belongs together.",
        )
    else:
        page_layout.notice(
            "The folders tell nothing apart",
            "At least two folders with two items each are needed. Or let captions say what belongs together.",
        )


SECTION = Section(
    "quality",
    "How well does it find?",
    "Let the collection examine itself. Captions, or the folders that things lie in, say what belongs together; then "
    "everything asks for its own, and we count how often the right answer comes first, and look at where it does not.",
    _draw,
    handout=_handout,
)
