"""The library page's states, run without a browser."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from ingest.run import jobs
from ingest.run.jobs import Job, newest_job
from ingest.space import open_space
from search_app.access.permissions import ALLOW_CHANGES_VARIABLE
from search_app.access.sign_in_policy import SIGN_IN_VARIABLE
from search_app.components.library import source_tabs
from tests.make_files import FAKE, ingest_folders, picture, text
from tests.search_app.access.test_sign_in_policy import written
from tests.search_app.page_driver import markup, page, url_params, visible_text
from tests.servers import end_server, wait_until


def library(**asked: str) -> AppTest:
    """The library page after its first run, with these parameters in its URL."""
    return page("space-library", **asked)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    """The jobs that the page starts, by kind and arguments; none really runs."""
    found: list[tuple[str, list[str]]] = []

    def start(home: Path, name: str, kind: str, arguments: list[str], *, about: str = "", by: str = "") -> None:
        found.append((kind, [*arguments]))

    monkeypatch.setattr(jobs, "start_job", start)
    return found


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The app is started for a space `test` that may be changed, with 3 good files, 3 that failed and 1 left out."""
    files = tmp_path / "files"
    for colour in ("red", "green"):
        picture(files / "pictures" / f"{colour}.png", colour)
    text(files / "notes" / "<b>meadow.txt", "green words")
    for number in range(3):
        text(files / f"broken {number}.jpg", "not a picture")
    text(files / "empty.txt", "")
    ingest_folders(tmp_path / "home", [files])
    monkeypatch.setenv("NEARSPACE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NEARSPACE_SPACE", "test")
    yield tmp_path
    st.cache_resource.clear()
    st.cache_data.clear()
    end_server(tmp_path / "home" / "test")


def test_the_overview_shows_what_the_space_holds_and_where_it_comes_from(own: Path) -> None:
    app = library()
    assert not app.exception
    shown = visible_text(app)
    assert "2  images" in shown and "1  passages" in shown and "3  files" in shown
    assert str(own / "files") in shown and "7 files" in shown
    assert "files/pictures" in shown and "png" in shown
    assert "Problems (4)" in app.segmented_control(key="library-tab").options


def test_problems_are_grouped_by_reason_with_what_to_do(own: Path) -> None:
    app = library(tab="problems")
    assert not app.exception
    assert "Not a picture: its content is in no known image format" in visible_text(app)
    assert "Give it its right suffix, or leave it out." in visible_text(app)
    assert list(app.dataframe[0].value["File"]) == ["broken 0.jpg", "broken 1.jpg", "broken 2.jpg", "empty.txt"]
    app.segmented_control(key="library-show").set_value("skipped").run()
    assert url_params(app) == {"tab": ["problems"], "show": ["skipped"]}
    assert list(app.dataframe[0].value["File"]) == ["empty.txt"]
    app = library(tab="problems", find="BROKEN 1")
    assert list(app.dataframe[0].value["File"]) == ["broken 1.jpg"]


def test_sources_are_paged_and_the_url_holds_the_page(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_tabs, "PAGE_SIZE", 3)
    app = library(tab="sources")
    assert not app.exception
    assert len(app.dataframe[0].value) == 3
    assert "1 to 3 of 7, page 1 of 3" in visible_text(app)
    app.button(key="library-next").click().run()
    assert url_params(app) == {"tab": ["sources"], "at": ["2"]}
    assert "4 to 6 of 7" in visible_text(app)
    app.text_input(key="library-find").set_value("pictures").run()
    assert url_params(app) == {"tab": ["sources"], "find": ["pictures"]}
    assert list(app.dataframe[0].value["File"]) == ["green.png", "red.png"]
    assert "7 to 7 of 7" in visible_text(library(tab="sources", at="99"))
    assert "No file is like that" in visible_text(library(tab="sources", find="100%"))


