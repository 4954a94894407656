"""`check` sees every kind of damage and changes nothing; `repair` mends it and never loses an item."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from ingest import cli
from ingest.errors import SpaceError, SpaceNotFound
from ingest.space import open_space, open_to_reencode
from ingest.space.maintenance.check import check
from ingest.space.maintenance.repair import repair
from tests.fake_encoder import DIMENSION
from tests.make_files import finds_every_item, ingest_folders, shades, text
from tests.servers import end_server

PICTURES = 12


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with files and the home of a space `test` that an ingest has made of them, without a server."""
    work = tmp_path_factory.mktemp("check") / "work"
    shades(work / "files", PICTURES)
    text(work / "files" / "red.txt", "A red kite over the hill.")
    text(work / "files" / "blue.txt", "The blue hour by the sea.")
    ingest_folders(work / "home", [work / "files"])
    end_server(work / "home" / "test")
    return work.rename(work.with_name("whole"))


@pytest.fixture
def home(whole: Path) -> Iterator[Path]:
    """A copy of that home, and of the files beside it, at the paths that the space knows."""
    work = whole.with_name("work")
    shutil.copytree(whole, work)
    yield work / "home"
    end_server(work / "home" / "test")
    shutil.rmtree(work)


@pytest.fixture
def files(home: Path) -> Path:
    """The files of the space, to be changed as one likes."""
    return home.parent / "files"


def sql(home: Path, statement: str, *values: object) -> list[tuple]:
    with closing(sqlite3.connect(home / "test" / "ledger.db")) as database, database:
        return database.execute(statement, values).fetchall()


def parts(findings) -> set[str]:
    return {problem.part for problem in findings.problems}


def every_item_is_there(home: Path) -> None:
    with open_space(home, "test") as space:
        assert space.ledger.items.counts() == {"image": PICTURES, "text": 2}
        assert finds_every_item(space)


@pytest.mark.parametrize("full", [False, True])
def test_a_space_as_an_ingest_leaves_it_is_sound(home, full):
    findings = check(home, "test", full=full)
    assert findings.sound, findings.problems
    assert findings.items == findings.indexed == {"image": PICTURES, "text": 2}
    assert findings.vectors == findings.compared == PICTURES + 2
    assert findings.thumbnails == PICTURES


def broken_bit(vector: np.ndarray) -> bytes:
    vector[3] = np.inf
    return vector.tobytes()


def too_long(vector: np.ndarray) -> bytes:
    return (vector * 1.5).tobytes()


def too_short(vector: np.ndarray) -> bytes:
    return vector[:-2].tobytes()


def nothing(vector: np.ndarray) -> bytes:
    return b""


FAULTS = {broken_bit: "not finite", too_long: "not of length 1", too_short: "not 32 dimensions", nothing: "is missing"}


def spoil(home: Path, item: int, fault) -> bytes:
    [(blob,)] = sql(home, "SELECT vector FROM vectors WHERE item = ?", item)
    sql(home, "UPDATE vectors SET vector = ? WHERE item = ?", fault(np.frombuffer(blob, "<f4").copy()), item)
    return blob


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_vector_is_seen_and_taken_back_from_chroma(home, fault):
    whole = spoil(home, 5, fault)
    findings = check(home, "test")
    assert parts(findings) == {"vectors"}
    assert FAULTS[fault] in findings.problems[0].message
    assert findings.problems[0].examples == ("5",)
    done = repair(home, "test")
    assert done.after.sound, done.after.problems
    assert any("back from Chroma" in sentence for sentence in done.done)
    [(mended,)] = sql(home, "SELECT vector FROM vectors WHERE item = 5")
    assert np.allclose(np.frombuffer(mended, "<f4"), np.frombuffer(whole, "<f4"), atol=1e-5)
    every_item_is_there(home)


