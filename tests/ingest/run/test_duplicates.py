"""Files of one content share one set of items, with all their paths, and none is encoded twice."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ingest.run.dry_run import dry_run, ledger_to_read
from ingest.run.engines.local import READERS
from ingest.run.reencode import reencode
from ingest.space import open_space, open_to_reencode, open_to_write
from ingest.space.ledger.duplicates import Duplicates
from ingest.space.ledger.overview import spread
from ingest.space.maintenance.repair import check, repair
from tests.fake_encoder import FakeEncoder, OtherFakeEncoder
from tests.ingest.run.test_pipeline import CountingEncoder
from tests.make_files import finds_every_item, ingest_folders, picture, shades, text

WORDS = "Yellow taxis wait in the rain. The meadow is green in May."


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A picture at two places and a text at three, among others."""
    root = tmp_path / "files"
    picture(root / "a" / "red.png", "red")
    shutil.copytree(root / "a", root / "b")
    picture(root / "blue.png", "blue")
    for name in ("one.txt", "a/two.txt", "b/three.txt"):
        text(root / name, WORDS)
    return root


def ids_of(home: Path, path: Path) -> list[str]:
    ledger = ledger_to_read(home, "test")
    try:
        return [item.id for item in ledger.items_of(str(path))]
    finally:
        ledger.close()


def counts(home: Path) -> tuple[int, int]:
    """Items, and sources that share those of another."""
    ledger = ledger_to_read(home, "test")
    try:
        return ledger.item_count(), ledger.copy_count()
    finally:
        ledger.close()


def assert_sound(home: Path) -> None:
    findings = check(home, "test", full=True)
    assert findings.sound, findings.problems


def test_every_path_has_its_outcome_and_the_content_is_encoded_and_kept_once(home, folder):
    encoder = CountingEncoder()
    report = ingest_folders(home, [folder], encoder)
    assert report.counts()["added"] == 6
    assert encoder.encoded == 3
    named = [entry for entry in report.outcomes if entry.reason.startswith("same content as ")]
    assert sorted(entry.items for entry in named) == [0, 0, 0]
    with open_space(home, "test") as space:
        assert space.ledger.counts() == {"image": 2, "text": 1}
        assert {source.path for source in space.ledger.sources()} == {str(p) for p in folder.rglob("*") if p.is_file()}
        [red] = space.ledger.items_of(str(folder / "b" / "red.png"))
        assert {red.path, *red.also} == {str(folder / "a" / "red.png"), str(folder / "b" / "red.png")}
        assert red.also_at == "also at 1 place"
        assert space.ledger.items([red.id]) == [red]
        [words] = space.ledger.items_of(str(folder / "one.txt"))
        assert len(words.also) == 2
        assert space.ledger.folders() == ["files", "files/a", "files/b"]
        assert {folder: sum(each.values()) for folder, each in spread(space.ledger).folders.items()} == {
            "files": 2,
            "files/a": 2,
            "files/b": 2,
        }
        assert finds_every_item(space)
    again = ingest_folders(home, [folder], encoder)
    assert (again.counts()["unchanged"], encoder.encoded) == (6, 3)
    assert_sound(home)


def test_a_copy_that_comes_later_is_added_without_being_read(home, folder):
    ingest_folders(home, [folder])
    [blue] = ids_of(home, folder / "blue.png")
    shutil.copy(folder / "blue.png", folder / "a" / "sea.png")
    encoder = CountingEncoder()
    [added] = ingest_folders(home, [folder], encoder).of("added")
    assert (added.reason, added.items) == (f"same content as {folder / 'blue.png'}", 0)
    assert encoder.encoded == 0
    assert ids_of(home, folder / "a" / "sea.png") == [blue]


def test_an_item_stays_until_its_last_path_is_gone(home, folder):
    ingest_folders(home, [folder])
    [red] = ids_of(home, folder / "a" / "red.png")
    (folder / "a" / "red.png").unlink()
    assert ingest_folders(home, [folder]).counts()["removed"] == 1
    with open_space(home, "test") as space:
        [item] = space.ledger.items([red])
        assert (item.path, item.folder, item.also) == (str(folder / "b" / "red.png"), "files/b", ())
        assert space.thumbnail_path(item).is_file()
        assert finds_every_item(space)
    (folder / "b" / "red.png").unlink()
    ingest_folders(home, [folder])
    with open_space(home, "test") as space:
        assert space.ledger.items([red]) == []
        assert space.ledger.counts()["image"] == 1
        assert finds_every_item(space)
    assert_sound(home)


