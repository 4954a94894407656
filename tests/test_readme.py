"""Every command that the READMEs give runs as it is written, and every link in them leads somewhere."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.cli import make_parser
from ingest.resources import sample_folder
from ingest.space.chroma.local_server import read_server_info
from tests.browser.acting import settled
from tests.browser.serving import serving
from tests.browser.visiting import visiting
from tests.command_line import nearspace_here
from tests.ingest.encoders.tuning.conftest import draw_all
from tests.patience import limit

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ROOM_READMES = sorted(
    path
    for package in ("ingest", "search_app")
    for path in (ROOT / package).rglob("README.md")
    if "node_modules" not in path.parts
)
READMES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOM_READMES]
FROM_THE_HUB = re.compile(r"--encoder (openclip|st):")
STARTED_ELSEWHERE = re.compile(r"^nearspace (app|serve|mcp|watch|demo)\b|--engine ray|--chroma ")
"""Commands that serve until they are ended, or need a cluster or a server: other tests start them."""


def commands_in(text: str) -> list[str]:
    """The commands of `nearspace` in the code blocks of a README, continued lines joined, comments left out."""
    lines = re.findall(r"^    (nearspace (?:.*\\\n)*.*?)\s*(?:#.*)?$", text, flags=re.MULTILINE)
    return [" ".join(line.replace("\\\n", " ").split()) for line in lines]


COMMANDS = commands_in(README)
ROOM_COMMANDS = [
    command
    for path in ROOM_READMES
    for command in commands_in(path.read_text(encoding="utf-8"))
    if command not in COMMANDS
]


@pytest.fixture(scope="module")
def person(lite, tmp_path_factory) -> Path:
    """A home directory with the folders that the README speaks of, and its working folder."""
    home = tmp_path_factory.mktemp("person")
    sample = sample_folder()
    shutil.copytree(sample / "pictures" / "birds", home / "Pictures")
    shutil.copytree(sample / "pictures" / "bridges", home / "Pictures" / "drafts")
    shutil.copytree(sample / "texts" / "nature", home / "Notes")
    shutil.copytree(sample / "texts" / "sport", home / "work" / "FOLDER")
    shutil.copy(sample / "pictures" / "vehicles" / "racing_car.webp", home / "work" / "car.jpg")
    shutil.make_archive(str(home / "work" / "photos"), "zip", sample / "pictures" / "music")
    draw_all(home / "work" / "CAPTIONED")
    return home


def words_of(person: Path, command: str) -> list[str]:
    return [word.replace("~", str(person)) for word in shlex.split(command)]


def run(person: Path, command: str) -> "subprocess.CompletedProcess[str]":
    words = words_of(person, command)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NEARSPACE_HOME")}
    return subprocess.run(
        [sys.executable, "-m", "ingest.cli", *words[1:]],
        capture_output=True,
        text=True,
        cwd=person / "work",
        env={
            **environment,
            "PYTHONPATH": str(ROOT),
            "HF_HOME": str(person / "hub"),
            "HF_HUB_OFFLINE": "1",
        },
        timeout=limit(300),
    )


def test_the_everyday_commands_run_as_written(person, monkeypatch):
    """Those of the first README in processes of their own, as they are typed; those of the rooms in this one."""
    monkeypatch.delenv("NEARSPACE_HOME", raising=False)
    # As for a large collection, two views of each picture are looked at in tuning: quicker.
    monkeypatch.setattr("ingest.encoders.tuning.image_features._FEWER_VIEWS_ABOVE", 0)
    ran = [
        command
        for command in dict.fromkeys([*COMMANDS, *ROOM_COMMANDS])
        if not FROM_THE_HUB.search(command) and not STARTED_ELSEWHERE.search(command)
    ]
    assert len(ran) >= 18
    for command in ran:
        if command in COMMANDS:
            done = run(person, command)
        else:
            done = nearspace_here(*words_of(person, command)[1:], cwd=person / "work")
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        assert done.stdout.strip(), command
    assert (person / "work" / ".nearspace" / "default" / "ledger.db").exists()
    assert (person / "work" / "report.json").exists()


@pytest.mark.parametrize("command", dict.fromkeys([*COMMANDS, *ROOM_COMMANDS]))
def test_the_command_line_knows_every_option_that_a_readme_gives(command):
    options = make_parser().parse_args(shlex.split(command)[1:])
    assert options.command == shlex.split(command)[1]


def test_the_commands_with_weights_from_the_hub_say_in_words_what_is_missing(person):
    ran = [command for command in [*COMMANDS, *ROOM_COMMANDS] if FROM_THE_HUB.search(command)]
    ran = [command for command in ran if not STARTED_ELSEWHERE.search(command)]
    assert len(ran) >= 2
    for command in ran:
        done = run(person, command)
        assert done.returncode == 2, command
        assert "Traceback" not in done.stderr
        # Either the hub is out of reach, as it is in tests, or the packages are not there.
        assert "hf download" in done.stderr or "nearspace[models]" in done.stderr


def test_the_notebook_lines_run_while_the_app_runs(person, browser):
    assert "nearspace app" in COMMANDS
    if not (person / "work" / ".nearspace").exists():
        assert run(person, COMMANDS[0]).returncode == 0
    snippet = python_in(ROOT / "ingest" / "space" / "README.md")
    space = person / "work" / ".nearspace"
    with serving(space, "default") as address, visiting(browser) as page:
        # A page must be open: the server runs as long as somebody uses the space.
        page.goto(address)
        settled(page)
        assert read_server_info(space / "default") is not None
        lines = f"{snippet}\nprint(images.query(query_texts=['a bird'], n_results=1)['metadatas'][0][0]['folder'])"
        done = subprocess.run(
            [sys.executable, "-c", lines], capture_output=True, text=True, cwd=person / "work", timeout=limit(300)
        )
    assert done.returncode == 0, done.stderr
    assert "Pictures" in done.stdout


def test_the_python_lines_run(person):
    if not (person / "work" / ".nearspace").exists():
        assert run(person, COMMANDS[0]).returncode == 0
    lines = python_in(ROOT / "search_app" / "README.md")
    done = subprocess.run(
        [sys.executable, "-c", lines],
        capture_output=True,
        text=True,
        cwd=person / "work",
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("1 ")


def python_in(readme: Path) -> str:
    return re.search(r"```python\n(.*?)```", readme.read_text(encoding="utf-8"), flags=re.DOTALL).group(1)


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_to_a_file_leads_somewhere(readme):
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", readme.read_text(encoding="utf-8"))
    assert [link for link in links if not (readme.parent / link).exists()] == []


def test_the_readme_can_be_read_in_five_minutes():
    assert len(README.split()) <= 1_000


def test_every_make_target_that_is_named_exists():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"\bmake (\w+)", README))
    assert {"demo", "test"} <= named
    assert all(re.search(rf"^{target}:", makefile, flags=re.MULTILINE) for target in named)
