"""An ingest that is killed loses nothing that it has acknowledged, and the next run goes on from there."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from ingest.space import open_space
from ingest.space.chroma.local_server import read_server_info
from ingest.space.maintenance.check import check
from tests.make_files import FAKE, finds_every_item, shades
from tests.patience import Patience, limit

KILLS = 10
PICTURES_A_ROUND = 200
SERVER_KILLS = 3
PICTURES_A_SERVER = 400
PATIENCE = 120  # seconds; a busy machine takes its time to start a process


Process = subprocess.Popen[bytes]


def start_ingest(home: Path, folder: Path, encoder: str = "python:tests.slow_encoder:SlowEncoder") -> Process:
    command = [sys.executable, "-m", "ingest.cli", "ingest", str(folder), "--home", str(home), "--space", "test"]
    command += ["--encoder", encoder]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def acknowledged(home: Path) -> dict[int, str]:
    """The items (id, path) that the ledger on disk has, read by SQLite alone."""
    ledger = home / "test" / "ledger.db"
    if not ledger.exists():
        return {}
    with sqlite3.connect(ledger) as database:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
        rows = []
        if "items" in tables:
            rows = database.execute(
                "SELECT items.id, path FROM items JOIN sources ON sources.id = items.source WHERE state != 2"
            ).fetchall()
    database.close()
    return dict(rows)


def test_an_ingest_killed_at_ten_random_moments_loses_no_acknowledged_item(tmp_path):
    home, folder = tmp_path / "home", tmp_path / "files"
    chance = random.Random(20)
    kept: dict[int, str] = {}
    killed_in_the_middle = 0
    for number in range(KILLS):
        shades(folder, PICTURES_A_ROUND, start=number * PICTURES_A_ROUND)
        with start_ingest(home, folder) as process:
            before = len(kept)
            patience = Patience(PATIENCE)
            # Half of the kills fall into the start-up, half into the writing.
            if number % 2:
                while len(acknowledged(home)) == before and not patience.over() and process.poll() is None:
                    time.sleep(0.02)
            time.sleep(chance.uniform(0.0, 1.2))
            killed_in_the_middle += process.poll() is None
            process.send_signal(signal.SIGKILL)
        now = acknowledged(home)
        assert kept.items() <= now.items(), "an acknowledged item is gone from the ledger"
        kept = now
    assert killed_in_the_middle >= KILLS // 2

    with start_ingest(home, folder, FAKE) as process:  # the same vectors, without the waiting
        assert process.wait(limit(2 * PATIENCE)) == 0
    assert kept.items() <= acknowledged(home).items()
    with open_space(home, "test") as space:
        assert space.ledger.items.count() == KILLS * PICTURES_A_ROUND
        assert space.ledger.pending.count() == 0
        assert finds_every_item(space)


def test_an_ingest_whose_server_is_killed_again_and_again_loses_no_acknowledged_item(tmp_path):
    home, folder = tmp_path / "home", tmp_path / "files"
    chance = random.Random(21)
    kept: dict[int, str] = {}
    killed: set[int] = set()
    for number in range(SERVER_KILLS):
        shades(folder, PICTURES_A_SERVER, start=number * PICTURES_A_SERVER)
        with start_ingest(home, folder) as process:
            before = len(kept)
            patience = Patience(PATIENCE)
            while len(acknowledged(home)) == before and not patience.over() and process.poll() is None:
                time.sleep(0.02)
            time.sleep(chance.uniform(0.0, 0.5))
            if process.poll() is None and (note := read_server_info(home / "test")):
                os.kill(note.chroma_pid, signal.SIGKILL)
                killed.add(note.chroma_pid)
            assert process.wait(limit(2 * PATIENCE)) in (0, 2), "it goes on with a new server, or says that it cannot"
        now = acknowledged(home)
        assert kept.items() <= now.items(), "an acknowledged item is gone from the ledger"
        kept = now
        with open_space(home, "test") as space:
            assert space.ledger.pending.count() == 0
            assert finds_every_item(space)
    assert len(killed) == SERVER_KILLS
    with start_ingest(home, folder, FAKE) as process:
        assert process.wait(limit(2 * PATIENCE)) == 0
    assert len(acknowledged(home)) == SERVER_KILLS * PICTURES_A_SERVER
    findings = check(home, "test", full=True)
    assert findings.sound, findings.problems
