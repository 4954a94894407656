"""Captioned pictures are read from sidecars and from tables, and what cannot be read has its reason."""

import json
import re

import pytest

from ingest.encoders.tuning.captioned_pictures import collect_pictures
from ingest.errors import SettingsError
from tests.make_files import picture, text


def captions(collected):
    return {entry.path.name: entry.captions for entry in collected.pictures}


@pytest.fixture
def folder(tmp_path):
    for colour in ("red", "green", "blue"):
        picture(tmp_path / "files" / f"{colour}.png", colour)
    return tmp_path / "files"


def test_sidecars_are_paired_as_an_ingest_pairs_them(folder):
    text(folder / "red.txt", "  a red\nthing ")
    text(folder / "green.png.txt", "a green thing")
    picture(folder / "below" / "white.png", "white")
    text(folder / "below" / "white.txt", "a white thing")
    found = collect_pictures(folder)
    assert captions(found) == {
        "red.png": ("a red thing",),
        "green.png": ("a green thing",),
        "white.png": ("a white thing",),
    }
    assert found.without_caption == 1
    assert found.omitted == []


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("columns", [("image", "caption"), ("File", "Text")])
def test_a_table_may_have_several_rows_for_a_picture(folder, separator, columns):
    rows = [columns, ("red.png", "a red thing"), ("red.png", '"red, ""very"" red; indeed"'), ("blue.png", "sky")]
    table = text(folder / "table.csv", "\ufeff" + "\n".join(separator.join(row) for row in rows) + "\n")
    for source in (table, folder):
        assert captions(collect_pictures(source)) == {
            "red.png": ("a red thing", 'red, "very" red; indeed'),
            "blue.png": ("sky",),
        }


def test_json_lines_may_have_one_caption_or_a_list(folder):
    rows = [
        {"image": "red.png", "caption": "a red thing"},
        {"file": "green.png", "captions": ["leaf", "grass", "leaf"]},
        {"image": "red.png", "text": "ruby"},
    ]
    table = text(folder / "table.jsonl", "\n".join(map(json.dumps, rows)) + "\n\n")
    assert captions(collect_pictures(table)) == {"red.png": ("a red thing", "ruby"), "green.png": ("leaf", "grass")}


def test_one_content_under_two_names_is_one_picture_with_the_captions_of_both(folder):
    picture(folder / "again.png", "red")
    text(folder / "red.txt", "ruby")
    text(folder / "again.txt", "rose")
    (found,) = collect_pictures(folder).pictures
    assert sorted(found.captions) == ["rose", "ruby"]


def test_the_order_is_that_of_the_contents_whatever_the_names(folder, tmp_path):
    for path in folder.iterdir():
        text(path.with_suffix(".txt"), path.stem)
    renamed = tmp_path / "renamed"
    for number, path in enumerate(sorted(folder.glob("*.png"), reverse=True)):
        (renamed / f"{number}.png").parent.mkdir(exist_ok=True)
        (renamed / f"{number}.png").write_bytes(path.read_bytes())
        text(renamed / f"{number}.txt", path.stem)
    digests = [[entry.sha256 for entry in collect_pictures(source).pictures] for source in (folder, renamed)]
    assert digests[0] == digests[1]


def test_rows_that_lead_nowhere_are_omitted_with_their_reason(folder):
    table = text(
        folder / "table.csv", "image,caption\nred.png,ruby\ngone.png,a ghost\n,nothing\nblue.png,\nnotes.md,x\n"
    )
    found = collect_pictures(table)
    assert captions(found) == {"red.png": ("ruby",)}
    reasons = "\n".join(f"{entry.path} {entry.outcome} {entry.reason}" for entry in found.omitted)
    assert "gone.png failed there is no picture of that name. Correct its path" in reasons
    assert "table.csv:4 skipped a line without an image" in reasons
    assert "table.csv:5 skipped a line without a caption" in reasons
    assert "notes.md skipped its suffix is not that of a picture" in reasons


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("table.csv", "picture,words\na.png,b\n", "no columns named image"),
        ("table.jsonl", '{"image": "red.png"\n', "Line 1 is not JSON"),
        ("table.jsonl", '["red.png", "ruby"]\n', "not a JSON object"),
        ("table.csv", 'image,caption\n"red.png,ruby\n', r"no valid table \(unexpected end of data\)\. Save it again"),
        ("table.txt", "image,caption\n", "not a table"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_when_named_and_omitted_when_found(folder, name, content, message):
    table = text(folder / name, content)
    with pytest.raises(SettingsError, match=message):
        collect_pictures(table)
    if table.suffix != ".txt":
        assert re.search(message, collect_pictures(folder).omitted[0].reason)


def test_a_source_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="There is nothing at"):
        collect_pictures(tmp_path / "nowhere")
