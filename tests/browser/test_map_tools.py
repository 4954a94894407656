"""The map's tools in a real browser: the box, fingers, and the view as a file."""

import io
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, CDPSession, Page

from tests.browser.acting import cards, settled
from tests.browser.mapping import drawn, free_point, numbers_on_map, on_map, on_screen, open_map, spot_of
from tests.browser.visiting import PHONE, expect, visiting
from tests.patience import limit, wait_until

_SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A fresh page of a phone that is touched."""
    with visiting(browser, viewport=PHONE, has_touch=True, is_mobile=True) as page:
        yield page


class Fingers:
    """Fingers on a page's screen."""

    def __init__(self, page: Page) -> None:
        self._session: CDPSession = page.context.new_cdp_session(page)

    def move(self, start: Sequence[tuple[float, float]], end: Sequence[tuple[float, float]], steps: int = 8) -> None:
        """Put a finger down on each of `start`, move it to its place of `end`, and lift them all."""
        self._send("touchStart", start)
        for step in range(1, steps + 1):
            share = step / steps
            places = [(x + share * (u - x), y + share * (v - y)) for (x, y), (u, v) in zip(start, end, strict=True)]
            self._send("touchMove", places)
        self._send("touchEnd", [])

    def _send(self, kind: str, places: Sequence[tuple[float, float]]) -> None:
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        self._session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def in_view(page: Page) -> None:
    """Bring the whole map into view."""
    page.locator(".stage").evaluate("(stage) => stage.scrollIntoView({ block: 'center', behavior: 'instant' })")
    page.wait_for_timeout(1000 * limit(0.3))


def test_a_box_selects_what_lies_in_it(page: Page, sample_address: str):
    open_map(page, sample_address)
    width, height = on_map(page, "[map.stage.width, map.stage.height]")
    left, top, right, bottom = 0.45 * width, 0.2 * height, 0.8 * width, 0.7 * height
    inside = on_map(
        page,
        f"""[...Array(map.points.n).keys()].filter((row) => {{
            const x = map.screenPositions()[2 * row], y = map.screenPositions()[2 * row + 1];
            return x > {left} && x < {right} && y > {top} && y < {bottom};
        }}).length""",
    )
    assert inside > 10
    page.get_by_label(re.compile("^Box")).click()
    page.mouse.move(*on_screen(page, left, top))
    page.mouse.down()
    page.mouse.move(*on_screen(page, right, bottom), steps=6)
    page.mouse.up()
    expect(page.locator(".st-key-map-side-head h4")).to_have_text(f"{inside} items selected")


def test_one_finger_moves_the_map_two_bring_it_closer_and_a_tap_picks(phone: Page, sample_address: str):
    open_map(phone, sample_address)
    in_view(phone)
    fingers = Fingers(phone)
    x, y = on_screen(phone, *on_map(phone, "[map.stage.width / 2, map.stage.height / 2]"))
    before = on_map(phone, "map.stage.project([0, 0]).slice(0, 2)")
    fingers.move([(x, y)], [(x + 60, y + 40)])
    after = on_map(phone, "map.stage.project([0, 0]).slice(0, 2)")
    assert np.allclose(np.subtract(after, before), [60, 40], atol=12)  # a drag begins after a few pixels
    zoom = on_map(phone, "map.stage.camera.zoom")
    fingers.move([(x - 30, y), (x + 30, y)], [(x - 110, y), (x + 110, y)])
    assert on_map(phone, "map.stage.camera.zoom") > 1.5 * zoom
    assert "item=" not in phone.url and "spot=" not in phone.url, "what moves the map picks nothing"
    item = free_point(phone)
    phone.touchscreen.tap(*spot_of(phone, item))
    expect(phone).to_have_url(re.compile(rf"[?&]item={item}\b"))