@pytest.mark.parametrize("fault", FAULTS)
def test_without_chroma_the_item_stays_and_the_next_ingest_encodes_its_source_anew(home, files, fault):
    path = sql(home, "SELECT path FROM sources JOIN items ON source = sources.id WHERE items.id = 5")[0][0]
    whole = np.frombuffer(spoil(home, 5, fault), "<f4")
    shutil.rmtree(home / "test" / "chroma")
    done = repair(home, "test")
    assert done.after.sound, done.after.problems
    assert done.to_ingest == (str(files),)
    every_item_is_there(home)
    ingest_folders(home, [files])
    with open_space(home, "test") as space:
        [item] = space.ledger.items.of_source(path)
        assert np.allclose(space.ledger.items.vectors_of([item.id])[0], whole)
    every_item_is_there(home)
    assert check(home, "test", full=True).sound


def test_an_item_marked_to_be_read_again_stays_even_if_its_file_cannot_be_read_by_then(home, files):
    path = Path(sql(home, "SELECT path FROM sources JOIN items ON source = sources.id WHERE items.id = 5")[0][0])
    spoil(home, 5, too_short)
    shutil.rmtree(home / "test" / "chroma")
    repair(home, "test")
    path.write_bytes(b"no picture any more")
    report = ingest_folders(home, [files])
    assert [entry.path for entry in report.of("failed")] == [str(path)]
    every_item_is_there(home)


def test_a_vector_gone_from_chroma_and_one_that_differs_are_seen_and_mended(home):
    with open_to_reencode(home, "test") as space:
        space.drop_from_index("image", ["3"])
        collection = space._collections._collections["image"]
        other = np.roll(space.ledger.items.vectors_of(["7"])[0], 1)
        collection.update(ids=["7"], embeddings=[other.tolist()])
    findings = check(home, "test", full=True)
    assert parts(findings) == {"index"}
    named = {example for problem in findings.problems for example in problem.examples}
    assert {"3", "7"} <= named
    done = repair(home, "test")
    assert done.after.sound, done.after.problems
    every_item_is_there(home)


def test_what_chroma_has_and_the_ledger_does_not_know_is_dropped(home):
    with open_to_reencode(home, "test") as space:
        space._collections._collections["text"].upsert(
            ids=["99", "stray"], embeddings=np.eye(2, DIMENSION).tolist(), documents=["a", "b"]
        )
    findings = check(home, "test", full=True)
    assert findings.unknown_in_chroma == {"text": ["99", "stray"]}
    assert not check(home, "test").sound, "even a sample counts"
    done = repair(home, "test")
    assert done.after.sound, done.after.problems
    every_item_is_there(home)


def test_a_missing_and_a_truncated_thumbnail_are_made_anew_and_one_without_its_source_stays_named(home, files):
    with open_space(home, "test") as space:
        first, second, third = (item for item in space.ledger.items.get(["2", "3", "4"]))
        paths = [space.thumbnail_path(item) for item in (first, second, third)]
    whole = [path.read_bytes() for path in paths]
    paths[0].unlink()
    paths[1].write_bytes(whole[1][:20])
    paths[2].unlink()
    Path(third.path).unlink()
    findings = check(home, "test")
    assert [(problem.part, problem.count) for problem in findings.problems] == [("thumbnails", 3)]
    done = repair(home, "test")
    assert [(problem.part, problem.examples) for problem in done.after.problems] == [("thumbnails", ("4",))]
    assert [path.read_bytes() for path in paths[:2]] == whole[:2]
    every_item_is_there(home)


def test_an_item_without_its_source_gets_it_back_from_chroma(home, files):
    [(path,)] = sql(home, "SELECT path FROM sources JOIN items ON source = sources.id WHERE items.id = 6")
    sql(home, "DELETE FROM sources WHERE path = ?", path)
    sql(home, "INSERT INTO vectors VALUES (1000, x'00')")
    assert [problem.part for problem in check(home, "test").problems] == ["ledger", "ledger"]
    done = repair(home, "test")
    assert done.after.sound, done.after.problems
    with open_space(home, "test") as space:
        assert [item.id for item in space.ledger.items.of_source(path)] == ["6"]
    every_item_is_there(home)
    ingest_folders(home, [files])
    every_item_is_there(home)


