"""Which items the filters of a question let through: a choice among a snapshot's items.

What is one of few values, or a number, is a column beside the vectors, and a filter on it is a comparison of a whole
column.  What needs text (phrases, titles, metadata) is looked up in the ledger's indexes, which name the items.
`search_app.search.schema` declares the filters; a new one needs its predicate here.
"""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ingest.readers.dominant_colours import colour_bits
from ingest.readers.draft import Modality
from ingest.space.ledger.search_index import SHAPES, day_number
from search_app.search.fields import MOST_PARTS
from search_app.search.full_text import phrase, quoted
from search_app.search.modality_items import Group
from search_app.search.query import Query
from search_app.search.schema import Filters as Filters
from search_app.search.snapshot import Snapshot

_REMEMBERED = 32  # filters whose masks are kept: a byte an item each


def with_quoted_phrases(query: Query) -> Filters:
    """The query's filters, with the phrases that stand in quotation marks in its text."""
    phrases = dict.fromkeys([*query.filters.exact, *quoted(query.text)])
    return replace(query.filters, exact=tuple(phrases)[:MOST_PARTS])


class TopicIndex(Protocol):
    """What filters need of topics; see `search_app.search.topics.model.Topics`."""

    def among(self, group: Group, names: Sequence[str]) -> NDArray[np.bool_]:
        """Which items of the group are of a topic with one of these names, or words of a name; (len(group),)."""
        ...


class TextIndex(Protocol):
    """What filters need of a ledger; see `ingest.space.Ledger`."""

    def items_saying(self, expression: str) -> NDArray[np.int64]:
        """The live items whose words match, rising."""
        ...

    def items_with(self, key: str, value: str | None = None) -> NDArray[np.int64]:
        """The live items whose metadata has `key`, with `value` if one is given, rising."""
        ...


def let_through(
    filters: Filters,
    snapshot: Snapshot,
    ledger: TextIndex,
    topics: TopicIndex | None = None,
    selected: NDArray[np.int64] | None = None,
) -> dict[Modality, NDArray[np.bool_]]:
    """Which items of each modality searched the filters let through, shape (len(group),).

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
    """What filters let through, remembered for the newest snapshot; safe to share between threads."""

    def __init__(self, ledger: TextIndex) -> None:
        """Know no masks yet; `ledger` is what they are looked up in."""
        self._ledger = ledger
        self._lock = threading.Lock()
        self._revision = -1
        self._known: dict[Filters, tuple[TopicIndex | None, dict[Modality, NDArray[np.bool_]]]] = {}

    def of(
        self,
        filters: Filters,
        snapshot: Snapshot,
        topics: TopicIndex | None = None,
        selected: NDArray[np.int64] | None = None,
    ) -> dict[Modality, NDArray[np.bool_]]:
        """As `let_through`; the masks are not to be written to."""
        if selected is not None:  # whoever selected may select anew under the same name
            return let_through(filters, snapshot, self._ledger, topics, selected)
        with self._lock:
            if self._revision != snapshot.revision:
                self._revision, self._known = snapshot.revision, {}
            known = self._known.get(filters)
        if known is not None and known[0] is topics:
            return known[1]
        masks = let_through(filters, snapshot, self._ledger, topics)
        with self._lock:
            if self._revision == snapshot.revision:
                if len(self._known) >= _REMEMBERED:
                    del self._known[next(iter(self._known))]
                self._known[filters] = topics, masks
        return masks


def _columns(filters: Filters, group: Group, snapshot: Snapshot) -> Iterator[NDArray[np.bool_]]:
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


def _looked_up(filters: Filters, ledger: TextIndex) -> Iterator[NDArray[np.int64]]:
    expressions = [phrase(words) for words in filters.exact]
    if filters.title:
        expressions.append(phrase(filters.title, "title"))
    for expression in expressions:
        # Words without a letter or a digit are said nowhere.
        yield ledger.items_saying(expression) if expression else np.empty(0, np.int64)
    for pair in filters.where:
        # A command line may hold bytes that are no text, which SQLite would refuse.
        key, equals, value = pair.encode("utf-8", "replace").decode().partition("=")
        yield ledger.items_with(key.strip(), value.strip() if equals else None)
