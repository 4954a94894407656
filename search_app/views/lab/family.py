"""The family of latent spaces: different ways to squeeze the same collection into few numbers."""

import streamlit as st

from search_app.search.snapshot import Snapshot
from search_app.views.lab import asked
from search_app.views.lab.kinds import autoencoders, components, features, quantising, topics, words
from search_app.views.lab.kinds.kind import Kind
from search_app.views.lab.story import Section
from search_app.views.resources import OpenSpace
from search_app.views.words import in_html

_KIND = "family"
KINDS = (words.KIND, features.KIND, topics.KIND, autoencoders.KIND, components.KIND, quantising.KIND)
"""In the order in which they are told."""


def _draw(space: OpenSpace, snapshot: Snapshot) -> None:
    now = _chosen()
    asked.switch(_KIND, "Kind of latent space", {kind.key: kind.title for kind in KINDS}, now.key)
    st.html(f'<p class="ns-family-told">{in_html(now.told)}</p>')
    now.draw(space, snapshot)


def _chosen() -> Kind:
    return next((kind for kind in KINDS if kind.key == asked.one(_KIND)), KINDS[0])


def _handed(space: OpenSpace, snapshot: Snapshot) -> str:
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