def test_selected_sources_are_removed_after_their_exact_count_was_shown(own: Path, started: list) -> None:
    app = library(tab="sources", find="pictures")
    with open_space(own / "home", "test") as space:
        revision = space.ledger.revision()
    app.session_state[f"sources-{revision}-pictures---1-True"] = {
        "selection": {"rows": [0, 1], "columns": [], "cells": []}
    }
    app.run()
    app.button(key="remove-chosen").click().run()
    assert not app.exception
    assert "2 files  with  2 items  leave the space" in visible_text(app)
    assert "Nothing is deleted on disk" in visible_text(app)
    app.button(key="confirm-remove").click().run()
    paths = [str(own / "files" / "pictures" / name) for name in ("green.png", "red.png")]
    assert started == [("remove", ["--yes", "--json", "--", *paths])]
    shutil.rmtree(own / "files" / "notes")
    ingest_folders(own / "home", [own / "files"])
    app.run()  # the rows may be those of other files now
    assert app.button(key="remove-chosen").disabled


def test_excluded_sources_are_listed_and_can_be_readmitted(own: Path, started: list) -> None:
    from ingest.space import open_to_reencode

    red = str(own / "files" / "pictures" / "red.png")
    with open_to_reencode(own / "home", "test") as space:
        space.ledger.exclude([red])
    app = library(tab="sources")
    assert red in visible_text(app)
    app.button(key="readmit-1").click().run()
    assert started == [("ingest", ["--json-lines", "--", red])]


def test_a_folder_is_previewed_before_it_is_ingested(own: Path, started: list) -> None:
    more = own / "more"
    picture(more / "blue.png", "blue")
    text(more / "tool.exe", "x")
    app = library(tab="add")
    assert not app.exception
    assert app.button(key="add-ingest").disabled
    app.text_input(key="add-folder").set_value(str(own / "nowhere")).run()
    assert "There is nothing at" in visible_text(app) and app.button(key="add-ingest").disabled
    app.text_input(key="add-folder").set_value(str(more)).run()
    assert "1 picture" in visible_text(app) and "1 other files are left out" in visible_text(app)
    app.text_input(key="add-exclude").set_value("*.exe drafts/").run()
    app.button(key="add-ingest").click().run()
    assert started == [("ingest", ["--exclude=*.exe", "--exclude=drafts/", "--json-lines", "--", str(more)])]
    app.button(key="recent-1").click().run()
    assert app.text_input(key="add-folder").value == str(own / "files")


def test_uploads_are_stored_in_the_space_and_ingested_by_name(own: Path, started: list) -> None:
    app = library(tab="add")
    files = [("../blue.png", (own / "files" / "pictures" / "red.png").read_bytes(), "image/png")]
    app.file_uploader(key="add-dropped-0").set_value([*files, ("a.txt", b"", "text/plain")]).run()
    app.button(key="add-drop").click().run()
    assert not app.exception
    kept = own / "home" / "test" / "uploads" / "blue.png"
    assert kept.exists()
    assert started == [("ingest", ["--json-lines", "--", str(kept)])]
    assert "a.txt: it is empty" in visible_text(app)


def test_a_job_is_followed_to_its_end_and_others_wait_for_it(own: Path) -> None:
    app = library()
    picture(own / "files" / "pictures" / "blue.png", "blue")
    app.button(key="again-1").click().run()
    assert not app.exception
    assert "Ingesting" in visible_text(app)
    home = own / "home"
    job = newest_job(home, "test")
    assert job is not None
    other = library(tab="health")  # another tab sees it, and can start nothing meanwhile
    assert "Ingesting" in visible_text(other) or not newest_job(home, "test").running  # type: ignore[union-attr]
    assert wait_until(lambda: not newest_job(home, "test").running, 240)  # type: ignore[union-attr]
    app.run()
    assert "Ingested" in visible_text(app) and "1 added" in visible_text(app)
    assert "3  images" in visible_text(app)
    app.button(key="job-problems").click().run()
    assert url_params(app)["tab"] == ["problems"]


