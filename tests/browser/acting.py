"""What a person does on the search page, and what they see there."""

import re
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.visiting import expect


def ask(page: Page, words: str) -> None:
    """Type words into the bar and press Enter."""
    box = page.locator(".st-key-ask textarea")
    box.fill(words)
    box.press("Enter")


def upload(page: Page, picture: Path, words: str = "") -> None:
    """Put a picture into the bar, with words if given: it is asked at once."""
    if words:
        page.locator(".st-key-ask textarea").fill(words)
    page.locator(".st-key-ask input[type=file]").set_input_files(picture)


def settled(page: Page) -> None:
    """Wait until the page is drawn and nothing runs any more."""
    expect(page.locator("[data-testid=stApp]")).to_have_attribute("data-test-script-state", "notRunning")
    expect(page.locator("[data-testid=stSpinner]")).to_have_count(0)


def cards(page: Page) -> list[str]:
    """The words on each result card, in their order."""
    settled(page)
    expect(page.locator(".ns-result[data-rank='1']")).to_be_visible()
    # A page listens to buttons and keys from a moment on: a person's first key comes later than a test's.
    expect(page.locator("html.ns-actions-ready.ns-keys-ready")).to_be_attached()
    found = page.locator(".ns-result")
    # A card is drawn from its top to its bottom.
    expect(found.last.get_by_role("button", name="Details", include_hidden=True)).to_be_attached()
    return found.all_inner_texts()


def likes(page: Page) -> None:
    """Wait until the address asks for items like another."""
    expect(page).to_have_url(re.compile(r"[?&]like=\d+"))
