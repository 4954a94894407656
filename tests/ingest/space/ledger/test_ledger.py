"""The ledger opens what earlier versions wrote, and its frequent queries use its indexes."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from ingest.readers.draft import Draft
from ingest.space.ledger import Ledger
from ingest.space.ledger.item import ItemState
from ingest.space.ledger.migrations import MIGRATIONS
from ingest.space.ledger.records import SourceRecord


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(tmp_path / "ledger.db", 4)
    yield opened
    opened.close()


def put(ledger: Ledger, name: str, count: int = 2) -> list[str]:
    drafts = [Draft("text", text=f"{name} {number}") for number in range(count)]
    vectors = np.eye(4, dtype=np.float32)[np.arange(count) % 4]
    path = f"/files/{name}"
    record = SourceRecord(
        path=path,
        root="/files",
        folder="files",
        size=1,
        mtime_ns=1,
        sha256=name,
        outcome="added",
        drafts=drafts,
        thumbnails=[""] * count,
        vectors=vectors,
    )
    return ledger.write(1, [record])


def test_a_removed_item_is_not_live_and_waits_to_be_deleted_from_chroma(ledger: Ledger) -> None:
    kept, gone = put(ledger, "kept"), put(ledger, "gone")
    source = ledger.sources.get("/files/gone")
    assert source is not None
    ledger.pending.mark_indexed([*kept, *gone])
    ledger.remove([source.id])
    assert ledger.items.ids().tolist() == [int(item) for item in kept]
    assert ledger.items.get([*gone, *kept]) == ledger.items.get(kept)
    assert [item for item, _ in ledger.pending.to_delete(10)] == gone
    ledger.pending.purge(gone)
    assert ledger.pending.count() == 0


def test_frequent_queries_use_their_indexes(ledger: Ledger) -> None:
    with ledger.transaction():
        for number in range(50):
            ledger.pending.mark_indexed(put(ledger, f"file {number}"))
    ids = [str(number) for number in range(1, 11)]
    frequent = {
        "items_not_indexed": (
            ledger.pending.count,
            lambda: ledger.pending.to_upsert(10),
            lambda: ledger.pending.to_delete(10),
        ),
        "items_by_source": (lambda: ledger.items.of_source("/files/file 7"),),
        "INTEGER PRIMARY KEY": (lambda: ledger.items.get(ids), lambda: ledger.items.paths(ids)),
        "INTEGER PRIMARY KEY (rowid>?)": (lambda: ledger.items.vectors(90),),
        "sources_by_sha256": (lambda: ledger.sources.with_hash("file 7"),),
        "sqlite_autoindex_sources_1": (lambda: ledger.sources.get_many(["/files/file 7", "/files/file 8"]),),
    }
    for index, queries in frequent.items():
        for query in queries:
            asked: list[str] = []
            ledger.database.connection.set_trace_callback(asked.append)
            query()
            ledger.database.connection.set_trace_callback(None)
            plan = ledger.database.rows(f"EXPLAIN QUERY PLAN {asked[0]}")
            steps = [str(step[-1]) for step in plan]
            assert any(index in step for step in steps), (index, steps)
            scans = [step for step in steps if step.startswith(("SCAN", "MATERIALIZE")) and "INDEX" not in step]
            assert not scans, steps


@pytest.mark.parametrize("done", range(len(MIGRATIONS)))
def test_a_ledger_of_every_older_schema_is_brought_up_to_date(tmp_path: Path, ledger: Ledger, done: int) -> None:
    path = tmp_path / "older.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as older:
        for migration in MIGRATIONS[:done]:
            migration(older)
        older.execute(f"PRAGMA user_version = {done}")
    migrated = Ledger(path, 4)
    assert put(migrated, "file") == ["1", "2"]
    assert schema(migrated) == schema(ledger)
    migrated.close()


def test_a_migration_that_fails_changes_nothing_and_is_done_at_the_next_opening(tmp_path: Path, monkeypatch) -> None:
    def fail(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE half (done)")
        raise KeyboardInterrupt

    path = tmp_path / "ledger.db"
    Ledger(path, 4).close()
    monkeypatch.setattr("ingest.space.ledger.migrations.MIGRATIONS", (*MIGRATIONS, fail))
    with pytest.raises(KeyboardInterrupt):
        Ledger(path, 4)
    monkeypatch.undo()
    opened = Ledger(path, 4)
    assert "half" not in schema(opened)
    assert opened.database.number("PRAGMA user_version") == len(MIGRATIONS)
    opened.close()


def test_the_states_of_items_are_those_on_disk() -> None:
    assert {state.name: int(state) for state in ItemState} == {"PENDING": 0, "INDEXED": 1, "REMOVED": 2}


def schema(ledger: Ledger) -> dict[str, str]:
    return dict(ledger.database.rows("SELECT name, coalesce(sql, '') FROM sqlite_master ORDER BY name"))
