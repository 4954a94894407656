"""Dropped files are kept under safe names within their caps."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ingest.sources.walk import walk
from search_app.components.library import uploads
from search_app.components.library.uploads import UPLOAD_FOLDER, safe_name, save_uploads


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a bird.JPG", "a bird.jpg"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\ada\\car.png", "car.png"),
        (".hidden.txt", "hidden.txt"),
        ("a<b>:c|d?.md", "a_b__c_d_.md"),
        ("line\nbreak\x00\u202e.txt", "line_break__.txt"),
        ("CON.txt", "_CON.txt"),
        ("u\u0308ber.pdf", "über.pdf"),
        ("..", "file"),
        ("", "file"),
        ("\ud800.txt", "_.txt"),
    ],
)
def test_a_safe_name_has_no_path_and_stays_readable(given: str, kept: str) -> None:
    assert safe_name(given).replace("?", "_") == kept


def test_long_names_keep_their_suffix() -> None:
    for given in ("a" * 400 + ".jpeg", "鳥" * 400 + ".jpeg"):
        assert safe_name(given).endswith(".jpeg")
        assert len(safe_name(given).encode()) <= 255


def test_each_content_is_stored_once_and_another_file_of_the_same_name_gets_a_number(tmp_path: Path) -> None:
    kept = save_uploads(tmp_path / "new space", [("a.txt", b"one"), ("x/a.txt", b"two"), ("a.txt", b"one")])
    folder = tmp_path / "new space" / UPLOAD_FOLDER
    assert kept.paths == [folder / "a.txt", folder / "a (2).txt"]
    assert save_uploads(tmp_path / "new space", [("a.txt", b"two")]).paths == [folder / "a (2).txt"]
    assert sorted(path.name for path in folder.iterdir()) == ["a (2).txt", "a.txt"]
    found = {found.path.name for found in walk(folder, on_error=lambda path, error: None)}
    assert found == {"a (2).txt", "a.txt"}


def test_refused_files_are_reported_with_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_FILE_BYTES", 10)
    monkeypatch.setattr(uploads, "MAX_FILES", 4)
    files = [("a.exe", b"x"), ("b.txt", b"x" * 11), ("c.txt", b""), ("d.txt", b"good"), ("e.txt", b"one too many")]
    kept = save_uploads(tmp_path, [*files[:4], ("e.txt", b"more")])
    assert [path.name for path in kept.paths] == ["d.txt"]
    assert [name for name, _ in kept.refused] == ["a.exe", "b.txt", "c.txt", "e.txt"]
    assert [reason.split(" ")[0] for _, reason in kept.refused] == ["files", "too", "it", "only"]
    monkeypatch.setattr(uploads, "MAX_STORED_FILES", 1)
    assert "full" in save_uploads(tmp_path, [("f.txt", b"x")]).refused[0][1]


def test_files_that_other_sessions_write_or_remove_meanwhile_are_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / UPLOAD_FOLDER
    save_uploads(tmp_path, [("gone.txt", b"one"), ("there.txt", b"two")])
    (folder / ".0123.tmp").write_bytes(b"half a fi")
    listed = os.scandir

    @contextmanager
    def racing(place: Path) -> Iterator[Iterator[os.DirEntry[str]]]:
        with listed(place) as entries:
            found = list(entries)
        (folder / "gone.txt").unlink()
        yield iter(found)

    monkeypatch.setattr(uploads, "MAX_STORED_FILES", 2)
    with monkeypatch.context() as patched:
        patched.setattr("search_app.components.library.uploads.os.scandir", racing)
        kept = save_uploads(tmp_path, [("new.txt", b"three"), ("more.txt", b"four")])
    assert [path.name for path in kept.paths] == ["new.txt"]
    assert [name for name, _ in kept.refused] == ["more.txt"], "two are kept, and what is being written is none of them"
