"""Each way to merge, the balance between images and texts, separate lists, and how close a hit really is."""

import numpy as np
import pytest

from ingest.encoders.calibration import Calibration, Cell
from ingest.settings import RANKING_METHODS
from search_app.search.background_scores import PHRASES
from search_app.search.fusion import CALIBRATED, METHODS, STANDARDISED, method_for
from search_app.search.hits import Ranking
from search_app.search.query import Query
from search_app.search.query_schema import Listing
from search_app.search.query_vectors import PartVector, Probe, encode
from search_app.search.ranking import rank
from search_app.search.snapshot import LiveVectors
from tests.fake_encoder import COLOURS
from tests.search_app.search.memory_ledger import ENCODER, ExactIndex, MemoryLedger, colourful, named, pictures, texts

PHRASE_VECTORS = ENCODER.encode_texts(PHRASES)
_WEIGHTS = (0.4, -0.5, -0.6, 2.0)
CALIBRATION = Calibration(
    ENCODER.info.fingerprint,
    80,
    "a test",
    {
        ("text", "image"): Cell(_WEIGHTS, -3.0, 0.0, 0.1, 0.6),
        ("text", "text"): Cell(_WEIGHTS, -3.0, 0.4, 0.1, 0.9),
        ("image", "text"): Cell(_WEIGHTS, -3.0, 0.0, 0.1, 0.6),
        ("image", "image"): Cell(_WEIGHTS, -3.0, 0.4, 0.1, 0.9),
    },
)


def ask(ledger: MemoryLedger, query: Query, calibration: Calibration | None = CALIBRATION) -> Ranking:
    snapshot = LiveVectors(ledger).now()
    probe = encode(query, ENCODER, snapshot)
    assert probe is not None
    return rank(query, probe, snapshot, ExactIndex(ledger), PHRASE_VECTORS, calibration=calibration)


def images_among(ranking: Ranking) -> int:
    return sum(hit.modality == "image" for hit in ranking.hits)


def test_the_command_line_offers_every_method_and_the_default_first() -> None:
    assert tuple(METHODS) == RANKING_METHODS
    assert next(iter(METHODS)) == CALIBRATED == Query().listing.method


@pytest.mark.parametrize("method", METHODS)
def test_every_method_finds_what_is_meant_first_in_each_modality(method: str) -> None:
    ledger = colourful()
    ranking = ask(ledger, Query(text="red", count=12, listing=Listing(method=method, separate=True)))
    assert ranking.method == method
    assert named(ledger, [hit.id for hit in ranking.hits]) == ["image red"] * 6 + ["text red"] * 6


def test_by_raw_cosine_passages_hide_the_pictures_and_the_fair_methods_do_not() -> None:
    ledger = colourful()
    shares = {
        name: images_among(ask(ledger, Query(text="red", count=6, listing=Listing(method=name)))) for name in METHODS
    }
    assert shares["cosine"] == 0
    assert shares["rrf"] == 3
    for fair in (CALIBRATED, STANDARDISED):
        assert 0 < shares[fair] < 6


@pytest.mark.parametrize("method", METHODS)
def test_the_balance_moves_from_passages_to_pictures_in_small_steps(method: str) -> None:
    ledger = colourful(4)
    shares = [
        images_among(
            ask(ledger, Query(text="red thing", count=10, listing=Listing(method=method, balance=round(balance, 2))))
        )
        for balance in np.linspace(-1, 1, 21)
    ]
    assert shares == sorted(shares)
    assert shares[-1] - shares[0] >= 4
    assert len(set(shares)) >= 3, shares


def test_a_balance_changes_no_score_and_no_word() -> None:
    ledger = colourful()
    plain = {hit.id: hit for hit in ask(ledger, Query(text="red", count=90)).hits}
    for hit in ask(ledger, Query(text="red", count=90, listing=Listing(balance=0.4))).hits:
        if hit.id in plain:
            assert (hit.score, hit.chance, hit.closeness) == (
                plain[hit.id].score,
                plain[hit.id].chance,
                plain[hit.id].closeness,
            )


def test_separate_lists_rank_each_modality_on_its_own_and_share_the_room() -> None:
    ledger = colourful()
    apart = ask(ledger, Query(text="red", count=9, listing=Listing(separate=True))).hits
    assert [hit.modality for hit in apart] == ["image"] * 5 + ["text"] * 4
    assert [hit.rank for hit in apart] == list(range(1, 10))
    merged = ask(ledger, Query(text="red", count=90)).hits
    for modality, count in (("image", 5), ("text", 4)):
        own = [hit.id for hit in merged if hit.modality == modality]
        assert [hit.id for hit in apart if hit.modality == modality] == own[:count]


