"""`nearspace topics` and `nearspace map`, and a search within a topic."""

import json
import zipfile
from pathlib import Path

import pytest

from ingest.cli import main
from tests.search_app.conftest import fill


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory, encoder_cache: Path) -> list[str]:
    """A space of one's own: topics are kept beside it."""
    home = tmp_path_factory.mktemp("home")
    fill(home, tmp_path_factory.mktemp("sources"))
    return ["--home", str(home), "--space", "test"]


def test_topics_are_listed_and_searched_by_name(where: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["topics", "--json", *where]) == 0
    topics = json.loads(capsys.readouterr().out)
    assert sum(topic["items"] for topic in topics) == sum(topic["images"] + topic["texts"] for topic in topics) == 19
    assert main(["topics", *where]) == 0
    assert topics[0]["name"] in " ".join(capsys.readouterr().out.split())
    chosen = topics[-1]
    assert main(["search", "words", "--topic", chosen["name"], "-k", "40", "--json", *where]) == 0
    found = json.loads(capsys.readouterr().out)
    assert len(found) == chosen["items"]
    assert {each["id"] for each in chosen["representatives"]} <= {each["id"] for each in found}
    assert main(["search", "words", "--topic", "nonsense", *where]) == 2
    assert "`nearspace topics` lists those there are" in " ".join(capsys.readouterr().err.split())


def test_a_map_is_exported_as_a_page_and_for_the_projector(
    where: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["map", "--export", str(tmp_path / "m.html"), "--dimensions", "3", *where]) == 0
    assert (tmp_path / "m.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert main(["map", "--export", str(tmp_path / "m.zip"), *where]) == 0
    assert zipfile.is_zipfile(tmp_path / "m.zip")
    assert "19 items, 11 with their picture" in " ".join(capsys.readouterr().out.split())
    for wrong, told in (("m.txt", ".html or .zip"), ("no/such/folder/m.html", "Choose another place")):
        assert main(["map", "--export", str(tmp_path / wrong), *where]) == 2
        assert told in " ".join(capsys.readouterr().err.split())
