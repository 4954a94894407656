"""Jobs go on by themselves, one at a time a space, and everybody can see how far they are and how they ended."""

import os
import signal
from pathlib import Path

import psutil
import pytest

from ingest.errors import JobRunning
from ingest.run.jobs import JOB_FOLDER, Job, delete_job, list_jobs, log_tail, newest_job, request_stop, start_job
from ingest.space import open_space
from ingest.space.chroma.local_server import read_server_info
from tests.make_files import FAKE, finds_every_item, picture, shades, text
from tests.servers import end_server, wait_until

SLOW = "python:tests.slow_encoder:SlowEncoder"
PICTURES = 1_200


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def ingest(home: Path, folder: Path, encoder: str = FAKE) -> Job:
    return start_job(
        home, "test", "ingest", [f"--encoder={encoder}", "--json-lines", "--", str(folder)], about=str(folder)
    )


def job(home: Path) -> Job:
    found = newest_job(home, "test")
    assert found is not None
    return found


def ended(home: Path) -> Job:
    assert wait_until(lambda: not job(home).running, 240)
    return job(home)


def runner(home: Path) -> psutil.Process:
    wanted = job(home).id
    return next(each for each in psutil.process_iter() if wanted in _command_of(each))


def _command_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:  # of a process that has ended there is nothing to read
        return []


def test_an_ingest_tells_how_far_it_is_and_what_came_of_it(home: Path, tmp_path: Path) -> None:
    picture(tmp_path / "files" / "red.png", "red")
    text(tmp_path / "files" / "meadow.txt", "green words")
    text(tmp_path / "files" / "broken.jpg", "not a picture")
    started = ingest(home, tmp_path / "files")
    assert started.running and started.about == str(tmp_path / "files")
    done = ended(home)
    assert (done.id, done.status, done.done, done.crashed) == (started.id, 1, True, False)
    assert (done.found, done.outcomes, done.items, done.share) == (3, {"added": 2, "failed": 1}, 2, 1.0)
    assert done.result and done.result["items"] == {"image": 1, "text": 1}
    assert "broken.jpg" in log_tail(home, "test", done.id)
    start_job(home, "test", "check", ["--json"])
    checked = ended(home)
    assert (checked.status, checked.result and checked.result["sound"]) == (0, True)
    assert [each.kind for each in list_jobs(home, "test")] == ["check", "ingest"]
    start_job(home, "test", "ingest", ["--encoder=python:tests.nowhere:Nothing", "--json-lines", "--", str(tmp_path)])
    failed = ended(home)
    assert (failed.status, failed.done, failed.crashed) == (2, False, False)
    assert "error:" in log_tail(home, "test", failed.id)
    delete_job(home, "test", failed.id)
    assert [each.kind for each in list_jobs(home, "test")] == ["check", "ingest"]
    assert len(list((home / "test" / JOB_FOLDER).glob(f"{failed.id}*"))) == 0


def test_one_job_goes_on_at_a_time_and_ends_after_the_batch_in_hand(home: Path, tmp_path: Path) -> None:
    shades(tmp_path / "files", PICTURES)
    ingest(home, tmp_path / "files", SLOW)
    with pytest.raises(JobRunning, match=r"is running \(ingest"):
        ingest(home, tmp_path / "files", SLOW)
    assert wait_until(lambda: job(home).settled > 0, 240)
    going = job(home)
    assert going.running and going.found == PICTURES and 0 < (going.share or 0) < 1
    request_stop(home, "test", going.id)
    assert job(home).stop_requests == 1 or not job(home).running
    done = ended(home)
    assert (done.ended_early, done.status, done.crashed) == (True, 130, False)
    with open_space(home, "test") as space:
        kept = space.ledger.items.count()
        assert finds_every_item(space)
    assert 0 < kept < PICTURES and done.items == kept
    assert len(list_jobs(home, "test")) == 1


def test_a_job_that_is_killed_says_so_whoever_was_killed(home: Path, tmp_path: Path) -> None:
    shades(tmp_path / "files", PICTURES)
    ingest(home, tmp_path / "files", SLOW)
    assert wait_until(lambda: job(home).settled > 0, 240)
    os.kill(runner(home).children()[0].pid, signal.SIGKILL)
    killed = ended(home)
    assert (killed.status, killed.crashed, killed.lost, killed.done) == (-signal.SIGKILL, True, False, False)
    ingest(home, tmp_path / "files", SLOW)
    assert wait_until(lambda: job(home).settled > 0, 240)
    watching = runner(home)
    command = watching.children()[0]
    watching.kill()
    lost = ended(home)
    assert (lost.lost, lost.crashed, lost.finished, lost.status) == (True, True, None, None)
    command.kill()
    assert wait_until(lambda: not psutil.pid_exists(command.pid) or command.status() == psutil.STATUS_ZOMBIE)
    if read_server_info(home / "test"):
        end_server(home / "test")
