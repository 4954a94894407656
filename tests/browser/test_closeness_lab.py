"""The closeness lab in a real browser: a square of the matrix, a presentation by the keyboard, and a phone."""

import re
from pathlib import Path

from playwright.sync_api import Browser, Page
from pypdf import PdfReader

from search_app.components.lab.presentation import TOUR
from tests.browser.acting import settled
from tests.browser.visiting import PHONE, expect, visiting


def test_a_square_tells_of_its_pair_and_the_arrow_keys_present(page: Page, sample_address: str):
    page.goto(
        f"{sample_address}/closeness-lab?pairs-thing=text:1:a+dog&pairs-thing=text:1:a+puppy&pairs-thing=text:1:a+car"
    )
    settled(page)
    expect(page.locator(".ns-matrix")).to_be_visible()
    expect(page.locator("body[data-lab-clicks]")).to_be_attached()
    page.locator(".ns-matrix button[data-action='cell:0-2']").click()
    expect(page).to_have_url(re.compile("pairs-cell=0-2"))
    expect(page.locator(".ns-pair")).to_contain_text("“a dog” and “a car”")
    page.get_by_role("button", name="Present").click()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.locator(".ns-lab-lead h1").first).to_have_text("Closeness is a number")
    expect(page.locator(".st-key-head")).to_be_hidden()
    settled(page)  # a key counts once its button is there
    page.keyboard.press("ArrowRight")
    expect(page.locator(".ns-lab-lead h1").first).to_have_text("What does it go by?")
    expect(page.locator(".ns-why img")).to_have_count(2)
    settled(page)
    page.keyboard.press("Escape")
    expect(page.locator(".ns-lab-lead h1").first).to_have_text("Why did this match?")
    expect(page.locator(".st-key-head")).to_be_visible()


def test_no_section_scrolls_sideways_on_a_phone(browser: Browser, sample_address: str):
    with visiting(browser, viewport=PHONE, color_scheme="dark") as page:
        for link in (
            "",
            "part=labels&labels-view=folders",
            "part=labels&labels-view=map",
            "part=walk",
            "part=walk&walk-how=sum",
        ):
            page.goto(f"{sample_address}/closeness-lab?{link}")
            settled(page)
            expect(page.locator(".ns-lab-lead")).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_handout_of_the_tour_prints_a_step_a_page(page: Page, sample_address: str, tmp_path: Path):
    page.goto(f"{sample_address}/closeness-lab")
    settled(page)
    page.get_by_role("button", name="Present").click()
    page.get_by_role("button", name="Make a handout").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the handout").click()
    handout, printed = tmp_path / "handout.html", tmp_path / "handout.pdf"
    download.value.save_as(handout)
    page.goto(handout.as_uri())
    assert page.evaluate("[...document.images].every((picture) => picture.naturalWidth > 0)")
    page.pdf(path=printed, prefer_css_page_size=True)
    pages = [" ".join(one.extract_text().split()) for one in PdfReader(printed).pages]
    assert len(pages) == len(TOUR)
    assert all(step.title in text for step, text in zip(TOUR, pages, strict=True))