def test_the_view_is_saved_as_a_picture_with_its_points_and_hits(page: Page, sample_address: str):
    open_map(page, sample_address, "?q=a+bird")
    expect(page.locator(".frame[data-drawn]")).to_be_visible()
    ranks = numbers_on_map(page)
    width, height, dense = on_map(page, "[map.stage.width, map.stage.height, map.pixelRatio]")
    with page.expect_download() as waiting:
        page.get_by_label("Save the view as PNG").click()
    with Image.open(io.BytesIO(waiting.value.path().read_bytes())) as saved:
        assert saved.size == (round(width * dense), round(height * dense))
        pixels = np.asarray(saved.convert("RGB")).reshape(-1, 3).astype(int)
    theme = on_map(page, "map.scene.theme")
    for name in ("star", "image", "text"):  # the query, and its hits of both kinds
        wanted = [int(theme[name][place : place + 2], 16) for place in (1, 3, 5)]
        assert (np.abs(pixels - wanted).max(axis=1) < 12).sum() > 30, f"the picture shows nothing of {name}"
    with page.expect_download() as waiting:
        page.get_by_label("Save the view as SVG").click()
    drawing = ElementTree.fromstring(waiting.value.path().read_text("utf-8"))
    shown = [text for text in drawing.iter(f"{_SVG}text") if text.text in ranks]
    assert "1" in {text.text for text in shown}, "the best result has no number"
    at = np.array([[float(text.attrib["x"]), float(text.attrib["y"])] for text in shown])
    apart = np.linalg.norm(at[:, np.newaxis] - at, axis=2)[np.triu_indices(len(at), 1)]
    assert apart.min() >= 18, "a number covers another one"
    marks = len(list(drawing.iter(f"{_SVG}circle"))) + len(list(drawing.iter(f"{_SVG}path")))
    assert marks > on_map(page, "map.points.n")


def test_nothing_covers_the_names_of_axes(page: Page, sample_address: str):
    open_map(page, sample_address, "?axis=text:an+animal>text:a+building&axis=text:food>text:music")
    on_map(page, "map.measureCovered()")
    with page.expect_download() as waiting:
        page.get_by_label("Save the view as SVG").click()
    drawing = ElementTree.fromstring(waiting.value.path().read_text("utf-8"))
    names = [
        text for text in drawing.iter(f"{_SVG}text") if (text.text or "")[:1] == "←" or (text.text or "")[-1:] == "→"
    ]
    assert len(names) == 4
    for name in names:
        x, y = float(name.attrib["x"]), float(name.attrib["y"])
        over = [box for box in on_map(page, "map.covered") if box[0] < x < box[2] and box[1] < y < box[3]]
        assert not over, f"{name.text} lies under something"


def test_all_points_are_drawn_once_the_view_rests_however_few_it_moves_with(page: Page, sample_address: str):
    open_map(page, sample_address)
    everything = on_map(page, "map.points.n")
    # As on a machine that takes half a second for a frame.
    on_map(page, "(map.share = 0.1, map.adaptShare = () => {}, map.stage.zoom(1), map.drawNow())")
    assert on_map(page, "map.stage.points.geometry.drawRange.count") < 0.2 * everything
    page.wait_for_function(
        """() => [...document.querySelectorAll("*")].map((each) => each.shadowRoot?.querySelector(".frame"))
            .find(Boolean).nearspace.moving === false"""
    )
    drawn(page)
    assert on_map(page, "map.stage.points.geometry.drawRange.count") == everything


def test_on_a_phone_the_small_map_lets_the_page_scroll(phone: Page, sample_address: str):
    phone.goto(f"{sample_address}/?q=a+bird")
    cards(phone)
    drawn(phone)
    in_view(phone)
    settled(phone)
    x, y = on_screen(phone, *on_map(phone, "[map.stage.width / 2, map.stage.height / 2]"))
    top = phone.locator(".stage").bounding_box()
    before = on_map(phone, "map.stage.camera.position.y")
    Fingers(phone).move([(x, y)], [(x, y + 150)])
    assert top is not None

    def has_moved() -> bool:
        now = phone.locator(".stage").bounding_box()
        return now is not None and now["y"] > top["y"] + 40

    assert wait_until(has_moved)
    assert on_map(phone, "map.stage.camera.position.y") == before
