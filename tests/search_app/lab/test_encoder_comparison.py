"""The same items by another encoder."""

from pathlib import Path

import numpy as np
import pytest

from ingest.errors import SettingsError, UnknownEncoder
from ingest.space import open_space
from search_app.lab import encoder_comparison
from search_app.lab.encoder_comparison import ComparisonTasks, compare, comparison_sample, reencode
from search_app.search.background_tasks import Cancelled
from search_app.search.snapshot import LiveVectors
from tests.fake_encoder import FakeEncoder
from tests.make_files import ingest_folders, picture, text
from tests.narrow_encoder import DIMENSION, NarrowEncoder

RETUNED = "python:tests.retuned_encoder:RetunedEncoder"
NARROW = "python:tests.narrow_encoder:NarrowEncoder"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Captioned pictures in folders by colour, passages longer than a narrow window, and a picture without caption."""
    home, folder = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("pictures")
    for colour in ("red", "green", "yellow"):
        for number in range(2):
            picture(folder / colour / f"{number}.png", colour, (60 + number, 60))
            text(folder / colour / f"{number}.txt", f"a {colour} picture that is {colour} all over, and nothing else")
        text(folder / "notes" / colour / "long.txt", f"{colour} " * 20)
    picture(folder / "red" / "none.png", "purple")
    assert ingest_folders(home, [folder]).exit_status == 0
    return home


def _nothing(share: float, words: str) -> None:
    pass


@pytest.mark.parametrize("truth", ["captions", "folders"])
def test_both_encoders_are_asked_the_same_about_the_same_items(home: Path, truth: encoder_comparison.Truth) -> None:
    with open_space(home, "test") as space:
        snapshot = LiveVectors(space.ledger).now()
        found = compare(space, snapshot, FakeEncoder(), NARROW, truth, _nothing)
    assert [one.name for one in found.own] == [one.name for one in found.other] != []
    assert [(one.questions, one.among) for one in found.own] == [(one.questions, one.among) for one in found.other]
    assert found.counts["image"] == 7


def test_an_encoder_that_mixes_colours_up_finds_less(home: Path) -> None:
    with open_space(home, "test") as space:
        snapshot = LiveVectors(space.ledger).now()
        found = compare(space, snapshot, FakeEncoder(), RETUNED, "captions", _nothing)
    own, other = found.own[0], found.other[0]
    assert own.name == other.name == "text to image"
    assert own.recall[0] == 1.0 > other.recall[0]


def test_captioned_pictures_come_first_into_a_sample(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder_comparison, "SAMPLE", 6)
    with open_space(home, "test") as space:
        sample = comparison_sample(LiveVectors(space.ledger).now(), "captions")
        assert list(sample.groups) == ["image"]
        assert sample.groups["image"].facets.captioned.tolist() == [True] * 6
        assert all(
            len(group) <= 6 for group in comparison_sample(LiveVectors(space.ledger).now(), "folders").groups.values()
        )


def test_pictures_whose_file_has_gone_are_seen_by_their_thumbnails(tmp_path: Path) -> None:
    for number in range(3):
        picture(tmp_path / "files" / f"{number}.png", "red", (60 + number, 60))
    assert ingest_folders(tmp_path / "home", [tmp_path / "files"]).exit_status == 0
    (tmp_path / "files" / "0.png").unlink()
    with open_space(tmp_path / "home", "test") as space:
        snapshot = LiveVectors(space.ledger).now()
        before, after = reencode(space, snapshot, NarrowEncoder(), _nothing)
        assert after.groups["image"].vectors.shape == (3, DIMENSION)
        (gone,) = {item.thumbnail for item in space.ledger.items.get([str(snapshot.groups["image"].ids[0])])}
        (space.folder / gone).unlink()
        before, after = reencode(space, snapshot, NarrowEncoder(), _nothing)
    assert before.groups["image"].ids.tolist() == after.groups["image"].ids.tolist()
    assert len(before.groups["image"]) == len(after.groups["image"].vectors) == 2
    assert np.allclose(before.groups["image"].total, before.groups["image"].vectors.sum(axis=0))


def test_what_cannot_be_compared_is_told_and_a_comparison_can_be_stopped(home: Path) -> None:
    def stopped(share: float, words: str) -> None:
        if "items" in words:
            raise Cancelled

    with open_space(home, "test") as space:
        snapshot = LiveVectors(space.ledger).now()
        with pytest.raises(SettingsError, match="Choose another one"):
            compare(space, snapshot, FakeEncoder(), FakeEncoder.info.id, "captions", _nothing)
        with pytest.raises(UnknownEncoder):
            compare(space, snapshot, FakeEncoder(), "nothing", "captions", _nothing)
        with pytest.raises(Cancelled):
            compare(space, snapshot, FakeEncoder(), NARROW, "captions", stopped)
        task = ComparisonTasks().start(space, snapshot, FakeEncoder, "nothing", "captions")
        assert task.wait(60)
        assert task.status.state == "failed" and "nothing" in task.status.problem
