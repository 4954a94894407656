"""The same search with vectors of fewer bits."""

import streamlit as st

from ingest.readers.draft import Modality
from search_app.components.lab.latent_spaces.samples import (
    by_modality,
    cache_key,
    sample_note,
    sampled,
    sampled_modalities,
)
from search_app.components.lab.latent_spaces.view import LatentSpaceView
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import PLURAL
from search_app.lab.latent_spaces.quantisation import QuantisationResult, measure_quantisation
from search_app.search.snapshot import Snapshot

_MOST = 50_000


def _draw(space: AppSpace, snapshot: Snapshot) -> None:
    for modality in sampled_modalities(snapshot):
        there = len(snapshot.groups[modality])
        st.html(f'<div class="ns-section">{PLURAL[modality].capitalize()}</div>')
        found = _quantised(*cache_key(space, snapshot), modality, snapshot)
        st.html(_table(found))
        sample_note(min(there, _MOST), there, PLURAL[modality])
    st.html(
        '<div class="ns-note">Measured now, on this machine, one question at a time, in numpy: only the rows of one '
        "table compare. The last row looks for a hundred candidates by their signs and ranks those by whole vectors, "
        "which is how very large collections are searched.</div>"
    )


def _handout(space: AppSpace, snapshot: Snapshot) -> str:
    return by_modality(snapshot, lambda modality: _table(_quantised(*cache_key(space, snapshot), modality, snapshot)))


@st.cache_resource(show_spinner="Searching with fewer bits …", max_entries=4)
def _quantised(folder: str, revision: int, modality: Modality, _snapshot: Snapshot) -> list[QuantisationResult]:
    return measure_quantisation(sampled(_snapshot, modality, _MOST))


def _table(found: list[QuantisationResult]) -> str:
    whole = found[0]
    rows = "".join(
        f'<tr><th scope="row">{one.kind}</th><td>{_size(one.bytes)}</td><td>{100 * one.bytes / whole.bytes:.0f} %</td>'
        f"<td>{one.milliseconds:.3f} ms</td><td>{100 * one.recall:.1f} %</td></tr>"
        for one in found
    )
    heads = "".join(
        f'<th scope="col">{name}</th>' for name in ("numbers as", "size", "of float32", "a question takes", "found")
    )
    return f'<table class="ns-numbers"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'


def _size(count: int) -> str:
    return f"{count / 1e6:,.1f} MB" if count >= 1e5 else f"{count / 1e3:,.1f} kB"


VIEW = LatentSpaceView(
    "bits",
    "Fewer bits",
    "Each number of a vector normally takes 32 bits. Rounding it to 16 or 8, or keeping nothing but whether it is "
    "above or below average, makes the collection 2, 4 or 32 times as small. How much of the search survives is "
    "measured here on your own vectors: of the ten nearest by full precision, how many are found still.",
    _draw,
    _handout,
)
