"""What a person does on the search page, and what they see there."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

GRAPH = ".st-key-map-panel .js-plotly-plot"


def ask(page: Page, words: str) -> None:
    """Type words into the box and press Enter."""
    box = page.locator(".st-key-ask textarea")
    box.fill(words)
    box.press("Enter")


def upload(page: Page, picture: Path, words: str = "") -> None:
    """Put a picture into the box, with words if given, and send it."""
    page.locator(".st-key-ask input[type=file]").set_input_files(picture)
    expect(page.get_by_role("button", name=f"Remove {picture.name}")).to_be_visible()
    if words:
        page.locator(".st-key-ask textarea").fill(words)
    send = page.get_by_role("button", name="Send message")
    expect(send).to_be_enabled()  # it is not while the file is on its way
    send.click()


def settled(page: Page) -> None:
    """Wait until the page is drawn and nothing runs any more."""
    expect(page.locator("[data-testid=stApp]")).to_have_attribute("data-test-script-state", "notRunning")
    expect(page.locator("[data-testid=stSpinner]")).to_have_count(0)


def cards(page: Page) -> list[str]:
    """The words on each result card, in their order."""
    settled(page)
    expect(page.locator(".st-key-card-1")).to_be_visible()
    found = page.locator("[class*='st-key-card-']")
    # A card is drawn from its top to its bottom, and the button is its last part.
    expect(found.last.get_by_text("Details")).to_be_visible()
    return found.all_inner_texts()


def stars(page: Page) -> list[tuple[float, ...]]:
    """The places of the stars on the map."""
    page.wait_for_selector(GRAPH)
    found: list[list[float]] = page.evaluate(
        """(selector) => document.querySelector(selector).data
            .filter((trace) => String(trace.marker && trace.marker.symbol).includes("star") || trace.name === "query")
            .map((trace) => [trace.x, trace.y, trace.z].filter(Boolean).map((axis) => axis[0]))""",
        GRAPH,
    )
    return [tuple(place) for place in found]


def numbers_on_map(page: Page) -> list[str]:
    """The numbers of the hits on the map."""
    return page.evaluate(
        """(selector) => document.querySelector(selector).data
            .filter((trace) => trace.mode === "markers+text").flatMap((trace) => Array.from(trace.text, String))""",
        GRAPH,
    )


def likes(page: Page) -> None:
    """Wait until the address asks for items like another."""
    expect(page).to_have_url(re.compile(r"[?&]like=\d+"))
