"""The command line answers at once, says what is wrong in words, and ends with a status that scripts can trust."""

import json
import subprocess
import sys

import pytest

from ingest import cli
from ingest.commands import demo
from tests.command_line import nearspace, nearspace_here
from tests.ingest.readers.make_pdfs import with_compressed_pages
from tests.make_files import FAKE, picture, text
from tests.patience import limit


@pytest.fixture
def folder(tmp_path):
    picture(tmp_path / "files" / "red.png", "red")
    picture(tmp_path / "files" / "blue.png", "blue")
    text(tmp_path / "files" / "meadow.txt", "A green meadow in May.")
    return tmp_path / "files"


def ingest(tmp_path, *paths, space="test", run=nearspace_here):
    return run("ingest", *paths, "--home", tmp_path / "home", "--space", space, "--encoder", FAKE)


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from ingest.cli import make_parser; make_parser().format_help();"
        "heavy = {'numpy', 'rich', 'chromadb', 'streamlit', 'onnxruntime', 'PIL', 'torch'} & set(sys.modules);"
        "sys.exit(f'imported: {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=limit(300))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", cli.COMMANDS, ids=lambda command: command.name)
def test_every_command_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as end:
        cli.main([command.name, "--help"])
    assert end.value.code == 0
    assert f"nearspace {command.name}" in capsys.readouterr().out


@pytest.mark.parametrize("command", cli.COMMANDS, ids=lambda command: command.name)
def test_the_module_of_every_command_is_there_and_has_its_options_and_its_run(command):
    module = command.load()
    assert callable(module.add_arguments)
    assert callable(module.run)


def test_the_demo_opens_the_page_by_the_command_that_does():
    assert demo.APP_COMMAND in [command.module for command in cli.COMMANDS]


