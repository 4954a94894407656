"""The family of latent spaces: different ways to squeeze the same collection into few numbers."""

import streamlit as st

from search_app.components.lab import url_state
from search_app.components.lab.latent_spaces import (
    autoencoder,
    image_features,
    linear_autoencoder,
    quantisation,
    topic_models,
    word_embedding,
)
from search_app.components.lab.latent_spaces.base import Kind
from search_app.components.lab.sections import Section
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import in_html
from search_app.search.snapshot import Snapshot

_KIND = "family"
KINDS = (
    word_embedding.KIND,
    image_features.KIND,
    topic_models.KIND,
    autoencoder.KIND,
    linear_autoencoder.KIND,
    quantisation.KIND,
)
"""In the order in which they are told."""


def _draw(space: AppSpace, snapshot: Snapshot) -> None:
    now = _chosen()
    url_state.switch(_KIND, "Kind of latent space", {kind.key: kind.title for kind in KINDS}, now.key)
    st.html(f'<p class="ns-family-told">{in_html(now.told)}</p>')
    now.draw(space, snapshot)


def _chosen() -> Kind:
    return next((kind for kind in KINDS if kind.key == url_state.one(_KIND)), KINDS[0])


def _handed(space: AppSpace, snapshot: Snapshot) -> str:
    now = _chosen()
    told = f'<p class="ns-family-told"><b>{in_html(now.title)}.</b> {in_html(now.told)}</p>'
    return told + now.handed(space, snapshot)


SECTION = Section(
    "family",
    "A family of such spaces",
    "Turning things into a few numbers that keep their likeness is an old idea with many children. Here are six of "
    "them, each made from this collection: look at the map, pick a point, and see what it lies close to.",
    _draw,
    handed=_handed,
)
