"""Principal components as a linear autoencoder: how few numbers would do."""

import streamlit as st

from ingest.readers.draft import Modality
from search_app.components.lab.latent_spaces.charts import Line, line_chart
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
from search_app.lab.latent_spaces.linear_autoencoder import NEIGHBOURS, ReconstructionResult, measure_reconstruction
from search_app.search.snapshot import Snapshot

_MOST = 5_000


def _draw(space: AppSpace, snapshot: Snapshot) -> None:
    for modality in sampled_modalities(snapshot):
        there = len(snapshot.groups[modality])
        st.html(f'<div class="ns-section">{PLURAL[modality].capitalize()}</div>')
        found = _rebuilt(*cache_key(space, snapshot), modality, snapshot)
        left, right = st.columns([1.45, 1], gap="medium")
        with left:
            st.html(_chart(found, f"var(--ns-{modality})"))
        with right:
            st.html(_table(found))
            sample_note(min(there, _MOST), there, PLURAL[modality])
    st.html(
        '<div class="ns-note">The search here never does this: it compares whole vectors. The map does: what it '
        "draws are the first two or three of these numbers.</div>"
    )


def _handout(space: AppSpace, snapshot: Snapshot) -> str:
    return by_modality(snapshot, lambda modality: _table(_rebuilt(*cache_key(space, snapshot), modality, snapshot)))


@st.cache_resource(show_spinner="Rebuilding the vectors …", max_entries=8)
def _rebuilt(folder: str, revision: int, modality: Modality, _snapshot: Snapshot) -> list[ReconstructionResult]:
    return measure_reconstruction(sampled(_snapshot, modality, _MOST))


def _chart(found: list[ReconstructionResult], colour: str) -> str:
    kept = Line("of the differences", [100 * (1 - one.error) for one in found], colour)
    neighbours = Line("of the nearest", [100 * one.recall for one in found], colour, dashed=True)
    places = [str(one.components) for one in found]
    return line_chart([kept, neighbours], places, along="numbers kept of each", up="per cent kept", top=100, dots=True)


def _table(found: list[ReconstructionResult]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{one.components}</th><td>{100 * one.error:.1f} %</td>'
        f"<td>{100 * one.recall:.0f} %</td></tr>"
        for one in found
    )
    heads = f'<th scope="col">numbers</th><th scope="col">lost</th><th scope="col">{NEIGHBOURS} nearest kept</th>'
    return f'<table class="ns-numbers"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'


VIEW = LatentSpaceView(
    "pca",
    "Principal components",
    "Principal component analysis is the simplest autoencoder there is: it squeezes each vector to a few numbers by "
    "looking along the directions in which the collection spreads most, and unfolds it again in a straight line. "
    "Keep few numbers, and only the coarse differences survive. Below is how many it takes until the nearest "
    "neighbours come back.",
    _draw,
    _handout,
)