def test_a_damaged_ledger_is_named_and_left_to_a_backup(home):
    ledger = home / "test" / "ledger.db"
    content = bytearray(ledger.read_bytes())
    content[4096 : 4096 * 3] = b"\xa5" * 8192
    ledger.write_bytes(content)
    findings = check(home, "test")
    assert parts(findings) == {"ledger"}
    before = ledger.read_bytes()
    with pytest.raises(SpaceError, match="Restore it from a backup"):
        repair(home, "test")
    assert ledger.read_bytes() == before


def test_a_damaged_index_of_the_ledger_is_made_anew(home):
    [(page,)] = sql(home, "SELECT rootpage FROM sqlite_master WHERE name = 'items_by_source'")
    [(size,)] = sql(home, "PRAGMA page_size")
    sql(home, "PRAGMA wal_checkpoint(TRUNCATE)")
    ledger = home / "test" / "ledger.db"
    content = bytearray(ledger.read_bytes())
    content[page * size - 1] ^= 0x40
    ledger.write_bytes(content)
    assert parts(check(home, "test", full=True)) == {"ledger"}
    done = repair(home, "test")
    assert "made the ledger's indexes anew" in done.done
    assert done.after.sound, done.after.problems
    every_item_is_there(home)


def test_a_damaged_manifest_is_a_problem_and_a_missing_space_cannot_be_looked_at(home):
    manifest = home / "test" / "manifest.json"
    manifest.write_text(manifest.read_text()[:40])
    assert "manifest" in parts(check(home, "test"))
    with pytest.raises(SpaceError, match="backup"):
        repair(home, "test")
    with pytest.raises(SpaceNotFound):
        check(home, "holiday")


def test_the_commands_say_what_is_wrong_and_what_was_done_in_words_json_and_status(home, capsys):
    where = ["--home", str(home), "--space", "test"]
    assert cli.main(["check", *where]) == 0
    assert "the space is sound" in capsys.readouterr().out
    spoil(home, 5, broken_bit)
    assert cli.main(["check", *where]) == 1
    out = capsys.readouterr().out
    assert "vector is not finite: 5" in out
    assert "nearspace repair --space test" in out
    assert cli.main(["check", "--json", "--full", *where]) == 1
    facts = json.loads(capsys.readouterr().out)
    assert facts["problems"][0]["examples"] == ["5"]
    assert not facts["sound"]
    assert cli.main(["repair", *where]) == 0
    assert "repaired: took the vectors of 1 items back from Chroma" in capsys.readouterr().out
    assert cli.main(["repair", *where]) == 0
    assert "nothing to repair" in capsys.readouterr().out
    assert cli.main(["check", "--home", str(home), "--space", "holiday"]) == 2


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM words WHERE rowid = 13",
        "DELETE FROM facets WHERE item = 3",
        "INSERT INTO words (rowid, text) VALUES (999, 'of no item')",
        "UPDATE words SET text = 'other words' WHERE rowid = 13",
        "UPDATE words_data SET block = zeroblob(40) WHERE id = 1",
    ],
)
def test_words_that_are_not_those_of_the_items_are_seen_and_made_anew(home, damage):
    sql(home, damage)
    assert parts(check(home, "test")) == {"words"}
    done = repair(home, "test")
    assert done.after.sound, done.after.problems
    with open_space(home, "test") as space:
        assert sorted(
            space.ledger.search_index.matching('"kite"').tolist() + space.ledger.search_index.matching('"sea"').tolist()
        ) == [int(item) for item in sorted(space.ledger.items.ids()) if int(item) > PICTURES]
        assert len(space.ledger.search_index.facets().ids) == PICTURES + 2