def test_a_killed_job_is_reported_with_its_last_lines(own: Path) -> None:
    folder = own / "home" / "test" / jobs.JOB_FOLDER
    folder.mkdir()
    now = jobs.timestamp()
    jobs.write_job(folder, Job("a" * 32, "tune", "lite:<b>ours", ("tune",), now, finished=now, status=-9))
    (folder / f"{'a' * 32}.log").write_text("reading the captions\n<script>alert(1)</script>\n")
    app = library()
    assert "It did not work: Tuning lite:<b>ours" in visible_text(app)
    assert "killed by signal 9" in visible_text(app)
    assert "<script>alert(1)</script>" in app.code[0].value
    assert "<b>ours" not in markup(app)
    app.button(key="job-dismiss").click().run()
    assert "It did not work" not in visible_text(app)


def test_tuning_and_re_encoding_start_with_the_chosen_options(own: Path, started: list) -> None:
    app = library(tab="encoder")
    assert not app.exception
    assert FAKE in visible_text(app)
    app.text_input(key="tune-folder").set_value(str(own / "files"))
    app.text_input(key="tune-name").set_value("../ours")
    app.button(key="tune-start").click().run()
    assert "cannot be the name of an encoder" in visible_text(app) and not started
    app.text_input(key="tune-name").set_value("ours")
    app.button(key="tune-start").click().run()
    app.selectbox(key="reencode-to").set_value("lite")
    app.button(key="reencode-start").click().run()
    assert started == [
        ("tune", ["--name=ours", "--", str(own / "files")]),
        ("reencode", ["--encoder=lite"]),
    ]


@pytest.mark.parametrize("tab", ["overview", "add", "sources", "problems", "encoder", "health"])
def test_a_visitor_who_may_change_nothing_gets_no_button_that_would(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: list, tab: str
) -> None:
    monkeypatch.setattr(st, "get_option", lambda name: "0.0.0.0" if name == "server.address" else None)
    app = library(tab=tab)
    assert not app.exception
    assert "--allow-changes" in visible_text(app)
    harmless = {"library-next", "library-previous"}
    assert {button.key for button in app.button} <= harmless
    assert not app.get("file_uploader")
    monkeypatch.setenv(ALLOW_CHANGES_VARIABLE, "1")
    app = library(tab="add")
    assert app.get("file_uploader") and not [each for each in app.text_input if each.key == "add-folder"]


def test_a_click_on_a_page_drawn_before_the_permission_was_withdrawn_starts_nothing(
    own: Path, monkeypatch: pytest.MonkeyPatch, started: list
) -> None:
    app = library()
    monkeypatch.setattr(st, "get_option", lambda name: "0.0.0.0" if name == "server.address" else None)
    app.button(key="again-1").click().run()
    assert not started
    assert "That could not be done" in visible_text(app)


def test_before_signing_in_the_library_shows_nothing(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SIGN_IN_VARIABLE, str(written(own)))
    app = library()
    assert "Sign in to search" in visible_text(app) and "images" not in visible_text(app)


def test_without_a_space_the_page_offers_the_ways_to_fill_it(empty_home: Path, tmp_path: Path, started: list) -> None:
    app = library()
    assert not app.exception
    assert "Add your first folder" in visible_text(app)
    picture(tmp_path / "first" / "red.png", "red")
    app.text_input(key="add-folder").set_value(str(tmp_path / "first")).run()
    app.button(key="add-ingest").click().run()
    app.button(key="add-sample").click().run()
    assert [kind for kind, _ in started] == ["ingest", "ingest"]
    assert started[0][1] == ["--encoder=lite", "--json-lines", "--", str(tmp_path / "first")]
    assert all(Path(path).is_dir() for path in started[1][1][-2:])
    assert url_params(app) == {"space": ["sample"]}


def test_an_empty_space_shows_how_to_begin(tmp_path: Path, empty_home: Path) -> None:
    folder = tmp_path / "nothing"
    folder.mkdir()
    ingest_folders(empty_home, [folder])
    app = library()
    assert not app.exception
    assert "Add your first folder" in visible_text(app)
    assert app.segmented_control(key="library-tab").value == "add"
    shutil.rmtree(folder)
    with open_space(empty_home, "test") as space:
        assert space.ledger.exclusions.paths() == []
    end_server(empty_home / "test")
