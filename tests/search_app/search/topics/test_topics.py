from pathlib import Path

import numpy as np
import pytest

from search_app.search.background_tasks import TaskQueue
from search_app.search.projection import fit
from search_app.search.snapshot import LiveVectors, Snapshot
from search_app.search.topics.ctfidf import distinctive_words, words_of
from search_app.search.topics.model import MIN_ITEMS
from search_app.search.topics.space_topics import SpaceTopics
from tests.search_app.search.clusters import NAMES, clustered, vectors_of
from tests.search_app.search.memory_ledger import ENCODER, MemoryLedger, snapshot_of


@pytest.fixture(autouse=True)
def words_of_this_run(encoder_cache: Path) -> None:
    """Encoded words are kept in this run's cache folder."""


def topics_of(folder: Path, ledger: MemoryLedger) -> SpaceTopics:
    def means(snapshot: Snapshot):  # type: ignore[no-untyped-def]
        return fit(snapshot.groups, 32).gap_closed.means

    return SpaceTopics(folder, "fake-1", ledger, means, TaskQueue())


def test_topics_are_the_clusters_with_pictures_and_passages_of_one_meaning_together(tmp_path: Path) -> None:
    ledger = clustered()
    snapshot = snapshot_of(ledger)
    topics = topics_of(tmp_path, ledger).get_or_find(snapshot, ENCODER)
    told = topics.describe(snapshot)
    assert len(topics) == len(told) == len(NAMES)
    assert [(topic.images, topic.texts, topic.size) for topic in told] == [(20, 12, 32)] * 5
    assert all(topic.spread > 0.8 for topic in told)
    folders = {topic.name: {ledger.rows[int(each)][1] for each in topic.representatives} for topic in told}
    assert sorted(folder for each in folders.values() for folder in each) == sorted(NAMES)
    for topic in told:
        kinds = [ledger.rows[int(each)][0] for each in topic.representatives]
        assert (kinds.count("image"), kinds.count("text")) == (4, 2), "in their share"
    assert topics.silhouettes[5] == max(topics.silhouettes.values())


def test_a_topic_is_named_by_what_its_texts_say_and_one_of_pictures_alone_by_the_vocabulary(tmp_path: Path) -> None:
    ledger = clustered(names=NAMES[:4])
    ledger.add("image", vectors_of("white", "image", 30), "white")
    snapshot = snapshot_of(ledger)
    topics = topics_of(tmp_path, ledger).get_or_find(snapshot, ENCODER)
    told = {ledger.rows[int(topic.representatives[0])][1]: topic for topic in topics.describe(snapshot)}
    assert told.keys() == {*NAMES[:4], "white"}
    for name in NAMES[:4]:
        assert told[name].said[0] == name and told[name].name.split(" · ")[0] == name
    assert told["white"].said == ()
    assert told["white"].near[0] == "white" and told["white"].name.split(" · ")[0] == "white"
    assert not {"here", "the", "and", "thing"} & {word for topic in told.values() for word in topic.said}


def test_topics_are_kept_beside_the_space_and_new_items_join_the_nearest(tmp_path: Path) -> None:
    ledger = clustered()
    live = LiveVectors(ledger)
    topics = topics_of(tmp_path, ledger).get_or_find(live.now(), ENCODER)
    again = topics_of(tmp_path, ledger).current(live.now())
    assert again is not None and again.names == topics.names and dict(again.silhouettes) == dict(topics.silhouettes)
    before = again.labels(live.now())
    np.testing.assert_array_equal(before, topics.labels(live.now()))
    ledger.add("image", vectors_of("red", "image", 3, seed=7), "red")
    labels = again.labels_of(live.now().groups["image"])
    assert set(labels[-3:].tolist()) == {int(labels[0])}
    assert again.counts(live.now())[again.names[labels[0]].name] == 35
    assert not again.drift(live.now()).offered
    ledger.add("text", vectors_of("black", "text", 60), "black")
    assert again.drift(live.now()).offered and topics_of(tmp_path, ledger).current(live.now()) is not None
    ledger.add("text", vectors_of("black", "text", 600, seed=2), "black")
    assert topics_of(tmp_path, ledger).current(live.now()) is None, "the space has become another"


