"""`nearspace search`, typed as a person types it."""

import json
import zipfile
from pathlib import Path

from search_app.search.results import FIELDS
from tests.command_line import nearspace_here
from tests.make_files import picture


def found(home: Path, *asked: str | Path) -> list[dict]:
    done = nearspace_here("search", *asked, "--home", home, "--space", "test", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def colours_of(results: list[dict]) -> set[str]:
    return {Path(result["path"]).stem.split()[0] for result in results}


def test_parts_weights_and_signs_are_asked_together(colours_home: Path, tmp_path: Path) -> None:
    mine = picture(tmp_path / "mine.png", "yellow")
    both = found(colours_home, "--image", mine, "--plus", "blue", "--weight", "2", "--modality", "image", "-k", "4")
    assert colours_of(both) == {"yellow", "blue"}
    assert colours_of(both[:2]) == {"blue"}
    assert list(both[0]) == list(FIELDS)
    without = found(colours_home, "red", "--minus-image", mine, "--minus", "blue", "--modality", "image", "-k", "7")
    assert not {"yellow", "blue"} & colours_of(without)


def test_items_judgements_and_the_way_between_are_asked_by_id(colours_home: Path) -> None:
    ids = {Path(result["path"]).name: result["id"] for result in found(colours_home, "red", "-k", "40")}
    red, blue = ids["red.png"], ids["blue.png"]
    middle = found(colours_home, "--between", red, blue, "0.5", "--modality", "image", "-k", "4")
    assert {red, blue}.isdisjoint(result["id"] for result in middle)
    assert {"red", "blue"} <= colours_of(middle)
    liked = found(colours_home, "green", "--like", blue, "--unlike", red, "--modality", "image", "-k", "4")
    assert {"green", "blue"} <= colours_of(liked)


def test_what_cannot_be_asked_is_told_in_words(colours_home: Path) -> None:
    where = ("--home", colours_home, "--space", "test")
    for asked, told in (
        (("--item", "999999"), "has no item 999999"),
        (("--like", "../x"), "has no item '../x'"),
        (("--between", "1", "2", "far"), "Give a number from 0 to 1"),
        (("--weight", "2"), "--weight comes after the term"),
        (("red", "--weight", "0"), "above 0 and up to 5"),
        (("--minus", " "), "needs something to look for"),
    ):
        done = nearspace_here("search", *asked, *where)
        assert done.returncode == 2, asked
        assert told in " ".join(done.stderr.split()), asked
        assert "Traceback" not in done.stderr


def test_results_are_paged_sorted_folded_and_exported(colours_home: Path, tmp_path: Path) -> None:
    whole = found(colours_home, "red", "-k", "6")
    second = found(colours_home, "red", "-k", "3", "--page", "2", "--export", tmp_path / "red.json")
    assert second == whole[3:]
    assert json.loads((tmp_path / "red.json").read_text(encoding="utf-8")) == second
    where = ("--home", colours_home, "--space", "test")
    done = nearspace_here(
        "search", "red", "--fold", "--group", "--sort", "size", "--reverse", "--export", tmp_path / "red.zip", *where
    )
    assert done.returncode == 0, done.stderr
    assert "originals" in done.stderr + done.stdout
    assert zipfile.is_zipfile(tmp_path / "red.zip")
    for wrong, told in (
        (("--export", "red.xlsx"), "End its name in .csv, .json, .zip"),
        (("--page", "0"), "not a page"),
        (("--diversity", "2"), "not a number from 0 to 1"),
    ):
        done = nearspace_here("search", "red", *wrong, *where)
        assert done.returncode == 2
        assert told in " ".join(done.stderr.split())