@pytest.mark.parametrize("command", cli.COMMANDS, ids=lambda command: command.name)
def test_help_of_a_command_imports_nothing_heavy(command):
    code = (
        "import sys, contextlib; from ingest import cli\n"
        f"with contextlib.suppress(SystemExit): cli.main([{command.name!r}, '--help'])\n"
        "heavy = {'numpy', 'chromadb', 'streamlit', 'onnxruntime', 'PIL', 'torch', 'httpx'} & set(sys.modules)\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def test_the_exit_status_tells_well_partly_and_not_at_all(tmp_path, folder):
    assert ingest(tmp_path, folder, run=nearspace).returncode == 0
    text(folder / "broken.jpg", "not a picture")
    done = ingest(tmp_path, folder, run=nearspace)
    assert done.returncode == 1
    assert "broken.jpg" in done.stdout
    done = ingest(tmp_path, tmp_path / "nowhere", space="other", run=nearspace)
    assert done.returncode == 2
    assert "There is nothing at" in done.stderr
    assert not (tmp_path / "home" / "other").exists(), "a slip of the finger makes no space"
    done = ingest(tmp_path, folder, tmp_path / "nowhere")
    assert done.returncode == 1
    assert "nothing at this path" in done.stdout


def test_another_encoder_for_the_same_space_is_refused_in_words(tmp_path, folder):
    ingest(tmp_path, folder)
    done = nearspace_here(
        *("ingest", folder, "--home", tmp_path / "home", "--space", "test"),
        *("--encoder", "python:tests.other_encoder:OtherEncoder"),
    )
    assert done.returncode == 2
    assert "FakeEncoder" in done.stderr
    assert "OtherEncoder" in done.stderr
    assert "--space NAME" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_encoder_and_an_unknown_space_are_errors_in_words(tmp_path, folder):
    done = nearspace_here("ingest", folder, "--home", tmp_path / "home", "--encoder", "magic")
    assert done.returncode == 2
    assert "lite" in done.stderr
    done = nearspace_here("search", "red", "--home", tmp_path / "home")
    assert done.returncode == 2
    assert "nearspace ingest" in done.stderr


def test_search_gives_json_that_another_program_can_read(tmp_path, folder):
    ingest(tmp_path, folder)
    done = nearspace("search", "red", "--home", tmp_path / "home", "--space", "test", "--json", "-k", "2")
    hits = json.loads(done.stdout)
    assert len(hits) == 2
    assert hits[0]["path"] == str(folder / "red.png")
    assert {"rank", "modality", "percentile", "cosine", "path"} <= hits[0].keys()


def test_search_takes_a_picture(tmp_path, folder):
    ingest(tmp_path, folder)
    asked = ("--image", folder / "blue.png", "--modality", "image", "-k", "1")
    done = nearspace_here("search", *asked, "--home", tmp_path / "home", "--space", "test", "--json")
    assert json.loads(done.stdout)[0]["path"] == str(folder / "blue.png")


def test_search_for_nothing_or_a_broken_picture_says_so(tmp_path, folder):
    ingest(tmp_path, folder)
    where = ("--home", tmp_path / "home", "--space", "test")
    assert "nothing to look for" in nearspace_here("search", *where).stderr
    done = nearspace_here("search", "--image", folder / "meadow.txt", *where)
    assert done.returncode == 2
    assert "meadow.txt" in done.stderr


def test_status_counts_what_is_in_the_space(tmp_path, folder):
    ingest(tmp_path, folder)
    done = nearspace_here("status", "--home", tmp_path / "home", "--space", "test", "--json")
    facts = json.loads(done.stdout)
    assert facts["items"] == {"image": 2, "text": 1}
    assert facts["sources"] == {"added": 3}
    assert facts["not_indexed"] == 0


def test_the_report_names_every_source_with_its_outcome(tmp_path, folder):
    report = tmp_path / "report.json"
    done = nearspace_here(
        *("ingest", folder, "--home", tmp_path / "home", "--space", "test", "--encoder", FAKE, "--report", report)
    )
    assert done.returncode == 0
    content = json.loads(report.read_text())
    assert content["counts"]["added"] == 3
    assert sorted(entry["path"] for entry in content["sources"]) == sorted(map(str, folder.iterdir()))


def test_a_document_read_in_part_is_in_the_space_and_its_gaps_are_told(tmp_path):
    data, second = with_compressed_pages([["The first page."], ["The second page."], ["The third page."]])
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "gaps.pdf").write_bytes(data[:second] + b"\0" * 20 + data[second + 20 :])
    report = tmp_path / "report.json"
    done = nearspace_here(
        *("ingest", tmp_path / "pages", "--home", tmp_path / "home", "--encoder", FAKE, "--report", report)
    )
    assert done.returncode == 0, done.stderr
    assert "read in part: pages that cannot be read: 2" in done.stdout
    [source] = json.loads(report.read_text())["sources"]
    assert (source["outcome"], source["items"]) == ("added", 2)
    assert source["gaps"] == "pages that cannot be read: 2"


def test_a_report_that_cannot_be_written_is_refused_before_anything_is_done(tmp_path, folder):
    report = tmp_path / "no such folder" / "report.json"
    done = nearspace_here(
        *("ingest", folder, "--home", tmp_path / "home", "--space", "test", "--encoder", FAKE, "--report", report)
    )
    assert done.returncode == 2
    assert "--report" in done.stderr
    assert not (tmp_path / "home" / "test").exists()


def test_globs_and_rules_choose_the_files_and_are_checked_before_anything_is_done(tmp_path, folder):
    where = ("--home", tmp_path / "home", "--space", "test", "--encoder", FAKE)
    done = nearspace_here("ingest", folder, *where, "--include", "!")
    assert (done.returncode, (tmp_path / "home" / "test").exists()) == (2, False)
    assert "is not a glob" in done.stderr
    text(folder / ".nearspaceignore", "blue.*\n")
    assert nearspace_here("ingest", folder, *where, "--include", "*.png", "--include", "*.txt").returncode == 0
    done = nearspace_here("ingest", folder, *where, "--exclude", "*.txt", "--keep-missing")
    assert "1 source of the space is no longer among these files" in done.stdout
    assert "left out by --include, --exclude or .nearspaceignore: 2 files and folders" in done.stdout
    done = nearspace_here("status", *where[:4], "--json")
    assert json.loads(done.stdout)["items"] == {"image": 1, "text": 1}


