import numpy as np
import pytest

from search_app.search import candidates
from search_app.search.background_scores import PHRASES
from search_app.search.filter_masks import item_masks
from search_app.search.hits import Ranking
from search_app.search.query import Query
from search_app.search.query_schema import Filters
from search_app.search.query_vectors import encode
from search_app.search.ranking import rank
from tests.fake_encoder import COLOURS
from tests.search_app.search.memory_ledger import (
    ENCODER,
    ExactIndex,
    MemoryLedger,
    colourful,
    named,
    pictures,
    snapshot_of,
    texts,
)

PHRASE_VECTORS = ENCODER.encode_texts(PHRASES)


def ask(ledger: MemoryLedger, query: Query, index: ExactIndex | None = None) -> Ranking:
    snapshot = snapshot_of(ledger)
    probe = encode(query, ENCODER, snapshot)
    assert probe is not None
    through = item_masks(query.filters, snapshot, ledger) if query.filters.narrow else None
    return rank(query, probe, snapshot, index or ExactIndex(ledger), PHRASE_VECTORS, masks=through)


def test_pictures_and_passages_share_the_top_although_raw_cosines_lie_apart() -> None:
    ledger = colourful()
    ranking = ask(ledger, Query(text="red", count=12))
    names = named(ledger, [hit.id for hit in ranking.hits])
    assert sorted(names) == ["image red"] * 6 + ["text red"] * 6
    by_modality = {name: [hit.cosine for hit in ranking.hits if hit.modality == name] for name in ("image", "text")}
    unrelated_text = max(float(texts("red")[0] @ vector) for vector in texts("blue thing 1", "green thing 2"))
    assert max(by_modality["image"]) < min(by_modality["text"])
    assert unrelated_text > 0.3


def test_by_raw_cosine_every_passage_would_come_before_any_picture_of_another_colour() -> None:
    ledger = MemoryLedger()
    ledger.add("text", texts(*(f"{colour} thing" for colour in COLOURS)))
    ledger.add("image", pictures(*COLOURS, *COLOURS))
    raw = {
        name: max(float(texts("red thing")[0] @ row[2]) for row in ledger.rows.values() if row[0] == name)
        for name in ("image", "text")
    }
    assert raw["text"] > raw["image"]
    top = ask(ledger, Query(text="red", count=3)).hits
    assert {hit.modality for hit in top} == {"image", "text"}


def test_ranks_count_from_one_and_measures_fall_and_scores_within_each_modality() -> None:
    ranking = ask(colourful(), Query(text="blue", count=20))
    assert [hit.rank for hit in ranking.hits] == list(range(1, 21))
    measures = [hit.measure for hit in ranking.hits]
    assert measures == sorted(measures, reverse=True)
    for modality in ("image", "text"):
        scores = [hit.score for hit in ranking.hits if hit.modality == modality]
        assert scores == sorted(scores, reverse=True)
    assert ranking.searched == 120


def test_within_a_modality_the_order_is_that_of_the_centred_cosine() -> None:
    random = np.random.default_rng(3)
    vectors = random.standard_normal((300, 32)).astype(np.float32) + 0.5
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    ledger = MemoryLedger()
    ids = ledger.add("text", vectors)
    mean = np.concatenate([vectors, PHRASE_VECTORS]).sum(axis=0) / (len(vectors) + len(PHRASES) + 3)
    question = texts("red")[0] - mean
    shifted = vectors - mean
    cosines = shifted @ question / np.linalg.norm(shifted, axis=1) / np.linalg.norm(question)
    expected = [ids[row] for row in np.argsort(-cosines)[:10]]
    assert [hit.id for hit in ask(ledger, Query(text="red", count=10)).hits] == expected


def test_more_like_an_item_leaves_the_item_out_and_finds_its_kin_in_both_modalities() -> None:
    ledger = colourful()
    red_picture = "1"
    ranking = ask(ledger, Query(like=(red_picture,), count=11))
    assert red_picture not in [hit.id for hit in ranking.hits]
    names = named(ledger, [hit.id for hit in ranking.hits])
    assert sorted(names) == ["image red"] * 5 + ["text red"] * 6
    assert ranking.searched == 119


def test_filters_by_modality_and_folder_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "SCANNED", 0)
    ledger = colourful()
    only_text = ask(ledger, Query(text="red", filters=Filters(modality=("text",)), count=50))
    assert {hit.modality for hit in only_text.hits} == {"text"}
    index = ExactIndex(ledger)
    folder = ask(ledger, Query(text="red", filters=Filters(folder=("pictures/1",)), count=50), index)
    assert {ledger.rows[int(hit.id)][1] for hit in folder.hits} == {"pictures/1"}
    assert folder.searched == len(folder.hits) == 30
    assert index.asked == [], "narrow filters scan the vectors instead of asking Chroma"


