"""The features of an image network before alignment, beside the shared space: which neighbours change."""

import numpy as np
import streamlit as st

from ingest.space import Item
from search_app.components.lab import url_state
from search_app.components.lab.item_labels import image_tag, item_label
from search_app.components.lab.latent_spaces.explorer import explore, explorer_markup
from search_app.components.lab.latent_spaces.samples import (
    MAX_PICTURES,
    cache_key,
    sample_items,
    sample_note,
    sample_pictures,
)
from search_app.components.lab.latent_spaces.view import LatentSpaceView
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import headline, in_html, snippet
from search_app.lab.latent_spaces.image_features import image_features
from search_app.lab.latent_spaces.latent_space import Floats, LatentSpace, neighbours_kept
from search_app.search.snapshot import Snapshot

_SIDE = "family-features-of"
_CHANGED = 4


def _draw(space: AppSpace, snapshot: Snapshot) -> None:
    before, after = _both(*cache_key(space, snapshot), space, snapshot)
    sides = {"": "Before alignment", "shared": "Shared space"}
    url_state.switch(_SIDE, "Which space", sides, "shared" if _shared() else "")
    explore("features", after if _shared() else before, space)
    sample_note(len(before), len(snapshot.groups["image"]), "pictures")
    kept = neighbours_kept(before, after)
    st.html(
        f'<div class="ns-section">What alignment changes<small>of ten neighbours, {10 * kept.mean():.1f} stay on '
        "average; below are the pictures whose company changes most</small></div>"
    )
    st.html(_changes(space, before, after, kept))


@st.cache_resource(show_spinner="Looking at the pictures …", max_entries=3)
def _both(folder: str, revision: int, _space: AppSpace, _snapshot: Snapshot) -> tuple[LatentSpace, LatentSpace]:
    sample, pictures = sample_pictures(_space, sample_items(_space, _snapshot, "image", MAX_PICTURES))
    features = image_features(pictures, _space.manifest.encoder)
    return LatentSpace(sample.names, features, sample.ids), LatentSpace(sample.names, sample.vectors, sample.ids)


def _handout(space: AppSpace, snapshot: Snapshot) -> str:
    before, after = _both(*cache_key(space, snapshot), space, snapshot)
    shown = explorer_markup("features", after if _shared() else before, space)
    title = "<h4>What alignment changes</h4>"
    return f"{shown}{title}{_changes(space, before, after, neighbours_kept(before, after))}"


def _shared() -> bool:
    return url_state.value(_SIDE) == "shared"


def _changes(space: AppSpace, before: LatentSpace, after: LatentSpace, kept: Floats) -> str:
    """The pictures whose neighbours change most, with their nearest ones in both spaces, as markup."""
    shown = ""
    for row in np.argsort(kept, kind="stable")[:_CHANGED].tolist():
        near = [[one.row for one in each.neighbours(row, 4, "cosine")] for each in (before, after)]
        ids = [before.item_ids[place] for place in (row, *near[0], *near[1])]
        items = {item.id: item for item in space.ledger.items.get(ids)}

        def tag(place: int, items: dict[str, Item] = items) -> str:
            item = items.get(before.item_ids[place])
            return image_tag(item_label(space, item)) if item else ""

        own = items.get(before.item_ids[row])
        name = in_html(snippet(headline(own), 40)) if own else ""
        lines = "".join(
            f"<dt>{title}</dt><dd>{''.join(tag(place) for place in places)}</dd>"
            for title, places in (("before", near[0]), ("shared", near[1]))
        )
        shown += (
            f'<figure class="ns-change">{tag(row)}<figcaption dir="auto">{name}</figcaption><dl>{lines}</dl></figure>'
        )
    return f'<div class="ns-changes">{shown}</div>'


VIEW = LatentSpaceView(
    "features",
    "Image features",
    "A network that was taught to name what is in photos describes every picture by what its last layer sees: shapes, "
    "textures, parts of things. That is a latent space of looks, and it knows no words. Alignment then carries it to "
    "where the words are, and some neighbours change: what looks alike makes way for what means the same.",
    _draw,
    _handout,
)
