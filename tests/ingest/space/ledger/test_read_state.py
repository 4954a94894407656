"""What a source was read with, as older ledgers kept it in one column and newer ones in three."""

import sqlite3
from contextlib import closing
from pathlib import Path

from ingest.sources.read_state import ReadState
from ingest.space.ledger import Ledger
from ingest.space.ledger.migrations import MIGRATIONS, _split_read_state

PACKED = {
    "": ReadState(),
    "a.txt:12:1700000000000000000": ReadState("a.txt:12:1700000000000000000"),
    "|read:gps": ReadState(options="gps"),
    "a.txt:12:17|read:frames=2 gps": ReadState("a.txt:12:17", options="frames=2 gps"),
    "row:0123456789abcdef": ReadState(row="0123456789abcdef"),
    "row:0123456789abcdef|read:gps": ReadState(row="0123456789abcdef", options="gps"),
    "|read:text=caption id= image=file": ReadState(options="text=caption id= image=file"),
    "odd |read: name.txt:1:2|read:every=3": ReadState("odd |read: name.txt:1:2", options="every=3"),
}


def test_the_packed_column_of_an_older_ledger_gives_every_part(tmp_path: Path) -> None:
    number = MIGRATIONS.index(_split_read_state)
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as older, older:
        for migration in MIGRATIONS[:number]:
            migration(older)
        older.executemany(
            "INSERT INTO sources (path, root, folder, size, mtime_ns, sha256, sidecar, outcome, run) "
            "VALUES (?, '/', '/', 1, 1, '0', ?, 'added', 1)",
            [(f"/{index}.png", packed) for index, packed in enumerate(PACKED)],
        )
        older.execute(f"PRAGMA user_version = {number}")
    with closing(Ledger(tmp_path / "ledger.db", 3)) as ledger:
        for index, state in enumerate(PACKED.values()):
            source = ledger.sources.get(f"/{index}.png")
            assert source is not None and source.read_state == state
