"""Which space a page opens: none, another, an empty one, one that changes meanwhile, or one it cannot open."""

import shutil
import time
from pathlib import Path

import pytest

from ingest.space import open_to_write
from tests.fake_encoder import FakeEncoder, OtherFakeEncoder
from tests.make_files import ingest_folders, picture, text
from tests.search_app.page_driver import ask, card_titles, click, page, url_params, visible_text


def test_a_home_without_spaces_shows_the_commands(empty_home: Path) -> None:
    app = page()
    assert not app.exception
    assert "There is no space yet" in visible_text(app)
    assert f"nearspace ingest FOLDER --space test --home {empty_home}" in visible_text(app)
    assert f"nearspace demo --home {empty_home}" in visible_text(app)


def test_a_missing_space_offers_the_others(colours: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEARSPACE_SPACE", "other")
    app = page()
    assert not app.exception
    assert "There is no space other" in visible_text(app)
    app.button(key="space-1").click().run()
    assert url_params(app) == {"space": ["test"]}
    assert "11 pictures" in visible_text(app)


def test_a_name_that_no_space_can_have_is_reported(colours: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEARSPACE_SPACE", "../up")
    app = page()
    assert not app.exception
    assert "cannot be the name of a space" in visible_text(app)


def test_an_empty_space_shows_the_command_and_fills_while_the_page_is_open(empty_home: Path, tmp_path: Path) -> None:
    open_to_write(empty_home, "test", FakeEncoder().info).close()
    app = page()
    assert not app.exception
    assert "The space test is empty" in visible_text(app)
    assert f"nearspace ingest FOLDER --space test --home {empty_home}" in visible_text(app)
    picture(tmp_path / "later" / "red.png", "red")
    ingest_folders(empty_home, [tmp_path / "later"])
    ask(app, "red")
    assert card_titles(app) == ["red.png"]


def test_what_is_ingested_later_is_found_without_a_restart(empty_home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    picture(folder / "blue.png", "blue")
    text(folder / "blue note.txt", "blue words")
    ingest_folders(empty_home, [folder])
    app = page(q="green")
    assert "green.png" not in card_titles(app)
    picture(folder / "green.png", "green")
    ingest_folders(empty_home, [folder])
    app.run()
    assert card_titles(app)[0] == "green.png"
    (folder / "green.png").unlink()
    ingest_folders(empty_home, [folder])
    app.run()
    assert "green.png" not in card_titles(app)


def test_a_space_of_one_item_can_be_searched_and_searched_from(empty_home: Path, tmp_path: Path) -> None:
    picture(tmp_path / "one" / "red.png", "red")
    ingest_folders(empty_home, [tmp_path / "one"])
    app = page(q="red")
    assert not app.exception
    assert "1 good match" in visible_text(app)
    click(app, "more")
    assert not app.exception
    assert "There is no other item in the space" in visible_text(app)


def test_another_encoder_than_the_space_was_made_with_is_refused(empty_home: Path, tmp_path: Path) -> None:
    other = OtherFakeEncoder()
    picture(tmp_path / "one" / "red.png", "red")
    ingest_folders(empty_home, [tmp_path / "one"], other)
    manifest = empty_home / "test" / "manifest.json"
    manifest.write_text(manifest.read_text().replace("OtherFakeEncoder", "FakeEncoder"))
    app = page(q="red")
    assert not app.exception
    assert "The search cannot be done" in visible_text(app)
    assert "fingerprint" in visible_text(app)


def test_an_encoder_that_cannot_be_loaded_is_reported(empty_home: Path, tmp_path: Path) -> None:
    picture(tmp_path / "one" / "red.png", "red")
    ingest_folders(empty_home, [tmp_path / "one"])
    manifest = empty_home / "test" / "manifest.json"
    manifest.write_text(manifest.read_text().replace("tests.fake_encoder", "no_such_module_anywhere"))
    app = page(q="red")
    assert not app.exception
    assert "no_such_module_anywhere" in visible_text(app)


def test_a_space_that_was_deleted_and_created_again_is_reopened(empty_home: Path, tmp_path: Path) -> None:
    picture(tmp_path / "old" / "red.png", "red")
    ingest_folders(empty_home, [tmp_path / "old"])
    app = page(q="red")
    assert card_titles(app) == ["red.png"]
    for _ in range(50):  # its server may be writing yet
        shutil.rmtree(empty_home / "test", ignore_errors=True)
        if not (empty_home / "test").exists():
            break
        time.sleep(0.1)
    app.run()
    assert not app.exception
    assert "There is no space" in visible_text(app)
    picture(tmp_path / "new" / "scarlet.png", "red")
    ingest_folders(empty_home, [tmp_path / "new"])
    app.run()
    assert not app.exception
    assert card_titles(app) == ["scarlet.png"]
