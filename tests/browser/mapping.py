"""What a person does on the page of the map, and what they see there."""

import re
from collections.abc import Sequence
from typing import Any

from playwright.sync_api import Page

from tests.browser.acting import settled
from tests.browser.visiting import expect
from tests.patience import wait_until

_FRAMES = '[...document.querySelectorAll("*")].map((each) => each.shadowRoot?.querySelector(".frame"))'
ON_PAGE = f"{_FRAMES}.find(Boolean).nearspace"
"""The map, in JavaScript."""


def open_map(page: Page, address: str, query: str = "") -> None:
    """Open the page of the map, and wait until its points are drawn: on straight axes unless `query` says otherwise."""
    if "projection=" not in query:
        query = f"{query}{'&' if query else '?'}projection=pca"
    # The first visit of all must be to the main page, until which Streamlit knows no other.
    page.goto(address)
    settled(page)
    page.goto(f"{address}/space-map{query}")
    drawn(page)


def open_view_menu(page: Page) -> None:
    """Open the menu of how the map is laid out and what is drawn."""
    page.get_by_role("button", name="View", exact=True).click()
    expect(page.locator(".st-key-map-view")).to_be_visible()


def drawn(page: Page) -> None:
    """Wait until the map is drawn and nothing runs any more."""
    expect(page.locator(".frame[data-drawn]")).to_be_visible()
    settled(page)
    page.wait_for_function(f"() => {ON_PAGE}.alpha && !{ON_PAGE}.pending && !{ON_PAGE}.gliding")


def on_map(page: Page, asked: str) -> Any:
    """The value of a JavaScript expression about the map, which is `map` in it."""
    return page.evaluate(f"() => {{ const map = {ON_PAGE}; return {asked}; }}")


def spot_of(page: Page, item_id: str) -> tuple[float, float]:
    """Where an item is on the screen."""
    x, y = on_map(page, f"map.stage.project(map.at(map.rowOf('{item_id}'))).slice(0, 2)")
    return on_screen(page, x, y)


def hover_item(page: Page, item_id: str) -> None:
    """Point at an item until its card is shown; a map that moves meanwhile takes the card away."""

    def card_is_shown() -> bool:
        x, y = spot_of(page, item_id)
        page.mouse.move(x - 1, y)
        page.mouse.move(x, y)
        page.wait_for_timeout(150)
        return page.locator(".hover-card .title").is_visible()

    assert wait_until(card_is_shown), "no card is shown of the item that is pointed at"


def click_item(page: Page, item_id: str) -> None:
    """Click the point of an item, once the map stays where it is on the page."""
    at = spot_of(page, item_id)
    page.mouse.move(*at)
    page.wait_for_timeout(150)
    while (now := spot_of(page, item_id)) != at:
        at = now
        page.mouse.move(*at)
        page.wait_for_timeout(150)
    page.mouse.click(*at)


def on_screen(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where a place of the map's element is on the screen."""
    box = page.locator(".surface").bounding_box()
    assert box is not None
    return box["x"] + x, box["y"] + y


def stars(page: Page) -> list[list[float]]:
    """Where the question lies on the map, in the map's own numbers; [] where there is none."""
    drawn(page)
    return [place for place in [on_map(page, "map.scene.star && map.scene.star.at")] if place]


def numbers_on_map(page: Page) -> list[str]:
    """The numbers of the hits on the map."""
    drawn(page)
    found: list[str] = on_map(page, "map.scene.hits.map((hit) => hit.rank)")
    return found


def free_point(page: Page) -> str:
    """The id of a point that no other one covers."""
    return str(
        on_map(
            page,
            """(() => {
                const at = map.screenPositions(), rows = [...Array(map.points.n).keys()];
                map.measureCovered();
                const covered = [...map.covered, ...(map.names ?? []).map(({ box }) => box)];
                const beside = map.stage.width > 700 ? 440 : 60;  // where the drawer opens
                const inside = (row) => at[2 * row] > 60 && at[2 * row] < map.stage.width - beside
                    && at[2 * row + 1] > 80 && at[2 * row + 1] < map.stage.height - 100
                    && !covered.some(([left, top, right, bottom]) => at[2 * row] > left && at[2 * row] < right
                        && at[2 * row + 1] > top && at[2 * row + 1] < bottom);
                const away = (row, other) =>
                    Math.hypot(at[2 * row] - at[2 * other], at[2 * row + 1] - at[2 * other + 1]);
                return map.idOf(rows.find((row) =>
                    inside(row) && rows.every((other) => other === row || away(row, other) > 16)));
            })()""",
        )
    )


def lasso(page: Page, corners: Sequence[tuple[float, float]]) -> None:
    """Draw around a part of the map; `corners` are shares of its width and height."""
    box = page.locator(".surface").bounding_box()
    assert box is not None
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    page.get_by_label(re.compile("^Lasso")).click()
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=6)
    page.mouse.up()
