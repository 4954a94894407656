"""Tables: a row an item, with its other columns to filter by."""

import json
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from ingest.errors import ReadError, SkipSource
from ingest.readers import tables
from ingest.readers.dispatch import read_document
from ingest.readers.document import Section
from ingest.readers.reading_options import ReadingOptions
from ingest.space import open_space
from tests.make_files import finds_every_item, ingest_folders

ROWS = [
    {"id": "a7", "caption": "A red car, parked", "year": 1999, "colour": "red"},
    {"id": "b2", "caption": "Two\nlines", "year": 2004, "colour": ""},
    {"id": "c3", "caption": "", "year": 1, "colour": "no caption"},
]


def write(path: Path) -> Path:
    """The rows as the suffix of `path` says."""
    if path.suffix == ".parquet":
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(ROWS), path)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    else:
        between = "\t" if path.suffix == ".tsv" else ","
        lines = [between.join(ROWS[0])]
        lines += [between.join(f'"{cell}"' for cell in row.values()) for row in ROWS]
        path.write_text("\n".join(lines), newline="\r\n")
    return path


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl", "a.parquet"])
def test_a_row_is_an_item_with_its_other_columns_as_facts(tmp_path: Path, name: str) -> None:
    sections = read_document(write(tmp_path / name)).sections
    year = 1999 if name in ("a.jsonl", "a.parquet") else "1999"
    assert sections[0] == Section("", None, "A red car, parked", {"id": "a7", "row": 1, "year": year, "colour": "red"})
    assert [section.text for section in sections] == ["A red car, parked", "Two\nlines"]
    assert sections[1].meta["row"] == 2 and "colour" not in sections[1].meta


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl", "a.parquet"])
def test_columns_can_be_named(tmp_path: Path, name: str) -> None:
    sections = read_document(write(tmp_path / name), ReadingOptions(text_column="Colour", id_column="year")).sections
    assert [section.text for section in sections] == ["red", "no caption"]
    assert [section.meta.get("id") for section in sections] == ["1999", "1"]


def test_a_column_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"^no column 'words' in it\. Name one of these: id, caption, year, colour\.$"):
        read_document(write(tmp_path / "a.csv"), ReadingOptions(text_column="words"))


def test_without_a_usual_column_all_cells_are_the_text(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("name;weight\nKettle;2 kg\n;\nPan;\nPot;3 kg;lid\n")
    sections = read_document(tmp_path / "a.csv").sections
    assert [section.text for section in sections] == [
        "name: Kettle\nweight: 2 kg",
        "name: Pan",
        "name: Pot\nweight: 3 kg\nlid",
    ]


def test_what_is_no_character_in_a_column_or_a_cell_is_shown_as_such(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(r'{"a \ud83c": "b \ud83c", "party": "\ud83c\udf89"}')
    [section] = read_document(tmp_path / "a.jsonl").sections
    assert section.text == "a \ufffd: b \ufffd\nparty: 🎉"


def test_a_title_column_is_the_heading_of_its_row(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("title,body\nOwls,They hunt.\n")
    assert read_document(tmp_path / "a.csv").sections[0].heading == "Owls"


def test_a_list_in_a_row_is_a_fact_whose_parts_can_be_filtered_by(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "a grey cat", "tags": ["pet", "grey"]}\n')
    (section,) = read_document(tmp_path / "a.jsonl").sections
    assert section.meta == {"tags": "pet, grey", "row": 1}


def test_lines_that_are_no_json_are_told_and_the_others_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl")
    path.write_text(path.read_text() + "{broken\n[1, 2]\n" + "[" * 100_000 + "\n")
    document = read_document(path)
    assert (len(document.sections), document.gaps) == (2, "3 lines are no JSON objects")
    path.write_text("I am a text.\nSo am I.\n")
    with pytest.raises(ReadError, match=r"^damaged table"):
        read_document(path)


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet"])
def test_tables_above_the_limit_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(tables, "MAX_ROWS", 2)
    with pytest.raises(ReadError, match=r"^too long: "):
        read_document(write(tmp_path / name))


def test_a_parquet_bomb_is_refused_by_what_it_says_of_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pyarrow.parquet.write_table(
        pyarrow.table({"text": ["a" * 5_000_000]}), tmp_path / "a.parquet", use_dictionary=False
    )
    monkeypatch.setattr(tables, "MAX_PARQUET_BYTES", 1_000_000)
    assert (tmp_path / "a.parquet").stat().st_size < 1_000_000
    with pytest.raises(ReadError, match=r"^too large: 5 MB"):
        read_document(tmp_path / "a.parquet")


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl", "a.parquet"])
def test_damaged_tables_are_read_or_refused_and_nothing_else(tmp_path: Path, name: str) -> None:
    whole = write(tmp_path / name).read_bytes()
    contents = [b"PAR1" + b"\0" * 50, b'"never closed\n' * 3, b"\0" * 99, b",,,\n,,,\n", b"{}\n" * 3]
    for at in range(0, len(whole), max(1, len(whole) // 40)):
        contents += [whole[:at], whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]]
    for content in contents:
        (tmp_path / name).write_bytes(content)
        try:
            read_document(tmp_path / name)
        except ReadError as error:
            assert isinstance(error, SkipSource) or str(error).endswith("."), error


def test_rows_are_found_in_the_space_and_read_again_only_when_other_columns_are_named(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "folder"
    folder.mkdir()
    path = write(folder / "cars.jsonl")
    ingest_folders(home, [folder])
    by_colour = ReadingOptions(text_column="colour")
    with open_space(home, "test") as space:
        items = space.ledger.items.of_source(str(path))
        assert [item.text for item in items] == ["A red car, parked", "Two\nlines"]
        assert items[0].meta["year"] == 1999 and items[0].meta["table"] == "cars"
        assert finds_every_item(space)
    assert ingest_folders(home, [folder], reading=by_colour).counts()["updated"] == 1
    assert ingest_folders(home, [folder], reading=by_colour).counts()["unchanged"] == 1
    assert ingest_folders(home, [folder]).counts()["unchanged"] == 1
    with open_space(home, "test") as space:
        assert [item.text for item in space.ledger.items.of_source(str(path))] == ["red", "no caption"]
        assert finds_every_item(space)
