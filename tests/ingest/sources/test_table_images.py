"""Tables that name pictures: each picture is a source, with its row's text as caption."""

import json
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from ingest import cli
from ingest.run.reencode import reencode
from ingest.space import open_space, open_to_write
from ingest.space.maintenance.check import check
from ingest.space.maintenance.repair import repair
from tests.fake_encoder import FakeEncoder
from tests.ingest.sources.test_archives import pack
from tests.make_files import FAKE, finds_every_item, picture, text
from tests.retuned_encoder import RetunedEncoder

COLUMNS = ("id", "file", "caption", "year")
ROWS = (
    ("a1", "pictures/red.png", "A red car", "1999"),
    ("a2", "pictures/blue.png", "A blue boat", "2004"),
    ("a3", "pictures/gone.png", "A green tree", "2005"),
    ("a4", "pictures/broken.png", "A yellow taxi", "2006"),
    ("a5", "", "A picture of nothing", "2007"),
    ("a6", "pictures/red.png", "A parked one", "2008"),
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "tables"
    picture(folder / "pictures" / "red.png", "red")
    picture(folder / "pictures" / "blue.png", "blue")
    (folder / "pictures" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    return folder


def write(path: Path, rows: tuple[tuple[str, ...], ...] = ROWS) -> Path:
    if path.suffix == ".parquet":
        columns = {name: [row[at] for row in rows] for at, name in enumerate(COLUMNS)}
        pyarrow.parquet.write_table(pyarrow.table(columns), path)
    elif path.suffix == ".jsonl":
        path.write_text("\n".join(json.dumps(dict(zip(COLUMNS, row, strict=True))) for row in rows))
    else:
        separator = "\t" if path.suffix == ".tsv" else ","
        path.write_text("\n".join(separator.join(row) for row in (COLUMNS, *rows)))
    return path


def run(home: Path, *arguments: object) -> dict[str, dict[str, object]]:
    """What the command says of each source, by its path below `data`."""
    report = home.parent / "report.json"
    command = ["ingest", *map(str, arguments), "--home", str(home), "--space", "test", "--encoder", FAKE]
    assert cli.main([*command, "--quiet", "--report", str(report)]) in (0, 1, 2)
    sources = json.loads(report.read_text())["sources"]
    found = {Path(entry["path"]).relative_to(home.parent / "data").as_posix(): entry for entry in sources}
    assert len(found) == len(sources), "one outcome each"
    return found


@pytest.mark.parametrize("name", ["cars.csv", "cars.tsv", "cars.jsonl", "cars.parquet"])
def test_each_picture_that_a_row_names_is_an_item_with_the_rows_text_as_caption(home, folder, name):
    table = write(folder / name)
    said = run(home, table, "--image-column", "file")
    assert {path: entry["outcome"] for path, entry in said.items()} == {
        f"tables/{name}": "added",
        f"tables/{name}/pictures/red.png": "added",
        f"tables/{name}/pictures/blue.png": "added",
        f"tables/{name}/pictures/gone.png": "failed",
        f"tables/{name}/pictures/broken.png": "failed",
    }
    assert said[f"tables/{name}"]["gaps"] == "1 row names no picture"
    assert said[f"tables/{name}/pictures/gone.png"]["reason"].startswith("row 3 of the table names it, and it is not")
    assert said[f"tables/{name}/pictures/broken.png"]["reason"].startswith("damaged picture")
    with open_space(home, "test") as space:
        assert space.ledger.items.counts() == {"image": 2, "text": 0}
        (red,) = space.ledger.items.of_source(str(table / "pictures" / "red.png"))
        assert red.text == "A red car\nA parked one", "two rows that name one picture are one item"
        assert (red.name, red.folder) == ("red.png", f"tables/{name}/pictures")
        assert {"id": "a1", "year": "1999", "table": "cars", "width": 64, "format": "PNG"}.items() <= red.meta.items()
        assert space.thumbnail_path(red).is_file()
        assert finds_every_item(space)


def test_with_a_text_column_the_rows_are_passages_too(home, folder):
    table = write(folder / "cars.csv")
    run(home, table, "--image-column", "File", "--text-column", "caption")
    with open_space(home, "test") as space:
        assert space.ledger.items.counts() == {"image": 2, "text": 6}
        assert [item.text for item in space.ledger.items.of_source(str(table))][:2] == ["A red car", "A blue boat"]
        assert finds_every_item(space)


def test_a_second_run_changes_nothing_and_need_not_be_told_again(home, folder):
    write(folder / "cars.csv")
    run(home, folder, "--image-column", "file")
    for again in (["--image-column", "file"], []):
        said = {path: entry["outcome"] for path, entry in run(home, folder, *again).items()}
        assert said.pop("tables/cars.csv/pictures/gone.png") == "failed"
        assert said.pop("tables/cars.csv/pictures/broken.png") == said.pop("tables/pictures/broken.png") == "failed"
        assert set(said.values()) == {"unchanged"}, said


def test_what_is_no_table_is_read_as_ever(home, folder):
    write(folder / "cars.csv")
    text(folder / "notes.txt", "Words of a text")
    pack(folder / "things.zip", {"inner/owls.md": b"They hunt at night.", "inner/rows.csv": b"file\nred.png\n"})
    said = run(home, folder, "--image-column", "file")
    assert said["tables/notes.txt"]["outcome"] == said["tables/things.zip/inner/owls.md"]["outcome"] == "added"
    assert said["tables/things.zip/inner/rows.csv"]["reason"].startswith("a table in an archive")


def test_another_caption_costs_no_encoding_and_a_row_that_goes_takes_its_picture_along(home, folder, monkeypatch):
    table = write(folder / "cars.csv")
    run(home, table, "--image-column", "file")
    write(table, (("a0", "pictures/blue.png", "A boat at sea", "2004"), ("b", "pictures/new.png", "A sofa", "")))
    picture(folder / "pictures" / "new.png", "purple")
    encoded = []
    real = FakeEncoder.encode_images
    monkeypatch.setattr(FakeEncoder, "encode_images", lambda self, given: encoded.extend(given) or real(self, given))
    said = {path.split("/", 1)[1]: entry["outcome"] for path, entry in run(home, table).items()}
    assert said == {
        "cars.csv": "updated",
        "cars.csv/pictures/blue.png": "updated",
        "cars.csv/pictures/new.png": "added",
        "cars.csv/pictures/red.png": "removed",
    }
    assert len(encoded) == 1
    with open_space(home, "test") as space:
        (blue,) = space.ledger.items.of_source(str(table / "pictures" / "blue.png"))
        assert (blue.text, blue.meta["id"]) == ("A boat at sea", "a0")
        assert space.thumbnail_path(blue).is_file()
        assert finds_every_item(space)


def test_a_moved_table_takes_the_items_of_its_pictures_along(home, folder):
    run(home, write(folder / "cars.csv"), "--image-column", "file")
    with open_space(home, "test") as space:
        before = space.ledger.items.ids().tolist()
    moved = folder.rename(folder.with_name("moved"))
    said = {path: entry["outcome"] for path, entry in run(home, folder.parent).items() if "cars.csv" in path}
    assert said == {
        "moved/cars.csv": "moved",
        "moved/cars.csv/pictures/red.png": "moved",
        "moved/cars.csv/pictures/blue.png": "moved",
        "moved/cars.csv/pictures/gone.png": "failed",
        "moved/cars.csv/pictures/broken.png": "failed",
    }
    with open_space(home, "test") as space:
        assert set(before) <= set(space.ledger.items.ids().tolist())
        assert len(space.ledger.items.of_source(str(moved / "cars.csv" / "pictures" / "red.png"))) == 1
        assert finds_every_item(space)


def test_a_renamed_table_keeps_its_pictures_in_the_space(home, folder, monkeypatch):
    table = write(folder / "cars.csv")
    run(home, table, "--image-column", "file")
    monkeypatch.setattr(FakeEncoder, "encode_images", lambda *given: pytest.fail("encoded again"))
    table = table.rename(table.with_name("boats.csv"))
    for _ in range(2):
        run(home, table)
        with open_space(home, "test") as space:
            (red,) = space.ledger.items.of_source(str(table / "pictures" / "red.png"))
            assert red.meta["table"] == "boats"
            assert finds_every_item(space)


def test_a_table_that_cannot_be_read_any_more_keeps_its_pictures(home, folder):
    table = write(folder / "cars.jsonl")
    run(home, table, "--image-column", "file")
    table.write_text("not a table\n" * 3)
    said = run(home, table, "--image-column", "file")
    assert {path: entry["outcome"] for path, entry in said.items()} == {"tables/cars.jsonl": "failed"}
    with open_space(home, "test") as space:
        assert space.ledger.items.counts()["image"] == 2


def test_files_elsewhere_and_web_addresses_are_not_read(home, folder):
    secret = picture(home.parent / "data" / "secret" / "red.png", "red")
    (folder / "link.png").symlink_to(secret)
    names = ("../secret/red.png", str(secret), "link.png", "https://example.org/red.png", "a.txt", "a\x00b", "")
    (folder / "a.txt").write_text("words")
    table = folder / "cars.jsonl"
    table.write_text("\n".join(json.dumps({"file": name, "text": "words"}) for name in names))
    said = run(home, table, "--image-column", "file")
    reasons = [str(entry["reason"]) for entry in said.values() if entry["outcome"] == "failed"]
    assert len(reasons) == 6
    assert sum("outside of its folder" in reason for reason in reasons) == 3
    assert any("web address" in reason for reason in reasons)
    assert any("no picture that is read here" in reason for reason in reasons)
    with open_space(home, "test") as space:
        assert space.ledger.items.counts()["image"] == 0
    said = run(home, table, secret.parent, "--image-column", "file")
    outcomes = [entry["outcome"] for path, entry in said.items() if "secret" in path]
    assert outcomes.count("added") == 2, "the file itself, and once as what two rows name"


def test_pictures_of_rows_are_encoded_anew_and_their_thumbnails_mended(home, folder):
    table = write(folder / "cars.csv")
    run(home, table, "--image-column", "file", "--text-column", "caption")
    with open_to_write(home, "test", FakeEncoder.info) as space:
        done = reencode(space, RetunedEncoder())
        assert done.swapped and not done.missing and done.images == 2
    with open_space(home, "test") as space:
        (red,) = space.ledger.items.of_source(str(table / "pictures" / "red.png"))
        expected = RetunedEncoder().encode_images([_open(folder / "pictures" / "red.png")])
        assert np.allclose(space.ledger.items.vectors_of([red.id]), expected, atol=1e-6)
        assert finds_every_item(space)
        space.thumbnail_path(red).unlink()
    assert not check(home, "test").sound
    repair(home, "test")
    assert check(home, "test").sound


def test_a_table_whose_image_column_is_not_there_says_which_are(home, folder):
    said = run(home, write(folder / "cars.csv"), "--image-column", "photo")
    assert said["tables/cars.csv"]["reason"].startswith("no column 'photo' in it. Name one of these: id, file")


def test_pictures_inside_a_table_are_told_apart_from_a_column_that_is_not_there(home, folder):
    data = (folder / "pictures" / "red.png").read_bytes()
    table = pyarrow.table({"text": ["A red car"], "image": [{"bytes": data, "path": "red.png"}], "raw": [data]})
    pyarrow.parquet.write_table(table, folder / "cars.parquet")
    for column in ("image", "raw"):
        said = run(home, folder / "cars.parquet", "--image-column", column)
        assert said["tables/cars.parquet"]["reason"].startswith(f"the column '{column}' holds pictures themselves")


def _open(path: Path):
    from ingest.readers.images import open_upright

    return open_upright(path, at_least=64)
