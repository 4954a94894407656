"""Exports hold what was found, nothing that a spreadsheet runs, and no file that is not the space's own."""

import csv
import io
import json
import os
import zipfile
from pathlib import Path

import pytest

from ingest.errors import SettingsError
from ingest.space import Space as OpenedSpace
from search_app.search import Listing, Result, Space
from search_app.search.export import as_csv, as_json, export, write_zip
from search_app.search.results import FIELDS
from tests.make_files import ingest_folders, picture, text

WICKED = ("=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "  =1", "＝1", "\r=1")


def result(number: int = 1, **given: object) -> Result:
    usual = {
        "rank": number,
        "id": str(number),
        "modality": "text",
        "percentile": 99.0,
        "cosine": -0.25,
        "distance": 1.0,
        "score": 2.0,
        "closeness": "close",
        "path": "/a/b.txt",
        "also": (),
        "folder": "a",
        "page": None,
        "title": "",
        "text": "words",
        "meta": {},
    }
    return Result(**(usual | given))  # type: ignore[arg-type]


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_a_table_has_the_documented_columns_and_reads_back() -> None:
    one = result(text='Line one\nline "two", ünï', also=("/x", "/y"), meta={"camera": "A", "width": 3}, page=4)
    [row] = rows(as_csv([one]))
    assert list(row) == list(FIELDS)
    assert row["text"] == one.text
    assert row["also"] == "/x\n/y"
    assert json.loads(row["meta"]) == one.meta
    assert (row["page"], row["rank"]) == ("4", "1")


@pytest.mark.parametrize("words", WICKED)
def test_no_words_begin_a_formula(words: str) -> None:
    wicked = result(text=words, title=words, folder=words, path=words, also=(words, "b"))
    [row] = rows(as_csv([wicked]))
    for column in ("text", "title", "folder", "path", "also"):
        assert row[column].startswith(f"'{words[0]}")
    assert row["cosine"] == "-0.25", "a number is no formula"
    assert row["closeness"] == "close"


def test_json_is_what_a_search_prints() -> None:
    results = [result(1, text="ü"), result(2)]
    assert json.loads(as_json(results)) == json.loads(json.dumps([each.as_json() for each in results]))


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    picture(folder / "a" / "red.png", "red")
    picture(folder / "b" / "red.png", (215, 25, 35))
    text(folder / "b" / "red.txt", "red words. " * 40)
    ingest_folders(tmp_path / "home", [folder])
    return folder


def names(archive: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.testzip() is None
        return opened.namelist()


def test_an_archive_holds_each_original_once_and_the_results(files: Path, tmp_path: Path) -> None:
    with Space("test", home=tmp_path / "home") as space:
        found = space.search("red", count=50)
        assert len(found) > 3, "the text has several passages"
        done = space.export(found, tmp_path / "red.zip")
        with zipfile.ZipFile(tmp_path / "red.zip") as archive:
            assert archive.testzip() is None
            assert sorted(archive.namelist()) == [
                "files/a/red.png",
                "files/b/red.png",
                "files/b/red.txt",
                "results.csv",
            ]
            for name in ("a/red.png", "b/red.png", "b/red.txt"):
                assert archive.read(f"files/{name}") == (files / name).read_bytes()
            assert rows(archive.read("results.csv")) == rows(as_csv(found))
        assert (done.results, done.originals, done.left_out) == (len(found), 3, ())
        assert not list(tmp_path.glob(".red*")), "nothing half written is left"


def test_what_is_not_the_file_that_was_read_stays_out_and_is_named(files: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("of no concern")
    with Space("test", home=tmp_path / "home") as space:
        found = space.search("red", count=50)
        (files / "a" / "red.png").unlink()
        (files / "a" / "red.png").symlink_to(secret)
        (files / "b" / "red.txt").write_text("others")
        done = space.export(found, tmp_path / "red.zip")
    content = (tmp_path / "red.zip").read_bytes()
    assert sorted(names(content)) == ["files/b/red.png", "left out.txt", "results.csv"]
    assert {path for path, _ in done.left_out} == {str(files / "a" / "red.png"), str(files / "b" / "red.txt")}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert b"has changed since it was read" in archive.read("left out.txt")
        assert b"of no concern" not in b"".join(archive.read(name) for name in archive.namelist())


def test_an_archive_takes_files_of_any_time(tmp_path: Path) -> None:
    for number, seconds in enumerate((-1e9, 0.0, 7e9)):
        os.utime(text(tmp_path / "old" / f"{number}.txt", f"red words {number}"), (seconds, seconds))
    ingest_folders(tmp_path / "home", [tmp_path / "old"])
    with Space("test", home=tmp_path / "home") as space:
        done = space.export(space.search("red"), tmp_path / "red.zip")
    assert (done.originals, done.left_out) == (3, ())


def test_an_archive_is_bounded(files: Path, tmp_path: Path) -> None:
    with Space("test", home=tmp_path / "home") as space:
        found = space.search("red", count=50)
        out = io.BytesIO()
        size = (files / "b" / "red.txt").stat().st_size
        done = write_zip(space._space, found, out, most_bytes=size - 1)
        assert [path for path, _ in done.left_out] == [str(files / "b" / "red.txt")]
        assert done.originals == 2


def test_names_within_an_archive_lead_nowhere_else(files: Path, tmp_path: Path) -> None:
    with Space("test", home=tmp_path / "home") as space:
        opened: OpenedSpace = space._space
        found = space.search("red", count=50)
        with opened.ledger.transaction():
            opened.ledger.database.connection.execute(
                "UPDATE sources SET folder = '../../etc/./C:\\x' WHERE path LIKE '%png'"
            )
        out = io.BytesIO()
        write_zip(opened, found, out)
    assert sorted(names(out.getvalue())) == [
        "etc/C__x/red (2).png",
        "etc/C__x/red.png",
        "files/b/red.txt",
        "results.csv",
    ]


def test_results_are_written_by_suffix_and_only_where_that_is_possible(files: Path, tmp_path: Path) -> None:
    with Space("test", home=tmp_path / "home") as space:
        found = space.search("red", count=2, listing=Listing(page=2, fold=False, group=False))
        assert [each.rank for each in found] == [3, 4]
        space.export(found, tmp_path / "red.CSV")
        assert rows((tmp_path / "red.CSV").read_bytes()) == rows(as_csv(found))
        space.export(found, tmp_path / "red.json")
        assert json.loads((tmp_path / "red.json").read_text(encoding="utf-8"))[1]["rank"] == 4
        for wrong in ("red.xlsx", "red", "nowhere/red.csv"):
            with pytest.raises(SettingsError):
                export(space._space, found, tmp_path / wrong)
