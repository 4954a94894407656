"""Every passage has its quality in the ledger, also those of ledgers from before there were qualities."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from ingest.readers.draft import Draft, Value
from ingest.readers.prose_quality import JUNK
from ingest.space.ledger import Ledger
from ingest.space.ledger.migrations import MIGRATIONS, _drop_caption_filler
from ingest.space.ledger.records import SourceRecord
from tests.ingest.readers.passages_by_kind import JUNK_PASSAGES, PROSE

TABLE = JUNK_PASSAGES["table of contents"]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with closing(Ledger(tmp_path / "ledger.db", 4)) as opened:
        yield opened


def put(ledger: Ledger, path: str, *drafts: Draft) -> list[int]:
    record = SourceRecord(
        path=path,
        root="/",
        folder="folder",
        size=1,
        mtime_ns=1,
        sha256=path,
        outcome="added",
        drafts=drafts,
        thumbnails=[""] * len(drafts),
        vectors=np.eye(4, dtype=np.float32)[: len(drafts)],
    )
    return [int(item) for item in ledger.write(1, [record])]


def test_a_passage_has_its_quality_once_it_is_written_and_a_picture_none(ledger: Ledger) -> None:
    put(ledger, "/a.md", Draft("text", PROSE["news"]), Draft("text", TABLE))
    put(ledger, "/b.jpg", Draft("image", "a red bird"))
    prose, junk, picture = ledger.search_index.facets().qualities.tolist()
    assert prose == 1.0 and junk < JUNK and np.isnan(picture)


def test_a_row_of_a_table_is_no_junk_whatever_it_holds(ledger: Ledger) -> None:
    put(ledger, "/rows.csv", Draft("text", TABLE))
    assert ledger.search_index.facets().qualities.tolist() == [1.0]


def test_the_quality_follows_a_changed_source(ledger: Ledger) -> None:
    put(ledger, "/a.md", Draft("text", TABLE))
    put(ledger, "/a.md", Draft("text", PROSE["news"]))
    assert ledger.search_index.facets().qualities.tolist() == [1.0]


def test_an_older_ledger_measures_its_passages_from_the_texts_that_it_has(ledger: Ledger) -> None:
    first, second = put(ledger, "/a.md", Draft("text", PROSE["news"]), Draft("text", TABLE))
    with ledger.transaction():
        ledger.database.execute("DELETE FROM qualities")
    assert np.isnan(ledger.search_index.facets().qualities).all()
    measured = ledger.passage_qualities.measure([first, second])
    assert measured[first] == 1.0 and measured[second] < JUNK
    revision = ledger.revision()
    assert [ledger.passage_qualities.record(most=1) for _ in range(3)] == [1, 1, 0]
    assert ledger.search_index.facets().qualities.tolist() == pytest.approx([measured[first], measured[second]])
    assert ledger.revision() == revision  # what a search has in memory is as good as before


def test_an_older_ledger_loses_the_captions_that_a_camera_filled_in(tmp_path: Path) -> None:
    number = MIGRATIONS.index(_drop_caption_filler)
    kept: dict[str, Value] = {"caption": "boats at dusk", "title": "Default title", "camera": "C-5060"}
    rows = [
        ("image", "OLYMPUS DIGITAL CAMERA", '{"caption": "OLYMPUS DIGITAL CAMERA", "width": 4}', 1),
        ("image", "untitled", '{"caption": "boats at dusk", "title": "Default title", "camera": "C-5060"}', 1),
        ("image", "a heron", '{"width": 4}', 1),
        ("text", "OLYMPUS DIGITAL CAMERA", "{}", 1),
    ]
    path = tmp_path / "older.db"
    with closing(sqlite3.connect(path)) as older, older:
        for migration in MIGRATIONS[:number]:
            migration(older)
        older.execute(
            "INSERT INTO sources (path, root, folder, size, mtime_ns, sha256, outcome, run) "
            "VALUES ('/a.tif', '/', '/', 1, 1, '0', 'added', 1)"
        )
        older.executemany(
            "INSERT INTO items (source, position, modality, text, title, meta, thumbnail, state) "
            "VALUES (1, 0, ?, ?, '', ?, '', ?)",
            rows,
        )
        older.execute(f"PRAGMA user_version = {number}")
    with closing(Ledger(path, 3)) as ledger:
        first, second, third, fourth = ledger.items.get(["1", "2", "3", "4"])
        assert (first.text, first.meta) == ("", {"width": 4})
        assert (second.text, second.meta) == ("boats at dusk", {key: kept[key] for key in ("caption", "camera")})
        assert third.text == "a heron" and fourth.text == "OLYMPUS DIGITAL CAMERA"
        assert [item.id for item in ledger.pending.to_upsert(9)] == ["1", "2"]  # Chroma gets the new captions
        ledger.search_index.update()
        assert ledger.search_index.facets().captioned.tolist() == [False, True, True, False]
        assert ledger.search_index.matching("olympus").tolist() == [4]
