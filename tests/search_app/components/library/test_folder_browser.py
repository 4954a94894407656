"""Browsing the machine's folders: never outside those that a visitor may name."""

from pathlib import Path

import pytest

from ingest.errors import SettingsError
from search_app.access.permissions import Permission
from search_app.components.library.folder_browser import list_folder, parents_within, starting_points


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder `allowed` with folders, a file, a hidden folder and a link that leads out, beside a folder `secret`."""
    for name in ("allowed/Trips/Rome", "allowed/birds", "allowed/.hidden", "secret/inside"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "allowed" / "note.txt").write_text("words")
    (tmp_path / "allowed" / "way out").symlink_to(tmp_path / "secret")
    return tmp_path


def editor(machine: Path) -> Permission:
    return Permission(True, folders=(machine / "allowed",))


def test_folders_are_listed_by_name_without_hidden_ones_and_links(machine: Path) -> None:
    found = list_folder(editor(machine), machine / "allowed")
    assert [path.name for path in found.folders] == ["birds", "Trips"]
    assert found.files == 1


@pytest.mark.parametrize("outside", ["secret", "allowed/../secret", "allowed/way out", "."])
def test_nothing_outside_the_allowed_folders_is_listed(machine: Path, outside: str) -> None:
    with pytest.raises(SettingsError, match="not one of those that may be ingested"):
        list_folder(editor(machine), machine / outside)


def test_who_may_change_nothing_browses_nothing(machine: Path) -> None:
    with pytest.raises(SettingsError, match="only to look"):
        list_folder(Permission(False, reason="You are here only to look."), machine / "allowed")


def test_the_way_up_ends_at_an_allowed_folder(machine: Path) -> None:
    allowed = machine / "allowed"
    assert starting_points(editor(machine)) == [allowed]
    assert parents_within(editor(machine), allowed / "Trips" / "Rome") == [
        allowed,
        allowed / "Trips",
        allowed / "Trips" / "Rome",
    ]
    assert parents_within(Permission(True, any_folder=True), allowed)[0] == Path(allowed.anchor)


def test_a_folder_that_cannot_be_opened_says_what_to_do(machine: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot be opened .* Choose another"):
        list_folder(Permission(True, any_folder=True), machine / "allowed" / "note.txt")
