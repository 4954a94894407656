"""What the page shows of an answer: its good answers on shelves, the weaker ones apart, all pages that are open."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ingest.encoders.base import Encoder
from ingest.readers.draft import MODALITIES, Modality
from search_app.search.pagination import Page
from search_app.search.query import Query
from search_app.search.query_schema import Part
from search_app.search.result_groups import Entry
from search_app.search.searcher import Answer, Searcher
from search_app.search.snapshot import Snapshot

if TYPE_CHECKING:
    from PIL.Image import Image

PARTS: Mapping[Modality, Part] = {"image": "pictures", "text": "passages"}
"""The name of each modality's shelf in links."""
_NEAREST: Mapping[Modality | None, int] = {"image": 8, "text": 3, None: 8}
"""How many are shown of each shelf where nothing really matches."""


@dataclass(frozen=True)
class Shelf:
    """Results that are shown together, in their order."""

    modality: Modality | None
    """What they are; None for pictures and passages mixed."""
    good: tuple[Entry, ...]
    weaker: tuple[Entry, ...]
    """Those that do not really match, or all where nothing does."""

    @property
    def name(self) -> str:
        """Its name in keys and links."""
        return PARTS[self.modality] if self.modality else "mixed"

    @property
    def ended(self) -> bool:
        """Whether no good answer can follow."""
        return bool(self.weaker)


@dataclass(frozen=True)
class Shown:
    """An answer as the page shows it."""

    answer: Answer
    """Of all pages that are open, with ranks in the order in which they are shown."""
    shelves: tuple[Shelf, ...]
    """That of the better first answer first; none without results."""
    page_size: int
    """The most results that a page has."""

    @property
    def page(self) -> Page:
        """The results of all pages that are open."""
        return self.answer.page

    @property
    def good(self) -> int:
        """How many good answers the filters let through."""
        return sum(self.good_of(modality) for modality in MODALITIES)

    def good_of(self, modality: Modality) -> int:
        """How many good answers of a modality the filters let through."""
        return self.page.good.get(modality, 0)

    @property
    def weaker(self) -> int:
        """How many other items the filters let through, beside those shown as the nearest."""
        return max(self.page.searched - self.good - sum(len(self.nearest(shelf)) for shelf in self.shelves), 0)

    def nearest(self, shelf: Shelf) -> tuple[Entry, ...]:
        """The nearest few of a shelf, shown where no shelf has a good answer."""
        if any(each.good for each in self.shelves):
            return ()
        return tuple(_nearest(shelf.modality, [entry for entry in shelf.weaker if self.page_of(entry) == self.start]))

    @property
    def start(self) -> int:
        """The first page that is open, from 0, as `page_of` counts."""
        return min((self.page_of(entry) for entry in self.page.entries), default=0)

    def in_view(self, query: Query) -> Answer:
        """The answer with those of its results that the page shows: weaker ones only where they are asked for.

        Where nothing really matches these are the nearest few, so that the map numbers nothing that is not listed.
        """
        if "weaker" in query.display.expanded:
            return self.answer
        nearest = {entry.hit.id for shelf in self.shelves for entry in self.nearest(shelf)}
        kept = tuple(entry for entry in self.page.entries if entry.hit.matches or entry.hit.id in nearest)
        return replace(self.answer, page=replace(self.page, entries=kept))

    def continues(self, shelf: Shelf) -> bool:
        """Whether further good answers may be on the next page."""
        return self.page.more and not shelf.ended

    def page_of(self, entry: Entry) -> int:
        """Which page a result is on, from 0."""
        return (entry.hit.rank - 1) // self.page_size


def on_shelves(query: Query) -> bool:
    """Whether pictures and passages are shown apart."""
    modalities = query.filters.modalities_searched
    return len(modalities) > 1 and (query.listing.separate or query.display.arrangement == "shelves")


