"""One page of results: the hits of a question folded, made diverse, grouped, sorted and cut.

Hits are asked for in pools, each larger than the one before: the first is little more than a page, the second is what
diversity chooses from and what is sorted, and the last is as deep as pages go.  What a larger pool adds goes behind
what the smaller ones gave, however approximately an index found it: so a result is on the same page whichever
page is looked at.
"""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ingest.readers.draft import MODALITIES, Modality
from ingest.readers.formats import is_table
from search_app.search.candidates import DEPTH
from search_app.search.diversity import Means, diverse
from search_app.search.hits import ENOUGH_RARE_WORDS, Hit, Ranking, levels_of, lifted
from search_app.search.listing import Listing, ordered
from search_app.search.query import Query
from search_app.search.result_groups import Entry, folded, grouped
from search_app.search.snapshot import Snapshot

if TYPE_CHECKING:
    from ingest.space import Ledger

CHOSEN_FROM = 240
"""Hits, at least, that diversity chooses from and that are sorted."""
DEEPEST = DEPTH
"""Hits that can be paged through."""


DIFFERS = "differs from those above it"
"""What lifted a hit that diversity puts above one with a better word."""


@dataclass(frozen=True)
class Page:
    """The results of one page."""

    entries: tuple[Entry, ...] = ()
    """In the order in which they are shown; the ranks of their hits are their places in the whole list, from 1."""
    searched: int = 0
    """How many items the filters let through."""
    method: str = ""
    """The method that ordered the hits; see Ranking."""
    matches: bool = False
    """Whether any hit really matches."""
    more: bool = False
    """Whether there is a page behind it."""
    sorted_hits: int = 0
    """How many of the closest hits were sorted, where another order than closeness is asked for; else 0."""
    good: Mapping[Modality, int] = field(default_factory=dict)
    """How many good answers (see `Hit.matches`) of each modality there are among all that the filters let through."""
    estimated: bool = False
    """Whether `good` is an estimate."""
    shelves: tuple[Modality, ...] = ()
    """The modalities that were found, that of the better first answer first."""


@dataclass(frozen=True)
class PageContext:
    """What the hits of a question are arranged by."""

    snapshot: Snapshot
    question: NDArray[np.float32]
    """Centred, unit length."""
    means: Means
    ledger: "Ledger"


def results_page(query: Query, ranked: Callable[[int, bool], Ranking], by: PageContext) -> Page:
    """The page that `query.listing` asks for.

    `ranked` gives the best hits of the question: as many as asked for, and by looking at every item if told so.
    """
    listing = query.listing
    wanted = listing.page * query.count
    chooses = listing.sorts or listing.diversity > 0
    hits: dict[str, Hit] = {}
    chosen_from: frozenset[str] = frozenset()
    lists: list[list[Entry]] = []
    found = Ranking()
    for depth, count in enumerate(_pools(query)):
        deepest = depth == 2
        found = ranked(count, deepest)
        hits |= {hit.id: hit for hit in _behind(hits.values(), found.hits, listing)}
        if not deepest:
            chosen_from = frozenset(hits)
        ended = len(hits) >= found.searched
        if chooses and depth == 0 and not ended:
            continue
        kept = [hit for hit in hits.values() if hit.matches or not listing.good_only]
        lists = [_arranged(each, query, chosen_from, by) for each in _lists(kept, query)]
        if ended or listing.sorts or sum(map(len, lists)) > wanted:
            break
    total = sum(map(len, lists))
    first = (listing.page - 1) * query.count + 1
    shown = [_numbered(entry, place) for place, entry in enumerate(_cut(lists, query), start=first)]
    return Page(
        tuple(shown),
        found.searched,
        found.method,
        found.matches,
        total > wanted,
        total * listing.sorts,
        found.good,
        found.estimated,
        _shelves(hits.values()),
    )


def _behind(known: Collection[Hit], found: Iterable[Hit], listing: Listing) -> list[Hit]:
    """What was found besides what was `known`: of no better word than that, since it goes behind it.

    Only where an index names the nearest can a larger pool hold closer ones; they were missed before.
    """
    ids = {hit.id for hit in known}
    lowest = {
        modality: min(
            (hit.measure for hit in known if not hit.lift and (hit.modality == modality or not listing.separate)),
            default=math.inf,
        )
        for modality in MODALITIES
    }
    return [hit.capped(lowest[hit.modality]) for hit in found if hit.id not in ids]