def test_separate_lists_leave_the_room_of_a_short_one_to_the_other() -> None:
    ledger = MemoryLedger()
    ledger.add("image", pictures("red", "blue"))
    ledger.add("text", texts(*(f"red {number}" for number in range(9))))
    hits = ask(ledger, Query(text="red", count=8, listing=Listing(separate=True))).hits
    assert [hit.modality for hit in hits] == ["image"] * 2 + ["text"] * 6
    ledger = MemoryLedger()
    ledger.add("image", pictures(*COLOURS))
    ledger.add("text", texts("red"))
    hits = ask(ledger, Query(text="red", count=6, listing=Listing(separate=True))).hits
    assert [hit.modality for hit in hits] == ["image"] * 5 + ["text"]


def test_an_encoder_without_a_calibration_is_ranked_by_standardised_scores_and_that_is_said() -> None:
    ledger = colourful()
    ranking = ask(ledger, Query(text="red", count=20), None)
    assert ranking.method == STANDARDISED
    assert all(hit.chance is None for hit in ranking.hits)
    assert ranking.hits == ask(ledger, Query(text="red", count=20, listing=Listing(method=STANDARDISED)), None).hits
    assert method_for("no such method", calibrated=True).name == CALIBRATED


def test_a_chance_lies_between_0_and_1_and_falls_down_the_list() -> None:
    chances = [hit.chance for hit in ask(colourful(), Query(text="red", count=30)).hits]
    assert chances == sorted(chances, reverse=True)
    assert 1 > chances[0] > chances[-1] > 0


@pytest.mark.parametrize("calibration", [CALIBRATION, None])
@pytest.mark.parametrize(("images", "passages"), [(1, 3), (1, 0), (0, 1), (1, 1), (3, 0), (0, 3), (2, 2)])
@pytest.mark.parametrize("method", METHODS)
def test_a_handful_of_items_gives_finite_numbers_and_all_of_them(
    method: str, images: int, passages: int, calibration: Calibration | None
) -> None:
    ledger = MemoryLedger()
    ledger.add("image", pictures(*["red", "blue", "green"][:images]))
    ledger.add("text", texts(*["red", "insurance paperwork", "blue sky"][:passages]))
    hits = ask(ledger, Query(text="red", listing=Listing(method=method)), calibration).hits
    assert len(hits) == images + passages
    numbers = [(hit.score, hit.percentile, hit.cosine, hit.distance, hit.nearness, hit.chance or 0.0) for hit in hits]
    assert np.isfinite(numbers).all()
    for modality in {hit.modality for hit in hits}:
        best = next(hit for hit in hits if hit.modality == modality)
        assert named_colour(ledger, best.id, modality) == "red"


def named_colour(ledger: MemoryLedger, item: str, modality: str) -> str:
    vector = ledger.rows[int(item)][2]
    likeness = pictures(*COLOURS) if modality == "image" else texts(*COLOURS)
    return list(COLOURS)[int(np.argmax(likeness @ vector))]


@pytest.mark.parametrize("calibration", [CALIBRATION, None])
def test_what_matches_is_called_close_and_what_does_not_is_not(calibration: Calibration | None) -> None:
    ledger = colourful()
    good = ask(ledger, Query(text="red", count=24), calibration)
    assert good.matches
    for hit, name in zip(good.hits, named(ledger, [hit.id for hit in good.hits]), strict=True):
        if name.endswith(" red"):
            assert hit.closeness != "no real match", (name, hit)
        else:
            assert hit.closeness in ("no real match", "loosely related"), (name, hit)


def test_when_nothing_matches_the_ranking_says_so_and_still_shows_the_nearest() -> None:
    ledger = MemoryLedger()
    for _ in range(3):
        ledger.add("image", pictures(*COLOURS))
        ledger.add("text", texts(*COLOURS))
    ranking = ask(ledger, Query(text="xylophone quartz mumbling", count=5))
    assert len(ranking.hits) == 5
    assert not ranking.matches
    assert {hit.closeness for hit in ranking.hits} == {"no real match"}


def test_the_distance_is_that_of_the_unit_vectors() -> None:
    ledger = colourful()
    hit = ask(ledger, Query(text="red", count=1)).hits[0]
    apart = np.linalg.norm(texts("red")[0] - ledger.rows[int(hit.id)][2])
    assert hit.distance == pytest.approx(float(apart), abs=1e-3)


def test_a_question_in_pictures_is_judged_as_pictures_are() -> None:
    ledger = colourful()
    snapshot = LiveVectors(ledger).now()
    probe = Probe((PartVector("image", pictures("red")[0]),))
    hits = rank(Query("x", count=12), probe, snapshot, ExactIndex(ledger), PHRASE_VECTORS, calibration=CALIBRATION).hits
    assert {hit.modality for hit in hits} == {"image", "text"}
    for hit in hits:
        cell = CALIBRATION.cells["image", hit.modality]
        assert hit.nearness == pytest.approx(float(cell.nearness(np.array(hit.cosine))), abs=1e-6)
