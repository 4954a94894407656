"""Nobody changes a space or names a folder of the server whom its owner has not let."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from ingest.cli import main
from ingest.errors import SettingsError
from search_app.access.permissions import (
    ALLOW_CHANGES_VARIABLE,
    ALLOW_FOLDERS_VARIABLE,
    Permission,
    is_local_visit,
    permission_for,
)
from search_app.access.sign_in_policy import SignInPolicy, read_sign_in_file
from tests.search_app.access.test_sign_in_policy import OWN, written

HERE = {"Host": "127.0.0.1:8501"}


def may(address: str | None = "127.0.0.1", headers: Mapping[str, str] = HERE, **others: object) -> Permission:
    return permission_for(address=address, headers=headers, environment=others.pop("environment", {}), **others)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("address", "headers", "here"),
    [
        ("127.0.0.1", HERE, True),
        ("localhost", {"host": "localhost"}, True),
        ("::1", {"Host": "[::1]:8501"}, True),
        ("127.0.0.1", {}, True),
        (None, HERE, False),
        ("", HERE, False),
        ("0.0.0.0", HERE, False),
        ("::", HERE, False),
        ("192.168.1.4", {"Host": "192.168.1.4:8501"}, False),
        # A proxy on this machine passes on what others ask; a name that leads here is not the machine's own.
        ("127.0.0.1", {"Host": "search.example.org"}, False),
        ("127.0.0.1", {"Host": "127.0.0.1.example.org"}, False),
        ("127.0.0.1", {**HERE, "X-Forwarded-For": "10.0.0.7"}, False),
        ("127.0.0.1", {**HERE, "forwarded": "for=10.0.0.7"}, False),
    ],
)
def test_a_visit_is_local_only_if_nobody_else_can_reach_the_app(
    address: str | None, headers: Mapping[str, str], here: bool
) -> None:
    assert is_local_visit(address, headers) is here
    found = may(address, headers)
    assert (found.may_change, found.any_folder) == (here, here)
    assert here or "--allow-changes" in found.reason


def test_open_to_a_network_only_allowed_changes_and_folders_are_permitted(tmp_path: Path) -> None:
    environment = {ALLOW_CHANGES_VARIABLE: "1"}
    found = may("0.0.0.0", environment=environment)
    assert (found.may_change, found.may_name_folders) == (True, False)
    (tmp_path / "open" / "inside").mkdir(parents=True)
    (tmp_path / "secret").mkdir()
    (tmp_path / "open" / "link").symlink_to(tmp_path / "secret")
    found = may("0.0.0.0", environment={**environment, ALLOW_FOLDERS_VARIABLE: str(tmp_path / "open")})
    assert found.resolve_folder(str(tmp_path / "open" / "inside")) == tmp_path / "open" / "inside"
    assert found.resolve_folder(str(tmp_path / "open")) == tmp_path / "open"
    for typed in ("secret", "open/../secret", "open/link", "open too", "nowhere"):
        with pytest.raises(SettingsError, match="is not one of those that may be ingested"):
            found.resolve_folder(f"{tmp_path}/{typed}")
    with pytest.raises(SettingsError, match="is not one of those"):
        found.resolve_folder("open")  # relative to where the app was started, which is nobody's business
    with pytest.raises(SettingsError, match="There is nothing at"):
        found.resolve_folder(f"{tmp_path}/open/nowhere")
    with pytest.raises(SettingsError, match="Drop files instead"):
        may("0.0.0.0", environment=environment).resolve_folder(str(tmp_path / "open"))


def test_a_local_visitor_may_name_any_existing_folder(tmp_path: Path) -> None:
    assert may().resolve_folder(f" {tmp_path} ") == tmp_path
    for typed, reason in (("", "No folder was named"), (f"{tmp_path}/nowhere", "There is nothing at"), ("\0", "There")):
        with pytest.raises(SettingsError, match=reason):
            may().resolve_folder(typed)


def test_a_signed_in_account_may_change_nothing_unless_it_is_an_editor(tmp_path: Path) -> None:
    own = OWN + f'\neditors = ["ada@example.org"]\nfolders = ["{tmp_path}"]'
    sign_in = read_sign_in_file(written(tmp_path, own=own))
    assert (sign_in.editors, sign_in.folders) == (("ada@example.org",), (str(tmp_path),))
    ada, anyone = ({"email": f"{name}", "email_verified": True} for name in ("ada@example.org", "x@example.com"))
    assert may(sign_in=sign_in, claims=ada) == Permission(True, folders=(tmp_path,))
    for claims in (anyone, {}, None, {"email": "ada@example.org", "email_verified": False}):
        found = may(sign_in=sign_in, claims=claims, environment={ALLOW_CHANGES_VARIABLE: "1"})
        assert not found.may_change and not found.may_name_folders
        with pytest.raises(SettingsError, match="editors"):
            found.require_change()
    assert not may(sign_in=SignInPolicy(("*",)), claims=ada).may_change
    assert not may(sign_in=SignInPolicy(("eve@example.org",), editors=("*",)), claims=ada).may_change


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('editors = "ada@example.org"', "editors of .* is not a list"),
        ('editors = ["ada"]', "in editors of .* neither an address"),
        ('folders = ["pictures"]', "folders of .* is not a list of folders"),
        ("folders = [3]", "folders of .* is not a list of folders"),
    ],
)
def test_editors_and_folders_are_checked_before_anything_is_served(tmp_path: Path, line: str, reason: str) -> None:
    with pytest.raises(SettingsError, match=reason):
        read_sign_in_file(written(tmp_path, own=f"{OWN}\n{line}"))


def test_an_allowed_folder_must_exist(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["app", "--home", str(tmp_path), "--headless", "--allow-folder", str(tmp_path / "nowhere")]
    assert main(options) == 2
    assert "--allow-folder" in capsys.readouterr().err
