"""Keeps Chroma in step with the ledger: finishes what was interrupted, and rebuilds what is broken."""

from collections.abc import Callable

import numpy as np

from ingest.errors import ServerError, ServerUnreachable
from ingest.readers.draft import MODALITIES
from ingest.space.chroma.collections import Collections
from ingest.space.ledger import Ledger

Progress = Callable[[int, int], None]
"""Receives (items done, items in all)."""

_CHUNK = 2_000  # items at a time: bounds memory, and gives progress something to show
_PROBES = 16
MAX_MISSED_SHARE = 0.25
"""Share of probes that a sound index may miss: thousands of equal vectors can hide others in the graph."""
_SAME_VECTOR = 1e-3  # cosine distance, or difference of a component, under which vectors are the same


def catch_up(ledger: Ledger, collections: Collections, progress: Progress | None = None) -> int:
    """Upsert pending items to Chroma and delete removed ones; returns how many.

    For the holder of the space's write lock.
    """
    total = ledger.pending.count()
    done = 0
    while removed := ledger.pending.to_delete(_CHUNK):
        for modality in MODALITIES:
            collections.delete(modality, [item_id for item_id, kind in removed if kind == modality])
        ledger.pending.purge([item_id for item_id, _ in removed])
        done += len(removed)
        if progress:
            progress(done, total)
    while items := ledger.pending.to_upsert(_CHUNK):
        for modality in MODALITIES:
            chosen = [item for item in items if item.modality == modality]
            if chosen:
                collections.upsert(modality, chosen, ledger.items.vectors_of([item.id for item in chosen]))
        ledger.pending.mark_indexed([item.id for item in items])
        done += len(items)
        if progress:
            progress(done, total)
    return done


def find_problem(ledger: Ledger, collections: Collections) -> str:
    """How Chroma differs from the ledger; '' when counts agree and sampled items find themselves.

    Raises:
        ServerUnreachable: a server of the user's own does not answer, which says nothing about its index.
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
        # An equal item can hide that the item itself is lost, so a search alone does not tell.
        for name, vector in zip(ids, vectors, strict=True):
            if name not in theirs or not np.abs(theirs[name] - vector).max() <= _SAME_VECTOR:
                return f"Chroma has not the {modality} vectors that the ledger has"
        nearest = np.array([row[0][1] if row else -1.0 for row in hits])
        if (nearest < 1.0 - _SAME_VECTOR).mean() > MAX_MISSED_SHARE:
            return f"Chroma does not find {modality} items by their own vectors"
    return ""


def rebuild(ledger: Ledger, collections: Collections, progress: Progress | None = None) -> int:
    """Create both collections again from the ledger's vectors; returns how many items they have."""
    collections.recreate()
    ledger.pending.mark_all()
    return catch_up(ledger, collections, progress)
