"""The filters in a real browser, on a phone."""

import pytest
from playwright.sync_api import Browser

from tests.browser.acting import settled
from tests.browser.visiting import PHONE, expect, visiting


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_tokens_and_popover_fit_on_a_phone(browser: Browser, sample_address: str, scheme: str):
    with visiting(browser, viewport=PHONE, color_scheme=scheme) as page:
        page.goto(f"{sample_address}/?q=a+bird&shape=landscape&of-colour=brown&after=2001-01-01&exact=a+bird")
        settled(page)
        page.locator(".st-key-filter-more button").first.click()
        panel = page.locator(".st-key-filter-panel")
        expect(panel).to_be_visible()
        box = panel.bounding_box()
        assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 390
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