def test_a_filter_narrows_the_list_without_changing_scores() -> None:
    ledger = colourful()
    everywhere = {hit.id: hit for hit in ask(ledger, Query(text="red", count=90)).hits}
    narrowed = ask(ledger, Query(text="red", filters=Filters(folder=("notes/0",)), count=90)).hits
    assert narrowed
    for hit in narrowed:
        if hit.id in everywhere:
            assert hit.score == pytest.approx(everywhere[hit.id].score)
            assert hit.percentile == everywhere[hit.id].percentile


def test_a_folder_that_is_not_there_finds_nothing() -> None:
    ranking = ask(colourful(), Query(text="red", filters=Filters(folder=("nowhere",))))
    assert ranking == Ranking((), 0, good={"image": 0, "text": 0})


def test_a_percentile_counts_the_others_of_the_same_modality_that_are_less_close() -> None:
    ledger = colourful(1)
    hits = ask(ledger, Query(text="red", count=20)).hits
    for modality in ("image", "text"):
        best = next(hit for hit in hits if hit.modality == modality)
        assert (best.percentile, best.others) == (100.0, 9)
        assert named(ledger, [best.id]) == [f"{modality} red"]
    image_percentiles = [hit.percentile for hit in hits if hit.modality == "image"]
    assert image_percentiles == sorted(image_percentiles, reverse=True)
    assert image_percentiles[-1] == 0.0


def test_a_percentile_over_a_sample_says_so_and_agrees_with_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(5)
    vectors = random.standard_normal((6_000, 32)).astype(np.float32)
    ledger = MemoryLedger()
    ledger.add("image", vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
    counted = ask(ledger, Query(text="red", count=90)).hits
    assert not any(hit.sampled for hit in counted)
    assert [hit.percentile for hit in counted[:3]] == pytest.approx(
        [100.0 * (5_999 - place) / 5_999 for place in range(3)]
    )
    monkeypatch.setattr(candidates, "SCANNED", 5_000)
    everywhere = Query(text="red", count=90, filters=Filters(folder=("home",)))
    estimated = ask(ledger, everywhere).hits
    assert all(hit.sampled and hit.others in (2_047, 2_048) and hit.percentile < 100 for hit in estimated)
    assert [hit.percentile for hit in estimated] == pytest.approx([hit.percentile for hit in counted], abs=1.0)
    assert [hit.id for hit in estimated] == [hit.id for hit in counted]


def test_the_cosine_shown_is_the_raw_one() -> None:
    ledger = colourful()
    hit = ask(ledger, Query(text="red", count=1)).hits[0]
    assert hit.cosine == pytest.approx(float(texts("red")[0] @ ledger.rows[int(hit.id)][2]), abs=1e-6)


def test_one_unrelated_passage_does_not_climb_over_matching_pictures() -> None:
    ledger = MemoryLedger()
    for _ in range(5):
        ledger.add("image", pictures(*COLOURS))
    ledger.add("text", texts("insurance paperwork"))
    hits = ask(ledger, Query(text="red", count=6)).hits
    assert [hit.modality for hit in hits[:5]] == ["image"] * 5


def test_one_matching_passage_stands_beside_matching_pictures() -> None:
    ledger = MemoryLedger()
    for _ in range(5):
        ledger.add("image", pictures(*COLOURS))
    passage = ledger.add("text", texts("red"))[0]
    assert passage in [hit.id for hit in ask(ledger, Query(text="red", count=6)).hits]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_space_of_a_few_equal_items_gives_finite_scores(count: int) -> None:
    ledger = MemoryLedger()
    ledger.add("image", pictures(*["red"] * count))
    hits = ask(ledger, Query(text="red")).hits
    assert len(hits) == count
    assert all(np.isfinite([hit.score, hit.percentile, hit.cosine]).all() for hit in hits)
    assert all(0 < hit.score < 20 for hit in hits)


def test_an_item_that_chroma_still_has_and_the_ledger_has_not_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "SCANNED", 0)
    ledger = colourful()
    behind = ExactIndex(MemoryLedger(rows=dict(ledger.rows)))
    ledger.remove("1")
    assert "1" not in [hit.id for hit in ask(ledger, Query(text="red", count=90), behind).hits]


def test_an_empty_space_finds_nothing() -> None:
    assert ask(MemoryLedger(), Query(text="red")) == Ranking((), 0)
