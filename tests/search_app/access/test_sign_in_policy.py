"""Signing in: a set-up that is not whole is refused, and only those whom the owner named come in."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from ingest.cli import main
from ingest.errors import SettingsError
from search_app.access.sign_in_policy import SIGN_IN_VARIABLE, SignInPolicy, read_sign_in_file
from tests.search_app.page_driver import card_titles, page, scene, visible_text

WHOLE = {
    "redirect_uri": "http://localhost:8501/oauth2callback",
    "cookie_secret": "0123456789abcdef" * 2,
    "client_id": "nearspace",
    "client_secret": "hush",
    "server_metadata_url": "http://localhost:9/.well-known/openid-configuration",
}
OWN = 'allowed = ["Ada@Example.org", "@example.com"]'


def written(folder: Path, auth: Mapping[str, str] = WHOLE, own: str = OWN) -> Path:
    file = folder / "sign-in.toml"
    lines = ["[auth]", *(f'{key} = "{value}"' for key, value in auth.items()), "[nearspace]", own]
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def test_a_complete_sign_in_file_gives_the_policy(tmp_path: Path) -> None:
    assert read_sign_in_file(written(tmp_path)) == SignInPolicy(("ada@example.org", "@example.com"))
    assert read_sign_in_file(written(tmp_path, own=OWN + "\nunverified_emails = true")).unverified_emails


@pytest.mark.parametrize("key", WHOLE)
def test_a_missing_or_empty_key_is_named(tmp_path: Path, key: str) -> None:
    for auth in ({name: value for name, value in WHOLE.items() if name != key}, {**WHOLE, key: " "}):
        with pytest.raises(SettingsError, match=rf"lacks the key {key} in \[auth\]\. Add it\."):
            read_sign_in_file(written(tmp_path, auth))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", r"lacks the table \[auth\]"),
        ("[auth]\n", r"lacks the table \[nearspace\]"),
        ("auth = 3", r"lacks the table \[auth\]"),
        ("[auth", "is not TOML"),
    ],
)
def test_an_invalid_sign_in_file_is_reported(tmp_path: Path, content: str, reason: str) -> None:
    file = tmp_path / "sign-in.toml"
    file.write_text(content)
    with pytest.raises(SettingsError, match=reason):
        read_sign_in_file(file)
    with pytest.raises(SettingsError, match="cannot be read"):
        read_sign_in_file(tmp_path / "nowhere.toml")


@pytest.mark.parametrize(
    ("own", "reason"),
    [
        ("", "lacks the key allowed"),
        ("allowed = []", "lacks the key allowed"),
        ('allowed = "ada@example.org"', "lacks the key allowed"),
        ('allowed = ["example.org"]', "neither an address"),
        ("allowed = [3]", "neither an address"),
        ('allowed = ["ada@"]', "neither an address"),
    ],
)
def test_nobody_is_admitted_by_an_oversight(tmp_path: Path, own: str, reason: str) -> None:
    with pytest.raises(SettingsError, match=reason):
        read_sign_in_file(written(tmp_path, own=own))


def test_a_weak_secret_and_an_invalid_redirect_uri_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cookie_secret"):
        read_sign_in_file(written(tmp_path, {**WHOLE, "cookie_secret": "short"}))
    for address in ("http://localhost:8501/", "/oauth2callback"):
        with pytest.raises(SettingsError, match="redirect_uri"):
            read_sign_in_file(written(tmp_path, {**WHOLE, "redirect_uri": address}))


@pytest.mark.parametrize(
    ("claims", "comes_in"),
    [
        ({"email": "ada@example.org", "email_verified": True}, True),
        ({"email": "ADA@Example.ORG", "email_verified": True}, True),
        ({"email": "anyone@example.com", "email_verified": True}, True),
        ({"email": "eve@example.org", "email_verified": True}, False),
        ({"email": "ada@example.org", "email_verified": False}, False),
        ({"email": "ada@example.org"}, False),
        ({"email": "eve@sub.example.com", "email_verified": True}, False),
        ({"email": "eve@evil.example@example.com.evil", "email_verified": True}, False),
        ({"email": "@example.com", "email_verified": True}, False),
        ({"email": "", "email_verified": True}, False),
        ({}, False),
    ],
)
def test_only_named_and_verified_addresses_are_admitted(claims: dict[str, object], comes_in: bool) -> None:
    assert SignInPolicy(("ada@example.org", "@example.com")).admits(claims) is comes_in


def test_unverified_emails_admits_addresses_of_unknown_status_but_not_unverified_ones() -> None:
    trusting = SignInPolicy(("ada@example.org",), unverified_emails=True)
    assert trusting.admits({"email": "ada@example.org"})
    assert not trusting.admits({"email": "ada@example.org", "email_verified": False})
    assert SignInPolicy(("*",)).admits({})


def test_the_app_refuses_to_start_half_configured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    half = written(tmp_path, {name: value for name, value in WHOLE.items() if name != "client_secret"})
    assert main(["app", "--sign-in", str(half), "--home", str(tmp_path), "--headless"]) == 2
    assert "client_secret" in capsys.readouterr().err
    monkeypatch.setenv(SIGN_IN_VARIABLE, str(half))
    assert main(["app", "--home", str(tmp_path), "--headless"]) == 2
    assert "client_secret" in capsys.readouterr().err
    whole = written(tmp_path)
    monkeypatch.setattr("search_app.access.sign_in_policy.find_spec", lambda name: None)
    assert main(["app", "--sign-in", str(whole), "--home", str(tmp_path), "--headless"]) == 2
    assert "nearspace[login]" in capsys.readouterr().err


def test_a_page_shows_nothing_before_somebody_has_signed_in(
    colours: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SIGN_IN_VARIABLE, str(written(tmp_path)))
    app = page(q="red")
    assert not app.exception
    assert "Sign in to search" in visible_text(app)
    assert app.button(key="sign-in")
    assert not card_titles(app) and "11 pictures" not in visible_text(app) and not scene(app, "search_map")
    monkeypatch.setenv(SIGN_IN_VARIABLE, str(tmp_path / "nowhere.toml"))
    app = page(q="red")
    assert "Nobody can sign in" in visible_text(app)
    assert not card_titles(app)
