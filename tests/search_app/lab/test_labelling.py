"""Labels of one's own."""

import numpy as np
import pytest

from ingest.encoders.calibration import Calibration, Cell
from search_app.lab.labelling import (
    NONE,
    PROMPT,
    confusion,
    folder_labels,
    label_items,
    label_vectors,
    parse_labels,
    prompted,
)
from search_app.lab.reference import Reference
from search_app.search.background_scores import PHRASES, modality_means
from tests.fake_encoder import COLOURS
from tests.search_app.search.memory_ledger import ENCODER, MemoryLedger, colourful, pictures, snapshot_of, texts

PHRASE_VECTORS = ENCODER.encode_texts(PHRASES)


def reference(ledger: MemoryLedger, calibration: Calibration | None = None) -> Reference:
    snapshot = snapshot_of(ledger)
    return Reference(snapshot, modality_means(snapshot, PHRASE_VECTORS), PHRASE_VECTORS, calibration)


def sorted_by_folder() -> MemoryLedger:
    """Red and blue pictures in folders of those names, and a green one that lies among the red."""
    ledger = MemoryLedger()
    ledger.add("image", pictures("red", "red", "green"), "all/red_things")
    ledger.add("image", pictures("blue", "blue", "blue"), "all/blue-things")
    ledger.add("text", texts("red words"), "notes")
    return ledger


def test_every_picture_gets_the_label_that_it_is_closest_to() -> None:
    labels = tuple(COLOURS)
    here = reference(colourful(2))
    found = label_items(labels, label_vectors(labels, "{}", ENCODER), here)
    assert found.counts() == [2] * len(labels)
    names = found.by_id()
    assert names[int(here.snapshot.groups["image"].ids[0])] == labels[0]
    assert set(found.best(0, 10)) == {str(here.snapshot.groups["image"].ids[row]) for row in (0, 10)}


def test_what_is_no_real_match_for_any_label_can_be_left_without_one() -> None:
    cell = Cell((0.0,) * 4, 0.0, unrelated=0.4, spread=0.02, matching=0.7)
    cells = {(one, other): cell for one in ("image", "text") for other in ("image", "text")}
    calibration = Calibration("fake-1", 10, "made up", cells)
    here = reference(colourful(1), calibration)
    vectors = label_vectors(["red"], "{}", ENCODER)
    assert label_items(["red"], vectors, here).counts() == [10]
    found = label_items(["red"], vectors, here, allow_none=True)
    assert found.counts() == [1]
    assert found.by_id()[int(found.ids[1])] == ""
    assert len(found.best(NONE, 20)) == 9


def test_folders_called_as_labels_are_the_truth_that_they_are_measured_by() -> None:
    here = reference(sorted_by_folder())
    labels = ("red thing", "blue things", "green")
    found = confusion(label_items(labels, label_vectors(("red", "blue", "green"), "{}", ENCODER), here), here.snapshot)
    assert found.folders == ("blue-things", "red_things")
    assert found.counts.tolist() == [[0, 3, 0], [2, 0, 1]]
    assert found.truth == (1, 0)
    assert found.judged == 6
    assert found.accuracy == pytest.approx(5 / 6)


def test_the_largest_folders_are_named_in_their_order() -> None:
    ledger = MemoryLedger()
    for folder, count in (("d", 1), ("c", 3), ("b", 2), ("a", 1), ("e", 2)):
        ledger.add("image", pictures(*["red"] * count), folder)
    here = reference(ledger)
    found = confusion(label_items(("red",), label_vectors(("red",), "{}", ENCODER), here), here.snapshot)
    assert found.counts[:, 0].tolist() == [1, 2, 3, 1, 2]
    assert [found.folders[row] for row in found.largest(4)] == ["a", "b", "c", "e"]
    assert found.largest(9) == [0, 1, 2, 3, 4]


def test_without_a_folder_called_as_a_label_nothing_is_right_or_wrong() -> None:
    here = reference(sorted_by_folder())
    found = confusion(label_items(("cat",), label_vectors(("cat",), "{}", ENCODER), here), here.snapshot)
    assert found.accuracy is None and found.truth == (NONE, NONE)


def test_folders_are_offered_as_labels_where_a_collection_is_sorted() -> None:
    assert folder_labels(snapshot_of(sorted_by_folder())) == ("blue things", "red things")
    alone = MemoryLedger()
    alone.add("image", pictures("red", "blue", "green"), "all")
    assert folder_labels(snapshot_of(alone)) == ()


def test_labels_are_read_from_lines_and_commas_each_once() -> None:
    assert parse_labels(" dog, cat\nred   car;dog ,, ") == ("dog", "cat", "red car")


def test_a_label_stands_in_its_prompt() -> None:
    assert prompted("dog", PROMPT) == "a photo of a dog"
    assert prompted("owl", PROMPT) == "a photo of an owl"
    assert prompted("dog", "a sketch of") == "a sketch of dog"
    assert prompted("{0} {x}", "{}") == "{0} {x}"


def test_without_labels_or_items_nothing_is_labelled() -> None:
    here = reference(MemoryLedger())
    assert label_items((), np.empty((0, 32), np.float32), here).counts() == []
    assert label_items(("a",), label_vectors(("a",), "{}", ENCODER), here).counts() == [0]
