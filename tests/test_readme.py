"""Every command that the README gives runs as it is written."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.resources import sample_folder
from ingest.space.chroma.local_server import read_note
from tests.browser.acting import settled
from tests.browser.serving import serving
from tests.browser.visiting import visiting
from tests.ingest.encoders.tuning.conftest import draw_all
from tests.patience import limit

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    (nearspace .*?)\s*(?:#.*)?$", README, flags=re.MULTILINE)
FROM_THE_HUB = re.compile(r"--encoder (openclip|st):")


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


def run(person: Path, command: str) -> "subprocess.CompletedProcess[str]":
    words = [word.replace("~", str(person)) for word in shlex.split(command)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NEARSPACE_HOME")}
    return subprocess.run(
        [sys.executable, "-m", "ingest.cli", *words[1:]],
        capture_output=True,
        text=True,
        cwd=person / "work",
        env={
            **environment,
            "PYTHONPATH": str(Path(__file__).parents[1]),
            "HF_HOME": str(person / "hub"),
            "HF_HUB_OFFLINE": "1",
        },
        timeout=limit(300),
    )


def test_the_everyday_commands_run_as_written(person):
    ran = [command for command in COMMANDS if command != "nearspace app" and not FROM_THE_HUB.search(command)]
    assert len(ran) >= 9
    for command in ran:
        done = run(person, command)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        assert done.stdout.strip(), command
    assert (person / "work" / ".nearspace" / "default" / "ledger.db").exists()
    assert (person / "work" / "report.json").exists()


def test_the_commands_with_weights_from_the_hub_say_in_words_what_is_missing(person):
    ran = [command for command in COMMANDS if FROM_THE_HUB.search(command)]
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
    snippet = re.search(r"```python\n(.*?)```", README, flags=re.DOTALL).group(1)
    space = person / "work" / ".nearspace"
    with serving(space, "default") as address, visiting(browser) as page:
        # A page must be open: the server runs as long as somebody uses the space.
        page.goto(address)
        settled(page)
        assert read_note(space / "default") is not None
        lines = f"{snippet}\nprint(images.query(query_texts=['a bird'], n_results=1)['metadatas'][0][0]['folder'])"
        done = subprocess.run(
            [sys.executable, "-c", lines], capture_output=True, text=True, cwd=person / "work", timeout=limit(300)
        )
    assert done.returncode == 0, done.stderr
    assert "Pictures" in done.stdout


def test_every_link_to_a_file_leads_somewhere():
    root = Path(__file__).parents[1]
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert links
    assert [link for link in links if not (root / link).exists()] == []


def test_every_make_target_that_is_named_exists():
    makefile = (Path(__file__).parents[1] / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"\bmake (\w+)", README)) - {"one"}
    assert {"demo", "test"} <= named
    assert all(re.search(rf"^{target}:", makefile, flags=re.MULTILINE) for target in named)
