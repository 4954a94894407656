"""The words of a list never rise as one reads on, whatever is asked of whichever space, unless a hit says why."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from ingest.readers.draft import Modality
from search_app.search import candidates
from search_app.search.background_scores import PHRASES, modality_means
from search_app.search.full_text import RareWords
from search_app.search.fusion import METHODS
from search_app.search.hits import CLOSENESS, Hit, Ranking
from search_app.search.pagination import DIFFERS, Page, PageContext, results_page
from search_app.search.query import Query
from search_app.search.query_schema import Listing
from search_app.search.query_vectors import PartVector, Probe
from search_app.search.ranking import rank
from search_app.search.snapshot import Snapshot
from tests.search_app.search.memory_ledger import ENCODER, ExactIndex, MemoryLedger, colourful, snapshot_of
from tests.search_app.search.test_fusion import CALIBRATION
from tests.search_app.search.test_pagination import Related

PHRASE_VECTORS = ENCODER.encode_texts(PHRASES)
Rows = np.typing.NDArray[np.float32]


class Case:
    """A space, a question and a way to list, at random; the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = random = np.random.default_rng(seed)
        self.ledger = self._space(int(random.integers(1, 120)), int(random.integers(0, 120)))
        self.calibration = CALIBRATION if random.random() < 0.6 else None
        self.probe = Probe(tuple(self._part() for _ in range(int(random.integers(1, 4)))))
        ids = list(self.ledger.rows)
        said = random.choice(ids, int(random.integers(0, 4)), replace=False).tolist() if random.random() < 0.5 else []
        self.rare_words = RareWords(
            {item: float(random.uniform(0.05, 1.0)) for item in said}, dict.fromkeys(said, ("IMG_2041",))
        )
        self.related = Related(
            self.ledger,
            {str(item): str(item - item % 3 + 1) for item in ids} if random.random() < 0.5 else {},
            {str(item): f"/{item // 4}.txt" for item in ids} if random.random() < 0.5 else {},
        )
        self.snapshot: Snapshot = snapshot_of(self.ledger)

    def _space(self, images: int, texts: int) -> MemoryLedger:
        """Items in some topics of each modality, whose cones lie apart; copies of some."""
        ledger = MemoryLedger()
        topics = self.random.standard_normal((4, ledger.dimension))
        counts: tuple[tuple[Modality, int], ...] = (("image", images), ("text", texts))
        for modality, count in counts:
            cone = 2.0 * self.random.standard_normal(ledger.dimension)
            spread = self.random.uniform(0.05, 2.0)
            noise = spread * self.random.standard_normal((count, ledger.dimension))
            rows = cone + topics[self.random.integers(0, 4, count)] * self.random.uniform(0.5, 3.0) + noise
            rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
            ledger.add(modality, np.concatenate([rows, rows[:3]]))
        return ledger

    def _part(self) -> PartVector:
        """Something like an item, or like nothing there is."""
        modality, _, vector = self.ledger.rows[int(self.random.choice(list(self.ledger.rows)))]
        noise = self.random.standard_normal(len(vector)) * self.random.choice([0.02, 0.3, 10.0])
        asked = vector + noise
        weight = 1.0 if self.random.random() < 0.8 else -0.5
        return PartVector(modality, (asked / np.linalg.norm(asked)).astype(np.float32), weight)

    def listing(self) -> Listing:
        random = self.random
        return Listing(
            method=str(random.choice(list(METHODS))) if random.random() < 0.6 else "calibrated",
            balance=round(float(random.uniform(-1, 1)), 2) if random.random() < 0.4 else 0.0,
            diversity=round(float(random.random()), 2) if random.random() < 0.4 else 0.0,
            fold=bool(random.random() < 0.5),
            group=bool(random.random() < 0.5),
            separate=bool(random.random() < 0.3),
            good_only=bool(random.random() < 0.2),
        )

    def pages(self, listing: Listing, count: int) -> list[Page]:
        """Every page of the list."""
        means = modality_means(self.snapshot, PHRASE_VECTORS)
        by = PageContext(self.snapshot, self.probe.centred(means), means, self.related)  # type: ignore[arg-type]
        pages: list[Page] = []
        while not pages or pages[-1].more:
            query = Query("q", count=count, listing=replace(listing, page=len(pages) + 1))

            def ranked(pool: int, every: bool, query: Query = query) -> Ranking:
                return rank(
                    replace(query, count=pool),
                    self.probe,
                    self.snapshot,
                    ExactIndex(self.ledger),  # type: ignore[arg-type]
                    PHRASE_VECTORS,
                    rare_words=self.rare_words,
                    calibration=self.calibration,
                    exact=every,
                )

            pages.append(results_page(query, ranked, by))
        return pages


