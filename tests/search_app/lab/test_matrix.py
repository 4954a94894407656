"""Things compared, each with each."""

import numpy as np
import pytest

from search_app.lab.matrix import by_likeness, closer_items, compare, how_close
from search_app.lab.operands import operands_of
from search_app.lab.reference import Reference
from search_app.search.background_scores import PHRASES, modality_means
from search_app.search.terms import Term
from tests.search_app.search.memory_ledger import ENCODER, colourful, snapshot_of

SNAPSHOT = snapshot_of(colourful())
PHRASE_VECTORS = ENCODER.encode_texts(PHRASES)
GROUND = Reference(SNAPSHOT, modality_means(SNAPSHOT, PHRASE_VECTORS), PHRASE_VECTORS)
FIRST = {name: str(group.ids[0]) for name, group in SNAPSHOT.groups.items()}  # a red picture, a passage on red


def operands(*terms: Term):
    return operands_of(terms, ENCODER, SNAPSHOT)


RED = Term("text", "red")
RED_PICTURE = Term("item", FIRST["image"])
GREEN_PICTURE = Term("item", str(SNAPSHOT.groups["image"].ids[1]))


def test_a_picture_and_the_word_for_it_are_closer_than_another_once_the_gap_is_closed() -> None:
    matrix = compare(operands(RED, RED_PICTURE, GREEN_PICTURE), "cosine", GROUND, gap=False)
    assert matrix.values[0, 1] > 0.5 > matrix.values[0, 2]
    assert matrix.values == pytest.approx(matrix.values.T)
    assert np.diag(matrix.values) == pytest.approx(1.0)


def test_with_the_gap_left_open_the_numbers_are_the_encoders_own() -> None:
    one, other = operands(RED, RED_PICTURE)
    matrix = compare([one, other], "cosine", GROUND, gap=True)
    assert matrix.values[0, 1] == pytest.approx(float(one.vector @ other.vector), abs=1e-6)


def test_distances_are_those_between_the_points_that_the_cosines_compare() -> None:
    cosines = compare(operands(RED, RED_PICTURE, GREEN_PICTURE), "cosine", GROUND, gap=True).values
    distances = compare(operands(RED, RED_PICTURE, GREEN_PICTURE), "euclidean", GROUND, gap=True).values
    assert distances == pytest.approx(np.sqrt(np.maximum(2 - 2 * cosines, 0)), abs=1e-6)


def test_how_close_two_things_are_is_the_same_both_ways_and_tells_likes_from_others() -> None:
    red, red_picture, green_picture = operands(RED, RED_PICTURE, GREEN_PICTURE)
    assert how_close(red, red_picture, GROUND) == how_close(red_picture, red, GROUND)
    assert how_close(red, red_picture, GROUND) in ("close", "very close")
    assert how_close(red, green_picture, GROUND) == "no real match"


def test_likes_stand_beside_likes() -> None:
    likeness = np.array([[1, 0, 0.9, 0.1], [0, 1, 0.1, 0.8], [0.9, 0.1, 1, 0], [0.1, 0.8, 0, 1]])
    order = by_likeness(likeness)
    assert sorted(order) == [0, 1, 2, 3]
    assert abs(order.index(0) - order.index(2)) == 1
    assert abs(order.index(1) - order.index(3)) == 1


def test_items_that_are_closer_are_counted_without_the_things_themselves() -> None:
    red, red_picture, green_picture = operands(RED, RED_PICTURE, GREEN_PICTURE)
    assert closer_items(red, red_picture, SNAPSHOT) == (0, 59)
    # All six red pictures are closer to the word than a green one is.
    assert closer_items(red, green_picture, SNAPSHOT)[0] >= 6


def test_things_that_have_gone_are_left_out() -> None:
    kept = operands(RED, Term("item", "999999"), Term("image", "0" * 32), RED_PICTURE)
    assert [operand.term for operand in kept] == [RED, RED_PICTURE]
    empty = compare([], "cosine", GROUND, gap=False)
    assert empty.order == () and empty.values.shape == (0, 0)