def shelf_count(query: Query, snapshot: Snapshot) -> int:
    """How many shelves share the results: of what the space has nothing of there is none; 1 for one list."""
    if not on_shelves(query):
        return 1
    return max(sum(len(snapshot.groups.get(name, ())) > 0 for name in query.filters.modalities_searched), 1)


def _asked_for(query: Query, snapshot: Snapshot) -> Query:
    """The question as the engine gets it: each shelf gets as many results as a list of its own would have."""
    if not on_shelves(query) or query.listing.separate:
        return query
    listing = replace(query.listing, separate=True)
    return replace(query, count=shelf_count(query, snapshot) * query.count, listing=listing)


def ask_shown(
    searcher: Searcher, query: Query, encoder: Encoder, pictures: "Mapping[str, Image] | None" = None
) -> Shown:
    """Ask for all pages that are open.  Raises what `Searcher.ask` raises."""
    asked = _asked_for(query, searcher.vectors.now())
    answers: list[Answer] = []
    for number in range(query.listing.page, query.listing.page + query.display.pages):
        answers.append(searcher.ask(replace(asked, listing=replace(asked.listing, page=number)), encoder, pictures))
        if not answers[-1].page.more:
            break
    return _shown(query, answers, asked.count)


def _shown(query: Query, answers: Sequence[Answer], page_size: int) -> Shown:
    """The pages as one."""
    first, last = answers[0], answers[-1]
    kinds = _kinds(query, first.page)
    nearest = _nearest_of_page(first.page, kinds) if not any(_matches(answer) for answer in answers) else set()
    entries = [entry for answer in answers for entry in _renumbered(answer.page.entries, kinds, nearest)]
    page = replace(first.page, entries=tuple(entries), more=last.page.more)
    items = {item_id: item for answer in answers for item_id, item in answer.items.items()}
    shelves = [_shelf(kind, entries) for kind in kinds]
    full = tuple(shelf for shelf in shelves if shelf.good or shelf.weaker)
    return Shown(replace(first, page=page, items=items), full, page_size)


def _kinds(query: Query, page: Page) -> Sequence[Modality | None]:
    """What each shelf holds, that of the better first answer first."""
    if on_shelves(query):
        return page.shelves
    return query.filters.modality if len(query.filters.modality) == 1 else (None,)


def _shelf(modality: Modality | None, entries: Sequence[Entry]) -> Shelf:
    own = [entry for entry in entries if modality in (None, entry.hit.modality)]
    return Shelf(
        modality,
        tuple(entry for entry in own if entry.hit.matches),
        tuple(entry for entry in own if not entry.hit.matches),
    )


def _matches(answer: Answer) -> bool:
    return any(entry.hit.matches for entry in answer.page.entries)


def _nearest(modality: Modality | None, entries: Sequence[Entry]) -> Sequence[Entry]:
    return [entry for entry in entries if modality in (None, entry.hit.modality)][: _NEAREST[modality]]


def _nearest_of_page(page: Page, kinds: Sequence[Modality | None]) -> set[str]:
    """The ids of the nearest few of each shelf."""
    return {entry.hit.id for kind in kinds for entry in _nearest(kind, page.entries)}


def _renumbered(
    entries: Sequence[Entry], kinds: Sequence[Modality | None], nearest: Collection[str] = ()
) -> list[Entry]:
    """The results of a page in the order in which they are shown, with the page's ranks in that order.

    Good ones come first, or where there are none the `nearest`; within each those of a shelf are together.
    """

    def place(entry: Entry) -> tuple[bool, bool, int]:
        first = entry.hit.id in nearest
        return not entry.hit.matches, not first, kinds.index(entry.hit.modality) if entry.hit.modality in kinds else 0

    ranks = sorted(entry.hit.rank for entry in entries)
    arranged = sorted(entries, key=place)
    return [replace(entry, hit=replace(entry.hit, rank=rank)) for rank, entry in zip(ranks, arranged, strict=True)]