def rises(hits: Sequence[Hit]) -> list[tuple[Hit, Hit]]:
    """The pairs in which a hit that says nothing of a lift stands above one with a better word."""
    found = []
    for place, hit in enumerate(hits):
        if not hit.lift:
            found += [(hit, other) for other in hits[place + 1 :] if level(other) > level(hit)]
    return found


def level(hit: Hit) -> int:
    return CLOSENESS.index(hit.closeness)


@pytest.mark.parametrize("seed", range(150))
def test_words_never_rise_down_a_list_unless_the_hit_says_what_lifted_it(seed: int) -> None:
    case = Case(seed)
    listing = case.listing()
    pages = case.pages(listing, count=int(case.random.integers(5, 40)))
    hits = [entry.hit for page in pages for entry in page.entries]
    lists = [hits]
    if listing.separate:
        lists = [[hit for hit in hits if hit.modality == modality] for modality in ("image", "text")]
    for each in lists:
        assert not rises(each), listing
    if listing.method == "calibrated" and not (listing.balance or listing.diversity):
        assert all(hit.rare_words > 0 for hit in hits if hit.lift), "nothing else lifts"


@pytest.mark.parametrize("seed", range(40))
def test_by_default_the_order_is_that_of_the_one_measure_and_so_is_the_chance(seed: int) -> None:
    case = Case(seed)
    case.rare_words = RareWords()
    hits = [entry.hit for page in case.pages(Listing(), 30) for entry in page.entries]
    assert [hit.measure for hit in hits] == sorted((hit.measure for hit in hits), reverse=True)
    chances = [hit.chance for hit in hits if hit.chance is not None]
    assert len(chances) == (len(hits) if case.calibration else 0)
    assert chances == sorted(chances, reverse=True)


@pytest.mark.parametrize("seed", range(40))
def test_the_count_of_good_answers_is_exact_and_the_same_on_every_page(seed: int) -> None:
    case = Case(seed)
    pages = case.pages(Listing(fold=False, group=False), 25)
    hits = [entry.hit for page in pages for entry in page.entries]
    counted = {name: sum(hit.matches for hit in hits if hit.modality == name) for name in pages[0].good}
    assert len(hits) == len(case.ledger.rows)
    for page in pages:
        assert (page.good, page.estimated, page.matches or not sum(page.good.values())) == (counted, False, True)
    only = case.pages(Listing(fold=False, group=False, good_only=True), 25)
    assert [entry.hit.id for page in only for entry in page.entries] == [hit.id for hit in hits if hit.matches]


@pytest.mark.parametrize("seed", range(12))
def test_what_is_near_is_counted_however_far_down_it_is(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(seed)
    pages = case.pages(Listing(fold=False, group=False), 50)
    near = sum(entry.hit.nearness >= 0.0 for page in pages for entry in page.entries)
    monkeypatch.setattr("search_app.search.ranking.DEPTH", 12)
    counted = sum(case.pages(Listing(), 5)[0].good.values())
    assert near <= counted <= sum(pages[0].good.values())


def test_of_more_than_can_be_looked_at_the_count_is_an_estimate_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(4)
    ledger = MemoryLedger()
    cone, topic = random.standard_normal((2, ledger.dimension))
    rows = cone + random.standard_normal((3_000, ledger.dimension))
    rows[:1_000] += 6 * topic
    ledger.add("image", (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32))
    snapshot = snapshot_of(ledger)
    probe = Probe((PartVector("image", ledger.rows[1][2]),))

    def good(**choices: object) -> tuple[int, bool]:
        found = rank(Query("q", count=24), probe, snapshot, ExactIndex(ledger), calibration=CALIBRATION, **choices)  # type: ignore[arg-type]
        return found.good["image"], found.estimated

    exact, estimated = good()
    assert not estimated and exact > 500
    monkeypatch.setattr(candidates, "SCANNED", 100)
    for module in ("ranking", "judging"):
        monkeypatch.setattr(f"search_app.search.{module}.SCANNED", 100)
    about, estimated = good()
    assert estimated and about == pytest.approx(exact, rel=0.2)


def test_the_closest_say_so_when_diversity_puts_others_before_them() -> None:
    ledger = colourful()
    case = Case(0)
    case.ledger, case.snapshot, case.related = ledger, snapshot_of(ledger), Related(ledger)
    case.rare_words, case.probe = RareWords(), Probe((PartVector("text", ENCODER.encode_texts(["red"])[0]),))
    hits = [entry.hit for entry in case.pages(Listing(diversity=0.8), 24)[0].entries]
    assert hits[0].closeness == "very close" and not hits[0].lift
    assert any(hit.lift == DIFFERS for hit in hits)
