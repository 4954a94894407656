"""The ledger is the truth: whatever happens to Chroma's folder, no item is lost."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from ingest.errors import SettingsError, SpaceError, SpaceNotFound
from ingest.settings import space_name
from ingest.space import list_spaces, open_space, open_to_write
from ingest.space.chroma.local_server import read_server_info
from ingest.space.steady_sample import steady_sample
from tests.fake_encoder import FakeEncoder
from tests.make_files import finds_every_item, ingest_folders, shades
from tests.servers import end_server


@pytest.fixture
def home(tmp_path: Path):
    shades(tmp_path / "files", 40)
    ingest_folders(tmp_path / "home", [tmp_path / "files"])
    end_server(tmp_path / "home" / "test")
    return tmp_path / "home"


def delete(chroma: Path) -> None:
    shutil.rmtree(chroma)


def truncate_the_database(chroma: Path) -> None:
    database = chroma / "chroma.sqlite3"
    database.write_bytes(database.read_bytes()[:5000])


def overwrite_the_database(chroma: Path) -> None:
    (chroma / "chroma.sqlite3").write_bytes(b"not a database" * 1000)


@pytest.mark.parametrize("damage", [delete, truncate_the_database, overwrite_the_database])
def test_a_damaged_index_is_rebuilt_from_the_ledger_and_the_person_is_told(home, damage):
    damage(home / "test" / "chroma")
    said: list[str] = []
    with open_space(home, "test", log=said.append) as space:
        assert space.ledger.items.count() == 40
        assert finds_every_item(space)
    assert any("nothing is lost" in line for line in said)


def test_items_that_never_reached_the_index_are_put_there_on_opening(home):
    with open_space(home, "test") as space:
        space.ledger.pending.mark_all()
    with open_space(home, "test") as space:
        assert space.ledger.pending.count() == 0
        assert finds_every_item(space)


def test_what_the_index_has_still_to_learn_is_found_without_a_look_at_every_item(home):
    with open_space(home, "test") as space:
        asked: list[str] = []
        space.ledger.database.connection.set_trace_callback(asked.append)
        assert (
            space.ledger.pending.to_upsert(10),
            space.ledger.pending.to_delete(10),
            space.ledger.pending.count(),
        ) == ([], [], 0)
        space.ledger.database.connection.set_trace_callback(None)
        plans = [space.ledger.database.connection.execute(f"EXPLAIN QUERY PLAN {query}").fetchall() for query in asked]
    assert len(plans) == 3
    assert all("items_not_indexed" in plan[0][3] for plan in plans), plans


def test_a_missing_space_is_named_with_those_that_are_there(home, tmp_path):
    with pytest.raises(SpaceNotFound, match="Choose one of these: test"):
        open_space(home, "holiday")
    with pytest.raises(SpaceNotFound, match="nearspace ingest"):
        open_space(tmp_path / "nowhere", "holiday")
    assert list_spaces(home) == ["test"]


def test_a_space_of_a_newer_format_is_refused(home):
    manifest = home / "test" / "manifest.json"
    content = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**content, "format_version": 99}))
    with pytest.raises(SpaceError, match="Update Nearspace"):
        open_space(home, "test")


def test_the_manifest_tells_counts_and_mean_vectors(home):
    with open_space(home, "test") as space:
        statistics = space.manifest.statistics["image"]
        assert statistics.count == 40
        assert len(statistics.mean) == space.manifest.encoder.dimension


def test_statistics_follow_the_ledger(home):
    with open_to_write(home, "test", FakeEncoder.info) as space:
        stored = space.ledger.items.vectors()
        images = stored.vectors[np.array(stored.modalities) == "image"]
        np.testing.assert_allclose(space.manifest.statistics["image"].mean, images.mean(axis=0), atol=1e-6)
        gone = space.ledger.sources.all()[0]
        left = len(space.ledger.items.ids("image")) - len(space.ledger.items.of_source(gone.path))
        space.ledger.remove([gone.id])
        space.refresh_statistics()
        assert space.manifest.statistics["image"].count == left


def test_the_mean_of_many_items_is_that_of_a_steady_sample(home):
    with open_space(home, "test") as space:
        ids = space.ledger.items.ids("image")
        count, mean = space.ledger.items.count_and_mean("image", 10)
        chosen = ids[steady_sample(ids, 10)]
        assert count == 40 and len(chosen) == 10
        np.testing.assert_allclose(mean, space.ledger.items.vectors_of(list(map(str, chosen))).mean(axis=0), atol=1e-6)
        assert space.ledger.items.count_and_mean("text", 10)[0] == len(space.ledger.items.ids("text"))


def test_chromadb_alone_can_query_a_collection_by_text(home):
    import chromadb

    with open_space(home, "test"):
        port = read_server_info(home / "test").port
        client = chromadb.HttpClient("127.0.0.1", port, settings=chromadb.Settings(anonymized_telemetry=False))
        hits = client.get_collection("test-image").query(query_texts=["black"], n_results=1)
    assert Path(hits["metadatas"][0][0]["path"]).parent.name == "files"


@pytest.mark.parametrize("name", ["../up", "a/b", "", " ", ".hidden", "ends-", "x" * 64, "ü"])
def test_a_name_that_cannot_be_a_folder_and_a_collection_is_refused(name, monkeypatch):
    monkeypatch.setenv("NEARSPACE_SPACE", name)
    if name:
        with pytest.raises(SettingsError, match="Use 1 to 63"):
            space_name(name)
    else:
        assert space_name(name) == "default"
