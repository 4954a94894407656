"""Nothing that a test starts outlives the test run, however the run ends."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from ingest.space.chroma.local_server import read_server_info
from tests.make_files import ingest_folders, picture
from tests.patience import limit, wait_until
from tests.processes import VARIABLE, marked

_REPOSITORY = Path(__file__).resolve().parents[1]
_OPENS_MUCH = """
import json, os, subprocess, time
from pathlib import Path

from ingest.space import open_space
from tests.browser.serving import serving


def test_that_does_not_end():
    subprocess.Popen(["sleep", "600"], start_new_session=True)
    with open_space(Path("home"), "test"), serving(Path("home").resolve(), "test"):
        Path("note.tmp").write_text(json.dumps({"pid": os.getpid(), "mark": os.environ["NEARSPACE_TEST_RUN"]}))
        Path("note.tmp").rename("note")
        time.sleep(600)
"""
_STARTS_ONE = """
import subprocess


def test_that_leaves_a_process_behind():
    subprocess.Popen(["sleep", "599.125"], start_new_session=True)
"""


@contextmanager
def running(folder: Path, tests: str, *options: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run tests in a folder of their own, with the fixtures of all tests, as in a terminal of its own."""
    (folder / "test_made_up.py").write_text(tests)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-p", "no:cacheprovider", *options]
    with (folder / "output").open("wb") as output:
        run = subprocess.Popen(
            [*command, "--rootdir", ".", f"--basetemp={folder / 'temp'}", "test_made_up.py"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(_REPOSITORY)},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield run
    finally:
        run.kill()
        run.wait()


def commands(processes: Iterable[psutil.Process]) -> str:
    """The command lines of those of the processes that are alive."""
    found = []
    for process in processes:
        with suppress(psutil.Error):
            found.append(" ".join(process.cmdline()))
    return "\n".join(found)


@pytest.mark.parametrize("way", ["Ctrl-C", "a worker is killed", "the run is killed"])
def test_an_app_and_a_space_that_a_test_opened_end_with_the_run(tmp_path: Path, way: str) -> None:
    ingest_folders(tmp_path / "home", [picture(tmp_path / "files" / "red.png", "red").parent])
    with running(tmp_path, _OPENS_MUCH, "-n", "1", "--max-worker-restart", "0") as run:
        assert wait_until((tmp_path / "note").exists, 240), (tmp_path / "output").read_text()
        note = json.loads((tmp_path / "note").read_text())
        started = list(marked(note["mark"]))
        server = read_server_info(tmp_path / "home" / "test")
        assert server is not None and {server.keeper_pid, server.chroma_pid} <= {process.pid for process in started}
        assert all(part in commands(started) for part in ("ingest.cli app", "search_app.launch", "sleep 600"))
        if way == "Ctrl-C":
            os.killpg(run.pid, signal.SIGINT)
        else:
            os.kill(note["pid"] if way == "a worker is killed" else run.pid, signal.SIGKILL)
        assert wait_until(lambda: run.poll() is not None)
    everything = note["mark"].split(".")[0]
    assert wait_until(lambda: not list(marked(everything))), commands(marked(everything))
    assert commands(started) == ""
    assert str(tmp_path) not in commands(psutil.process_iter())


def test_what_is_left_when_a_run_ends_by_itself_has_ended_when_it_returns(tmp_path: Path) -> None:
    with running(tmp_path, _STARTS_ONE) as run:
        assert run.wait(limit(120)) == 0
    assert "599.125" not in commands(psutil.process_iter())


def test_this_run_marks_what_it_starts() -> None:
    code = f"import os; print(os.environ[{VARIABLE!r}])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == os.environ[VARIABLE]
