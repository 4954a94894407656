"""Signing in as a person does, with a real provider on this machine."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.acting import cards, settled
from tests.browser.provider import CLIENT_ID, CLIENT_SECRET, provider
from tests.browser.serving import free_port, serving
from tests.browser.visiting import expect
from tests.make_files import ingest_folders, picture


@pytest.mark.parametrize(
    ("claims", "comes_in"),
    [
        ({"email": "ada@example.org", "email_verified": True, "name": "Ada"}, True),
        ({"email": "eve@example.org", "email_verified": True, "name": "<b>Eve</b>"}, False),
    ],
)
def test_only_named_accounts_see_the_space_after_signing_in(
    page: Page, tmp_path: Path, claims: Mapping[str, Any], comes_in: bool
) -> None:
    picture(tmp_path / "files" / "red.png", "red")
    ingest_folders(tmp_path / "home", [tmp_path / "files"])
    port = free_port()
    with ExitStack() as stack:
        description = stack.enter_context(provider(claims))
        file = tmp_path / "sign-in.toml"
        file.write_text(
            f"""
            [auth]
            redirect_uri = "http://127.0.0.1:{port}/oauth2callback"
            cookie_secret = "{"0123456789abcdef" * 4}"
            client_id = "{CLIENT_ID}"
            client_secret = "{CLIENT_SECRET}"
            server_metadata_url = "{description}"
            [nearspace]
            allowed = ["ada@example.org"]
            """
        )
        address = stack.enter_context(serving(tmp_path / "home", "test", "--sign-in", str(file), port=port))
        page.goto(f"{address}/?q=red")
        settled(page)
        expect(page.get_by_text("Sign in to search")).to_be_visible()
        assert page.locator(".ns-result, .st-key-map-panel, .st-key-ask").count() == 0
        page.locator(".st-key-sign-in button").click()
        if comes_in:
            expect(page.get_by_text("Signed in as ada@example.org")).to_be_visible()
            page.goto(f"{address}/?q=red")
            assert "red.png" in cards(page)[0]
        else:
            expect(page.get_by_text("This account may not come in")).to_be_visible()
            assert page.locator(".ns-result, .st-key-map-panel, .st-key-ask").count() == 0
        page.locator(".st-key-sign-out button").click()
        expect(page.get_by_text("Sign in to search")).to_be_visible()