def test_status_tells_folders_formats_size_and_the_last_run(tmp_path, folder):
    picture(folder / "more" / "GREEN.PNG", "green")
    ingest(tmp_path, folder)
    ingest(tmp_path, folder)
    where = ("--home", tmp_path / "home", "--space", "test")
    facts = json.loads(nearspace_here("status", *where, "--json").stdout)
    assert facts["folders"] == {"files": {"image": 2, "text": 1}, "files/more": {"image": 1}}
    assert facts["formats"] == {".png": {"image": 3}, ".txt": {"text": 1}}
    assert facts["bytes"] > 10_000
    assert facts["last_run"]["outcomes"]["unchanged"] == 4
    assert facts["last_run"]["finished"] >= facts["last_run"]["started"]
    assert facts["last_run"]["seconds"] > 0
    told = nearspace_here("status", *where).stdout
    assert "files/more: 1 image" in told
    assert "4 unchanged" in told


def test_json_lines_tell_a_script_what_was_found_every_outcome_and_the_summary(tmp_path, folder):
    text(folder / "broken.jpg", "not a picture")
    done = nearspace("ingest", folder, "--home", tmp_path / "home", "--encoder", FAKE, "--json-lines")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert {event["event"] for event in events[:-6]} <= {"said"}  # what takes its time before files are looked for
    events = events[-6:]
    assert [event["event"] for event in events] == ["found", "outcome", "outcome", "outcome", "outcome", "summary"]
    assert events[0]["files"] == 4
    assert events[0]["bytes"] == sum(path.stat().st_size for path in folder.iterdir())
    outcomes = {event["path"]: event["outcome"] for event in events[1:-1]}
    assert outcomes.pop(str(folder / "broken.jpg")) == "failed"
    assert set(outcomes.values()) == {"added"}
    assert events[-1]["counts"]["added"] == 3
    assert events[-1]["items"] == {"image": 2, "text": 1}
    assert done.stderr == ""


def test_quiet_prints_only_what_failed(tmp_path, folder):
    where = ("--home", tmp_path / "home", "--encoder", FAKE, "--quiet")
    done = nearspace_here("ingest", folder, *where)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)
    text(folder / "broken.jpg", "not a picture")
    done = nearspace_here("ingest", folder, *where)
    assert done.stdout.splitlines()[-1].strip() == str(folder / "broken.jpg")
    assert "added" not in done.stdout
    assert (done.stderr, done.returncode) == ("", 1)


def test_paths_come_on_standard_input_and_a_dry_run_makes_nothing(tmp_path, folder):
    where = ("--home", tmp_path / "home", "--space", "test", "--encoder", FAKE)
    paths = f"{folder / 'red.png'}\r\n\n{folder / 'meadow.txt'}\n"
    done = nearspace_here("ingest", "-", *where, "--dry-run", typed=paths)
    assert done.returncode == 0, done.stderr
    assert "2 files" in done.stdout and "nothing was written" in done.stdout
    assert not (tmp_path / "home").exists()
    assert nearspace_here("ingest", "-", *where, typed=paths).returncode == 0
    again = nearspace_here("ingest", "-", *where, "--json-lines", typed=f"{folder}\0{folder / 'red.png'}\0")
    counts = json.loads(again.stdout.splitlines()[-1])["counts"]
    assert (counts["added"], counts["unchanged"]) == (1, 2)


def test_standard_input_without_paths_is_an_error_in_words(tmp_path):
    done = nearspace_here("ingest", "-", "--home", tmp_path / "home", "--encoder", FAKE, typed="\n")
    assert (done.returncode, (tmp_path / "home").exists()) == (2, False)
    assert "No paths" in done.stderr


def test_paths_that_cannot_be_looked_at_are_told_in_words(tmp_path, folder):
    (tmp_path / "loop").symlink_to("loop")
    done = ingest(tmp_path, folder, tmp_path / "loop", tmp_path / ("long" * 80))
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "a link that leads back to itself" in done.stdout
    assert "File name too long" in done.stdout
    for command in ("ingest", "watch"):
        done = nearspace_here(command, "", "--home", tmp_path / "home", cwd=folder)
        assert done.returncode == 2
        assert "One of the paths is empty" in done.stderr, "not the folder that happens to be the current one"
