import numpy as np
import pytest
from PIL import Image

from search_app.search.background_scores import PHRASES, modality_means
from search_app.search.composition import ALPHA, BETA, GAMMA, along_the_arc, compose, judged
from search_app.search.query import Query, with_terms
from search_app.search.query_schema import MapView
from search_app.search.query_vectors import encode
from search_app.search.ranking import rank
from search_app.search.terms import LARGEST_WEIGHT, MOST_TERMS, Term, between, checked_term, read_term, write_term
from search_app.search.url_state import from_params, to_params
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

PICTURE, OTHER = "0123456789abcdef" * 2, "f" * 32
PHRASE_VECTORS = ENCODER.encode_texts(PHRASES)
TERMS = (
    Term("text", "without: a colon, a & and 50 %", -1.0),
    Term("image", PICTURE, 0.5),
    Term("item", "12", -0.25),
    between("3", "44", 0.35, 2.0),
)


def top(ledger: MemoryLedger, query: Query, pictures_: dict[str, Image.Image] | None = None) -> list[str]:
    snapshot = snapshot_of(ledger)
    probe = encode(query, ENCODER, snapshot, pictures_)
    assert probe is not None
    return [hit.id for hit in rank(query, probe, snapshot, ExactIndex(ledger), PHRASE_VECTORS).hits]


def share(ledger: MemoryLedger, query: Query, colour: str) -> int:
    return sum(name.endswith(colour) for name in named(ledger, top(ledger, query)))


def test_a_link_keeps_every_term_with_weight_and_sign() -> None:
    query = Query(text="beach", term=TERMS, like=("5", "6"), unlike=("7",))
    params = to_params(query, MapView())
    assert from_params(params)[0] == query
    assert params["term"][0] == "text:-1:without: a colon, a & and 50 %"


def test_a_link_from_before_there_were_terms_asks_the_same() -> None:
    query, _ = from_params({"q": ["at night"], "image": [PICTURE], "like": ["12"]})
    assert query == Query(text="at night", image=PICTURE, like=("12",))


@pytest.mark.parametrize("term", TERMS)
def test_a_term_is_read_as_it_was_written(term: Term) -> None:
    assert read_term(write_term(term)) == term


@pytest.mark.parametrize(
    "written",
    [
        "",
        "text",
        "text:1",
        "text:1:",
        "text:1:  ",
        "text:0:beach",
        "text:nan:beach",
        "text:inf:x",
        "text:1e3:x",
        "video:1:x",
        "image:1:../../etc/passwd",
        "item:1:-3",
        "item:1:1 OR 1=1",
        "between:1:3,4",
        "between:1:3,4,1.5",
        "between:1:3,x,0.5",
        "TEXT:1:x",
    ],
)
def test_what_is_no_term_is_left_out(written: str) -> None:
    assert read_term(written) is None
    assert from_params({"term": [written], "q": ["red"]})[0] == Query("red")


def test_weights_and_the_number_of_terms_are_bounded() -> None:
    assert checked_term(Term("text", "x", 99.0)) == Term("text", "x", LARGEST_WEIGHT)
    assert checked_term(Term("text", "x", -99.0)) == Term("text", "x", -LARGEST_WEIGHT)
    many = [write_term(Term("text", f"word {number}")) for number in range(100)]
    assert len(from_params({"term": many})[0].term) == MOST_TERMS
    assert len(from_params({"like": [str(number) for number in range(100)]})[0].like) == MOST_TERMS


def test_what_is_liked_is_not_unliked_too() -> None:
    query, _ = from_params({"like": ["1", "2"], "unlike": ["2", "3"]})
    assert (query.like, query.unlike) == (("1", "2"), ("3",))


def test_the_simple_question_is_told_apart_from_what_is_composed_with_it() -> None:
    terms = [Term("text", "people", -1.0), Term("text", "beach"), Term("text", "sun"), Term("image", PICTURE)]
    query = with_terms(Query(), terms)
    assert (query.text, query.image) == ("beach", PICTURE)
    assert query.term == (Term("text", "people", -1.0), Term("text", "sun"))
    assert with_terms(query, query.all_terms) == query


def test_without_negative_weights_the_weighted_mean_is_composed() -> None:
    a, b = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    np.testing.assert_allclose(compose([(1.0, a), (3.0, b)]), [0.25, 0.75])
    np.testing.assert_allclose(compose([(1.0, a), (-0.5, b)]), [1.0, -0.5])
    np.testing.assert_allclose(compose([(2.0, a), (-1.0, b), (-2.0, b)]), [1.0, -1.5])
    np.testing.assert_allclose(compose([(-1.0, a)]), [-1.0, 0.0])


def test_what_is_left_out_takes_nothing_away_that_it_shares_with_the_rest() -> None:
    dog, black_dog = np.array([1.0, 0.0]), np.array([0.8, 0.6])
    np.testing.assert_allclose(compose([(1.0, dog), (-1.0, black_dog)]), [1.0, -0.6])
    np.testing.assert_allclose(compose([(1.0, dog), (-3.0, dog)]), dog)


