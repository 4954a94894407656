"""A full disk, a folder that cannot be written, and two ingests at once leave a sound space with every item once."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from ingest.errors import SpaceError
from ingest.space import open_space
from ingest.space.maintenance.check import check
from tests.ingest.run.test_malformed_folder import without_root_rights
from tests.make_files import finds_every_item, ingest_folders, shades
from tests.patience import limit
from tests.servers import end_server

PATIENCE = 300  # seconds, for a busy machine
SLOW = "python:tests.slow_encoder:SlowEncoder"


def command(home: Path, folder: Path) -> list[str]:
    start = [sys.executable, "-m", "ingest.cli", "ingest", str(folder), "--home", str(home), "--space", "test"]
    return [*start, "--encoder", SLOW]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 12 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a small file system cannot be mounted here: it takes root")
    try:
        yield folder
    finally:
        end_server(folder / "home" / "test")
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_stops_the_run_with_a_clear_error_and_the_space_goes_on_from_there(tmp_path, small_disk):
    home, ballast = small_disk / "home", small_disk / "ballast"
    shades(tmp_path / "files", 30)
    ingest_folders(home, [tmp_path / "files"])
    shades(tmp_path / "files", 800, start=30)
    with ballast.open("wb") as file:
        file.truncate(0)
        free = shutil.disk_usage(small_disk).free
        file.write(b"\0" * max(0, free - 400_000))
    done = subprocess.run(
        [part.replace(SLOW, "python:tests.fake_encoder:FakeEncoder") for part in command(home, tmp_path / "files")],
        capture_output=True,
        text=True,
        timeout=limit(PATIENCE),
    )
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    [error] = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert "is full" in error or "cannot be written" in error
    assert "free space" in error

    end_server(home / "test")
    with (small_disk / "more ballast").open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * 4_096)
    with pytest.raises(SpaceError, match="is full"):
        open_space(home, "test")
    assert not (home / "test" / "chroma-broken").exists(), "a full disk is not taken for a broken index"

    ballast.unlink()
    subprocess.run(["mount", "-o", "remount,size=200m", str(small_disk)], check=True)
    assert ingest_folders(home, [tmp_path / "files"]).exit_status == 0
    findings = check(home, "test", full=True)
    assert findings.sound, findings.problems
    with open_space(home, "test") as space:
        assert space.ledger.items.count() == 830
        assert finds_every_item(space)


def test_a_folder_that_cannot_be_written_stops_the_run_and_the_space_stays_sound(tmp_path):
    prefix = without_root_rights()
    if os.geteuid() == 0 and not prefix:
        pytest.skip("root may write everywhere, and setpriv is not installed")
    home = tmp_path / "home"
    shades(tmp_path / "files", 20)
    ingest_folders(home, [tmp_path / "files"])
    end_server(home / "test")
    shades(tmp_path / "files", 20, start=20)
    everything = [home / "test", *(home / "test").rglob("*")]
    modes = {path: path.stat().st_mode for path in everything}
    for path, mode in modes.items():
        path.chmod(mode & ~0o222)
    try:
        done = subprocess.run(
            [*prefix, *command(home, tmp_path / "files")], capture_output=True, text=True, timeout=limit(PATIENCE)
        )
    finally:
        for path, mode in modes.items():
            path.chmod(mode)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    findings = check(home, "test", full=True)
    assert findings.sound, findings.problems
    assert findings.items["image"] == 20


def test_two_ingests_at_once_both_complete_with_nothing_missing_or_doubled(tmp_path):
    home = tmp_path / "home"
    folders = [tmp_path / "one", tmp_path / "two"]
    shades(folders[0], 300)
    shades(folders[1], 300, start=300)
    both = [
        subprocess.Popen(command(home, folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for folder in folders
    ]
    said = [process.communicate(timeout=limit(PATIENCE))[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sum("waiting until it is done" in words for words in said) == 1, "the one that waits says so"
    findings = check(home, "test", full=True)
    assert findings.sound, findings.problems
    with open_space(home, "test") as space:
        items = space.ledger.items.get([str(number) for number in space.ledger.items.ids()])
        paths = [item.path for item in items]
        assert len(paths) == len(set(paths)) == 600
        assert finds_every_item(space)
