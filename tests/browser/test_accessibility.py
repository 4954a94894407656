"""Every page and state holds what axe-core checks, in light on a laptop and in dark on a phone; and fits fingers."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.acting import cards, settled
from tests.browser.mapping import click_item, drawn, free_point, lasso, on_map, open_map, open_view_menu
from tests.browser.visiting import LAPTOP, PHONE, expect, visiting

Way = Literal["laptop", "phone"]
WAYS: tuple[Way, ...] = ("laptop", "phone")
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
    """What axe-core finds wrong once nothing fades over any more, each rule with the elements that break it."""
    found = _violations(page)
    for _ in range(3):
        if found:
            page.wait_for_timeout(500)
            found = _violations(page)
    return found


def _violations(page: Page) -> list[str]:
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{rule['id']}: {node['target']} {node['html'][:160]}"
        for rule in found
        for node in rule["nodes"]
        # Streamlit opens the list of a select box outside of all landmarks.
        if rule["id"] != "region" or 'role="listbox"' not in node["html"]
    ]


def check(page: Page, way: Way, state: str) -> None:
    """Check the page as it is; what is tapped on a phone has 40 pixels each way."""
    settled(page)
    page.wait_for_function(_STILL)
    assert violations(page) == [], state
    if way == "phone":
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], state
        assert page.evaluate(_SMALLER) == [], state


@contextmanager
def opened(browser: Browser, address: str, way: Way) -> Iterator[Page]:
    """The app's first page, on a laptop in light or on a phone in dark."""
    phone = {"viewport": PHONE, "color_scheme": "dark", "has_touch": True, "is_mobile": True}
    with visiting(browser, **(phone if way == "phone" else {"viewport": LAPTOP, "color_scheme": "light"})) as page:
        page.goto(address)
        settled(page)
        yield page


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
    page.locator(".ns-bar textarea").fill("birds")
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


def page_states(page: Page, address: str, path: str, states: Sequence[str]) -> Iterator[str]:
    """Bring a page into each state that its address names; gives its name once it is there."""
    for state in states:
        page.goto(f"{address}/{path}?{state}")
        expect(page.locator(".st-key-lab-previous-next, .st-key-lab-present-bar, .st-key-library-tab")).to_be_visible()
        yield state


def library_states(page: Page, address: str) -> Iterator[str]:
    """Bring the library into each of its states; gives the name of each once it is there."""
    yield from page_states(page, address, "space-library", LIBRARY)
    page.goto(f"{address}/space-library?tab=add")
    page.get_by_role("button", name="Browse").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    yield "folders"


@pytest.mark.parametrize("way", WAYS)
def test_each_state_of_the_search_page_is_accessible(browser: Browser, sample_address: str, way: Way) -> None:
    with opened(browser, sample_address, way) as page:
        for state in search_states(page, sample_address):
            check(page, way, state)


@pytest.mark.parametrize("way", WAYS)
def test_each_state_of_the_page_of_the_map_is_accessible(browser: Browser, sample_address: str, way: Way) -> None:
    with opened(browser, sample_address, way) as page:
        for state in map_states(page, sample_address):
            check(page, way, state)
        surface = page.locator(".surface")
        assert surface.get_attribute("aria-label") and surface.get_attribute("role")


@pytest.mark.parametrize("way", WAYS)
def test_each_state_of_the_library_is_accessible(browser: Browser, sample_address: str, way: Way) -> None:
    with opened(browser, sample_address, way) as page:
        for state in library_states(page, sample_address):
            check(page, way, state)


@pytest.mark.parametrize("way", WAYS)
def test_each_state_of_the_lab_is_accessible(browser: Browser, sample_address: str, way: Way) -> None:
    with opened(browser, sample_address, way) as page:
        for state in page_states(page, sample_address, "closeness-lab", LAB):
            check(page, way, state)


def test_what_is_written_on_the_canvas_of_the_map_stands_out(page: Page, sample_address: str) -> None:
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        open_map(page, sample_address, "?q=a+bird")
        theme = on_map(page, "map.theme")
        for ink, ground in (("muted", "background"), ("ink", "card"), ("onBadge", "text"), ("onBadge", "image")):
            assert contrast(theme[ink], theme[ground]) >= 4.5, (scheme, ink, ground)
