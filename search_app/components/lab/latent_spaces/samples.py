"""Samples of the collection from which latent spaces are made."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from ingest.errors import SpaceError
from ingest.readers.draft import Modality
from ingest.space import Item
from ingest.space.steady_sample import steady_sample
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import PLURAL, headline
from search_app.lab.latent_spaces.topic_models import MIN_TEXTS
from search_app.search.modality_items import ModalityItems
from search_app.search.passage_quality import reads_like_prose
from search_app.search.snapshot import Snapshot

MAX_PICTURES = 600
MAX_TEXTS = 3_000
MIN_ITEMS = 3
"""Items of a modality that a latent space needs at least."""


@dataclass(frozen=True)
class Sample:
    """Items with their vectors."""

    items: tuple[Item, ...]
    vectors: NDArray[np.float32]
    """Unit rows, shape (len(items), dimension)."""

    @property
    def ids(self) -> tuple[str, ...]:
        """Of the items."""
        return tuple(item.id for item in self.items)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the items; untrusted."""
        return tuple(headline(item) for item in self.items)


def sample_items(space: AppSpace, snapshot: Snapshot, modality: Modality, most: int, *, prose: bool = False) -> Sample:
    """At most `most` items of a modality, mostly the same ones as the space grows.

    With `prose`, passages that do not read like it are left out, where enough others remain.
    Raises SpaceError where there are fewer than MIN_ITEMS.
    """
    group = snapshot.groups.get(modality)
    rows = _sampled_rows(group, most, prose) if group is not None else np.empty(0, np.int64)
    items = space.ledger.items.get([str(group.ids[row]) for row in rows]) if group is not None else []
    if group is None or len(items) < MIN_ITEMS:
        what = "pictures" if modality == "image" else "documents"
        raise SpaceError(f"There are too few {what} in this space for this. Ingest more {what}.")
    places = group.rows_of(np.array([int(item.id) for item in items], np.int64))
    return Sample(tuple(items), group.vectors[places])


def prose_rows(group: ModalityItems) -> NDArray[np.int64]:
    """The rows of passages that read like prose, as far as it is known; all where fewer than MIN_TEXTS do."""
    rows = np.flatnonzero(reads_like_prose(group))
    return rows if len(rows) >= MIN_TEXTS else np.arange(len(group))


def _sampled_rows(group: ModalityItems, most: int, prose: bool) -> NDArray[np.int64]:
    rows = prose_rows(group) if prose else np.arange(len(group))
    return rows[steady_sample(group.ids[rows], most)]


def sampled_modalities(snapshot: Snapshot) -> list[Modality]:
    """The modalities with at least MIN_ITEMS items.  Raises SpaceError where there are none."""
    found = [modality for modality, group in snapshot.groups.items() if len(group) >= MIN_ITEMS]
    if not found:
        raise SpaceError("There are too few pictures and documents in this space for this. Ingest more.")
    return found


def by_modality(snapshot: Snapshot, table: Callable[[Modality], str]) -> str:
    """The tables of all such modalities side by side, each with its heading, as markup."""
    parts = (f"<div><h4>{PLURAL[name].capitalize()}</h4>{table(name)}</div>" for name in sampled_modalities(snapshot))
    return f'<div class="ns-side-by-side">{"".join(parts)}</div>'


def sampled(snapshot: Snapshot, modality: Modality, most: int) -> NDArray[np.float32]:
    """The vectors of at most `most` items of a modality, shape (n, dimension)."""
    group = snapshot.groups[modality]
    return group.vectors[steady_sample(group.ids, most)]


def sample_pictures(space: AppSpace, sample: Sample) -> tuple[Sample, list[Image.Image]]:
    """The items that have a thumbnail, and the thumbnails."""
    small = [space.thumbnail(item) for item in sample.items]
    there = [place for place, one in enumerate(small) if one is not None]
    kept = Sample(tuple(sample.items[place] for place in there), sample.vectors[there])
    return kept, [one.picture() for one in small if one is not None]


def cache_key(space: AppSpace, snapshot: Snapshot) -> tuple[str, int]:
    """The key of a cached result: the space and its revision."""
    return str(space.folder), snapshot.revision


def sample_note(shown: int, all_there: int, what: str, left_out: int = 0) -> None:
    """Draw a note where only a sample is shown, or where some that are no prose were left out."""
    notes = []
    if shown < all_there - left_out:
        notes.append(f"A steady sample: {shown:,} of {all_there - left_out:,} {what}.")
    if left_out:
        notes.append(f"Left out: {left_out:,} {what} that are lists, tables or licence texts.")
    if notes:
        st.html(f'<div class="ns-note">{" ".join(notes)}</div>')
