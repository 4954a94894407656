"""Pages of results over a space in memory: no result is lost between pages or comes twice."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
import pytest

from ingest.space import Item
from search_app.search import candidates, pagination
from search_app.search.background_scores import PHRASES, modality_means
from search_app.search.hits import Ranking
from search_app.search.pagination import Page, PageContext, results_page
from search_app.search.query import Query
from search_app.search.query_schema import PLAIN, Filters, Listing
from search_app.search.query_vectors import encode
from search_app.search.ranking import rank
from tests.search_app.search.memory_ledger import ENCODER, ExactIndex, MemoryLedger, colourful, named, snapshot_of

PHRASE_VECTORS = ENCODER.encode_texts(PHRASES)


@dataclass
class Related:
    """What is asked of a ledger about hits."""

    ledger: MemoryLedger
    leader_of: dict[str, str] = field(default_factory=dict)
    path_of: dict[str, str] = field(default_factory=dict)

    @property
    def items(self) -> Self:
        return self

    @property
    def near_duplicates(self) -> Self:
        return self

    def get(self, ids: Sequence[str]) -> list[Item]:
        rows = self.ledger.rows
        return [Item(item_id, rows[int(item_id)][0], f"/{int(item_id):04}.png", "/", "") for item_id in ids]

    def leaders(self, ids: Sequence[str]) -> dict[str, str]:
        return {item_id: self.leader_of.get(item_id, item_id) for item_id in ids}

    def paths(self, ids: Sequence[str]) -> dict[str, str]:
        return {item_id: self.path_of.get(item_id, f"/{item_id}.txt") for item_id in ids}


class ForgetfulIndex(ExactIndex):
    """Misses every seventh item of what it is asked for, others each time as more are asked for."""

    def query(self, modality, vectors, count):  # type: ignore[no-untyped-def]
        return [
            [hit for place, hit in enumerate(answer) if (place + count) % 7]
            for answer in super().query(modality, vectors, count)
        ]


def asked(ledger: MemoryLedger, query: Query, related: Related | None = None, index: ExactIndex | None = None) -> Page:
    snapshot = snapshot_of(ledger)
    probe = encode(query, ENCODER, snapshot)
    assert probe is not None
    means = modality_means(snapshot, PHRASE_VECTORS)

    def ranked(count: int, every: bool) -> Ranking:
        return rank(
            replace(query, count=count), probe, snapshot, index or ExactIndex(ledger), PHRASE_VECTORS, exact=every
        )

    by = PageContext(snapshot, probe.centred(means), means, related or Related(ledger))
    return results_page(query, ranked, by)


def ids(page: Page) -> list[str]:
    return [entry.hit.id for entry in page.entries]


def all_pages(ledger: MemoryLedger, query: Query, **given: object) -> list[Page]:
    pages = []
    for number in range(1, 500):
        pages.append(asked(ledger, replace(query, listing=replace(query.listing, page=number)), **given))  # type: ignore[arg-type]
        if not pages[-1].more:
            return pages
    raise AssertionError("the pages have no end")


def scattered(count: int) -> MemoryLedger:
    """A space of `count` images and as many texts in all directions."""
    random = np.random.default_rng(11)
    ledger = MemoryLedger()
    for modality in ("image", "text"):
        vectors = random.standard_normal((count, ledger.dimension)).astype(np.float32)
        ledger.add(modality, vectors / np.linalg.norm(vectors, axis=1, keepdims=True))  # type: ignore[arg-type]
    return ledger


@pytest.mark.parametrize("listing", [PLAIN, Listing(diversity=0.5), Listing(sort="name"), Listing()])
@pytest.mark.parametrize("separate", [False, True])
def test_pages_hold_every_result_once(listing: Listing, separate: bool) -> None:
    ledger = colourful()
    query = Query("red", count=9, listing=replace(listing, separate=separate))
    pages = all_pages(ledger, query)
    found = [item_id for page in pages for item_id in ids(page)]
    assert len(found) == len(set(found))
    assert [entry.hit.rank for page in pages for entry in page.entries] == list(range(1, len(found) + 1))
    if not listing.sorts:
        assert set(found) == {str(number) for number in ledger.rows}
    assert all(len(page.entries) == 9 for page in pages[:-1])


@pytest.mark.parametrize("listing", [PLAIN, Listing(diversity=0.4)])
def test_an_index_that_misses_some_loses_none_between_pages(listing: Listing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pagination, "CHOSEN_FROM", 60)
    monkeypatch.setattr(candidates, "SCANNED", 0)
    ledger = scattered(300)
    pages = all_pages(ledger, Query("red", count=10, listing=listing), index=ForgetfulIndex(ledger))
    found = [item_id for page in pages for item_id in ids(page)]
    assert len(found) == len(set(found)) == 600


def test_pages_without_diversity_are_the_whole_ranking_cut() -> None:
    ledger = scattered(300)
    query = Query("red", count=24, listing=PLAIN)
    whole = [item_id for page in all_pages(ledger, query) for item_id in ids(page)]
    snapshot = snapshot_of(ledger)
    probe = encode(query, ENCODER, snapshot)
    assert probe is not None
    exact = rank(replace(query, count=600), probe, snapshot, ExactIndex(ledger), PHRASE_VECTORS, exact=True)
    assert whole == [hit.id for hit in exact.hits]


def test_paging_ends_at_a_depth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pagination, "CHOSEN_FROM", 60)
    monkeypatch.setattr(pagination, "DEEPEST", 130)
    pages = all_pages(scattered(100), Query("red", count=30, listing=PLAIN))
    assert [len(page.entries) for page in pages] == [30, 30, 30, 30, 10]
    assert asked(scattered(100), Query("red", count=30, listing=replace(PLAIN, page=9))).entries == ()


def test_folded_results_leave_room_for_others_on_the_page() -> None:
    ledger = colourful()
    # Each picture of a colour is a near-duplicate of the first one.
    leaders = {item_id: str((int(item_id) - 1) % 10 + 1) for item_id in map(str, ledger.rows)}
    leaders = {item_id: leader for item_id, leader in leaders.items() if ledger.rows[int(item_id)][0] == "image"}
    related = Related(ledger, leaders)
    query = Query("red", count=10, filters=Filters(modality=("image",)))
    page = asked(ledger, query, related)
    assert len(page.entries) == 10 and not page.more
    assert [len(entry.alike) for entry in page.entries] == [5] * 10
    whole = asked(ledger, replace(query, listing=Listing(fold=False)), related)
    assert len(whole.entries) == 10 and whole.more
    assert named(ledger, ids(whole)[:6]) == ["image red"] * 6


def test_passages_of_a_document_share_an_entry_and_rows_of_a_table_do_not() -> None:
    ledger = colourful()
    texts = [str(number) for number, row in ledger.rows.items() if row[0] == "text"]
    query = Query("red", count=20, filters=Filters(modality=("text",)))
    book = asked(ledger, query, Related(ledger, path_of=dict.fromkeys(texts, "/books/one.pdf")))
    assert len(book.entries) == 1
    assert len(book.entries[0].passages) == len(texts) - 1
    table = asked(ledger, query, Related(ledger, path_of=dict.fromkeys(texts, "/cars.CSV")))
    assert len(table.entries) == 20


def test_sorted_results_are_those_that_match() -> None:
    ledger = colourful()
    page = asked(ledger, Query("red", count=50, listing=Listing(sort="name")))
    assert ids(page) == sorted(ids(page), key=int)
    assert {name.split()[1] for name in named(ledger, ids(page))} == {"red"}
    assert page.sorted_hits == len(page.entries) == 12
    hopeless = asked(ledger, Query("xylophone quartz mumbling", count=50, listing=Listing(sort="name")))
    assert len(hopeless.entries) == 50, "where nothing matches, the nearest are sorted all the same"


def test_diversity_shows_more_colours_among_the_first() -> None:
    ledger = colourful()

    def colours(diversity: float) -> set[str]:
        page = asked(ledger, Query("red", count=12, listing=Listing(diversity=diversity)))
        return {name.split()[1] for name in named(ledger, ids(page))}

    assert colours(0.0) == {"red"}
    assert len(colours(0.8)) >= 6


def test_separate_lists_give_each_kind_half_of_a_page_and_what_the_other_leaves() -> None:
    ledger = colourful()
    for item_id in [number for number, row in ledger.rows.items() if row[0] == "image"][4:]:
        ledger.remove(str(item_id))
    pages = all_pages(ledger, Query("red", count=6, listing=replace(PLAIN, separate=True)))
    kinds = [[entry.hit.modality for entry in page.entries] for page in pages]
    better = max(pages[0].entries, key=lambda entry: entry.hit.measure).hit.modality
    assert pages[0].shelves == (better, "text" if better == "image" else "image")
    assert kinds[0] == [modality for modality in pages[0].shelves for _ in range(3)]
    assert sorted(kinds[1]) == ["image"] + ["text"] * 5
    assert kinds[2] == ["text"] * 6
