"""A space written by an earlier version opens, is sound, and can be ingested into."""

import json
import os
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
from PIL import Image

from ingest.space.embedding_function import ImageLoader
from search_app.engine import Space
from tests.compatibility.answers import command
from tests.compatibility.recorded_space import SPACE, Recorded, record_of
from tests.compatibility.sources import ADDRESS, ingest_runs, save_picture, web_of_the_sources
from tests.fake_encoder import COLOURS

ITEMS = {"image": 25, "text": 24}


def outcomes(recorded: Recorded, arguments: list[str]) -> dict[str, list[str]]:
    """The names of the sources by what an ingest did with each."""
    report = recorded.home.parent / "report.json"
    status, _ = command("ingest", *arguments, *recorded.where, "--quiet", "--report", str(report))
    assert status in (0, 1)
    by_outcome: dict[str, list[str]] = {}
    for entry in json.loads(report.read_text(encoding="utf-8"))["sources"]:
        by_outcome.setdefault(entry["outcome"], []).append(Path(entry["path"]).name)
    return by_outcome


def test_a_space_with_its_index_opens_as_it_is(recorded: Recorded) -> None:
    messages: list[str] = []
    with Space(SPACE, home=recorded.home, say=messages.append) as space:
        assert space.counts() == ITEMS
        assert space.ingest_status()["not_indexed"] == 0
    assert not [words for words in messages if "rebuil" in words or "searchable" in words]
    status, checked = command("check", "--full", "--json", *recorded.where)
    assert status == 0, checked


def test_a_missing_index_is_rebuilt_from_the_ledger(without_index: Recorded) -> None:
    with Space(SPACE, home=without_index.home) as space:
        assert space.counts() == ITEMS
    status, checked = command("check", "--full", "--json", *without_index.where)
    assert status == 0, checked


def test_an_ingest_finds_everything_unchanged_and_then_only_what_changed(without_index: Recorded) -> None:
    sources = without_index.sources
    with web_of_the_sources():
        for arguments in ingest_runs(sources):
            again, as_named = outcomes(without_index, arguments), [arguments[0]]
            assert set(again) <= {"unchanged", "failed", "skipped"}, (arguments, again)
            if arguments[0] != ADDRESS and len(arguments) > 1 and arguments[1].startswith("--"):
                # The options that they were read with are remembered.
                assert outcomes(without_index, as_named) == again
    planned = outcomes(without_index, [str(sources), "--dry-run"])
    assert not {"old.png", "old words.txt"} & {name for names in planned.values() for name in names}
    status = json.loads(command("status", "--json", *without_index.where)[1])
    before = record_of("status")
    assert status["items"] == ITEMS
    assert without_index.neutral(status["kept_out"]) == before["kept_out"]
    assert sum(status["sources"].values()) == sum(before["sources"].values())

    save_picture(sources / "pictures" / "new.png", (1, 200, 200))
    os.utime(sources / "pictures" / "green.png", (1, 1))
    (sources / "pictures" / "tall" / "blue.png").rename(sources / "pictures" / "moved.png")
    (sources / "pictures" / "yellow.png").unlink()
    (sources / "pictures" / "green.txt").write_text("a green leaf, once more")
    changes = outcomes(without_index, [str(sources / "pictures")])
    assert changes["added"] == ["new.png"]
    assert changes["moved"] == ["moved.png"]
    assert changes["removed"] == ["yellow.png"]
    assert sorted(changes["updated"]) == ["green.png", "green.txt"]


def test_chromadb_alone_finds_pictures_by_words_and_by_pictures(recorded: Recorded, tmp_path: Path) -> None:
    port = json.loads((recorded.folder / "server.json").read_text())["port"]
    loader: Any = ImageLoader()
    images = chromadb.HttpClient(port=port).get_collection(f"{SPACE}-image", data_loader=loader)
    assert images.count() == ITEMS["image"]
    by_words = images.query(query_texts=["purple"], n_results=2)["ids"][0]
    save_picture(tmp_path / "a.png", "purple")
    by_picture = images.query(query_uris=[str(tmp_path / "a.png")], n_results=2)["ids"][0]
    assert set(by_words) == set(by_picture) == {"8", "16"}
    [pixels] = loader([str(tmp_path / "a.png")])
    assert np.asarray(pixels)[0, 0].tolist() == list(COLOURS["purple"])
    assert Image.fromarray(pixels).size == (64, 48)
