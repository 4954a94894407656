"""Files that a space keeps are written whole, and other sessions that keep and forget meanwhile do no harm."""

from collections.abc import Callable
from pathlib import Path
from typing import IO

import numpy as np
import pytest

from ingest.errors import SpaceError
from search_app.lab.presentation_steps import FOLDER, Step, keep_steps, open_steps
from search_app.search.link_files import keep_file
from search_app.search.query_pictures import PICTURE_FOLDER, keep_picture, open_picture
from search_app.search.selections import SELECTION_FOLDER, keep_selection, open_selection
from tests.make_files import picture


def _keep_picture(space: Path) -> object:
    return open_picture(space, keep_picture(space, picture(space / "red.png", "red").read_bytes(), 32))


def _keep_selection(space: Path) -> object:
    return len(open_selection(space, keep_selection(space, np.array([1]))))


def _keep_steps(space: Path) -> object:
    return open_steps(space, keep_steps(space, [Step("One")]))


Keep = Callable[[Path], object]
EACH = pytest.mark.parametrize(
    ("folder", "suffix", "keep"),
    [
        (PICTURE_FOLDER, ".webp", _keep_picture),
        (SELECTION_FOLDER, ".npy", _keep_selection),
        (FOLDER, ".json", _keep_steps),
    ],
)


@EACH
def test_a_file_that_another_session_forgets_meanwhile_does_not_stop_a_save(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, suffix: str, keep: Keep
) -> None:
    (tmp_path / folder).mkdir()
    gone = tmp_path / folder / f"gone{suffix}"
    gone.write_bytes(b"")
    listed = Path.glob

    def racing(place: Path, pattern: str) -> list[Path]:
        found = list(listed(place, pattern))
        gone.unlink()
        return found

    monkeypatch.setattr(Path, "glob", racing)
    assert keep(tmp_path)
    assert not gone.exists()


@EACH
def test_a_save_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, suffix: str, keep: Keep
) -> None:
    def fails(place: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(SpaceError, match=r"No space left on device.*its disk has room"):
        keep(tmp_path)
    assert list((tmp_path / folder).iterdir()) == []


def test_what_cannot_be_written_to_its_end_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    def half(file: IO[bytes]) -> None:
        file.write(b"half")
        raise ValueError

    folder = tmp_path / "kept"
    keep_file(folder / "a.bin", lambda file: file.write(b"whole"), what="The file", most=9)
    with pytest.raises(ValueError):
        keep_file(folder / "a.bin", half, what="The file", most=9)
    assert [path.name for path in folder.iterdir()] == ["a.bin"]
    assert (folder / "a.bin").read_bytes() == b"whole"


def test_files_of_another_kind_are_not_forgotten(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "note.txt").write_text("mine")
    for number in range(3):
        keep_file(tmp_path / "kept" / f"{number}.bin", lambda file: file.write(b"x"), what="The file", most=1)
    assert {path.name for path in (tmp_path / "kept").iterdir()} == {"note.txt", "2.bin"}