def test_judgements_move_a_question_by_rocchio() -> None:
    question, liked, unliked = np.eye(3)
    moved = judged(question, [liked, question], [unliked])
    expected = ALPHA * question + BETA * (liked + question) / 2 - GAMMA * unliked
    np.testing.assert_allclose(moved / np.linalg.norm(moved), expected / np.linalg.norm(expected))
    np.testing.assert_allclose(judged(None, [liked], []), liked)


@pytest.mark.parametrize("place", [0.0, 0.25, 0.5, 1.0])
def test_interpolation_is_even_in_angle_and_keeps_the_length(place: float) -> None:
    first, second = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    angle = place * np.pi / 2
    np.testing.assert_allclose(along_the_arc(first, second, place), [np.cos(angle), np.sin(angle)], atol=1e-12)


def test_interpolation_survives_equal_and_opposite_ends() -> None:
    a = np.array([0.6, 0.8])
    np.testing.assert_allclose(along_the_arc(a, a, 0.3), a)
    assert np.isfinite(along_the_arc(a, -a, 0.5)).all()


def test_words_that_are_left_out_lower_what_they_name_and_nothing_else() -> None:
    ledger = MemoryLedger()
    ledger.add("text", texts(*(f"red {word}" for word in ("apple", "boat", "car", "door")), *COLOURS))
    assert set(top(ledger, Query("red", count=5))) == {"1", "2", "3", "4", "5"}
    without = top(ledger, Query("red", term=(Term("text", "boat", -1.0),), count=5))
    assert {"1", "3", "4", "5"} <= set(without)
    assert "2" not in without


def test_a_heavier_term_draws_the_hits_to_it() -> None:
    ledger = colourful()
    heavy = Query("red", term=(Term("text", "blue", 3.0),), count=12)
    light = Query("red", term=(Term("text", "blue", 0.3),), count=12)
    assert share(ledger, heavy, "blue") == 12
    assert share(ledger, light, "red") == 12


def test_two_pictures_and_words_are_asked_together_each_by_its_name() -> None:
    ledger = colourful()
    query = Query("green", PICTURE, term=(Term("image", OTHER),), count=36)
    shown = {name: Image.new("RGB", (32, 32), COLOURS[colour]) for name, colour in ((PICTURE, "red"), (OTHER, "blue"))}
    found = {name.split()[1] for name in named(ledger, top(ledger, query, shown))}
    assert found == {"red", "green", "blue"}
    del shown[OTHER]
    assert share(ledger, Query("green", PICTURE, term=query.term, count=24), "blue") == 0


def test_between_two_items_lie_both_and_the_items_themselves_are_left_out() -> None:
    ledger = colourful()
    red, blue = "1", "3"  # the first pictures of these colours
    middle = top(ledger, Query(term=(between(red, blue, 0.5),), count=22))
    assert not {red, blue} & set(middle)
    assert {name.split()[1] for name in named(ledger, middle)} == {"red", "blue"}
    near = named(ledger, top(ledger, Query(term=(between(red, blue, 0.1),), count=11)))
    assert {name.split()[1] for name in near} == {"red"}


def test_arithmetic_of_items_finds_what_completes_it() -> None:
    ledger = MemoryLedger()
    words = ("king man", "queen woman", "man", "woman", "boat river", "car road", "tree wood", "bread flour")
    ledger.add("text", texts(*words))
    king, man, woman = "1", "3", "4"
    ask = Query(term=(Term("item", king), Term("item", man, -1.0), Term("item", woman)), count=3)
    found = top(ledger, ask)
    assert not {king, man, woman} & set(found)
    assert found[0] == "2"


def test_a_judged_result_draws_the_question_and_leaves_the_hits() -> None:
    ledger = colourful()
    blue, green = "3", "2"
    plain = Query("red", count=20)
    liking = Query("red", like=(blue,), count=20)
    assert share(ledger, plain, "blue") < share(ledger, liking, "blue")
    assert blue not in top(ledger, liking)
    both = Query("red", term=(Term("text", "green"),), count=20)
    unliking = Query("red", term=(Term("text", "green"),), unlike=(green,), count=20)
    assert share(ledger, unliking, "green") < share(ledger, both, "green")


def test_terms_whose_items_have_gone_are_left_out() -> None:
    snapshot = snapshot_of(MemoryLedger())
    gone = (Term("item", "9"), between("8", "9", 0.5))
    assert encode(Query(term=gone), ENCODER, snapshot) is None
    probe = encode(Query("red", term=gone), ENCODER, snapshot)
    assert probe is not None
    assert len(probe.parts) == 1


def test_a_question_of_nothing_but_what_is_left_out_finds_the_others() -> None:
    ledger = colourful()
    assert share(ledger, Query(term=(Term("text", "red", -1.0),), count=30), "red") == 0


def test_the_raw_direction_of_one_term_is_its_vector() -> None:
    ledger = colourful()
    snapshot = snapshot_of(ledger)
    probe = encode(Query(like=("1",)), ENCODER, snapshot)
    assert probe is not None
    np.testing.assert_allclose(probe.raw, pictures("red")[0], atol=1e-6)
    assert np.linalg.norm(probe.centred(modality_means(snapshot, None))) == pytest.approx(1.0, abs=1e-5)
