"""What a run does not come across leaves the space; but not unasked when that is more than half of it."""

import shutil
from pathlib import Path

import pytest

from ingest.readers.reading_options import ReadingOptions
from ingest.run.cleanup import MISSING, NOT_SELECTED
from ingest.sources.selection import IGNORE_FILE, Selection
from ingest.space import open_space
from tests.make_files import finds_every_item, ingest_folders, picture, shades, text


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shades(tmp_path / "files" / "a", 12)
    shades(tmp_path / "files" / "b", 13, start=12)
    return tmp_path / "files"


def held(home: Path) -> int:
    with open_space(home, "test") as space:
        assert finds_every_item(space)
        return space.ledger.item_count()


def test_sources_that_are_left_out_now_leave_the_space_and_come_back(home: Path, folder: Path) -> None:
    ingest_folders(home, [folder])
    report = ingest_folders(home, [folder], selection=Selection(exclude=("a/",)))
    assert {entry.reason for entry in report.of("removed")} == {NOT_SELECTED}
    assert (report.counts()["removed"], report.exit_status, held(home)) == (12, 0, 13)
    text(folder / "b" / IGNORE_FILE, "shade 00012.png\n")
    report = ingest_folders(home, [folder])
    assert (report.counts()["added"], report.counts()["removed"]) == (12, 1)
    (folder / "b" / IGNORE_FILE).unlink()
    assert ingest_folders(home, [folder]).counts()["added"] == 1
    assert held(home) == 25


def test_more_than_half_of_a_space_is_removed_only_when_asked_for(home: Path, folder: Path) -> None:
    ingest_folders(home, [folder])
    shutil.rmtree(folder / "b")
    picture(folder / "new.png", "red")
    report = ingest_folders(home, [folder])
    assert (report.counts()["removed"], report.counts()["added"], report.refused) == (0, 1, 13)
    assert report.exit_status == 1
    assert "13 of the space's 25 sources" in report.notes[0] and "--yes" in report.notes[0]
    assert held(home) == 26
    report = ingest_folders(home, [folder], missing="remove-many")
    assert (report.counts()["removed"], report.exit_status, report.notes) == (13, 0, [])
    assert {entry.reason for entry in report.of("removed")} == {MISSING}
    assert held(home) == 13


def test_a_rule_that_leaves_out_everything_is_not_taken_for_an_empty_folder(home: Path, folder: Path) -> None:
    ingest_folders(home, [folder])
    report = ingest_folders(home, [folder], selection=Selection(include=("*.pdf",)))
    assert report.refused == 25
    assert "not mounted" in report.notes[0] and "is empty now" not in report.notes[0]
    assert held(home) == 25


def test_half_of_a_space_and_most_of_a_small_one_go_unasked(home: Path, folder: Path) -> None:
    ingest_folders(home, [folder / "a"])
    for path in sorted((folder / "a").iterdir())[1:]:
        path.unlink()
    assert ingest_folders(home, [folder / "a"]).counts()["removed"] == 11


def test_many_new_files_do_not_hide_that_the_old_ones_are_gone(home: Path, folder: Path) -> None:
    ingest_folders(home, [folder])
    shutil.rmtree(folder / "a")
    shutil.rmtree(folder / "b")
    shades(folder / "c", 60, start=100)
    report = ingest_folders(home, [folder])
    assert (report.refused, report.counts()["added"]) == (25, 60)
    assert held(home) == 85


def test_moved_files_are_not_missing(home: Path, folder: Path) -> None:
    ingest_folders(home, [folder])
    (folder / "a").rename(folder / "c")
    (folder / "b").rename(folder / "d")
    report = ingest_folders(home, [folder])
    assert (report.counts()["moved"], report.refused, report.notes) == (25, 0, [])


def test_missing_files_are_kept_when_that_is_asked_for(home: Path, folder: Path) -> None:
    ingest_folders(home, [folder])
    shutil.rmtree(folder / "a")
    report = ingest_folders(home, [folder], missing="keep")
    assert (report.counts()["removed"], report.refused, report.exit_status) == (0, 0, 0)
    assert "12 sources" in report.notes[0]
    assert held(home) == 25
    assert ingest_folders(home, [folder]).counts()["removed"] == 12


def test_files_that_are_named_one_by_one_are_gone_only_when_their_folder_says_so(home: Path, folder: Path) -> None:
    named = sorted((folder / "a").iterdir())
    ingest_folders(home, named)
    named[0].unlink()
    report = ingest_folders(home, named)
    assert [entry.path for entry in report.of("failed")] == [str(named[0])]
    assert held(home) == 12
    assert [entry.path for entry in ingest_folders(home, [folder / "a"]).of("removed")] == [str(named[0])]


def test_what_failed_and_was_kept_is_guarded_as_the_rest_is(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "rows"
    names = [path.relative_to(folder).as_posix() for path in shades(folder / "pictures", 30)]
    table = text(folder / "table.csv", "\n".join(("file,text", *(f"{name},words" for name in names))))
    ingest_folders(home, [table], reading=ReadingOptions(image_column="file"))
    shutil.rmtree(folder / "pictures")  # as when the disk that it is on is not mounted
    assert ingest_folders(home, [folder]).counts()["failed"] == 30
    table.unlink()
    text(folder / "notes.txt", "Some words")
    report = ingest_folders(home, [folder], missing="keep")
    assert "31 sources" in report.notes[0]
    assert held(home) == 31
    report = ingest_folders(home, [folder])
    assert (report.refused, held(home)) == (31, 31)
    report = ingest_folders(home, [folder], missing="remove-many")
    assert (report.counts()["removed"], held(home)) == (31, 1)