def _pools(query: Query) -> tuple[int, int, int]:
    return 2 * query.count, max(CHOSEN_FROM, 4 * query.count), DEEPEST


def _lists(hits: list[Hit], query: Query) -> list[list[Hit]]:
    """The hits, or images and texts apart, as on their shelves."""
    if not query.listing.separate:
        return [hits]
    return [[hit for hit in hits if hit.modality == modality] for modality in _shelves(hits)]


def _shelves(hits: Iterable[Hit]) -> tuple[Modality, ...]:
    """The modalities of the hits, that of the better first hit first."""
    best: dict[Modality, tuple[bool, float]] = {}
    for hit in hits:
        worth = hit.rare_words > ENOUGH_RARE_WORDS, hit.measure
        best[hit.modality] = max(best.get(hit.modality, worth), worth)
    return tuple(sorted(best, key=lambda modality: best[modality], reverse=True))


def _arranged(hits: list[Hit], query: Query, chosen_from: frozenset[str], by: PageContext) -> list[Entry]:
    listing = query.listing
    entries = [Entry(hit) for hit in hits]
    if listing.fold:
        entries = folded(entries, by.ledger.near_duplicates.leaders([hit.id for hit in hits]))
    if listing.diversity and not listing.sorts:
        near = {entry.hit.id: entry for entry in entries if entry.hit.id in chosen_from}
        order = diverse(list(near), by.question, by.snapshot, by.means, listing.diversity)
        far = [entry for entry in entries if entry.hit.id not in near]
        entries = [*(near[item_id] for item_id in order), *far]
    if listing.group:
        entries = grouped(entries, _documents(entries, by.ledger))
    return _sorted(entries, query, by) if listing.sorts else _with_lifts(entries)


def _with_lifts(entries: list[Entry]) -> list[Entry]:
    """The entries, of which those say so that only diversity puts above one with a better word."""
    raised = lifted(levels_of(np.array([entry.hit.measure for entry in entries])))
    return [
        replace(entry, hit=replace(entry.hit, lift=DIFFERS)) if above and not entry.hit.lift else entry
        for entry, above in zip(entries, raised.tolist(), strict=True)
    ]


def _documents(entries: Sequence[Entry], ledger: "Ledger") -> Mapping[str, str]:
    """The document of each passage; the rows of a table are no passages of one."""
    paths = ledger.items.paths([entry.hit.id for entry in entries if entry.hit.modality == "text"])
    return {item_id: path for item_id, path in paths.items() if not is_table(PurePath(path))}


def _sorted(entries: Sequence[Entry], query: Query, by: PageContext) -> list[Entry]:
    """In the order asked for: those that match, or all where none does."""
    chosen = [entry for entry in entries if entry.hit.matches] or list(entries)
    by_id = {entry.hit.id: entry for entry in chosen}
    items = {item.id: item for item in by.ledger.items.get(list(by_id))}
    return [by_id[item_id] for item_id in ordered(list(by_id), query.listing, by.snapshot, items)]


def _cut(lists: Sequence[Sequence[Entry]], query: Query) -> list[Entry]:
    """The page's part of the list; of separate lists the same part of each, and more of one where another ends."""
    count, page = query.count, query.listing.page
    if len(lists) < 2:
        return [entry for each in lists for entry in each[(page - 1) * count : page * count]]
    first, second = lists
    done = (0, 0)
    for _ in range(page):
        left = (len(first) - done[0], len(second) - done[1])
        mine = min(left[0], max((count + 1) // 2, count - left[1]))
        part = (mine, min(left[1], count - mine))
        cut = [*first[done[0] : done[0] + part[0]], *second[done[1] : done[1] + part[1]]]
        done = (done[0] + part[0], done[1] + part[1])
    return cut


def _numbered(entry: Entry, place: int) -> Entry:
    return replace(entry, hit=replace(entry.hit, rank=place))
