"""The filters in a real browser: opened, chosen, taken away again, at a desk and on a phone."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.acting import cards, settled


def test_a_filter_chosen_in_the_popover_narrows_the_results_and_its_chip_takes_it_away(page: Page, sample_address: str):
    page.goto(f"{sample_address}/?q=a+bird&modality=image")
    before = cards(page)
    page.locator(".st-key-filter-more button").first.click()
    page.locator(".st-key-filter-shapes").get_by_role("button", name=re.compile("^portrait")).click()
    expect(page).to_have_url(re.compile("shape=portrait"))
    assert cards(page) != before
    page.keyboard.press("Escape")
    page.locator(".st-key-drop-filter-1 button").click()
    expect(page.locator(".st-key-narrowed")).to_have_count(0)
    settled(page)
    assert cards(page) == before


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_chips_and_popover_fit_on_a_phone(browser: Browser, sample_address: str, scheme: str):
    with browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme) as context:  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(f"{sample_address}/?q=a+bird&shape=landscape&of-colour=brown&after=2001-01-01&exact=a+bird")
        settled(page)
        page.locator(".st-key-filter-more button").first.click()
        panel = page.locator(".st-key-filter-panel")
        expect(panel).to_be_visible()
        box = panel.bounding_box()
        assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 390
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
