"""The names of topics and places are true of the items that they show; where no word is, none is shown."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ingest.encoders.lite.lite_encoder import LiteEncoder
from ingest.space.open import open_space
from search_app.maps.contrast import contrast
from search_app.maps.decoding import decode
from search_app.maps.layout import MapSpec
from search_app.maps.space_maps import SpaceMaps
from search_app.search.pca_reduction import groups_of
from search_app.search.searcher import Searcher
from search_app.search.topics.holding import HELD, HELD_IN_PART, holding
from search_app.search.topics.model import Topics
from search_app.search.topics.naming import WITH_TEXT
from search_app.search.topics.stop_words import STOP_WORDS
from search_app.search.topics.vocabulary import Vocabulary
from tests.search_app.search.clusters import NAMES, clustered
from tests.search_app.search.memory_ledger import ENCODER, snapshot_of


@pytest.fixture(scope="module")
def searcher(sample_home: Path) -> Iterator[Searcher]:
    with open_space(sample_home, "sample") as space:
        yield Searcher(space)


@pytest.fixture(scope="module")
def topics(searcher: Searcher, lite: LiteEncoder) -> Topics:
    return searcher.topics.get_or_find(searcher.vectors.now(), lite)


@pytest.fixture(scope="module")
def vocabulary(searcher: Searcher, topics: Topics, lite: LiteEncoder) -> Vocabulary:
    return searcher.topics.vocabulary(lite, searcher.vectors.now())


def ids_of(searcher: Searcher, topics: Topics, number: int) -> np.ndarray:
    groups = [group for _, group in groups_of(searcher.vectors.now())]
    return np.concatenate([group.ids[topics.labels_of(group) == number] for group in groups])


def test_most_topics_of_the_sample_have_a_name(topics: Topics) -> None:
    assert sum(name.holds for name in topics.names) >= 0.7 * len(topics)
    for name in topics.names:
        assert name.holds or (name.name.startswith("topic") and not name.said and not name.near)


def test_every_word_of_a_name_is_nearer_to_its_items_than_to_nearly_all_others(
    searcher: Searcher, topics: Topics, vocabulary: Vocabulary
) -> None:
    snapshot = searcher.vectors.now()
    for topic in topics.describe(snapshot):
        words = [word for word in topic.name.split(" · ") if word in vocabulary.words]
        if not topics.names[topic.number].holds:
            continue
        found = holding(
            vocabulary.vectors_of(words), ids_of(searcher, topics, topic.number), snapshot, topics.reduction.means
        )
        assert words and (found.shares >= HELD).all(), (topic.name, found.shares)


@pytest.mark.parametrize(
    ("words", "others"),
    [
        ({"bicycle", "wheel", "handlebars", "tyre"}, ("screwdriver", "scissors", "hammer", "pliers", "spanner")),
        ({"boat", "schooner", "yacht", "sailing", "ship"}, ("guitar", "violin", "cello", "drum")),
    ],
)
def test_a_topic_is_not_called_by_what_its_pictures_do_not_show(
    searcher: Searcher, topics: Topics, words: set[str], others: tuple[str, ...]
) -> None:
    snapshot = searcher.vectors.now()
    for topic in topics.describe(snapshot):
        if words & set(topic.name.split(" · ")):
            ids = [str(item) for item in ids_of(searcher, topics, topic.number).tolist()]
            names = [item.name for item in searcher.space.ledger.items.get(ids)]
            wrong = [name for name in names if name.startswith(others)]
            assert len(wrong) <= 0.1 * len(names), (topic.name, wrong)


def test_no_stop_word_names_a_topic(topics: Topics) -> None:
    assert not STOP_WORDS & {word for name in topics.names for word in (*name.words, *name.said)}


def test_a_selection_of_tools_is_not_called_by_the_parts_of_a_bicycle(
    searcher: Searcher, topics: Topics, vocabulary: Vocabulary
) -> None:
    snapshot, ledger = searcher.vectors.now(), searcher.space.ledger
    group = snapshot.groups["image"]
    means = topics.reduction.means
    tools = [item.id for item in ledger.items.get([str(item) for item in group.ids]) if item.folder.endswith("tools")]
    found = contrast(snapshot, tools, means, ledger.items.texts, vocabulary)
    words = [word for word, _ in found.nearest_words]
    assert words and not {"bicycle", "wheel", "handlebars"} & set(words)
    ids = np.array(sorted(map(int, tools)), np.int64)
    assert (holding(vocabulary.vectors_of(words), ids, snapshot, means).shares >= HELD_IN_PART).all()


def test_what_few_items_say_is_not_said_of_all(searcher: Searcher, topics: Topics, vocabulary: Vocabulary) -> None:
    snapshot, ledger = searcher.vectors.now(), searcher.space.ledger
    items = ledger.items.get([str(item) for item in snapshot.groups["image"].ids])
    captioned = [item.id for item in items if item.text]
    bare = [item.id for item in items if not item.text]
    few = [*bare, *captioned[: int(WITH_TEXT * len(bare)) // 2]]

    def said(ids: list[str]) -> tuple[object, ...]:
        return contrast(snapshot, ids, topics.reduction.means, ledger.items.texts, vocabulary).distinctive_words

    assert said(few) == () and said(captioned)


def test_the_words_of_a_place_hold_of_the_items_beside_it(
    searcher: Searcher, vocabulary: Vocabulary, lite: LiteEncoder, tmp_path: Path
) -> None:
    snapshot = searcher.vectors.now()
    maps = SpaceMaps(tmp_path, lite.info.fingerprint, searcher.live_projections)
    layout = maps.layout(snapshot, MapSpec(), lite)
    assert layout is not None
    projection = maps.projection(snapshot, gap=False)
    spoken = 0
    for place in layout.positions[::40]:
        found = decode(layout, place, snapshot, projection, vocabulary)
        if found.words:
            spoken += 1
            ids = np.array(sorted(int(near.id) for near in found.items), np.int64)
            words = vocabulary.vectors_of([word for word, _ in found.words])
            assert (holding(words, ids, snapshot, projection.means).shares >= HELD).all()
    assert spoken


def test_a_word_holds_of_what_it_means_and_of_nothing_else() -> None:
    ledger = clustered()
    snapshot = snapshot_of(ledger)
    words = Vocabulary(NAMES, ENCODER.encode_texts(NAMES))
    means = {name: group.total / len(group) for name, group in snapshot.groups.items()}
    ids = np.array([number for number, row in ledger.rows.items() if row[1] == NAMES[0]], np.int64)
    found = holding(words.centred, ids, snapshot, means)
    assert found.topical.tolist() == [True, *[False] * (len(NAMES) - 1)]
    everything = np.array(sorted(ledger.rows), np.int64)
    assert holding(words.centred, everything, snapshot, means).shares.tolist() == [1.0] * len(NAMES)


def test_a_topic_without_a_true_word_is_shown_by_its_items_alone(searcher: Searcher, topics: Topics) -> None:
    # Tools, wheels and buckets lie together in the sample, and no word is true of most of them.
    unnamed = [topic for topic in topics.describe(searcher.vectors.now()) if not topics.names[topic.number].holds]
    assert unnamed and len({topic.name for topic in unnamed}) == len(unnamed)
    assert all((topic.said, topic.near) == ((), ()) and topic.representatives for topic in unnamed)
