"""`nearspace search` narrowed by its options."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from ingest.cli import main
from tests.fake_encoder import COLOURS
from tests.make_files import ingest_folders, picture, text

Search = Callable[..., list[str]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A space `test` of pictures and notes that differ in all that can be asked."""
    home, folder = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("sources")
    picture(folder / "pictures" / "IMG_2041.png", "red", (400, 300))
    picture(folder / "pictures" / "tall.png", "blue", (30, 40))
    text(folder / "pictures" / "tall.txt", "in Zürich")
    exif = Image.Exif()
    exif[0x0110] = "Canon EOS R5"
    exif.get_ifd(0x8769)[0x9003] = "2019:07:04 12:30:00"
    (folder / "photos").mkdir()
    Image.new("RGB", (50, 50), COLOURS["green"]).save(folder / "photos" / "old.jpeg", exif=exif)
    text(folder / "notes" / "audit.md", "# Quality plan\n\nred words, as ISO 9001 has it")
    text(folder / "notes" / "walk.txt", "red words of a walk")
    for path in folder.rglob("*.*"):
        os.utime(path, (1_609_459_200, 1_609_502_400))  # 1 January 2021
    assert ingest_folders(home, [folder / "pictures", folder / "photos", folder / "notes"]).exit_status == 0
    return home


@pytest.fixture
def search(home: Path, capsys: pytest.CaptureFixture[str]) -> Search:
    def found(*arguments: str) -> list[str]:
        assert main(["search", *arguments, "--home", str(home), "--space", "test", "--json"]) == 0
        return sorted(Path(hit["path"]).name for hit in json.loads(capsys.readouterr().out))

    return found


ALL = ["IMG_2041.png", "audit.md", "old.jpeg", "tall.png", "tall.txt", "walk.txt"]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ([], ALL),
        (["--modality", "text"], ["audit.md", "tall.txt", "walk.txt"]),
        (["--folder", "notes", "--folder", "photos"], ["audit.md", "old.jpeg", "walk.txt"]),
        (["--format", "jpg", "--format", ".MD"], ["audit.md", "old.jpeg"]),
        (["--after", "2020", "--format", "png"], ["IMG_2041.png", "tall.png"]),
        (["--before", "2019-07", "--after", "2019-07-04"], ["old.jpeg"]),
        (["--min-size", "0.1MP"], ["IMG_2041.png"]),
        (["--max-size", "50x50"], ["old.jpeg", "tall.png"]),
        (["--min-size", "1GB"], []),
        (["--orientation", "portrait", "--orientation", "square"], ["old.jpeg", "tall.png"]),
        (["--colour", "blue", "--colour", "green"], ["old.jpeg", "tall.png"]),
        (["--has-caption"], ["tall.png"]),
        (["--title", "quality"], ["audit.md"]),
        (["--exact", "zurich"], ["tall.png", "tall.txt"]),
        (["--exact", "img_20*"], ["IMG_2041.png"]),
        (["--exact", "iso 9001", "--exact", "red words"], ["audit.md"]),
        (["--exact", "9001 iso"], []),
        (["--where", "camera=canon eos r5"], ["old.jpeg"]),
        (["--where", "taken"], ["old.jpeg"]),
        (["--where", "colours=red", "--format", "png"], ["IMG_2041.png"]),
    ],
)
def test_each_option_narrows_the_search(search: Search, options: list[str], found: list[str]) -> None:
    assert search("red", *options) == found


def test_quotation_marks_match_word_for_word(search: Search) -> None:
    assert search('red "ISO 9001"') == ["audit.md"]
    assert search("--exact", "a walk") == ["walk.txt"]


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        (["--after", "soon"], "Write it like 2024-05-31"),
        (["--min-size", "big"], "Write it like 2MP"),
        (["--colour", "mauve"], "Choose of red, orange"),
        (["--where", "=x"], "Write KEY=VALUE, or KEY"),
    ],
)
def test_a_value_that_cannot_be_parsed_is_reported(
    home: Path, capsys: pytest.CaptureFixture[str], options: list[str], advice: str
) -> None:
    assert main(["search", "red", *options, "--home", str(home), "--space", "test"]) == 2
    assert advice in " ".join(capsys.readouterr().err.split())


def test_a_search_without_results_advises_to_omit_an_option(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["search", "red", "--title", "nowhere", "--home", str(home), "--space", "test"]) == 0
    assert "leave one of them out" in " ".join(capsys.readouterr().err.split())
