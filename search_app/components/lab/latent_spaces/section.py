"""The section of latent spaces: different ways to represent the same collection by a few numbers."""

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
from search_app.components.lab.latent_spaces.view import LatentSpaceView
from search_app.components.lab.sections import Section
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import in_html
from search_app.components.shared.page_layout import part
from search_app.search.snapshot import Snapshot

_VIEW = "family"
VIEWS = (
    word_embedding.VIEW,
    image_features.VIEW,
    topic_models.VIEW,
    autoencoder.VIEW,
    linear_autoencoder.VIEW,
    quantisation.VIEW,
)
"""The latent spaces, in the order of the page: one line for each module."""


def _draw(space: AppSpace, snapshot: Snapshot) -> None:
    now = _selected()
    url_state.switch(_VIEW, "Kind of latent space", {view.key: view.title for view in VIEWS}, now.key)
    with part("family", now.key):
        st.html(f'<p class="ns-family-description">{in_html(now.description)}</p>')
        now.draw(space, snapshot)


def _selected() -> LatentSpaceView:
    return next((view for view in VIEWS if view.key == url_state.value(_VIEW)), VIEWS[0])


def _handout(space: AppSpace, snapshot: Snapshot) -> str:
    now = _selected()
    head = f'<p class="ns-family-description"><b>{in_html(now.title)}.</b> {in_html(now.description)}</p>'
    return head + now.handout(space, snapshot)


SECTION = Section(
    "family",
    "A family of such spaces",
    "Turning things into a few numbers that keep their likeness is an old idea with many children. Here are six of "
    "them, each made from this collection: look at the map, pick a point, and see what it lies close to.",
    _draw,
    handout=_handout,
)