def test_moving_any_of_the_paths_costs_no_encoding(home, folder):
    ingest_folders(home, [folder])
    [red] = ids_of(home, folder / "a" / "red.png")
    (folder / "c").mkdir()
    (folder / "a" / "red.png").rename(folder / "c" / "first.png")
    (folder / "b" / "red.png").rename(folder / "c" / "second.png")
    encoder = CountingEncoder()
    report = ingest_folders(home, [folder], encoder)
    assert (report.counts()["moved"], report.counts()["removed"], encoder.encoded) == (2, 0, 0)
    assert ids_of(home, folder / "c" / "first.png") == ids_of(home, folder / "c" / "second.png") == [red]
    assert_sound(home)


def test_a_path_that_gets_another_content_leaves_the_item_to_the_others(home, folder):
    ingest_folders(home, [folder])
    holder = folder / "a" / "red.png"
    [red] = ids_of(home, holder)
    picture(holder, "purple", (70, 70))
    assert ingest_folders(home, [folder]).counts()["updated"] == 1
    assert ids_of(home, folder / "b" / "red.png") == [red]
    assert ids_of(home, holder) != [red]
    shutil.copy(folder / "b" / "red.png", holder)
    [updated] = ingest_folders(home, [folder]).of("updated")
    assert updated.reason == f"same content as {folder / 'b' / 'red.png'}"
    assert ids_of(home, holder) == [red]
    assert counts(home) == (3, 3)
    assert_sound(home)


def test_a_copy_of_what_is_overwritten_in_the_same_run_is_in_the_space_all_the_same(home, tmp_path):
    folder = tmp_path / "files"
    shades(folder, 40)
    ingest_folders(home, [folder])
    for number in range(40):  # each file is moved on by one: every content is at a path that had another
        shutil.copy(folder / f"shade {number:05}.png", tmp_path / f"{number}.png")
    for number in range(40):
        shutil.copy(tmp_path / f"{number}.png", folder / f"shade {(number + 1) % 40:05}.png")
    report = ingest_folders(home, [folder])
    assert report.counts()["updated"] == 40
    assert report.settled == 40
    with open_space(home, "test") as space:
        assert space.ledger.item_count() == 40
        assert finds_every_item(space)
        for number in range(40):
            moved = folder / f"shade {(number + 1) % 40:05}.png"
            [item] = space.ledger.items_of(str(moved))
            assert (item.path, item.also) == (str(moved), ())
    assert_sound(home)


def test_pictures_of_one_content_and_two_captions_are_two_items_until_the_captions_agree(home, folder):
    ingest_folders(home, [folder])
    encoder = CountingEncoder()
    text(folder / "b" / "red.png.txt", "A wall in Lisbon")
    ingest_folders(home, [folder], encoder)
    assert encoder.encoded == 1, "the caption as a text of its own"
    with open_space(home, "test") as space:
        [plain], [captioned] = (space.ledger.items_of(str(folder / name / "red.png")) for name in "ab")
        assert (plain.text, captioned.text) == ("", "A wall in Lisbon")
        assert plain.also == captioned.also == ()
        assert finds_every_item(space)
    text(folder / "a" / "red.png.txt", "A wall in Lisbon")
    ingest_folders(home, [folder], encoder)
    with open_space(home, "test") as space:
        [one], [other] = (space.ledger.items_of(str(folder / name / "red.png")) for name in "ab")
        assert one == other
        assert (one.text, len(one.also)) == ("A wall in Lisbon", 1)
        assert finds_every_item(space)
    assert_sound(home)


def test_a_caption_that_was_only_touched_leaves_the_items_as_they_are(home, folder):
    text(folder / "a" / "red.png.txt", "A wall in Lisbon")
    shutil.copy(folder / "a" / "red.png.txt", folder / "b" / "red.png.txt")
    ingest_folders(home, [folder])
    before = ids_of(home, folder / "b" / "red.png")
    os.utime(folder / "b" / "red.png.txt", (1, 1))
    ingest_folders(home, [folder])
    assert ids_of(home, folder / "a" / "red.png") == ids_of(home, folder / "b" / "red.png") == before


