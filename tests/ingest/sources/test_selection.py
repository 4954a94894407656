"""Globs and `.nearspaceignore` files choose what git would choose; hidden names come when they are asked for."""

import random
import shutil
import subprocess
from pathlib import Path

import pytest

from ingest.errors import SettingsError
from ingest.sources.selection import IGNORE_FILE, Choice
from ingest.sources.walk import walk


def write(path: Path, content: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def names(root: Path, choice: Choice = Choice()) -> list[str]:  # noqa: B008
    found = walk(root, on_error=lambda path, error: pytest.fail(f"{path}: {error}"), choice=choice)
    return sorted(each.path.relative_to(root.resolve()).as_posix() for each in found)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.jpg", "b.JPG", "c.txt", "2024/d.jpg", "2024/e.pdf", "2024/drafts/f.jpg", "drafts/g.txt"):
        write(tmp_path / name)
    return tmp_path


def test_only_files_that_an_include_names_are_wanted_in_any_case_of_letters(folder: Path) -> None:
    assert names(folder, Choice(include=("*.jpg",))) == ["2024/d.jpg", "2024/drafts/f.jpg", "a.jpg", "b.JPG"]
    assert names(folder, Choice(include=("*.pdf", "/*.txt"))) == ["2024/e.pdf", "c.txt"]
    assert names(folder, Choice(include=("2024/",))) == ["2024/d.jpg", "2024/drafts/f.jpg", "2024/e.pdf"]


def test_what_an_exclude_names_is_not_wanted_even_if_included(folder: Path) -> None:
    assert names(folder, Choice(exclude=("drafts/", "*.pdf"))) == ["2024/d.jpg", "a.jpg", "b.JPG", "c.txt"]
    assert names(folder, Choice(include=("*.jpg",), exclude=("/2024",))) == ["a.jpg", "b.JPG"]


@pytest.mark.parametrize("glob", ["", "#c.txt", "!", "a\\"])
def test_a_glob_that_means_nothing_is_an_error_that_shows_good_ones(folder: Path, glob: str) -> None:
    with pytest.raises(SettingsError, match=r"--include .* is not a glob\. Give one"):
        names(folder, Choice(include=(glob,)))


def test_ignore_files_leave_out_and_inner_ones_overrule(folder: Path) -> None:
    write(folder / IGNORE_FILE, "# not these\n*.jpg\n\ndrafts/\n!a.jpg\nc.txt   \n\\\n")
    write(folder / "2024" / IGNORE_FILE, "!d.jpg\n/e.pdf\n!drafts/\n")
    assert names(folder) == ["2024/d.jpg", "a.jpg", "b.JPG"]


def test_only_the_globs_bind_a_file_that_is_named_itself(folder: Path) -> None:
    write(folder / IGNORE_FILE, "*.jpg\n")
    found = list(walk(folder / "a.jpg", on_error=pytest.fail))
    assert [each.path.name for each in found] == ["a.jpg"]
    assert not list(walk(folder / "a.jpg", on_error=pytest.fail, choice=Choice(exclude=("*.jpg",))))


def test_what_rules_leave_out_is_told_once_a_file_or_folder(folder: Path) -> None:
    left_out: list[str] = []
    choice = Choice(exclude=("2024", "c.txt"))
    found = list(walk(folder, on_error=pytest.fail, on_left_out=lambda path: left_out.append(path.name), choice=choice))
    assert sorted(left_out) == ["2024", "c.txt"]
    assert len(found) == 3


def test_hidden_names_come_when_asked_for_and_stores_and_litter_never(folder: Path) -> None:
    for name in (".h.jpg", ".notes/i.txt", ".git/j.txt", "._a.jpg", ".DS_Store", "Thumbs.db", ".nearspace/x/k.jpg"):
        write(folder / name)
    write(folder / IGNORE_FILE, "")
    assert set(names(folder, Choice(hidden=True))) - set(names(folder)) == {".h.jpg", ".notes/i.txt"}


def test_a_folder_whose_rules_cannot_be_read_is_left_alone_and_told(folder: Path) -> None:
    (folder / "2024" / IGNORE_FILE).symlink_to("/dev/null/nothing")
    errors: dict[Path, str] = {}
    found = list(walk(folder, on_error=lambda path, error: errors.update({path: str(error.strerror)})))
    assert [(path.name, IGNORE_FILE in reason) for path, reason in errors.items()] == [("2024", True)]
    assert not [each for each in found if "2024" in each.path.parts]


def test_ignore_files_choose_what_git_chooses(tmp_path: Path) -> None:
    git = shutil.which("git")
    if git is None:
        pytest.skip("git is not installed")
    chance = random.Random(7)
    parts = ["a", "b", "ab", "c.txt", "b.jpg", "*", "a*", "**", "*.txt", "?", "[ab]", "b*.jpg"]
    subprocess.run([git, "init", "-q", tmp_path], check=True)
    for number in range(25):
        root = tmp_path / str(number)
        for _ in range(25):
            depth = chance.randint(0, 3)
            path = root.joinpath(*chance.choices(["a", "b", "ab"], k=depth), chance.choice(["c.txt", "b.jpg", "x"]))
            if not any(parent.is_file() for parent in path.parents) and not path.exists():
                write(path)
        folders = [root, *(path for path in root.rglob("*") if path.is_dir())]
        for folder in chance.sample(folders, min(3, len(folders))):
            lines = [
                chance.choice(["", "", "!"])
                + chance.choice(["", "", "/"])
                + "/".join(chance.choices(parts, k=chance.choice([1, 1, 2, 3])))
                + chance.choice(["", "", "/"])
                for _ in range(chance.randint(1, 5))
            ]
            write(folder / IGNORE_FILE, "\n".join(lines))
        asked = [git, "-C", root, "ls-files", "-z", "--others", f"--exclude-per-directory={IGNORE_FILE}"]
        listed = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.split("\0")
        wanted = sorted(name for name in listed if name and not name.endswith(IGNORE_FILE))
        rules = {path.parent.relative_to(root).as_posix(): path.read_text() for path in root.rglob(IGNORE_FILE)}
        assert names(root) == wanted, rules
