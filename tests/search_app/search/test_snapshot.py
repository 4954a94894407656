import numpy as np

from ingest.space.steady_sample import steady_sample
from search_app.search.snapshot import LiveVectors
from tests.search_app.search.memory_ledger import MemoryLedger, pictures, texts


def test_a_snapshot_holds_every_live_item_of_each_modality() -> None:
    ledger = MemoryLedger()
    ledger.add("image", pictures("red", "blue"), "a")
    ledger.add("text", texts("red"), "b")
    snapshot = LiveVectors(ledger).now()
    assert len(snapshot) == 3
    assert snapshot.groups["image"].ids.tolist() == [1, 2]
    np.testing.assert_array_equal(snapshot.groups["text"].vectors, texts("red"))
    assert snapshot.folder_counts() == {"a": 2, "b": 1}


def test_new_items_show_and_only_they_are_read() -> None:
    ledger = MemoryLedger()
    ledger.add("image", pictures("red", "blue"))
    live = LiveVectors(ledger)
    before = live.now()
    ledger.add("text", texts("green"))
    ledger.add("image", pictures("green"))
    after = live.now()
    assert ledger.asked_after == [0, 2]
    assert after.groups["image"].ids.tolist() == [1, 2, 4]
    assert after.groups["text"].ids.tolist() == [3]
    assert before.groups["image"].ids.tolist() == [1, 2], "an older snapshot stays as it was"


def test_an_unchanged_space_gives_the_same_snapshot() -> None:
    ledger = MemoryLedger()
    ledger.add("image", pictures("red"))
    live = LiveVectors(ledger)
    assert live.now() is live.now()


def test_removed_items_go_and_later_ones_stay_in_step_with_their_vectors() -> None:
    ledger = MemoryLedger()
    ids = ledger.add("image", pictures("red", "blue", "green"))
    live = LiveVectors(ledger)
    before = live.now()
    ledger.remove(ids[1])
    ledger.add("image", pictures("yellow"))
    after = live.now()
    assert after.groups["image"].ids.tolist() == [1, 3, 4]
    np.testing.assert_array_equal(after.groups["image"].vectors, pictures("red", "green", "yellow"))
    np.testing.assert_array_equal(before.groups["image"].vectors, pictures("red", "blue", "green"))


def test_moved_items_get_their_new_folder() -> None:
    ledger = MemoryLedger()
    ids = ledger.add("image", pictures("red", "blue"), "old")
    live = LiveVectors(ledger)
    live.now()
    ledger.move(ids[0], "new")
    assert live.now().folder_counts() == {"new": 1, "old": 1}


def test_an_item_is_found_by_its_id_and_a_strange_id_is_not() -> None:
    ledger = MemoryLedger()
    ledger.add("image", pictures("red"))
    ids = ledger.add("text", texts("red"))
    snapshot = LiveVectors(ledger).now()
    found = snapshot.find(ids[0])
    assert found is not None
    assert (found[0].modality, found[1]) == ("text", 0)
    for strange in ("3", "0", "-1", "x", "", "9" * 30, "²"):
        assert snapshot.find(strange) is None


def test_a_sample_hardly_changes_when_the_space_grows() -> None:
    before = set(steady_sample(np.arange(1, 10_001), 2_000).tolist())
    after = set(steady_sample(np.arange(1, 10_101), 2_000).tolist())
    assert len(before) == len(after) == 2_000
    assert len(before & after) > 1_950
    assert steady_sample(np.arange(5), 10).tolist() == [0, 1, 2, 3, 4]


def test_an_item_is_in_every_folder_that_has_a_file_of_its_content() -> None:
    ledger = MemoryLedger()
    ids = ledger.add("image", pictures("red", "blue", "green"), "a")
    live = LiveVectors(ledger)
    before = live.now()
    ledger.share(ids[1], "b")
    ledger.share(ids[1], "c")
    after = live.now()
    assert after.folder_counts() == {"a": 3, "b": 1, "c": 1}
    assert after.in_folders(after.groups["image"], ["b"]).tolist() == [False, True, False]
    assert after.in_folders(after.groups["image"], ["a", "c"]).tolist() == [True, True, True]
    assert before.folder_counts() == {"a": 3}
    assert ledger.asked_after == [0, 3], "the vectors that were there are not read again"


def test_the_sum_of_the_vectors_keeps_up_as_items_come_and_go() -> None:
    ledger = MemoryLedger()
    ids = ledger.add("image", pictures("red", "blue", "green"))
    live = LiveVectors(ledger)
    before = live.now().groups["image"]
    ledger.remove(ids[1])
    ledger.add("image", pictures("yellow", "black"))
    after = live.now().groups["image"]
    for group in (before, after):
        np.testing.assert_allclose(group.total, group.vectors.sum(axis=0, dtype=np.float64), atol=1e-6)