def test_files_that_cannot_be_read_fail_each_for_itself(home, tmp_path):
    for name in "abc":
        text(tmp_path / "files" / f"{name}.png", "no picture")
    report = ingest_folders(home, [tmp_path / "files"])
    assert report.counts()["failed"] == 3
    assert len({entry.reason for entry in report.of("failed")}) == 1


class Asked(Duplicates):
    """Counts what is asked about the sources of one content, and the statements that it takes."""

    questions = 0
    statements = 0

    def holder(self, content):
        return self._ask(super().holder, content)

    def source_of_pictures(self, sha256, choices):
        return self._ask(super().source_of_pictures, sha256, choices)

    def _ask(self, ask, *what):
        def count(_: str) -> None:
            Asked.statements += 1

        Asked.questions += 1
        with self._database.lock:
            self._database.connection.set_trace_callback(count)
            answer = ask(*what)
            self._database.connection.set_trace_callback(None)
            return answer


@pytest.fixture
def asked(monkeypatch) -> type[Asked]:
    monkeypatch.setattr("ingest.space.ledger.ledger.Duplicates", Asked)
    monkeypatch.setattr(Asked, "questions", 0)
    monkeypatch.setattr(Asked, "statements", 0)
    return Asked


@pytest.mark.parametrize(("suffix", "outcome"), [("txt", "skipped"), ("jpg", "failed")])
def test_files_of_one_content_that_is_left_out_cost_the_ledger_a_few_questions_together(
    home, tmp_path, asked, suffix, outcome
):
    folder = tmp_path / "files"
    words = "" if suffix == "txt" else "<html>Too many requests</html>"
    for number in range(60):
        text(folder / f"{number}.{suffix}", words)
    assert ingest_folders(home, [folder]).counts()[outcome] == 60
    ingest_folders(home, [folder])
    for number in range(60, 90):
        text(folder / f"{number}.{suffix}", words)
    assert ingest_folders(home, [folder]).counts()[outcome] == 90
    assert 0 < asked.questions <= 3 * (READERS + 1), "in each run as many as may be asked at one time"
    assert asked.statements == asked.questions


def test_copies_that_wait_for_their_items_are_asked_about_once_they_may_be_there(home, tmp_path, asked):
    folder = tmp_path / "files"
    picture(folder / "first.png", "red")
    for number in range(300):  # copies are settled at once, and the batch of the first never fills
        shutil.copy(folder / "first.png", folder / f"second {number}.png")
    encoder = CountingEncoder()
    assert ingest_folders(home, [folder], encoder).counts()["added"] == 301
    assert encoder.encoded == 1
    assert asked.questions <= 2 * READERS + 3
    assert counts(home) == (1, 300)
    assert_sound(home)


def test_many_copies_among_many_files_are_all_written(home, tmp_path):
    folder = tmp_path / "files"
    paths = shades(folder, 60)
    for number in range(200):
        (folder / f"{number % 7}").mkdir(exist_ok=True)
        shutil.copy(paths[number % 60], folder / f"{number % 7}" / f"copy {number}.png")
    encoder = CountingEncoder()
    assert ingest_folders(home, [folder], encoder).counts()["added"] == 260
    assert encoder.encoded == 60
    assert counts(home) == (60, 200)
    assert_sound(home)


def test_a_space_with_doubled_items_is_folded_at_the_next_ingest(home, folder):
    ingest_folders(home, [folder])
    with closing(sqlite3.connect(home / "test" / "ledger.db")) as database, database:  # as spaces used to be
        for source, holder in database.execute("SELECT source, holder FROM copies").fetchall():
            for (item,) in database.execute("SELECT id FROM items WHERE source = ?", [holder]).fetchall():
                columns = "position, modality, text, title, page, meta, thumbnail"
                new = database.execute(
                    f"INSERT INTO items (source, {columns}, state) SELECT ?, {columns}, 0 FROM items WHERE id = ?",
                    [source, item],
                ).lastrowid
                database.execute("INSERT INTO vectors SELECT ?, vector FROM vectors WHERE item = ?", [new, item])
        database.execute("DELETE FROM copies")
    assert counts(home) == (6, 0)
    encoder = CountingEncoder()
    report = ingest_folders(home, [folder], encoder)
    assert (report.counts()["unchanged"], encoder.encoded) == (6, 0)
    assert "3 items of the space were there more than once" in " ".join(report.notes)
    assert counts(home) == (3, 3)
    with open_space(home, "test") as space:
        assert finds_every_item(space)
    assert_sound(home)


