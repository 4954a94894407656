"""Several results are chosen by their corners or by keys, and exported, compared, mapped or removed at once."""

import csv
import re
from pathlib import Path

from playwright.sync_api import Locator, Page

from tests.browser.acting import ask, settled
from tests.browser.visiting import expect


def corner(page: Page, number: int) -> Locator:
    """The corner that chooses the result of that number."""
    return page.locator(f".ns-result[data-rank='{number}'] .ns-choose")


def results(page: Page, address: str) -> None:
    page.goto(f"{address}/?q=a+castle&k=12&expanded=weaker&modality=image")
    settled(page)
    expect(page.locator(".ns-result[data-rank='5']")).to_be_visible()
    expect(page.locator("html.ns-choosing-ready")).to_be_attached()


def bar(page: Page) -> Locator:
    return page.locator(".st-key-choosing")


def test_results_are_chosen_by_clicks_ranges_and_keys_and_let_go_by_escape(page: Page, sample_address: str):
    results(page, sample_address)
    first = page.locator(".ns-result").first
    first.evaluate("card => { card.drawnOnce = true; }")
    corner(page, 2).click()
    expect(bar(page)).to_contain_text("1 chosen")
    expect(corner(page, 2)).to_have_attribute("aria-checked", "true")
    corner(page, 5).click(modifiers=["Shift"])
    expect(bar(page)).to_contain_text("4 chosen")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(bar(page)).to_contain_text("5 chosen")
    expect(corner(page, 1)).to_have_attribute("aria-checked", "true")
    page.keyboard.press("x")
    expect(bar(page)).to_contain_text("4 chosen")
    assert first.evaluate("card => card.drawnOnce") is True
    assert "opened=" not in page.url
    page.keyboard.press("Escape")
    expect(bar(page)).to_have_count(0)
    corner(page, 3).click()
    expect(bar(page)).to_contain_text("1 chosen")
    ask(page, "a bird")
    expect(bar(page)).to_have_count(0)


def test_chosen_results_alone_are_exported_and_their_paths_copied(page: Page, sample_address: str):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    results(page, sample_address)
    corner(page, 1).click()
    corner(page, 3).click()
    expect(bar(page)).to_contain_text("2 chosen")
    chosen = {str(page.locator(f".ns-result[data-rank='{n}']").get_attribute("data-item")) for n in (1, 3)}
    bar(page).get_by_role("button", name="Export").click()
    with page.expect_download() as waiting:
        page.locator(".st-key-choosing-csv button").click()
    rows = list(csv.DictReader(Path(waiting.value.path()).read_text(encoding="utf-8-sig").splitlines()))
    assert {row["id"] for row in rows} == chosen
    page.keyboard.press("Escape")
    expect(page.locator(".st-key-choosing-csv")).to_have_count(0)
    bar(page).get_by_role("button", name="Copy paths").click()
    expect(bar(page)).to_contain_text("Copied")
    assert set(page.evaluate("navigator.clipboard.readText()").split("\n")) == {row["path"] for row in rows}


def test_chosen_results_are_shown_on_the_map_compared_in_the_lab_and_removed_only_once_confirmed(
    page: Page, sample_address: str
):
    results(page, sample_address)
    corner(page, 1).click()
    corner(page, 2).click(modifiers=["Shift"])
    expect(bar(page)).to_contain_text("2 chosen")
    bar(page).get_by_role("button", name="Remove").click()
    expect(page.get_by_role("dialog")).to_contain_text("Nothing is deleted on disk")
    page.get_by_role("button", name="Keep them").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(bar(page)).to_contain_text("2 chosen")
    bar(page).get_by_role("button", name="Compare").click()
    expect(page).to_have_url(re.compile(r"/closeness-lab\?.*pairs-thing=item.*pairs-thing=item"))
    page.go_back()
    expect(page).to_have_url(re.compile(r"/\?q=a\+castle"))
    expect(bar(page)).to_contain_text("2 chosen")
    bar(page).get_by_role("button", name="On the map").click()
    expect(page).to_have_url(re.compile(r"/space-map\?.*selection=[0-9a-f]{32}"))
