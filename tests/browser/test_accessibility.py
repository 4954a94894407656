"""Every page and state holds what axe-core checks, in light on a laptop and in dark on a phone; and fits fingers."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.acting import cards, settled
from tests.browser.mapping import drawn, open_map
from tests.browser.visiting import LAPTOP, PHONE, expect, visiting

LIBRARY = ["", "tab=add", "tab=sources", "tab=problems", "tab=encoder", "tab=health"]
LAB = [
    "part=pairs",
    "part=why",
    "part=labels",
    "part=labels&labels-view=folders",
    "part=labels&labels-view=one",
    "part=labels&labels-view=map",
    "part=walk",
    "part=walk&walk-how=axis",
    "part=walk&walk-how=sum",
    "part=family",
    "part=family&family=topics",
    "part=family&family=pca",
    "part=family&family=bits",
    "part=quality",
    "present=on",
]
_SMALLER = """() => {
    const tapped = 'button, a[href], input, textarea, summary, [role="tab"], [role="combobox"]';
    const wrapped = '[data-testid="stSelectbox"] > div:last-child, label, [data-testid="stTextInputRootElement"]';
    const small = [];
    const look = (root) => {
        for (const each of root.querySelectorAll("*")) {
            if (each.shadowRoot) look(each.shadowRoot);
            if (!each.matches(tapped) || each.type === "file" || each.disabled) continue;
            const whole = (each.matches("input") && each.closest(wrapped)) || each;
            const style = getComputedStyle(whole), box = whole.getBoundingClientRect();
            if (style.visibility === "hidden" || style.pointerEvents === "none" || Math.min(box.width, box.height) < 2)
                continue;
            if (Math.min(box.width, box.height) < 39.5)
                small.push(`${whole.ariaLabel || whole.innerText || whole.className} ${box.width} x ${box.height}`);
        }
    };
    look(document);
    return small;
}"""


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong, each rule with the elements that break it."""
    found = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {node['target']} {node['html'][:160]}" for rule in found for node in rule["nodes"]]


def check_both_ways(page: Page) -> None:
    """Check the page as it is, and on a phone in the dark."""
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size(PHONE)
    page.wait_for_timeout(600)
    settled(page)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(LAPTOP)
    page.wait_for_timeout(600)
    settled(page)


@pytest.mark.parametrize("path", ["space-library", "closeness-lab"])
def test_each_state_of_a_page_is_accessible(page: Page, sample_address: str, path: str) -> None:
    page.goto(sample_address)
    settled(page)
    for state in LIBRARY if path == "space-library" else LAB:
        page.goto(f"{sample_address}/{path}?{state}")
        expect(page.locator(".st-key-lab-previous-next, .st-key-lab-present-bar, .st-key-library-tab")).to_be_visible()
        settled(page)
        check_both_ways(page)


def test_the_search_page_is_accessible_before_and_after_a_search(page: Page, sample_address: str) -> None:
    page.goto(sample_address)
    drawn(page)
    check_both_ways(page)
    for state in ("q=a+bird", "q=a+bird&view=list"):
        page.goto(f"{sample_address}/?{state}")
        cards(page)
        drawn(page)
        check_both_ways(page)


def test_the_page_of_the_map_is_accessible(page: Page, sample_address: str) -> None:
    open_map(page, sample_address)
    check_both_ways(page)
    open_map(page, sample_address, "?colour=topic&q=a+bird")
    check_both_ways(page)
    surface = page.locator(".surface")
    assert surface.get_attribute("aria-label") and surface.get_attribute("role")


def test_the_dialog_that_chooses_a_folder_is_accessible(page: Page, sample_address: str) -> None:
    page.goto(f"{sample_address}/space-library?tab=add")
    page.get_by_role("button", name="Browse").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    settled(page)
    check_both_ways(page)


def test_whatever_is_tapped_has_40_pixels_each_way(browser: Browser, sample_address: str) -> None:
    with visiting(browser, viewport=PHONE, has_touch=True, is_mobile=True) as page:
        page.goto(sample_address)
        settled(page)
        for place in (
            *(f"space-library?{state}" for state in LIBRARY),
            *(f"closeness-lab?{state}" for state in ("part=pairs", "part=walk", "part=labels&labels-view=folders")),
        ):
            page.goto(f"{sample_address}/{place}")
            expect(page.locator(".st-key-lab-previous-next, .st-key-library-tab")).to_be_visible()
            settled(page)
            assert page.evaluate(_SMALLER) == [], place
