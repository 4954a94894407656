"""What a person removes leaves the space, its file stays, and an ingest around it does not bring it back."""

import json
import shutil
from pathlib import Path

import pytest

from ingest.run.dry_run import dry_run, ledger_to_read
from ingest.space import open_space, open_to_reencode
from tests.command_line import nearspace_here
from tests.fake_encoder import FakeEncoder
from tests.make_files import finds_every_item, ingest_folders, picture, text


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    for colour in ("red", "green", "blue"):
        picture(folder / "pictures" / f"{colour}.png", colour)
        text(folder / "notes" / f"{colour}.txt", f"{colour} words")
    return folder


def removed(home: Path, *paths: Path) -> tuple[int, int]:
    with open_to_reencode(home, "test") as space:
        gone = space.ledger.exclude([str(path) for path in paths])
        space.index()
        assert finds_every_item(space)
    return gone.sources, gone.items


def names(home: Path) -> list[str]:
    with open_space(home, "test") as space:
        return sorted(Path(source.path).name for source in space.ledger.sources.all())


def test_a_removed_file_stays_on_disk_and_out_of_the_space(home: Path, folder: Path) -> None:
    ingest_folders(home, [folder])
    assert removed(home, folder / "pictures" / "red.png") == (1, 1)
    assert (folder / "pictures" / "red.png").exists()
    for _ in range(2):
        report = ingest_folders(home, [folder])
        assert (report.counts()["added"], report.counts()["unchanged"]) == (0, 5)
        assert any("removed from the space by hand" in note for note in report.notes)
        assert "red.png" not in names(home)


def test_naming_the_file_itself_lets_it_in_again_for_good(home: Path, folder: Path) -> None:
    ingest_folders(home, [folder])
    red = folder / "pictures" / "red.png"
    removed(home, red)
    assert ingest_folders(home, [red]).counts()["added"] == 1
    report = ingest_folders(home, [folder])
    assert (report.counts()["removed"], report.notes, len(names(home))) == (0, [], 6)
    with open_space(home, "test") as space:
        assert space.ledger.exclusions.paths() == []


def test_of_a_removed_folder_what_is_named_alone_comes_back_and_stays(home: Path, folder: Path) -> None:
    ingest_folders(home, [folder])
    assert removed(home, folder / "pictures") == (3, 3)
    ingest_folders(home, [folder / "pictures" / "blue.png"])
    for _ in range(2):
        assert ingest_folders(home, [folder]).counts()["removed"] == 0
        assert names(home) == ["blue.png", "blue.txt", "green.txt", "red.txt"]
    picture(folder / "pictures" / "purple.png", "purple")  # new, in a folder that is kept out
    assert ingest_folders(home, [folder]).counts()["added"] == 0
    assert ingest_folders(home, [folder / "pictures"]).counts()["added"] == 3


def test_a_folder_whose_name_only_begins_alike_is_another(home: Path, folder: Path) -> None:
    picture(folder / "pictures 2" / "white.png", "white")
    ingest_folders(home, [folder])
    assert removed(home, folder / "pictures") == (3, 3)
    assert ingest_folders(home, [folder]).counts()["unchanged"] == 4
    assert "white.png" in names(home)


def test_a_dry_run_knows_of_it_and_writes_nothing(home: Path, folder: Path) -> None:
    ingest_folders(home, [folder])
    red = folder / "pictures" / "red.png"
    removed(home, red)
    ledger = ledger_to_read(home, "test")
    assert dry_run(ledger, [folder], FakeEncoder).report.counts()["added"] == 0
    assert dry_run(ledger, [red], FakeEncoder).report.counts()["added"] == 1
    assert ledger.exclusions.paths() == [str(red)]
    ledger.close()


def test_items_that_a_copy_shares_stay_and_are_not_counted(home: Path, folder: Path) -> None:
    shutil.copy(folder / "pictures" / "red.png", folder / "copy of red.png")
    ingest_folders(home, [folder])
    one = [str(folder / "copy of red.png")]
    both = [*one, str(folder / "pictures" / "red.png")]
    with open_space(home, "test") as space:
        found = [space.ledger.exclusions.preview(paths) for paths in (one, both[1:], both)]
        assert [(gone.sources, gone.items) for gone in found] == [(1, 0), (1, 0), (2, 1)]
    assert removed(home, Path(both[1])) == (1, 0)
    with open_space(home, "test") as space:
        assert space.ledger.items.counts()["image"] == 3


def test_what_the_space_keeps_itself_stays_when_a_folder_around_it_is_ingested(tmp_path: Path, folder: Path) -> None:
    home = tmp_path / "files" / ".nearspace"
    kept = picture(home / "test" / "uploads" / "white.png", "white")
    ingest_folders(home, [kept])
    ingest_folders(home, [folder])
    assert "white.png" in names(home)
    kept.unlink()
    ingest_folders(home, [folder])
    assert "white.png" in names(home)
    picture(home / "test" / "uploads" / "black.png", "black")
    ingest_folders(home, [home / "test" / "uploads"])
    assert "white.png" not in names(home)


def test_the_command_says_how_much_goes_and_asks_first(home: Path, folder: Path) -> None:
    ingest_folders(home, [folder])
    where = ("--home", home, "--space", "test")
    asked = nearspace_here("remove", folder / "notes", *where)
    assert asked.returncode == 2
    assert "3 sources with 3 items would leave the space" in " ".join(asked.stderr.split())
    assert len(names(home)) == 6
    nothing = nearspace_here("remove", folder / "nowhere", *where, "--yes")
    assert (nothing.returncode, "Nothing in the space" in nothing.stderr) == (2, True)
    done = nearspace_here("remove", folder / "notes", *where, "--yes", "--json")
    assert json.loads(done.stdout)["sources"] == 3, done.stderr
    assert json.loads(done.stdout)["left"] == {"image": 3, "text": 0}
    assert (folder / "notes" / "red.txt").exists()
    status = nearspace_here("status", *where)
    assert "removed by hand" in status.stdout
