"""Ctrl-C ends an ingest after the batch in hand: what is done is said and kept, and the next run goes on from there."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

from ingest.interrupt import GracefulInterrupt
from ingest.space import open_space
from tests.ingest.run.test_killed import acknowledged
from tests.make_files import finds_every_item, shades
from tests.patience import Patience, limit

PICTURES = 900


def command(home: Path, folder: Path, *more: str) -> list[str]:
    return [
        *(sys.executable, "-m", "ingest.cli", "ingest", str(folder), "--home", str(home), "--space", "test"),
        *("--encoder", "python:tests.slow_encoder:SlowEncoder", *more),
    ]


def test_ctrl_c_finishes_the_batch_in_hand_and_the_next_run_goes_on(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "files"
    shades(folder, PICTURES)
    with subprocess.Popen(command(home, folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        patience = Patience(180)
        while not acknowledged(home) and not patience.over():
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        told, wrong = process.communicate(timeout=limit(300))
    assert process.returncode == 130
    assert "finishing the current batch" in wrong and "Traceback" not in wrong
    kept = len(acknowledged(home))
    assert 0 < kept < PICTURES
    assert f"stopped after {kept:,} of {PICTURES:,} files" in told and "the same command continues" in told
    with open_space(home, "test") as space:
        assert space.ledger.pending.count() == 0
        assert finds_every_item(space)
    done = subprocess.run(command(home, folder, "--json-lines"), capture_output=True, text=True, timeout=limit(300))
    summary = json.loads(done.stdout.splitlines()[-1])
    assert (summary["counts"]["unchanged"], summary["counts"]["added"]) == (kept, PICTURES - kept)
    assert summary["encoded"]["images"] == PICTURES - kept


def test_the_second_ctrl_c_ends_at_once() -> None:
    before = signal.getsignal(signal.SIGINT)
    interrupted = False
    with GracefulInterrupt(quiet=True) as stop:
        assert not stop()
        signal.raise_signal(signal.SIGINT)
        assert stop()
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            interrupted = True
    assert interrupted
    assert signal.getsignal(signal.SIGINT) is before
