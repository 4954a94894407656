"""The neighbours of an item, by true distances in the space, and its position on a small map."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from ingest.space import Item
from search_app.components.map.small_map import small_map
from search_app.components.shared import page_url
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import MEASURES, PLURAL, headline, in_markdown, snippet
from search_app.components.shared.media import alt_text
from search_app.components.shared.page_layout import note, theme
from search_app.search.neighbours import Measure, Neighbour, nearest

_COUNT = 6
_MEASURE, _CENTRED = "neighbour-measure", "neighbour-centred"
_EXPLANATIONS = {
    False: "In the space as it is. All vectors have unit length there, so that both measures give the same order: "
    "distance² = 2 − 2 · cosine. Those of the other kind are far, for the two kinds lie in separate cones.",
    True: "Each kind without its mean, so that pictures and passages can be compared. Without it vectors differ in "
    "length, and so the two measures in their order: cosine compares directions alone.",
}


def neighbours_section(space: AppSpace, item: Item) -> None:
    """Draw an item's nearest images and passages, by the measure that the visitor chooses."""
    with st.container(key="neighbour-controls", horizontal=True, vertical_alignment="center", gap="small"):
        measure = st.segmented_control(
            "Distance",
            list(MEASURES),
            key=_MEASURE,
            default="cosine",
            required=True,
            format_func=MEASURES.__getitem__,
            label_visibility="collapsed",
        )
        centred = st.toggle("Centred", key=_CENTRED, value=True)
    snapshot = space.searcher.vectors.now()
    near = nearest(snapshot, item.id, measure or "cosine", centred=centred, count=_COUNT)
    ids = [neighbour.id for own in near.values() for neighbour in own]
    items = {other.id: other for other in space.ledger.items.get(ids)}
    with st.container(key="neighbours", gap="xsmall"):
        for modality, own in near.items():
            existing = [(items[each.id], _value(each, measure or "cosine")) for each in own if each.id in items]
            if existing:
                st.html(f'<div class="ns-eyebrow">Nearest {PLURAL[modality]}</div>')
                (_image_row if modality == "image" else _passage_rows)(space, existing)
    note(_EXPLANATIONS[centred])


def map_section(space: AppSpace, item: Item) -> None:
    """Draw an item's position on a small map, with its nearest images and passages."""
    snapshot = space.searcher.vectors.now()
    near = nearest(snapshot, item.id, centred=True, count=_COUNT)
    ids = [neighbour.id for own in near.values() for neighbour in own]
    projection = space.searcher.projections(snapshot).of(False)
    figure = small_map(snapshot, projection, item.id, ids, theme())
    if figure is None:
        note("It has left the space.")
        return
    st.plotly_chart(
        figure, key="neighbour-map", config={"displayModeBar": False}, width="stretch", alt="Where it lies on the map"
    )
    shares = " + ".join(f"{100 * share:.1f}" for share in projection.kept[:2])
    note(
        f"The star is this item, the large marks are its {_COUNT} nearest pictures (dots) and passages (diamonds) by "
        f"centred cosine. The map keeps {shares} % of the variance: what is near on it need not be near in the space."
    )


def _value(neighbour: Neighbour, measure: Measure) -> str:
    return f"{neighbour.cosine if measure == 'cosine' else neighbour.distance:.3f}"


def _image_row(space: AppSpace, near: Sequence[tuple[Item, str]]) -> None:
    with st.container(key="neighbour-images", horizontal=True):
        for item, value in near:
            with st.container(key=f"neighbour-one-{item.id}"):
                if small := space.thumbnail(item):
                    st.image(small.jpeg, alt=alt_text(item), width="stretch")
                _details_button(item, value, help=in_markdown(headline(item)))


def _passage_rows(space: AppSpace, near: Sequence[tuple[Item, str]]) -> None:
    for item, value in near:
        with st.container(key=f"neighbour-text-{item.id}", horizontal=True, vertical_alignment="center", wrap=False):
            _details_button(item, in_markdown(snippet(item.text, 75)) or "a passage", width="stretch")
            st.html(f'<div class="ns-number">{value}</div>', width="content")


def _details_button(item: Item, label: str, **options: Any) -> None:
    """Draw a button that shows the details of another item instead of these."""
    key = f"neighbour-open-{item.id}"
    st.button(label, key=key, type="tertiary", on_click=page_url.open_details, args=(item.id,), **options)
