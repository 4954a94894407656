"""Files and folders are written whole or not at all, and nothing is left beside them."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ingest import atomic
from ingest.atomic import atomic_file, atomic_path, atomic_write, temporary_beside


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    target = tmp_path / "file.txt"
    atomic_write(target, "größer")
    atomic_write(target, b"new", durable=True)
    assert target.read_bytes() == b"new"
    assert names(tmp_path) == ["file.txt"]


def test_an_error_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "file.txt"
    atomic_write(target, "old")
    with pytest.raises(KeyboardInterrupt), atomic_file(target) as file:
        file.write(b"half")
        raise KeyboardInterrupt
    assert target.read_text() == "old"
    assert names(tmp_path) == ["file.txt"]


def test_a_folder_is_replaced_whole(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    for content in ("one", "two"):
        with atomic_path(target) as folder:
            folder.mkdir()
            (folder / content).write_text(content)
    assert names(target) == ["two"]
    with pytest.raises(RuntimeError), atomic_path(target) as folder:
        folder.mkdir()
        (folder / "three").write_text("half")
        raise RuntimeError
    assert names(target) == ["two"]
    assert names(tmp_path) == ["folder"]


def test_many_threads_write_one_file_whole(tmp_path: Path) -> None:
    target = tmp_path / "file.txt"
    contents = [str(number) * 10_000 for number in range(10)]
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda content: atomic_write(target, content), contents))
    assert target.read_text() in contents
    assert names(tmp_path) == ["file.txt"]


def test_what_a_killed_process_left_is_deleted_once_it_is_old(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(atomic, "_cleaned", set())
    old, recent = (tmp_path / f".nearspace-{digit * 32}.tmp" for digit in "01")
    other = tmp_path / ".nearspace-notes.tmp"
    for path in (old, recent, other):
        path.write_text("left over")
    days_ago = time.time() - 3 * 24 * 3600
    os.utime(old, (days_ago, days_ago))
    os.utime(other, (days_ago, days_ago))
    with temporary_beside(tmp_path / "file.txt"):
        assert names(tmp_path) == sorted([recent.name, other.name])


def test_a_folder_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        atomic_write(tmp_path / "none" / "file.txt", "")
