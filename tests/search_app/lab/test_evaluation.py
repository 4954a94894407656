"""How well a space finds what belongs together."""

from pathlib import Path

import numpy as np
import pytest

from ingest.space import open_space
from search_app.lab import evaluation
from search_app.lab.evaluation import by_captions, by_folders, evaluate
from search_app.search.snapshot import LiveVectors
from tests.fake_encoder import FakeEncoder
from tests.make_files import ingest_folders, picture, text
from tests.search_app.search.memory_ledger import MemoryLedger, snapshot_of


def test_recall_counts_the_questions_that_find_something_right_in_time() -> None:
    among = np.eye(12, dtype=np.float32)
    # The first asks for what is nearest to it, the second for what is farthest, the third for either of two.
    asked = np.array([np.linspace(1, 0.1, 12)] * 3, np.float32)
    right = [np.array([0]), np.array([11]), np.array([2, 5])]
    found = evaluate("text", "image", asked, ["one", "two", "three"], among, [f"i{n}" for n in range(12)], right)
    assert found.recall == pytest.approx((1 / 3, 2 / 3, 2 / 3))
    third = (1 / np.log2(4) + 1 / np.log2(7)) / (1 + 1 / np.log2(3))
    assert found.ndcg == pytest.approx((1 + 0 + third) / 3)
    assert [(miss.question, miss.first, miss.right, miss.rank) for miss in found.misses] == [
        ("two", "i0", "i11", 12),
        ("three", "i0", "i2", 3),
    ]


def test_an_item_never_finds_itself() -> None:
    among = np.array([[1, 0], [0.9, 0.1], [0, 1]], np.float32)
    found = evaluate("image", "image", among[:1], ["a"], among, ["a", "b", "c"], [np.array([0, 2])], np.array([0]))
    assert found.recall == (0, 1, 1)
    assert found.misses[0].right == "c"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Captioned pictures in folders by colour, but for one blue picture that lies, captioned so, among the red ones."""
    home, folder = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("pictures")
    for colour in ("red", "green", "yellow"):
        for number in range(3):
            picture(folder / colour / f"{number}.png", colour, (60 + number, 60))
            text(folder / colour / f"{number}.txt", f"{colour}")
        for words in ("words", "things"):
            text(folder / "notes" / colour / f"{words}.txt", f"{colour} {words}")
    picture(folder / "red" / "stray.png", "blue")
    text(folder / "red" / "stray.txt", "green")
    assert ingest_folders(home, [folder]).exit_status == 0
    return home


def test_captions_ask_for_their_pictures_and_pictures_for_their_captions(home: Path) -> None:
    with open_space(home, "test") as space:
        snapshot = LiveVectors(space.ledger).now()
        to_image, to_text = by_captions(space.ledger, snapshot, FakeEncoder())
    assert (to_image.name, to_text.name) == ("text to image", "image to text")
    assert (to_image.questions, to_image.among) == (3, 10)  # equal captions ask once
    assert to_image.recall[0] == 1.0
    assert (to_text.questions, to_text.among) == (10, 3)
    assert to_text.recall[0] == pytest.approx(0.9)  # the blue picture is not called green


def test_folders_of_one_name_belong_together_in_all_four_directions(home: Path) -> None:
    with open_space(home, "test") as space:
        directions = {found.name: found for found in by_folders(LiveVectors(space.ledger).now())}
    assert set(directions) == {"text to image", "image to text", "image to image", "text to text"}
    assert directions["image to image"].recall[0] == pytest.approx(0.9)
    assert directions["image to image"].misses[0].rank > 1
    assert 0 < directions["text to image"].ndcg <= 1


def test_where_all_lies_in_one_folder_nothing_is_claimed(tmp_path: Path) -> None:
    for number in range(3):
        picture(tmp_path / "only" / f"{number}.png", "red", (60 + number, 60))
    assert ingest_folders(tmp_path / "home", [tmp_path / "only"]).exit_status == 0
    with open_space(tmp_path / "home", "test") as space:
        snapshot = LiveVectors(space.ledger).now()
        assert by_folders(snapshot) == []
        assert by_captions(space.ledger, snapshot, FakeEncoder()) == []


def test_each_question_is_held_against_all_that_is_in_folders_of_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    chance, ledger = np.random.default_rng(1), MemoryLedger()
    for number in range(120):
        folder = f"{number % 3}/day {number % 40}" + "/" * (number % 2)
        for _ in range(int(chance.integers(1, 4))):
            vectors = chance.normal(size=(1, 32)).astype(np.float32)
            ledger.add("image" if chance.random() < 0.6 else "text", vectors, folder)
    snapshot = snapshot_of(ledger)
    asked: dict[str, tuple[list[str], list[list[int]]]] = {}

    def seen(kind: str, of: str, questions: object, names: list[str], among: object, others: object, *more: object):
        right = more[0]
        assert isinstance(right, list)
        asked[f"{kind} to {of}"] = names, [rows.tolist() for rows in right]

    monkeypatch.setattr(evaluation, "evaluate", seen)
    by_folders(snapshot)
    assert len(asked) == 4
    day = {
        modality: [snapshot.folder_names[code].rstrip("/").rpartition("/")[2] for code in group.folders]
        for modality, group in snapshot.groups.items()
    }
    for asking, asking_group in snapshot.groups.items():
        for found, _ in snapshot.groups.items():
            right = [[row for row, of in enumerate(day[found]) if of == mine] for mine in day[asking]]
            needed = 2 if asking == found else 1
            able = [row for row, rows in enumerate(right) if len(rows) >= needed]
            names = [str(asking_group.ids[row]) for row in able]
            assert asked[f"{asking} to {found}"] == (names, [right[row] for row in able])
