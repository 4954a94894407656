"""Keys lead from the box to the results, between them and into one; nobody who types loses a letter to them."""

import json
import re
import zipfile
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.browser.acting import cards
from tests.browser.visiting import PHONE, expect, visiting

CHOSEN = ".ns-selected"


def rank(page: Page) -> str:
    """The number of the chosen card."""
    return page.locator(f"{CHOSEN} .ns-rank").inner_text()


def test_results_are_selected_opened_and_left_by_keys(page: Page, sample_address: str):
    page.goto(f"{sample_address}/?q=a+castle&k=12&expanded=weaker")
    cards(page)
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert rank(page) == "2"
    page.keyboard.press("ArrowDown")
    below = int(rank(page))
    assert below > 2
    page.keyboard.press("ArrowUp")
    assert int(rank(page)) < below
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert rank(page) == "2"
    page.keyboard.press("Enter")
    head = page.locator(".st-key-details-head")
    expect(head).to_contain_text("result 2", ignore_case=True)
    page.keyboard.press("ArrowRight")
    expect(head).to_contain_text("result 3", ignore_case=True)
    expect(page).to_have_url(re.compile(r"[?&]opened=\d+"))
    page.keyboard.press("Escape")
    expect(head).to_have_count(0)
    expect(page).not_to_have_url(re.compile(r"[?&]opened="))
    # The result that was looked at last is the selected one.
    expect(page.locator(f"{CHOSEN} .ns-rank")).to_have_text("3")
    page.keyboard.press("/")
    page.keyboard.type(" jkm?n/")
    expect(page.locator(".st-key-ask textarea")).to_have_value("a castle jkm?n/")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    expect(page).to_have_url(re.compile(r"[?&]pages=2"))
    expect(page.locator(".ns-result[data-rank='25']")).to_be_attached()
    assert rank(page) == "3"
    page.keyboard.press("m")
    expect(page).to_have_url(re.compile(r"[?&]like=\d+"))
    expect(page).not_to_have_url(re.compile(r"[?&]pages="))
    page.keyboard.press("?")
    expect(page.get_by_text("details of the chosen result")).to_be_visible()


def test_shown_results_are_exported_and_a_path_is_copied(page: Page, sample_address: str, tmp_path: Path):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{sample_address}/?q=a+castle&k=6&modality=image&expanded=weaker")
    cards(page)
    page.locator(".st-key-export button").click()
    with page.expect_download() as waiting:
        page.locator(".st-key-export-json button").click()
    results = json.loads(Path(waiting.value.path()).read_text(encoding="utf-8"))
    assert [result["rank"] for result in results] == list(range(1, 7))
    with page.expect_download() as waiting:
        page.locator(".st-key-export-zip button").click()
    with zipfile.ZipFile(waiting.value.path()) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == 7
    page.keyboard.press("Escape")
    page.locator(".ns-result[data-rank='1'] .ns-actions [data-action=details]").click()
    page.locator(".ns-copy").click()
    expect(page.locator(".ns-copy")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == results[0]["path"]
    with page.expect_download() as waiting:
        page.locator(".st-key-details-download button").click()
    assert Path(waiting.value.path()).read_bytes() == Path(results[0]["path"]).read_bytes()


def test_the_found_passage_is_in_view_and_a_phone_shows_rows_and_details(
    browser: Browser, page: Page, sample_address: str
):
    page.goto(f"{sample_address}/?q=why+steam+trains+ended&modality=text&view=list")
    cards(page)
    page.locator(".ns-result[data-rank='1'] .ns-actions [data-action=details]").click()
    expect(page.locator(".ns-document .ns-current-passage")).to_be_in_viewport()
    expect(page.locator(".ns-document .ns-current-passage mark")).to_have_count(1)
    address = page.url
    for scheme in ("light", "dark"):
        with visiting(browser, viewport=PHONE, color_scheme=scheme) as phone:
            phone.goto(address)
            expect(phone.locator(".ns-document .ns-current-passage")).to_be_attached()
            assert phone.evaluate("document.documentElement.scrollWidth") <= 390


def test_details_lie_beside_the_results_which_stay_as_they_are(page: Page, sample_address: str):
    page.goto(f"{sample_address}/?q=a+castle&k=12&expanded=weaker&modality=image")
    cards(page)
    first = page.locator(".ns-result").first
    first.evaluate("card => { card.drawnOnce = true; }")
    drawer = page.get_by_role("region", name="Details of")
    page.locator(".ns-result[data-rank='2'] .ns-open").click()
    expect(drawer).to_be_focused()
    expect(drawer).to_contain_text("result 2", ignore_case=True)
    covered, card = drawer.bounding_box(), page.locator(".ns-result[data-rank='2']").bounding_box()
    assert covered and card and covered["x"] >= card["x"] + card["width"]
    for number in (3, 4):
        page.keyboard.press("ArrowRight")
        expect(drawer).to_contain_text(f"result {number}", ignore_case=True)
    expect(page.locator(CHOSEN)).to_have_attribute("data-rank", "4")
    drawer.get_by_role("button", name="Previous result").click()
    expect(drawer).to_contain_text("result 3", ignore_case=True)
    assert first.evaluate("card => card.drawnOnce") is True
    page.go_back()
    expect(drawer).to_contain_text("result 4", ignore_case=True)
    drawer.get_by_role("button", name="Close the details").click()
    expect(drawer).to_have_count(0)
    expect(page.locator(".ns-result[data-rank='4']")).to_be_focused()


def test_a_picture_alone_on_the_screen_is_zoomed_by_keys_wheel_and_double_click(page: Page, sample_address: str):
    page.goto(f"{sample_address}/?q=a+castle&k=12&expanded=weaker&modality=image")
    cards(page)
    page.locator(".ns-result[data-rank='1'] .ns-actions [data-action=details]").click()
    page.get_by_role("button", name="Show the picture alone").click()
    viewer = page.get_by_role("dialog", name="alone on the screen")
    picture = viewer.get_by_role("img")

    def width() -> float:
        return float(picture.evaluate("image => image.getBoundingClientRect().width"))

    expect(viewer.get_by_role("button", name="Close the full screen")).to_be_focused()
    page.wait_for_function("document.querySelector('.ns-viewer img').offsetWidth > 300")
    fitting = width()
    page.keyboard.press("+")
    assert width() > fitting
    page.keyboard.press("-")
    assert width() == fitting
    page.mouse.move(640, 400)
    page.mouse.wheel(0, -300)
    assert width() > fitting
    page.mouse.dblclick(640, 400)
    assert width() == fitting
    name = picture.get_attribute("alt")
    page.keyboard.press("ArrowRight")
    expect(picture).not_to_have_attribute("alt", name)
    page.keyboard.press("Escape")
    expect(viewer).to_have_count(0)
    drawer = page.get_by_role("region", name="Details of")
    expect(drawer).to_contain_text("result 2", ignore_case=True)
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