def test_a_dry_run_says_the_same_of_copies_as_the_run(home, folder, tmp_path):
    def outlook() -> list[tuple[str, str, str]]:
        ledger = ledger_to_read(home, "test")
        made = dry_run(ledger, [folder], FakeEncoder)
        ledger.close()
        return sorted((entry.path, entry.outcome, entry.reason.split(" as ")[0]) for entry in made.report.outcomes)

    foreseen = outlook()
    report = ingest_folders(home, [folder])
    done = sorted((entry.path, entry.outcome, entry.reason.split(" as ")[0]) for entry in report.outcomes)
    assert [entry[:2] for entry in foreseen] == [entry[:2] for entry in done]
    assert sum(bool(reason) for _, _, reason in foreseen) == sum(bool(reason) for _, _, reason in done) == 3
    shutil.copy(folder / "blue.png", folder / "a" / "sea.png")
    assert (str(folder / "a" / "sea.png"), "added", "same content") in outlook()


def test_re_encoding_reads_a_copy_where_the_first_file_is_gone(home, folder):
    ingest_folders(home, [folder])
    ledger = ledger_to_read(home, "test")
    holder = Path(ledger.items_of(str(folder / "a" / "red.png"))[0].path)
    ledger.close()
    holder.unlink()
    with open_to_reencode(home, "test") as space:
        done = reencode(space, OtherFakeEncoder())
        assert done.swapped
        assert done.missing == []
        assert space.ledger.counts() == {"image": 2, "text": 1}
        assert finds_every_item(space)
    assert_sound(home)


def test_pictures_that_leave_at_a_re_encoding_leave_with_all_their_paths(home, folder):
    ingest_folders(home, [folder])
    for name in "ab":
        (folder / name / "red.png").unlink()
    with open_to_reencode(home, "test") as space:
        done = reencode(space, OtherFakeEncoder(), drop_missing=True)
        assert sorted(missing.source.path for missing in done.missing) == [
            str(folder / name / "red.png") for name in "ab"
        ]
        assert space.ledger.counts() == {"image": 1, "text": 1}
    assert_sound(home)


def test_a_broken_vector_that_several_files_share_is_read_again_from_them(home, folder):
    ingest_folders(home, [folder])
    [red] = ids_of(home, folder / "a" / "red.png")
    shutil.rmtree(home / "test" / "chroma")  # where a repair would find it
    with closing(sqlite3.connect(home / "test" / "ledger.db")) as database, database:
        database.execute("UPDATE vectors SET vector = zeroblob(128) WHERE item = ?", [red])
    assert repair(home, "test").to_ingest == (str(folder),)
    encoder = CountingEncoder()
    assert ingest_folders(home, [folder], encoder).counts()["updated"] == 2
    assert encoder.encoded == 1
    assert counts(home) == (3, 3)
    with open_to_write(home, "test", FakeEncoder.info) as space:
        [item] = space.ledger.items_of(str(folder / "b" / "red.png"))
        assert space.ledger.vectors_of([item.id])[0][0] > 0.5, "it points to red again"
    assert_sound(home)


def test_sources_whose_shared_items_are_lost_are_found_and_mended(home, folder):
    ingest_folders(home, [folder])
    with closing(sqlite3.connect(home / "test" / "ledger.db")) as database, database:
        copy = database.execute("SELECT source FROM copies LIMIT 1").fetchone()[0]
        database.execute("UPDATE copies SET holder = 999 WHERE source = ?", [copy])
    findings = check(home, "test")
    assert [problem.part for problem in findings.problems] == ["ledger"]
    mended = repair(home, "test")
    assert mended.after.sound
    assert mended.to_ingest == (str(folder),)
    ingest_folders(home, [folder])
    assert counts(home) == (3, 3)
    assert_sound(home)