def test_topics_are_chosen_by_name_or_by_a_word_of_it(tmp_path: Path) -> None:
    ledger = clustered()
    snapshot = snapshot_of(ledger)
    topics = topics_of(tmp_path, ledger).get_or_find(snapshot, ENCODER)
    red = topics.numbers_of(["RED"])
    assert len(red) == 1 and topics.numbers_of([topics.names[red[0]].name]) == red
    assert topics.among(snapshot.groups["text"], ["red"]).sum() == 12
    assert topics.numbers_of(["re", ""]) == []
    assert len({name.name for name in topics.names}) == 5


@pytest.mark.parametrize("count", [0, 1, MIN_ITEMS - 1])
def test_a_small_space_has_no_topics(tmp_path: Path, count: int) -> None:
    ledger = MemoryLedger()
    ledger.add("image", vectors_of("red", "image", count))
    snapshot = snapshot_of(ledger)
    topics = topics_of(tmp_path, ledger).get_or_find(snapshot, ENCODER)
    assert len(topics) == 0 and topics.describe(snapshot) == [] and topics.counts(snapshot) == {}
    assert topics.labels(snapshot).tolist() == [-1] * count


def test_that_a_space_has_none_is_known_until_it_has_enough_items(tmp_path: Path) -> None:
    ledger = MemoryLedger()
    ledger.add("image", vectors_of("red", "image", MIN_ITEMS - 2))
    topics = topics_of(tmp_path, ledger)
    none = topics.get_or_find(snapshot_of(ledger), ENCODER)
    assert topics.get_or_find(snapshot_of(ledger), ENCODER) is none, "and not looked for again"
    ledger.add("image", vectors_of("blue", "image", 2))
    assert topics.current(snapshot_of(ledger)) is None, "the page offers to find them"
    assert len(topics.get_or_find(snapshot_of(ledger), ENCODER)) > 0


def test_thirty_items_that_are_all_the_same_make_topics_that_hold_them_all(tmp_path: Path) -> None:
    ledger = MemoryLedger()
    ledger.add("image", np.repeat(vectors_of("red", "image", 1), 30, axis=0))
    snapshot = snapshot_of(ledger)
    topics = topics_of(tmp_path, ledger).get_or_find(snapshot, ENCODER)
    assert sum(topics.counts(snapshot).values()) in (0, 30)


def test_a_damaged_file_of_topics_counts_as_none(tmp_path: Path) -> None:
    ledger = clustered()
    snapshot = snapshot_of(ledger)
    topics_of(tmp_path, ledger).get_or_find(snapshot, ENCODER)
    (tmp_path / "projections" / "topics.npz").write_bytes(b"PK\x03\x04 torn")
    assert topics_of(tmp_path, ledger).current(snapshot) is None


def test_words_that_most_classes_say_set_none_apart_in_any_language() -> None:
    german = [[words_of(f"Der Hund und die Katze sind {word}") for _ in range(5)] for word in ("rot", "grün", "blau")]
    assert [[saying.word for saying in each] for each in distinctive_words(german, 3)] == [["rot"], ["grün"], ["blau"]]


def test_a_script_without_spaces_is_told_by_pairs_of_letters() -> None:
    assert {"東京", "京タ", "タワ"} <= words_of("東京タワー2024")
    assert words_of("It's a well-known café") == {"well-known", "café"}


def test_stop_words_of_several_languages_are_no_words() -> None:
    for text in ("The day behind them was too", "und dann auch noch", "que c'est d'un", "para todos los", "l'un"):
        assert not words_of(text), text
    assert words_of("l'oiseau d'hiver") == {"oiseau", "hiver"}
