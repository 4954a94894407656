"""A watched folder and its space stay in step: only what changes is looked at, and a reader sees it at once."""

import errno
import json
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.run import watch
from ingest.run.options import DEFAULT, IngestOptions
from ingest.run.pipeline import ingest
from ingest.run.report import Report
from ingest.sources.selection import IGNORE_FILE, Selection
from ingest.sources.walk import walk, walk_changed
from ingest.space import open_space, open_to_write
from tests.fake_encoder import FakeEncoder
from tests.ingest.space.chroma.chroma_server import own_server, proxy
from tests.make_files import FAKE, finds_every_item, ingest_folders, picture, shades, text
from tests.patience import limit


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "files" / ".nearspace"  # within the folder, as `nearspace watch .` has it


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("red", "green", "blue"):
        picture(tmp_path / "files" / "a" / f"{name}.png", name)
    text(tmp_path / "files" / "notes.txt", "Yellow taxis wait in the rain.")
    return tmp_path / "files"


def ingest_changed(home: Path, folder: Path, *changed: Path, selection: Selection | None = None) -> dict[str, str]:
    encoder = FakeEncoder()
    with open_to_write(home, "test", encoder.info) as space:
        options = IngestOptions(selection=selection or Selection())
        report: Report = ingest(space, encoder, [folder], options, changed=changed)
        assert finds_every_item(space)
    return {Path(entry.path).name: entry.outcome for entry in report.outcomes}


def test_only_what_changed_is_looked_at(home: Path, folder: Path) -> None:
    ingest_folders(home, [folder])
    picture(folder / "a" / "red.png", "white", (70, 70))
    picture(folder / "a" / "new.png", "black")
    (folder / "a" / "green.png").unlink()
    (folder / "a" / "blue.png").unlink()
    changed = [folder / "a" / name for name in ("red.png", "new.png", "green.png")]
    assert ingest_changed(home, folder, *changed) == {"red.png": "updated", "new.png": "added", "green.png": "removed"}
    assert ingest_changed(home, folder, folder / "a") == {
        "blue.png": "removed",
        "red.png": "unchanged",
        "new.png": "unchanged",
    }


def test_a_renamed_folder_keeps_its_items(home: Path, folder: Path) -> None:
    ingest_folders(home, [folder])
    (folder / "a").rename(folder / "b")
    assert ingest_changed(home, folder, folder / "a", folder / "b") == dict.fromkeys(
        ["red.png", "green.png", "blue.png"], "moved"
    )


def test_a_link_that_appears_takes_nothing_out_of_the_space(home: Path, folder: Path) -> None:
    ingest_folders(home, [folder])
    (folder / "link.png").symlink_to(folder / "a" / "red.png")
    (folder / "link").symlink_to(folder / "a")
    changed = [folder / "link.png", folder / "link", folder / "link" / "blue.png"]
    assert ingest_changed(home, folder, *changed) == {"link.png": "skipped", "link": "skipped"}
    (folder / "a" / "green.png").unlink()
    (folder / "a" / "green.png").symlink_to(folder / "a" / "red.png")
    outcomes = ingest_changed(home, folder, folder / "a" / "green.png")
    assert outcomes == {"green.png": "removed"}  # told as skipped first: its own file is gone
    with open_space(home, "test") as space:
        assert space.ledger.items.counts() == {"image": 2, "text": 1}


def test_a_caption_changes_its_picture_and_an_ignore_file_its_folder(home: Path, folder: Path) -> None:
    ingest_folders(home, [folder])
    caption = text(folder / "a" / "red.txt", "A red wall in Lisbon")
    assert ingest_changed(home, folder, caption) == {"red.txt": "added", "red.png": "updated"}
    caption.unlink()
    assert ingest_changed(home, folder, caption) == {"red.txt": "removed", "red.png": "updated"}
    rules = text(folder / "a" / IGNORE_FILE, "green.*\n")
    assert ingest_changed(home, folder, rules)["green.png"] == "removed"
    rules.unlink()
    assert ingest_changed(home, folder, rules)["green.png"] == "added"


