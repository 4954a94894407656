"""Which items pass the filters of a question, as masks over a snapshot's items.

What is one of few values, or a number, is a column beside the vectors, and a filter on it is a comparison of a whole
column.  What needs text (phrases, titles, metadata) is looked up in the ledger's indexes, which name the items.
`search_app.search.query_schema` declares the filters; a new one needs its predicate here.
"""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ingest.readers.dominant_colours import colour_bits
from ingest.readers.draft import Modality
from ingest.space.ledger.search_index import SHAPES, day_number
from search_app.search.fields import MOST_PARTS
from search_app.search.full_text import phrase, quoted
from search_app.search.modality_items import ModalityItems
from search_app.search.query import Query
from search_app.search.query_schema import Filters as Filters
from search_app.search.snapshot import Snapshot

if TYPE_CHECKING:
    from ingest.space import Ledger
    from search_app.search.topics.model import Topics

_MOST_CACHED = 32  # filters whose masks are kept: a byte an item each


def with_quoted_phrases(query: Query) -> Filters:
    """The query's filters, with the phrases that stand in quotation marks in its text."""
    phrases = dict.fromkeys([*query.filters.exact, *quoted(query.text)])
    return replace(query.filters, exact=tuple(phrases)[:MOST_PARTS])


def item_masks(
    filters: Filters,
    snapshot: Snapshot,
    ledger: "Ledger",
    topics: "Topics | None" = None,
    selected: NDArray[np.int64] | None = None,
) -> dict[Modality, NDArray[np.bool_]]:
    """For each modality searched, which items pass the filters: a mask of shape (len(group),).

    A filter by topic needs the space's `topics`; without any, no item is of one.  A filter by selection needs the ids
    that are `selected`; without any, no item is.
    """
    looked_up = list(_looked_up(filters, ledger))
    if filters.selection:
        looked_up.append(np.empty(0, np.int64) if selected is None else selected)
    masks: dict[Modality, NDArray[np.bool_]] = {}
    for modality in filters.modalities_searched:
        if (group := snapshot.groups.get(modality)) is None:
            continue
        mask = np.ones(len(group), np.bool_)
        for part in _columns(filters, group, snapshot):
            mask &= part
        if filters.topic:
            mask &= topics.among(group, filters.topic) if topics else np.bool_(False)
        for ids in looked_up:
            part = np.zeros(len(group), np.bool_)
            part[group.rows_of(ids)] = True
            mask &= part
        masks[modality] = mask
    return masks


class Masks:
    """The masks of filters, cached for the newest snapshot; safe to share between threads."""

    def __init__(self, ledger: "Ledger") -> None:
        """Know no masks yet; `ledger` is what they are looked up in."""
        self._ledger = ledger
        self._lock = threading.Lock()
        self._revision = -1
        self._known: dict[Filters, tuple[Topics | None, dict[Modality, NDArray[np.bool_]]]] = {}

    def of(
        self,
        filters: Filters,
        snapshot: Snapshot,
        topics: "Topics | None" = None,
        selected: NDArray[np.int64] | None = None,
    ) -> dict[Modality, NDArray[np.bool_]]:
        """As `item_masks`; the masks are not to be written to."""
        if selected is not None:  # the selection of that name may change
            return item_masks(filters, snapshot, self._ledger, topics, selected)
        with self._lock:
            if self._revision != snapshot.revision:
                self._revision, self._known = snapshot.revision, {}
            known = self._known.get(filters)
        if known is not None and known[0] is topics:
            return known[1]
        masks = item_masks(filters, snapshot, self._ledger, topics)
        with self._lock:
            if self._revision == snapshot.revision:
                if len(self._known) >= _MOST_CACHED:
                    del self._known[next(iter(self._known))]
                self._known[filters] = topics, masks
        return masks


def _columns(filters: Filters, group: ModalityItems, snapshot: Snapshot) -> Iterator[NDArray[np.bool_]]:
    facets = group.facets
    if filters.folder:
        yield snapshot.in_folders(group, filters.folder)
    if filters.format:
        yield _among(facets.formats, snapshot.format_names, filters.format)
    if filters.after:
        yield facets.days >= day_number(filters.after)
    if filters.before:
        yield facets.days <= day_number(filters.before)
    for values, least, most in (
        (facets.pixels, filters.min_pixels, filters.max_pixels),
        (facets.bytes, filters.min_bytes, filters.max_bytes),
    ):
        if least:
            yield values >= least
        if most:
            yield (values <= most) & (values > 0)
    if filters.orientation:
        yield np.isin(facets.shapes, [SHAPES.index(name) for name in filters.orientation])
    if filters.dominant_colour:
        yield (facets.colours & colour_bits(",".join(filters.dominant_colour))) != 0
    if filters.has_caption:
        yield facets.captioned


def _among(codes: NDArray[np.integer], names: Sequence[str], chosen_names: Sequence[str]) -> NDArray[np.bool_]:
    chosen = np.array([*(name in chosen_names for name in names), False])  # the last stands for -1: not known
    return np.asarray(chosen[codes])


def _looked_up(filters: Filters, ledger: "Ledger") -> Iterator[NDArray[np.int64]]:
    expressions = [phrase(words) for words in filters.exact]
    if filters.title:
        expressions.append(phrase(filters.title, "title"))
    for expression in expressions:
        # Words without a letter or a digit are said nowhere.
        yield ledger.search_index.matching(expression) if expression else np.empty(0, np.int64)
    if filters.taken_after or filters.taken_before:
        yield ledger.search_index.taken_between(filters.taken_after, filters.taken_before)
    for pair in filters.where:
        # A command line may hold bytes that are no text, which SQLite would refuse.
        key, equals, value = pair.encode("utf-8", "replace").decode().partition("=")
        yield ledger.search_index.with_metadata(key.strip(), value.strip() if equals else None)
