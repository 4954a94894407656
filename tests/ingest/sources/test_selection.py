"""Globs and `.nearspaceignore` files choose what git would choose; hidden names come when they are asked for."""

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.errors import SettingsError
from ingest.sources.selection import (
    IGNORE_FILE,
    MAX_IGNORE_BYTES,
    MAX_PATTERN_LENGTH,
    IgnoreFileError,
    Selection,
    _Patterns,
)
from ingest.sources.walk import walk
from tests.command_line import nearspace_here
from tests.make_files import FAKE
from tests.patience import limit


def write(path: Path, content: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def names(root: Path, selection: Selection = Selection()) -> list[str]:  # noqa: B008
    found = walk(root, on_error=lambda path, error: pytest.fail(f"{path}: {error}"), selection=selection)
    return sorted(each.path.relative_to(root.resolve()).as_posix() for each in found)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.jpg", "b.JPG", "c.txt", "2024/d.jpg", "2024/e.pdf", "2024/drafts/f.jpg", "drafts/g.txt"):
        write(tmp_path / name)
    return tmp_path


def test_only_files_that_an_include_names_are_wanted_in_any_case_of_letters(folder: Path) -> None:
    assert names(folder, Selection(include=("*.jpg",))) == ["2024/d.jpg", "2024/drafts/f.jpg", "a.jpg", "b.JPG"]
    assert names(folder, Selection(include=("*.pdf", "/*.txt"))) == ["2024/e.pdf", "c.txt"]
    assert names(folder, Selection(include=("2024/",))) == ["2024/d.jpg", "2024/drafts/f.jpg", "2024/e.pdf"]


def test_what_an_exclude_names_is_not_wanted_even_if_included(folder: Path) -> None:
    assert names(folder, Selection(exclude=("drafts/", "*.pdf"))) == ["2024/d.jpg", "a.jpg", "b.JPG", "c.txt"]
    assert names(folder, Selection(include=("*.jpg",), exclude=("/2024",))) == ["a.jpg", "b.JPG"]


@pytest.mark.parametrize("glob", ["", "#c.txt", "!", "a\\"])
def test_a_glob_that_means_nothing_is_an_error_that_shows_good_ones(folder: Path, glob: str) -> None:
    with pytest.raises(SettingsError, match=r"--include .* is not a glob\. Give one"):
        names(folder, Selection(include=(glob,)))


def test_ignore_files_leave_out_and_inner_ones_overrule(folder: Path) -> None:
    write(folder / IGNORE_FILE, "# not these\n*.jpg\n\ndrafts/\n!a.jpg\nc.txt   \n\\\n")
    write(folder / "2024" / IGNORE_FILE, "!d.jpg\n/e.pdf\n!drafts/\n")
    assert names(folder) == ["2024/d.jpg", "a.jpg", "b.JPG"]


def test_only_the_globs_bind_a_file_that_is_named_itself(folder: Path) -> None:
    write(folder / IGNORE_FILE, "*.jpg\n")
    found = list(walk(folder / "a.jpg", on_error=pytest.fail))
    assert [each.path.name for each in found] == ["a.jpg"]
    assert not list(walk(folder / "a.jpg", on_error=pytest.fail, selection=Selection(exclude=("*.jpg",))))


def test_what_rules_leave_out_is_told_once_a_file_or_folder(folder: Path) -> None:
    left_out: list[str] = []
    selection = Selection(exclude=("2024", "c.txt"))
    found = list(
        walk(folder, on_error=pytest.fail, on_left_out=lambda path: left_out.append(path.name), selection=selection)
    )
    assert sorted(left_out) == ["2024", "c.txt"]
    assert len(found) == 3


def test_hidden_names_come_when_asked_for_and_stores_and_litter_never(folder: Path) -> None:
    for name in (".h.jpg", ".notes/i.txt", ".git/j.txt", "._a.jpg", ".DS_Store", "Thumbs.db", ".nearspace/x/k.jpg"):
        write(folder / name)
    write(folder / IGNORE_FILE, "")
    assert set(names(folder, Selection(hidden=True))) - set(names(folder)) == {".h.jpg", ".notes/i.txt"}


def test_a_folder_whose_rules_cannot_be_read_is_left_alone_and_told(folder: Path) -> None:
    (folder / "2024" / IGNORE_FILE).symlink_to("/dev/null/nothing")
    errors: dict[Path, str] = {}
    found = list(walk(folder, on_error=lambda path, error: errors.update({path: str(error.strerror)})))
    assert [(path.name, IGNORE_FILE in reason) for path, reason in errors.items()] == [("2024", True)]
    assert not [each for each in found if "2024" in each.path.parts]


def pipe(path: Path) -> None:
    os.mkfifo(path)


def link_to(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


def filled(content: str) -> Callable[[Path], None]:
    return lambda path: path.write_text(content) and None


_UNREADABLE: dict[str, tuple[Callable[[Path], None], str]] = {
    "a pipe": (pipe, "neither a file nor a folder"),
    "a link to a device without end": (link_to("/dev/zero"), "neither a file nor a folder"),
    "a broken link": (link_to("nowhere"), "a broken link"),
    "a link to itself": (link_to(IGNORE_FILE), "a broken link"),
    "a file that is too large": (filled("pattern\n" * (MAX_IGNORE_BYTES // 8 + 1)), "larger than 1 MB"),
    "a line that is too long": (filled("a" * (MAX_PATTERN_LENGTH + 1)), "a line of more than 4,096 characters"),
}

_RUN = """
import resource, sys
from ingest import cli

resource.setrlimit(resource.RLIMIT_AS, (8_000_000_000, 8_000_000_000))
sys.exit(cli.main(sys.argv[1:]))
"""


@pytest.mark.parametrize("kind", _UNREADABLE)
def test_a_folder_whose_ignore_file_is_no_readable_text_is_told_and_the_run_ends(tmp_path: Path, kind: str) -> None:
    make, reason = _UNREADABLE[kind]
    files, report = tmp_path / "files", tmp_path / "report.json"
    for name in ("a.txt", "private/b.txt", "private/inner/c.txt", "z/d.txt"):
        write(files / name, f"Words of {name}.")
    run = ["ingest", str(files), "--home", str(tmp_path / "home"), "--encoder", FAKE, "--report", str(report)]
    done = nearspace_here(*run)
    assert done.returncode == 0, done.stderr
    make(files / "private" / IGNORE_FILE)
    done = subprocess.run([sys.executable, "-c", _RUN, *run], capture_output=True, text=True, timeout=limit(120))
    assert done.returncode == 1, done.stderr
    sources = json.loads(report.read_text())["sources"]
    outcomes = {os.path.relpath(each["path"], files): (each["outcome"], each["reason"]) for each in sources}
    # What the space has of the folder stays: nobody knows whether it is to go.
    assert {path: outcome for path, (outcome, _) in outcomes.items()} == {
        "a.txt": "unchanged",
        "private": "failed",
        "z/d.txt": "unchanged",
    }
    told = outcomes["private"][1]
    assert IGNORE_FILE in told and reason in told
    assert told.endswith(f"or remove the {IGNORE_FILE}, and run again.")


def test_an_ignore_file_may_be_a_link_to_a_file_and_a_folder_of_its_name_says_nothing(folder: Path) -> None:
    write(folder / "rules", "*.jpg\n/rules\n")
    (folder / IGNORE_FILE).symlink_to("rules")
    (folder / "2024" / IGNORE_FILE).mkdir()
    assert names(folder) == ["2024/e.pdf", "b.JPG", "c.txt", "drafts/g.txt"]


def test_an_ignore_file_that_becomes_a_pipe_as_it_is_opened_is_not_waited_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    regular = (folder / "a.jpg").stat()
    os.mkfifo(folder / "2024" / IGNORE_FILE)
    stat = Path.stat
    monkeypatch.setattr(Path, "stat", lambda path, **how: regular if path.name == IGNORE_FILE else stat(path, **how))
    errors: dict[str, OSError] = {}
    found = list(walk(folder, on_error=lambda path, error: errors.update({path.name: error})))
    assert list(errors) == ["2024"] and isinstance(errors["2024"], IgnoreFileError)
    assert [each.path.name for each in found] == ["a.jpg", "b.JPG", "c.txt", "g.txt"]


def test_an_ignore_file_of_many_patterns_is_understood_in_a_time_that_grows_with_it() -> None:
    def seconds(count: int) -> float:
        start = time.process_time()
        _Patterns([f"draft{number}" for number in range(count)])
        return time.process_time() - start

    seconds(100)
    assert seconds(4_000) < 12 * seconds(1_000), "four times as many took more than twelve times as long"


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
