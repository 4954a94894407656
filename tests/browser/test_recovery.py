"""A page that Streamlit's script has lost comes back by itself, and a page that is lost at once is left alone."""

import re

from playwright.sync_api import Page

from tests.browser.acting import settled
from tests.browser.visiting import expect

# What the browser reports when a message names an element that is not there; the page is blank from then on.
LOSE = """() => {
    document.getElementById("root").replaceChildren();
    window.dispatchEvent(new ErrorEvent("error", {message: "Error: 'setIn' cannot be called on an ElementNode"}));
}"""


def test_a_lost_page_is_loaded_again_with_what_it_showed(page: Page, sample_address: str) -> None:
    page.goto(f"{sample_address}/?q=making+music")
    settled(page)
    expect(page.locator(".ns-result").first).to_be_visible()
    page.evaluate(LOSE)
    expect(page.locator(".ns-result").first).to_be_visible()
    expect(page).to_have_url(re.compile("q=making"))


def test_a_page_that_is_lost_again_at_once_is_left_alone(page: Page, sample_address: str) -> None:
    page.goto(f"{sample_address}/?q=making+music")
    settled(page)
    page.evaluate("sessionStorage.setItem('nearspace-loaded-again', String(Date.now()))")
    page.evaluate("window.notLoadedAgain = true")
    page.evaluate("window.dispatchEvent(new ErrorEvent('error', {message: 'Bad delta path index 3'}))")
    page.wait_for_timeout(500)
    assert page.evaluate("window.notLoadedAgain")


def test_an_error_of_another_kind_reloads_nothing(page: Page, sample_address: str) -> None:
    page.goto(f"{sample_address}/?q=making+music")
    settled(page)
    page.evaluate("window.notLoadedAgain = true")
    page.evaluate("window.dispatchEvent(new ErrorEvent('error', {message: 'a script of an extension failed'}))")
    page.wait_for_timeout(500)
    assert page.evaluate("window.notLoadedAgain")
