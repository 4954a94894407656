"""A dry run says what the real run then does, and writes nothing."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ingest.formatting import format_duration
from ingest.run.dry_run import DryRun, dry_run, ledger_to_read
from ingest.run.options import IngestOptions, MissingPolicy
from ingest.sources.selection import Selection
from ingest.space import open_space
from tests.fake_encoder import FakeEncoder
from tests.make_files import ingest_folders, picture, shades, text
from tests.slow_encoder import SECONDS_AN_IMAGE, SlowEncoder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shades(tmp_path / "files" / "shades", 24)
    for name in ("red", "green", "blue", "yellow"):
        picture(tmp_path / "files" / f"{name}.png", name)
    text(tmp_path / "files" / "notes.txt", "Yellow taxis wait in the rain.")
    text(tmp_path / "files" / "old.md", "An old text.")
    return tmp_path / "files"


def planned(
    home: Path,
    folder: Path,
    encoder: FakeEncoder | None = None,
    selection: Selection | None = None,
    missing: MissingPolicy = "remove",
) -> DryRun:
    ledger = ledger_to_read(home, "test")
    try:
        options = IngestOptions(selection=selection or Selection(), missing=missing)
        return dry_run(ledger, [folder], lambda: encoder or FakeEncoder(), options)
    finally:
        ledger.close()


def contents(home: Path) -> list[object]:
    """All that is in the space: what its ledger says, and its other files."""
    with closing(sqlite3.connect(home / "test" / "ledger.db")) as database:
        rows = list(database.iterdump())
    files = sorted(path for path in (home / "test").rglob("*") if path.is_file() and "chroma" not in path.parts)
    others = [(path, path.read_bytes()) for path in files if "ledger.db" not in path.name and "server" not in path.name]
    return [rows, others]


def change_everything(folder: Path) -> None:
    picture(folder / "red.png", "purple", (70, 70))
    (folder / "green.png").rename(folder / "meadow.png")
    (folder / "old.md").unlink()
    text(folder / "blue.txt", "A caption of the blue one")
    text(folder / "new.md", "A new text.")
    picture(folder / "new.png", "orange")
    shutil.copy(folder / "yellow.png", folder / "copy.png")
    (folder / "song.mp3").write_bytes(b"ID3")


def test_a_dry_run_says_what_the_run_then_does_and_writes_nothing(home: Path, folder: Path) -> None:
    ingest_folders(home, [folder])
    with open_space(home, "test"):  # what follows a run is over when a reader has been there
        pass
    change_everything(folder)
    before = contents(home)
    made = planned(home, folder)
    assert contents(home) == before
    report = ingest_folders(home, [folder])
    assert {entry.path: entry.outcome for entry in made.report.outcomes} == {
        entry.path: entry.outcome for entry in report.outcomes
    }
    assert all(report.counts()[outcome] for outcome in ("added", "updated", "unchanged", "moved", "removed", "skipped"))
    assert made.by_kind["image", "added"] == 2 and made.by_kind["document", "added"] == 2
    assert sorted(found.path.name for found in made.to_encode) == ["blue.txt", "new.md", "new.png", "red.png"]


def test_where_there_is_no_space_none_is_made(home: Path, folder: Path) -> None:
    made = planned(home, folder, selection=Selection(include=("*.png",)))
    assert made.report.counts()["added"] == 28
    assert not home.exists()


def test_nothing_is_loaded_where_there_is_nothing_to_encode(home: Path, folder: Path) -> None:
    ingest_folders(home, [folder])
    ledger = ledger_to_read(home, "test")
    made = dry_run(ledger, [folder], lambda: pytest.fail("the encoder was loaded"))
    ledger.close()
    assert (made.report.counts()["unchanged"], made.seconds, made.timed) == (30, 0, 0)


def test_what_would_be_refused_is_told(home: Path, folder: Path) -> None:
    ingest_folders(home, [folder])
    shutil.rmtree(folder / "shades")
    made = planned(home, folder)
    assert (made.report.refused, made.report.counts()["removed"], made.report.exit_status) == (24, 0, 1)
    assert planned(home, folder, missing="remove-many").report.counts()["removed"] == 24


def test_the_time_told_is_about_the_encoders(home: Path, tmp_path: Path) -> None:
    shades(tmp_path / "many", 400)
    made = planned(home, tmp_path / "many", SlowEncoder())
    assert 0 < made.timed < 400
    assert 400 * SECONDS_AN_IMAGE <= made.seconds < 400 * SECONDS_AN_IMAGE * 20  # a busy machine may be slow


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 second"), (42, "42 seconds"), (100, "1.7 minutes"), (840, "14 minutes"), (12_600, "3.5 hours")],
)
def test_a_time_is_told_in_words(seconds: float, words: str) -> None:
    assert format_duration(seconds) == words
