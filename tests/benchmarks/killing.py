"""Kills the ingest, and separately Chroma's server, at random moments of a space that grows past 100,000 items.

After every kill the space is opened, and every item that was acknowledged until then (its outcome was told, or the
ledger had it) has to be in the ledger, in Chroma's `get` and in its `query`, once.  Of `query`, every item of the
last two rounds is asked and a sample of the older ones; after the last round, every item.  Chroma's index is
approximate: of 220,000 random vectors, filled in without any kill, 9 were not among the 100 that it gave nearest to
themselves, and all were among 1,000, for which it looks further.  So an item is looked for a second time among 1,000,
and how often that was needed is told.

    python -m tests.benchmarks.killing                       # both, 50 kills each; over an hour
    python -m tests.benchmarks.killing --who server --kills 5 --files 20
"""

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from ingest.errors import SpaceError
from ingest.space import Space, open_space
from ingest.space.chroma.local_server import read_server_info
from ingest.space.maintenance.check import check
from tests.benchmarks.synthetic_encoder import SyntheticEncoder

Who = Literal["ingest", "server"]

KILLS = 50
FILES_A_ROUND = 105
ROWS_A_FILE = 20
NAME = "killing"
_ADDED = b'"outcome": "added"'
_PIECE = 1_000
_SAMPLED = 2_000
_FURTHER = 1_000
_ENOUGH_SECONDS = 1_800


@dataclass
class Tally:
    """What one series of kills has shown."""

    moments: Counter[str] = field(default_factory=Counter)
    """In which part of its work the ingest was when the kill came; ended, where there was nothing to kill any more."""
    exits: Counter[int] = field(default_factory=Counter)
    rebuilt: int = 0
    """How many openings filled Chroma anew."""
    openings: list[float] = field(default_factory=list)
    """Seconds to open the space after a kill."""
    asked: int = 0
    second_look: int = 0
    """Items that `query` gave only when asked for _FURTHER neighbours."""
    items_at_last_kill: int = 0


def main(who: Who | None = None, kills: int = KILLS, files: int = FILES_A_ROUND, seed: int = 20) -> None:
    for each in (who,) if who else ("ingest", "server"):
        started = time.perf_counter()
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            tally, items = series(each, Path(folder), kills, files, random.Random(seed))
        minutes = (time.perf_counter() - started) / 60
        print(f"kill -9 of {'the ingest' if each == 'ingest' else 'Chroma'}: {kills} times, in {minutes:.0f} minutes")
        print(f"  items at the last kill, at the end   {tally.items_at_last_kill:,}, {items:,}")
        print(f"  the ingest was                       {_told(tally.moments)}")
        if each == "server":
            print(f"  the ingest ended with                {_told(tally.exits)}")
        print(f"  openings that filled Chroma anew     {tally.rebuilt}")
        print(f"  seconds to open, median and longest  {np.median(tally.openings):.1f}, {max(tally.openings):.1f}")
        print(f"  items asked for by `query`           {tally.asked:,}, {tally.second_look} found at a second look")
        print("  acknowledged items lost, or doubled  0", flush=True)


def series(who: Who, folder: Path, kills: int, files: int, chance: random.Random) -> tuple[Tally, int]:
    """Let an ingest run and kill, `kills` times; then let it finish.  Raises AssertionError where an item is lost."""
    home, archive = folder / "home", folder / "archive"
    tally = Tally()
    told: dict[str, int] = {}  # acknowledged in the outcomes: path, number of items
    kept: dict[int, tuple[str, int]] = {}  # acknowledged by the ledger: id, (path, position)
    killed = rounds = 0
    while killed < kills:
        write_round(archive, rounds, files)
        log = folder / f"outcomes {rounds}.jsonl"
        rounds += 1
        moment = "ended"
        with start(home, archive, log) as process:
            if chance.random() < 0.2:
                time.sleep(chance.uniform(0.0, 4.0))  # while it starts, or opens the space
            else:
                _wait_for_outcomes(log, process, chance.randint(1, files))
                time.sleep(chance.uniform(0.0, 0.5))
            if process.poll() is None:
                moment = _moment(log, files)
                if who == "ingest":
                    process.send_signal(signal.SIGKILL)
                    killed += 1
                else:
                    killed += _kill_server(home, process)
                    tally.exits[process.wait(_ENOUGH_SECONDS)] += 1
        tally.moments[moment] += 1
        told.update(acknowledged_by_outcomes(log))
        now = acknowledged_by_ledger(home)
        assert kept.items() <= now.items(), "an item is gone from the ledger"
        recent = now.keys() - kept.keys()
        kept = now
        tally.items_at_last_kill = len(now)
        if now:
            verify(home, told, now, recent, tally, chance)
        print(f"  {who}, kill {killed}: {moment}, {len(now):,} items, opened in {tally.openings[-1:]} s", flush=True)
    with start(home, archive, folder / "last.jsonl") as process:
        assert process.wait(_ENOUGH_SECONDS) == 0
    told.update(acknowledged_by_outcomes(folder / "last.jsonl"))
    now = acknowledged_by_ledger(home)
    assert kept.items() <= now.items(), "an item is gone from the ledger"
    assert len(now) == rounds * files * ROWS_A_FILE
    verify(home, told, now, set(now), tally, chance)
    findings = check(home, NAME, full=True)
    assert findings.sound, findings.problems
    return tally, len(now)


