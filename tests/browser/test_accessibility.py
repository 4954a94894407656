"""Every page and state holds what axe-core checks, in light on a laptop and in dark on a phone; and fits fingers."""

from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize

from tests.browser.acting import cards, settled
from tests.browser.mapping import click_item, drawn, free_point, lasso, on_map, open_map, open_view_menu
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
COMPOSED = "q=a+red+bird&term=text:1:in+the+snow&term=text:-1:people&like=12&shape=landscape&of-colour=brown"
_SMALLER = """() => {
    const tapped = 'button, a[href], input, textarea, summary, [role="tab"], [role="combobox"]';
    const kinds = ["stSelectbox", "stMultiSelect", "stDateInput"];
    const fields = kinds.map((kind) => `[data-testid="${kind}"] > div:last-child`);
    const wrapped = [...fields, "label", '[data-testid="stTextInputRootElement"]'].join(", ");
    const small = [];
    const look = (root) => {
        for (const each of root.querySelectorAll("*")) {
            if (each.shadowRoot) look(each.shadowRoot);
            if (!each.matches(tapped) || each.type === "file" || each.disabled) continue;
            if (each.closest('[style*="clip"]')) continue;  // for screen readers alone
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


_STILL = """() => document.getAnimations().every((each) =>
    each.playState !== "running" || each.effect.getComputedTiming().endTime === Infinity)"""


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong, each rule with the elements that break it."""
    found = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {node['target']} {node['html'][:160]}" for rule in found for node in rule["nodes"]]


def resized(page: Page, scheme: Literal["light", "dark"], size: ViewportSize) -> None:
    """Show the page in the other colours and at the other size, and wait until it stands still."""
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)
    # Streamlit draws its own parts anew in the other colours; colours that fade over have arrived once nothing runs.
    page.wait_for_function(
        "(scheme) => getComputedStyle(document.querySelector('.stApp')).colorScheme === scheme", arg=scheme
    )
    page.wait_for_function(_STILL)
    settled(page)


def check_both_ways(page: Page) -> None:
    """Check the page as it is, and on a phone in the dark."""
    assert violations(page) == []
    resized(page, "dark", PHONE)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    resized(page, "light", LAPTOP)


def contrast(one: str, other: str) -> float:
    """How far apart two colours are (#rrggbb), from 1 to 21, as WCAG 2 measures it."""

    def luminance(colour: str) -> float:
        parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def search_states(page: Page, address: str) -> Iterator[str]:
    """Bring the search page into each of its states; gives the name of each once it is there."""
    page.goto(address)
    drawn(page)
    yield "start"
    page.locator(".ns-bar textarea").click()
    expect(page.get_by_role("option").first).to_be_visible()
    yield "suggestions"
    page.goto(f"{address}/?q=a+bird")
    cards(page)
    drawn(page)
    yield "shelves"
    for opener, panel in (
        (".st-key-filter-more", ".st-key-filter-panel"),
        (".st-key-results-more", ".st-key-more-panel"),
    ):
        page.locator(f"{opener} button").first.click()
        expect(page.locator(panel)).to_be_visible()
        settled(page)
        yield panel
        page.keyboard.press("Escape")
        expect(page.locator(panel)).to_be_hidden()
    page.locator(".ns-result .ns-open").first.click()
    expect(page.locator(".st-key-details .ns-details-picture img")).to_be_visible()
    settled(page)
    yield "drawer"
    page.locator(".ns-details-picture").click()
    expect(page.locator(".ns-viewer")).to_be_visible()
    yield "picture alone"
    page.goto(f"{address}/?{COMPOSED}&expanded=weaker")
    cards(page)
    yield "tokens"
    for opener, panel in (("Add to the question", ".ns-bar-menu"), ("without people", ".ns-bar-settings")):
        page.get_by_role("button", name=opener, exact=True).click()
        expect(page.locator(panel)).to_be_visible()
        yield panel
        page.keyboard.press("Escape")
        expect(page.locator(panel)).to_be_hidden()
    page.goto(f"{address}/?q=a+castle&arrangement=mixed&expanded=weaker&k=12")
    cards(page)
    expect(page.locator("html.ns-choosing-ready")).to_be_attached()
    for number in (1, 2):
        page.locator(f".ns-result[data-rank='{number}'] .ns-choose").click()
    expect(page.locator(".st-key-choosing")).to_contain_text("2 chosen")
    settled(page)
    yield "mixed, weaker ones unfolded, two chosen"
    page.goto(f"{address}/?q=a+bird&view=list")
    cards(page)
    drawn(page)
    yield "list"


def map_states(page: Page, address: str) -> Iterator[str]:
    """Bring the page of the map into each of its states; gives the name of each once it is there."""
    open_map(page, address, "?colour=topic&q=a+bird")
    yield "topics"
    open_view_menu(page)
    yield "view"
    page.keyboard.press("Escape")
    expect(page.locator(".st-key-map-view")).to_be_hidden()
    page.locator(".st-key-space-colour button").click()
    expect(page.get_by_role("option").first).to_be_visible()
    yield "colour"
    page.keyboard.press("Escape")
    expect(page.get_by_role("option")).to_have_count(0)
    open_map(page, address)
    lasso(page, [(0.4, 0.3), (0.7, 0.3), (0.7, 0.7), (0.4, 0.7), (0.4, 0.3)])
    expect(page.locator(".st-key-map-drawer")).to_be_visible()
    drawn(page)
    yield "selection"
    open_map(page, address)
    click_item(page, free_point(page))
    expect(page.locator(".st-key-map-drawer")).to_be_visible()
    drawn(page)
    yield "item"


@pytest.mark.parametrize("path", ["space-library", "closeness-lab"])
def test_each_state_of_a_page_is_accessible(page: Page, sample_address: str, path: str) -> None:
    page.goto(sample_address)
    settled(page)
    for state in LIBRARY if path == "space-library" else LAB:
        page.goto(f"{sample_address}/{path}?{state}")
        expect(page.locator(".st-key-lab-previous-next, .st-key-lab-present-bar, .st-key-library-tab")).to_be_visible()
        settled(page)
        check_both_ways(page)


def test_each_state_of_the_search_page_is_accessible(page: Page, sample_address: str) -> None:
    for _ in search_states(page, sample_address):
        check_both_ways(page)


def test_each_state_of_the_page_of_the_map_is_accessible(page: Page, sample_address: str) -> None:
    for _ in map_states(page, sample_address):
        check_both_ways(page)
    surface = page.locator(".surface")
    assert surface.get_attribute("aria-label") and surface.get_attribute("role")


def test_what_is_written_on_the_canvas_of_the_map_stands_out(page: Page, sample_address: str) -> None:
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        open_map(page, sample_address, "?q=a+bird")
        theme = on_map(page, "map.theme")
        for ink, ground in (("muted", "background"), ("ink", "card"), ("onBadge", "text"), ("onBadge", "image")):
            assert contrast(theme[ink], theme[ground]) >= 4.5, (scheme, ink, ground)


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
        for states in (search_states, map_states):
            for state in states(page, sample_address):
                assert page.evaluate(_SMALLER) == [], state
