"""The lab's family of latent spaces and its retrieval quality, on the sample, in a real browser."""

import re

from playwright.sync_api import Page

from tests.browser.acting import settled
from tests.browser.visiting import expect


def part(page: Page, address: str, query: str) -> None:
    """Open a part of the lab and wait until it is drawn."""
    page.goto(f"{address}/closeness-lab?{query}")
    expect(page.locator(".st-key-lab-previous-next")).to_be_visible()
    settled(page)


def test_each_latent_space_of_the_family_is_looked_at(page: Page, sample_address: str) -> None:
    part(page, sample_address, "part=family&family-words-at=violin")
    expect(page.locator(".ns-nearest li").first).to_contain_text(re.compile("piano|guitar|trumpet|concert"))
    dot = page.locator(".st-key-family-map-words-2d .scatterlayer .trace").first.locator("path.point").nth(4)
    dot.click(force=True)
    expect(page).to_have_url(re.compile("family-words-at=(?!violin)"))
    settled(page)

    page.get_by_role("button", name="Image features").or_(page.get_by_text("Image features", exact=True)).first.click()
    expect(page.get_by_text("What alignment changes")).to_be_visible()
    settled(page)
    assert page.locator(".ns-change img").count() >= 20

    part(page, sample_address, "part=family&family=topics")
    expect(page.locator(".ns-topics li")).to_have_count(8)
    expect(page.locator(".ns-numbers tbody tr")).to_have_count(4)

    for kind in ("pca", "bits"):
        part(page, sample_address, f"part=family&family={kind}")
        assert page.locator(".ns-numbers tbody tr").count() >= 10
    assert page.locator("[data-testid=stException]").count() == 0


def test_an_autoencoder_learns_before_ones_eyes_and_can_be_stopped(page: Page, sample_address: str) -> None:
    part(page, sample_address, "part=family&family=autoencoder&family-ae-size=2")
    page.get_by_role("button", name="Train it now").click()
    expect(page.get_by_text(re.compile(r"epoch [2-9]\d* of \d+"))).to_be_visible()
    expect(page.locator(".st-key-family-ae-stop")).to_be_visible()
    page.get_by_role("button", name="Stop", exact=True).last.click()
    expect(page.get_by_role("button", name="Train it now")).to_be_visible()


def test_the_collection_examines_itself_by_captions_and_folders(page: Page, sample_address: str) -> None:
    part(page, sample_address, "part=quality")
    expect(page.locator(".ns-numbers tbody tr")).to_have_count(2)
    page.get_by_text("Folders", exact=True).click()
    expect(page.locator(".ns-numbers tbody tr")).to_have_count(4)
    expect(page).to_have_url(re.compile("quality=folders"))
    assert page.locator(".ns-miss img").count() > 0