def write_round(archive: Path, number: int, files: int) -> None:
    """Write the files of a round, whose rows are like no others."""
    folder = archive / f"round {number:03}"
    folder.mkdir(parents=True)
    for file in range(files):
        rows = [{"id": f"{row}", "text": f"Row {row} of {file}, {number}."} for row in range(ROWS_A_FILE)]
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{file:03}.jsonl").write_text(lines, encoding="utf-8")


def start(home: Path, archive: Path, log: Path) -> "subprocess.Popen[bytes]":
    """Start an ingest that tells its outcomes to the file `log`."""
    command = [sys.executable, "-m", "ingest.cli", "ingest", str(archive), "--home", str(home), "--space", NAME]
    command += ["--encoder", SyntheticEncoder.info.id, "--json-lines"]
    with log.open("wb") as out:
        return subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)


def acknowledged_by_outcomes(log: Path) -> dict[str, int]:
    """The items that the ingest has told to be added: path and number of items; a line cut short tells nothing."""
    told: dict[str, int] = {}
    for line in log.read_text(encoding="utf-8").splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if event["event"] == "outcome" and event["items"]:
            told[event["path"]] = event["items"]
    return told


def acknowledged_by_ledger(home: Path) -> dict[int, tuple[str, int]]:
    """The items that the ledger on disk has, read by SQLite alone."""
    ledger = home / NAME / "ledger.db"
    if not ledger.exists():
        return {}
    with closing(sqlite3.connect(ledger, timeout=60)) as database:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
        if "items" not in tables:
            return {}
        rows = database.execute(
            "SELECT items.id, path, position FROM items JOIN sources ON sources.id = source WHERE state != 2"
        ).fetchall()
    return {number: (path, position) for number, path, position in rows}


def verify(
    home: Path,
    told: dict[str, int],
    items: dict[int, tuple[str, int]],
    recent: set[int],
    tally: Tally,
    chance: random.Random,
) -> None:
    """Open the space and look for every acknowledged item in the ledger, in `get` and in `query`."""
    counts = Counter(path for path, _ in items.values())
    assert told.items() <= counts.items(), "an item that was told to be added is not in the ledger"
    assert len(set(items.values())) == len(items), "an item is in the ledger twice"
    said: list[str] = []
    started = time.perf_counter()
    with open_space(home, NAME, log=said.append) as space:
        tally.openings.append(round(time.perf_counter() - started, 1))
        tally.rebuilt += any("rebuilding the index" in line for line in said)
        assert set(space.ledger.items.ids().tolist()) == items.keys(), "opening changed the ledger's items"
        assert space.ledger.pending.count() == 0, "opening left items for Chroma to learn"
        ids = sorted(items)
        assert space._collections.count("text") == len(ids), "Chroma has more or fewer items than the ledger"
        for first in range(0, len(ids), _PIECE):
            names = [str(number) for number in ids[first : first + _PIECE]]
            theirs = space._collections.vectors("text", names)
            assert theirs.keys() == set(names), "an acknowledged item is not in Chroma's get"
            mine = space.ledger.items.vectors_of(names)
            assert np.allclose(np.stack([theirs[name] for name in names]), mine, atol=1e-5), "Chroma has another vector"
        older = sorted(items.keys() - recent)
        asked = sorted({*recent, *chance.sample(older, min(_SAMPLED, len(older)))})
        for first in range(0, len(asked), _PIECE):
            _query(space, [str(number) for number in asked[first : first + _PIECE]], tally)


def _query(space: Space, names: list[str], tally: Tally) -> None:
    vectors = space.ledger.items.vectors_of(names)
    tally.asked += len(names)
    for name, vector, hits in zip(names, vectors, space.query("text", vectors, 5), strict=True):
        found = [item for item, _ in hits]
        if name not in found:
            tally.second_look += 1
            found = [item for item, _ in space.query("text", vector[np.newaxis], _FURTHER)[0]]
        assert found.count(name) == 1, f"query does not find the acknowledged item {name}"


def _wait_for_outcomes(log: Path, process: "subprocess.Popen[bytes]", count: int) -> None:
    deadline = time.monotonic() + _ENOUGH_SECONDS
    while log.read_bytes().count(_ADDED) < count and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)


def _moment(log: Path, files: int) -> str:
    added = log.read_bytes().count(_ADDED)
    return "starting" if not added else "writing" if added < files else "ending"


def _kill_server(home: Path, process: "subprocess.Popen[bytes]") -> bool:
    """Kill the server as soon as there is one; whether that was before the ingest ended."""
    while process.poll() is None:
        if note := read_server_info(home / NAME):
            try:
                os.kill(note.chroma_pid, signal.SIGKILL)
            except ProcessLookupError:
                continue  # the one before; the next writes its note in a moment
            return True
        time.sleep(0.02)
    return False


def _told(counts: Counter) -> str:
    return ", ".join(f"{name}: {count}" for name, count in sorted(counts.items()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--who", choices=["ingest", "server"], help="only this one is killed")
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--files", type=int, default=FILES_A_ROUND, help=f"of {ROWS_A_FILE} rows, new in each round")
    parser.add_argument("--seed", type=int, default=20)
    options = parser.parse_args()
    try:
        main(options.who, options.kills, options.files, options.seed)
    except (AssertionError, SpaceError) as error:
        sys.exit(f"LOST: {error}")
