"""Keeps Chroma in step with the ledger: finishes what was interrupted, and rebuilds what is broken."""

from collections.abc import Callable

import numpy as np

from ingest.errors import ServerError, ServerUnreachable
from ingest.readers.draft import MODALITIES
from ingest.space.chroma.collections import Collections
from ingest.space.ledger import Ledger

Progress = Callable[[int, int], None]
"""Receives (items done, items in all)."""

_PIECE = 2_000  # items a step: bounds memory, and gives progress something to show
_PROBES = 16
MAY_MISS = 0.25
"""Share of probes that a sound index may miss: thousands of equal vectors can hide others from the graph."""
_SAME_VECTOR = 1e-3  # cosine distance, or difference of a component, under which vectors are the same


def catch_up(ledger: Ledger, collections: Collections, progress: Progress | None = None) -> int:
    """Tell Chroma what the ledger has and it has not, and take out what was removed; returns how many items.

    Only the holder of the space's write lock may call this.
    """
    total = ledger.pending.count()
    done = 0
    while removed := ledger.pending.to_delete(_PIECE):
        for modality in MODALITIES:
            collections.delete(modality, [item_id for item_id, kind in removed if kind == modality])
        ledger.pending.purge([item_id for item_id, _ in removed])
        done += len(removed)
        if progress:
            progress(done, total)
    while items := ledger.pending.to_upsert(_PIECE):
        for modality in MODALITIES:
            chosen = [item for item in items if item.modality == modality]
            if chosen:
                collections.upsert(modality, chosen, ledger.items.vectors_of([item.id for item in chosen]))
        ledger.pending.mark_indexed([item.id for item in items])
        done += len(items)
        if progress:
            progress(done, total)
    return done


def what_is_wrong(ledger: Ledger, collections: Collections) -> str:
    """Say how Chroma disagrees with the ledger, or '' when counts agree and sampled items find themselves.

    Raises:
        ServerUnreachable: a server of the user's own does not answer, which tells nothing of its index.
    """
    for modality, (sure, perhaps) in ledger.pending.indexed_counts().items():
        try:
            count = collections.count(modality)
        except ServerUnreachable:
            raise
        except ServerError as error:
            return f"Chroma cannot count its {modality} items ({error})"
        if not sure <= count <= sure + perhaps:
            return f"Chroma has {count:,} {modality} items and the ledger {sure:,}"
        ids = ledger.pending.indexed_sample(modality, _PROBES)
        if not ids:
            continue
        vectors = ledger.items.vectors_of(ids)
        try:
            theirs = collections.vectors(modality, ids)
            hits = collections.query(modality, vectors, 1)
        except ServerUnreachable:
            raise
        except ServerError as error:
            return f"Chroma cannot search its {modality} items ({error})"
        # One like it can stand where an item itself is lost, so the search alone does not tell.
        for name, vector in zip(ids, vectors, strict=True):
            if name not in theirs or not np.abs(theirs[name] - vector).max() <= _SAME_VECTOR:
                return f"Chroma has not the {modality} vectors that the ledger has"
        nearest = np.array([row[0][1] if row else -1.0 for row in hits])
        if (nearest < 1.0 - _SAME_VECTOR).mean() > MAY_MISS:
            return f"Chroma does not find {modality} items by their own vectors"
    return ""


def rebuild(ledger: Ledger, collections: Collections, progress: Progress | None = None) -> int:
    """Make both collections anew from the ledger's vectors; returns how many items they have."""
    collections.start_over()
    ledger.pending.mark_all()
    return catch_up(ledger, collections, progress)