def test_a_folder_that_is_gone_or_emptied_whole_is_taken_for_one_that_is_not_mounted(
    home: Path, tmp_path: Path
) -> None:
    away = tmp_path / "disk"
    shades(away, 4)
    ingest_folders(home, [away])
    for path in away.iterdir():
        path.unlink()
    assert ingest_changed(home, away, *[away / f"shade {n:05}.png" for n in range(4)]) == {}
    with open_space(home, "test") as space:
        assert space.ledger.items.count() == 4


@pytest.mark.parametrize("error", [PermissionError(errno.EACCES, "Permission denied"), OSError(errno.EIO, "I/O error")])
def test_a_folder_that_cannot_be_looked_into_any_more_keeps_its_items(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    away = tmp_path / "disk"
    gone = shades(away, 4)[0]
    ingest_folders(home, [away])
    gone.unlink()

    def refuse(path: Path) -> Iterator[Path]:
        raise error

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert ingest_changed(home, away, gone) == {"disk": "failed"}
    with open_space(home, "test") as space:
        assert space.ledger.items.count() == 4


def test_changed_paths_are_chosen_as_a_walk_chooses_them(folder: Path) -> None:
    text(folder / IGNORE_FILE, "b/\n*.tmp\n")
    text(folder / "a" / IGNORE_FILE, "!c.tmp\n")
    for name in (
        ".h.png",
        ".hidden/x.png",
        "b/x.png",
        "c.tmp",
        "a/c.tmp",
        "a/d/e.png",
        "s/manifest.json",
        "s/ledger.db",
    ):
        text(folder / name, "x")
    text(folder / "s" / "in a space.png", "x")
    (folder / "link").symlink_to(folder / "a")
    (folder / "link.png").symlink_to(folder / "a" / "red.png")
    everything = [path for path in folder.rglob("*") if not path.is_dir()]
    everything += [folder / "link" / "red.png", folder / "gone" / "x.png"]
    for selection in (Selection(), Selection(hidden=True), Selection(include=("*.png",), exclude=("d/",))):
        walked = {found.path: found for found in walk(folder, on_error=pytest.fail, selection=selection)}
        changed = list(walk_changed(folder, everything, on_error=pytest.fail, selection=selection))
        assert {found.path: found for found in changed} == walked
        assert len(changed) == len(walked)
        assert {
            found.path for found in walk_changed(folder, [folder], on_error=pytest.fail, selection=selection)
        } == set(walked)


class Watcher:
    """`nearspace watch` in a process of its own, and the events it tells."""

    def __init__(self, home: Path, folder: Path, *options: str) -> None:
        command = [sys.executable, "-m", "ingest.cli", "watch", str(folder), *options]
        command += ["--home", str(home), "--space", "test"]
        self.process = subprocess.Popen(
            [*command, "--encoder", FAKE, "--json-lines"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._lines.put(line)

    def wait_for(self, *outcomes: tuple[str, str]) -> None:
        """Wait until each (file name, outcome) has been told, and the run that told the last has been summed up."""
        missing = set(outcomes)
        deadline = time.monotonic() + limit(180)
        while True:
            event = json.loads(self._lines.get(timeout=max(0.1, deadline - time.monotonic())))
            if event["event"] == "outcome":
                missing.discard((Path(event["path"]).name, event["outcome"]))
            elif event["event"] == "summary" and not missing:
                return

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(limit(60))


@pytest.fixture
def watcher(home: Path, folder: Path) -> Iterator[Callable[..., Watcher]]:
    started: list[Watcher] = []

    def start(*options: str) -> Watcher:
        started.append(Watcher(home, folder, *options))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.communicate()


def test_a_watched_space_follows_its_folder_and_a_reader_sees_it(
    home: Path, folder: Path, watcher: Callable[..., Watcher]
) -> None:
    process = watcher()
    process.wait_for(("red.png", "added"), ("notes.txt", "added"))
    with open_space(home, "test") as reader:
        revision = reader.ledger.revision()
        picture(folder / "b" / "white.png", "white")
        process.wait_for(("white.png", "added"))
        assert reader.ledger.revision() > revision
        assert finds_every_item(reader)
        item = reader.ledger.items.of_source(str(folder / "b" / "white.png"))[0]
        vector = reader.ledger.items.vectors_of([item.id])
        assert reader.query("image", vector, 1)[0][0][0] == item.id
        (folder / "a" / "red.png").rename(folder / "b" / "crimson.png")
        (folder / "notes.txt").unlink()
        process.wait_for(("crimson.png", "moved"), ("notes.txt", "removed"))
        assert reader.ledger.items.counts() == {"image": 4, "text": 0}
    assert process.stop() == 0
    with open_space(home, "test") as space:
        assert space.manifest.statistics["image"].count == 4  # brought in step at the end
        assert finds_every_item(space)


def test_a_header_of_the_run_serves_as_long_as_it_watches(
    home: Path, folder: Path, tmp_path: Path, watcher: Callable[..., Watcher]
) -> None:
    with own_server(tmp_path / "chroma") as server, proxy(server.port, header=("x-key", "s3cret")) as front:
        process = watcher("--chroma", front.url, "--chroma-header", "x-key: s3cret")
        process.wait_for(("red.png", "added"))
        picture(folder / "b" / "white.png", "white")
        process.wait_for(("white.png", "added"))
        assert process.stop() == 0


def next_of(changes: Iterator[set[Path]]) -> set[Path]:
    """The next group of changes that has any."""
    deadline = time.monotonic() + limit(60)
    return next(group for group in changes if group or time.monotonic() > deadline)


def test_a_folder_among_spaces_is_watched_and_no_space_in_it_is(tmp_path: Path) -> None:
    own, other, photos = tmp_path / "own", tmp_path / "other", tmp_path / "photos"
    for space in (own, other):
        text(space / "manifest.json", "{}")
        text(space / "ledger.db", "")
    photos.mkdir()

    for roots in ([tmp_path], [photos]):
        changes = watch._changes(roots, own, DEFAULT)
        for folder in (own, other, other / "thumbnails", photos):
            text(folder / "new.txt", "words")
        assert next_of(changes) == {photos / "new.txt"}
        changes.close()


def test_a_watched_file_is_followed_however_it_is_saved_and_nothing_beside_it_is(tmp_path: Path) -> None:
    notes, photos = text(tmp_path / "notes" / "a.txt", "words"), tmp_path / "photos"
    photos.mkdir()
    (tmp_path / "notes" / "below").mkdir()
    for roots in ([notes], [photos, notes]):
        changes = watch._changes(roots, tmp_path / "own", DEFAULT)
        for count in range(3):
            text(notes.parent / "below" / "b.txt", str(count))
            text(notes.with_suffix(".tmp"), str(count)).replace(notes)
            assert next_of(changes) == {notes}
        changes.close()


def test_folders_are_watched_whole_beside_files(tmp_path: Path) -> None:
    notes, photo = text(tmp_path / "notes" / "a.txt", "words"), tmp_path / "photos" / "2024" / "red.png"
    photo.parent.mkdir(parents=True)
    changes = watch._changes([notes, tmp_path / "photos"], tmp_path / "own", DEFAULT)
    picture(photo, "red")
    assert next_of(changes) == {photo}
    changes.close()


def test_a_path_that_is_not_there_is_told_before_a_space_is_made(home: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ingest.cli", "watch", str(tmp_path / "none"), "--home", str(home), "--encoder", FAKE],
        capture_output=True,
        text=True,
        timeout=limit(300),
    )
    assert (done.returncode, home.exists()) == (2, False)
    assert "There is nothing at" in done.stderr
