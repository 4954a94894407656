"""Walks through the space."""

import numpy as np
import pytest

from search_app.components.lab.walks import expression
from search_app.lab.everyday_words import everyday_words
from search_app.lab.operands import operands_of
from search_app.lab.reference import Reference
from search_app.lab.walks import along_component, nearest_items, vector_sum, walk
from search_app.search.background_scores import PHRASES, modality_means
from search_app.search.projection import fit
from search_app.search.terms import Term
from search_app.search.topics.vocabulary import Vocabulary
from tests.fake_encoder import COLOURS
from tests.search_app.search.memory_ledger import ENCODER, Facts, MemoryLedger, colourful, named, snapshot_of

LEDGER = colourful(3)
SNAPSHOT = snapshot_of(LEDGER)
PHRASE_VECTORS = ENCODER.encode_texts(PHRASES)
GROUND = Reference(SNAPSHOT, modality_means(SNAPSHOT, PHRASE_VECTORS), PHRASE_VECTORS)


def operand(kind: str, value: str, weight: float = 1.0):
    return operands_of([Term(kind, value, weight)], ENCODER, SNAPSHOT)[0]  # type: ignore[arg-type]


def colour_of(item_id: str) -> str:
    return named(LEDGER, [item_id])[0].split()[1]


def test_a_walk_goes_from_likes_of_the_one_to_likes_of_the_other_in_both_modalities() -> None:
    stations = walk(operand("text", "red"), operand("text", "blue"), 5, GROUND)
    assert [station.place for station in stations] == pytest.approx([1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6])
    for modality in ("image", "text"):
        seen = [colour_of(station.nearest[modality][0].id) for station in stations]
        assert seen[0] == "red" and seen[-1] == "blue"


def test_no_item_comes_twice_unless_that_is_wanted_and_the_ends_never() -> None:
    red = str(SNAPSHOT.groups["image"].ids[0])
    one, other = operand("item", red), operand("text", "red thing")
    once = [near.id for station in walk(one, other, 5, GROUND) for near in station.nearest["image"]]
    assert len(set(once)) == 5 and red not in once
    again = [near.id for s in walk(one, other, 5, GROUND, unique=False) for near in s.nearest["image"]]
    assert len(set(again)) < 5 and red not in again


def test_a_walk_passes_no_list_or_licence_while_there_is_prose() -> None:
    ledger = colourful(3)
    junk = [item for item, (modality, _, _) in ledger.rows.items() if modality == "text" and item <= 20]
    ledger.facts.update({item: Facts(quality=0.2) for item in junk})
    snapshot = snapshot_of(ledger)
    reference = Reference(snapshot, modality_means(snapshot, PHRASE_VECTORS), PHRASE_VECTORS)
    red, prose = operand("text", "red"), len(snapshot.groups["text"]) - len(junk)
    assert {int(near.id) for near in nearest_items(red.vector, GROUND, 40)["text"]} & set(junk), "they are near"
    found = {int(near.id) for near in nearest_items(red.vector, reference, 40)["text"]}
    assert not found & set(junk) and len(found) == prose
    ledger.facts.update({item: Facts(quality=0.2) for item in ledger.rows})
    only_junk = Reference(snapshot_of(ledger), reference.means, PHRASE_VECTORS)
    assert nearest_items(red.vector, only_junk, 2)["text"], "rather than nothing"


def test_a_component_is_walked_from_one_end_to_the_other_past_items_that_lie_on_it() -> None:
    projection = fit(SNAPSHOT.groups, SNAPSHOT.dimension).of(gap=False)
    stations = along_component(projection, 0, 4, SNAPSHOT)
    places = [station.nearest["image"][0].cosine for station in stations]
    assert places == sorted(places)
    group = SNAPSHOT.groups["image"]
    coordinates = projection.place("image", group.vectors, [0])[:, 0]
    assert places[0] == pytest.approx(float(coordinates.min())) and places[-1] == pytest.approx(
        float(coordinates.max())
    )


def test_words_and_pictures_are_added_and_taken_away() -> None:
    both = [operand("text", "red blue"), operand("text", "blue", -1.0)]
    point = vector_sum(both, GROUND)
    assert point is not None and float(np.linalg.norm(point)) == pytest.approx(1.0, abs=1e-5)
    found = nearest_items(point, GROUND, 2)
    assert {colour_of(near.id) for near in found["image"]} == {"red"}
    assert vector_sum([operand("text", "red"), operand("text", "red", -1.0)], GROUND) is None
    assert vector_sum([], GROUND) is None


def test_the_nearest_words_leave_out_what_was_put_in() -> None:
    words = tuple(COLOURS)
    known = Vocabulary(words, ENCODER.encode_texts(words))
    point = vector_sum([operand("text", "red")], GROUND)
    assert point is not None
    assert known.nearest(point, 1)[0][0] == "red"
    found = known.nearest(point, 9, {"red"})
    assert len(found) == 9 and "red" not in dict(found)


def test_everyday_words_have_people_places_and_things_once_each() -> None:
    words = everyday_words()
    assert {"queen", "rome", "kitten"} <= set(words)
    assert len(set(words)) == len(words) and all(word.isalpha() for word in words)
    assert everyday_words(50)[:50] == words[:50]


def test_a_space_without_items_has_nothing_near() -> None:
    empty = snapshot_of(MemoryLedger())
    reference = Reference(empty, modality_means(empty, PHRASE_VECTORS), PHRASE_VECTORS)
    assert nearest_items(PHRASE_VECTORS[0], reference, 3) == {}


def test_an_expression_is_read_with_its_signs() -> None:
    assert [(term.value, term.weight) for term in expression("king - man + a young  woman")] == [
        ("king", 1.0),
        ("man", -1.0),
        ("a young woman", 1.0),
    ]
    assert [(term.value, term.weight) for term in expression("- a well-known man")] == [("a well-known man", -1.0)]
    assert expression("  ") == []
