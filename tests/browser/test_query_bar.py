"""The bar that the question lives in: tokens, the menu that adds to it, pictures, recent questions."""

import base64
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from ingest.resources import sample_folder
from tests.browser.acting import ask, cards, settled
from tests.browser.visiting import LAPTOP, PHONE, expect, visiting

GUITAR = Path("pictures", "music", "classical_guitar.webp")
BOX = ".ns-bar textarea"
COMPOSED = "?q=a+red+bird&term=text:1:in+the+snow&term=text:-1:people&like=12&shape=landscape&of-colour=brown"

_GIVE = """([kind, content]) => {
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], "guitar.webp", { type: "image/webp" }));
    const options = { bubbles: true, cancelable: true };
    const event = kind === "paste"
        ? new ClipboardEvent("paste", { ...options, clipboardData: transfer })
        : new DragEvent(kind, { ...options, dataTransfer: transfer });
    (kind === "paste" ? document.querySelector(".ns-bar textarea") : document.body).dispatchEvent(event);
}"""


def tokens(page: Page) -> list[str]:
    """The words on each token of the question, without those of filters."""
    found = page.locator(".ns-token:not(.ns-filter) .ns-token-open").all_inner_texts()
    return [" ".join(words.split()) for words in found]


def test_a_question_is_composed_in_the_bar_by_keys_alone(page: Page, sample_address: str):
    page.goto(sample_address)
    settled(page)
    expect(page.locator(f"html.ns-keys-ready {BOX}")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("a red bird")
    page.keyboard.press("Enter")
    cards(page)
    page.get_by_role("button", name="Add to the question").press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.type("in the snow")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("in(%20|\\+)the(%20|\\+)snow"))
    page.get_by_role("button", name="Add to the question").press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.type("people")
    page.keyboard.press("Enter")
    expect(page.locator(".ns-token.ns-negative")).to_have_count(1)
    assert tokens(page) == ["+ in the snow", "− people"]
    expect(page.locator(BOX)).to_have_value("a red bird")
    page.get_by_role("button", name="without people", exact=True).press("Enter")
    page.get_by_role("slider", name="Counts").press("ArrowRight")
    expect(page).to_have_url(re.compile("text:-1.25:people|text%3A-1.25%3Apeople"))
    expect(page.get_by_role("slider", name="Counts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("slider", name="Counts")).to_be_hidden()
    page.get_by_role("button", name=re.compile("Take out: \\+ in the snow")).press("Enter")
    expect(page).not_to_have_url(re.compile("snow"))
    expect(page.locator(".ns-token")).to_have_count(1)
    assert tokens(page) == ["− people × 1.25"]
    page.get_by_role("button", name="Clear the question").press("Enter")
    expect(page.get_by_text("Search by meaning")).to_be_visible()
    expect(page.locator(BOX)).to_have_value("")


@pytest.mark.parametrize("way", ["paste", "drop"])
def test_a_picture_is_pasted_or_dropped_and_asked_at_once(page: Page, sample_address: str, way: str):
    page.goto(sample_address)
    settled(page)
    expect(page.locator(BOX)).to_be_visible()
    content = base64.b64encode((sample_folder() / GUITAR).read_bytes()).decode()
    page.evaluate(_GIVE, [way, content])
    expect(page).to_have_url(re.compile(r"[?&]image=[0-9a-f]{32}"))
    assert sum("music" in card or "guitar" in card for card in cards(page)[:8]) >= 3
    expect(page.locator(".ns-token img")).to_have_count(1)


def test_recent_questions_are_suggested_in_this_browser_until_they_are_forgotten(
    browser: Browser, page: Page, sample_address: str
):
    page.goto(sample_address)
    for words in ("a castle", "a lighthouse"):
        ask(page, words)
        expect(page.locator(".ns-bar")).to_have_attribute("data-question", words)
        cards(page)
    page.goto(sample_address)
    settled(page)
    page.locator(BOX).click()
    options = page.get_by_role("option")
    expect(options.first).to_contain_text("a lighthouse")
    page.locator(BOX).press_sequentially("a cas")
    expect(options).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("text=a(%20|\\+)castle"))
    expect(page.locator(BOX)).to_have_value("a castle")
    with visiting(browser) as other:
        other.goto(sample_address)
        settled(other)
        other.locator(BOX).click()
        assert other.get_by_role("option").filter(has_text="lighthouse").count() == 0
    page.goto(sample_address)
    settled(page)
    page.locator(BOX).click()
    page.get_by_role("button", name="Forget recent searches").click()
    expect(options.filter(has_text="a castle")).to_have_count(0)


def test_what_is_typed_meanwhile_is_not_overwritten(page: Page, sample_address: str):
    page.goto(f"{sample_address}/?q=a+castle")
    cards(page)
    box = page.locator(BOX)
    box.fill("a bird")
    box.press("Enter")
    box.fill("a bird in the")
    expect(page.locator(".ns-bar")).to_have_attribute("data-question", "a bird")
    cards(page)
    expect(box).to_have_value("a bird in the")


def test_an_item_of_the_collection_is_found_and_added(page: Page, sample_address: str):
    page.goto(f"{sample_address}/?q=at+night")
    cards(page)
    page.get_by_role("button", name="Add to the question").click()
    page.get_by_role("menuitem", name="From the collection").click()
    dialog = page.get_by_role("dialog", name="From the collection")
    expect(dialog).to_be_visible()
    dialog.get_by_label("Look for").fill("a castle")
    dialog.get_by_label("Look for").press("Enter")
    dialog.get_by_role("button", name=re.compile("neuschwanstein")).first.click()
    expect(page).to_have_url(re.compile(r"term=item(:|%3A)1(:|%3A)\d+"))
    expect(page.locator(".ns-token")).to_contain_text("neuschwanstein")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_every_token_and_what_opens_fits_the_page(
    browser: Browser, sample_address: str, scheme: str, size: dict[str, int]
):
    with visiting(browser, viewport=size, color_scheme=scheme, has_touch=size is PHONE) as page:
        page.goto(f"{sample_address}/{COMPOSED}")
        settled(page)
        expect(page.locator(".ns-token")).to_have_count(5)
        width = size["width"]
        openers = {
            ".ns-bar-menu": page.get_by_role("button", name="Add to the question"),
            ".ns-bar-settings": page.get_by_role("button", name="without people", exact=True),
        }
        for panel, opener in openers.items():
            opener.click()
            expect(page.locator(panel)).to_be_visible()
            box = page.locator(panel).bounding_box()
            assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= width
            page.keyboard.press("Escape")
            expect(page.locator(panel)).to_be_hidden()
        for token in page.locator(".ns-token").all():
            box = token.bounding_box()
            assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= width
            assert size is not PHONE or box["height"] >= 40
        assert page.evaluate("document.documentElement.scrollWidth") <= width
