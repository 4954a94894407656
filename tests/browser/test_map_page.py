"""The page of the map in a real browser: look at items, draw around them, turn axes, come back by the address."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.benchmarks.searching import SPACE, fill
from tests.browser.acting import ask, settled
from tests.browser.mapping import click_item, drawn, free_point, hover_item, lasso, on_map, on_screen, open_map
from tests.browser.serving import serving
from tests.browser.visiting import LAPTOP, expect, visiting


def test_a_click_on_a_point_shows_its_item_with_lines_to_its_neighbours(page: Page, sample_address: str):
    open_map(page, sample_address)
    expect(page.locator(".caption")).to_have_text(re.compile(r"^All \d+ items drawn\.$"))
    item = free_point(page)
    hover_item(page, item)
    named = page.locator(".hover-card .title").inner_text()
    on_map(page, "map.setScene({ ...map.scene, caption: 'the page was drawn again' })")
    expect(page.locator(".hover-card .title")).to_be_visible()
    click_item(page, item)
    expect(page).to_have_url(re.compile(rf"[?&]item={item}\b"))
    expect(page.locator(".st-key-map-side-head h4")).to_have_text(named)
    settled(page)
    expect(page.locator("[class*='st-key-item-row-near-']")).to_have_count(10)
    assert len(on_map(page, "map.scene.near")) == 10
    page.get_by_text("Euclidean").click()
    expect(page).to_have_url(re.compile("measure=euclidean"))
    page.locator("[class*='st-key-open-near-'] button").first.click()
    expect(page).not_to_have_url(re.compile(rf"[?&]item={item}\b"))


def test_what_is_drawn_around_is_selected_and_the_address_selects_it_again(
    browser: Browser, page: Page, sample_address: str
):
    open_map(page, sample_address)
    lasso(page, [(0.5, 0.1), (0.95, 0.1), (0.95, 0.9), (0.5, 0.9)])
    expect(page).to_have_url(re.compile("area="))
    heading = page.locator(".st-key-map-side-head h4")
    expect(heading).to_have_text(re.compile(r"^\d+ items selected$"))
    drawn(page)
    count = int(heading.inner_text().split()[0])
    assert on_map(page, "map.alpha.filter((alpha) => alpha === 255).length") == count
    with page.expect_download() as waiting:
        page.get_by_text("Save as CSV").click()
    assert len(waiting.value.path().read_text("utf-8-sig").splitlines()) > count
    with visiting(browser) as again:
        again.goto(page.url)
        expect(again.locator(".st-key-map-side-head h4")).to_have_text(f"{count} items selected")


def test_an_empty_place_is_decoded_into_what_would_lie_there(page: Page, sample_address: str):
    open_map(page, sample_address)
    x, y = on_map(page, "[map.stage.width - 80, map.stage.height - 60]")
    page.mouse.click(*on_screen(page, x, y))
    expect(page).to_have_url(re.compile("spot="))
    expect(page.locator(".st-key-map-side-head")).to_contain_text("what this place of the map stands for")
    expect(page.locator("[class*='st-key-item-row-spot-']")).to_have_count(10)
    drawn(page)
    assert len(on_map(page, "map.scene.near")) == 10
    there = on_map(page, "map.stage.project(map.scene.place).slice(0, 2)")
    assert abs(there[0] - x) < 1 and abs(there[1] - y) < 1


def test_axes_lead_from_one_phrase_to_another(page: Page, sample_address: str):
    open_map(page, sample_address, "?axis=text:an+animal>text:a+building&axis=text:food>text:music")
    assert on_map(page, "map.scene.axes.map((axis) => [axis.low, axis.high])") == [
        ["an animal", "a building"],
        ["food", "music"],
    ]
    page.locator(".st-key-map-axes button").first.click()
    expect(page.get_by_label("From").first).to_have_value("an animal")
    page.get_by_label("To", exact=True).first.fill("a machine")
    page.get_by_label("To", exact=True).first.press("Enter")
    expect(page).to_have_url(re.compile("machine"))


def test_an_axis_leads_from_one_item_to_another(page: Page, sample_address: str):
    open_map(page, sample_address)
    start = free_point(page)
    click_item(page, start)
    begin = page.get_by_role("button", name="Axis from it")
    begin.click()
    expect(begin).to_be_disabled()  # the axis has begun
    near = page.locator("[class*='st-key-open-near-'] button")
    near.last.click()
    expect(page).not_to_have_url(re.compile(rf"[?&]item={start}\b"))
    page.get_by_role("button", name="Axis to it").click()
    expect(page).to_have_url(re.compile(rf"[?&]axis=item%3A{start}%3Eitem%3A\d+"))
    drawn(page)
    assert on_map(page, "map.scene.axes[0].title.includes(' to ')")
    end = on_map(page, "map.scene.item.id")
    first, last = on_map(page, f"[map.at(map.rowOf('{start}'))[0], map.at(map.rowOf('{end}'))[0]]")
    assert first < last


def test_a_question_is_a_star_with_numbered_hits_and_colours_tell_of_all_points(page: Page, sample_address: str):
    open_map(page, sample_address)
    ask(page, "a bird")
    expect(page.locator("[class*='st-key-item-row-hits-']")).to_have_count(24)
    drawn(page)
    assert sorted(on_map(page, "map.scene.hits.map(({ rank }) => Number(rank))")) == list(range(1, 25))
    assert on_map(page, "map.scene.star.label") == "a bird"
    ask(page, "a castle")
    expect(page).to_have_url(re.compile("castle"))
    drawn(page)
    assert on_map(page, "map.scene.trail.map(({ label }) => label)") == ["a bird"]
    page.goto(page.url + "&colour=match")
    drawn(page)
    expect(page.locator(".scale")).to_be_visible()
    page.goto(page.url.replace("colour=match", "colour=folder&map=3d&pictures=shown"))
    drawn(page)
    assert on_map(page, "map.points.dimensions") == 3
    hidden = page.locator(".entry .name").first.inner_text()
    page.locator(".entry").first.click()
    expect(page.locator(".entry.off .name")).to_have_text(hidden)
    expect(page).to_have_url(re.compile("hidden="))


@pytest.mark.parametrize("link", ["", "&map=3d"])
def test_what_is_looked_at_is_in_the_address_and_stays_over_a_click(
    browser: Browser, page: Page, sample_address: str, link: str
):
    open_map(page, sample_address, f"?names=off{link}")
    page.locator(".surface").focus()
    for key in ("+", "+", "ArrowRight"):
        page.keyboard.press(key)
    expect(page).to_have_url(re.compile(r"[?&]window="))
    matrix = on_map(page, "[...map.stage.matrix.elements]")
    with visiting(browser, viewport=LAPTOP) as again:
        again.goto(page.url)
        drawn(again)
        assert on_map(again, "[...map.stage.matrix.elements]") == pytest.approx(matrix, abs=1e-3)
    item = free_point(page)
    click_item(page, item)
    expect(page).to_have_url(re.compile(rf"[?&]item={item}\b"))
    drawn(page)
    expect(page).to_have_url(re.compile(r"[?&]window="))
    assert on_map(page, "[...map.stage.matrix.elements]") == pytest.approx(matrix, abs=1e-3)
    page.get_by_label("The whole map (0)").click()
    expect(page).not_to_have_url(re.compile(r"[?&]window="))


_AT_FIRST = """
    const mark = performance.mark.bind(performance);
    const top = () => Math.round(document.querySelector(".st-key-map-place").getBoundingClientRect().top);
    performance.mark = (name, ...rest) => {
        if (name === "nearspace map drawn") window.first = [top(), Boolean(document.querySelector(".st-key-map-bar"))];
        return mark(name, ...rest);
    };
"""


def test_a_map_of_many_points_is_drawn_first_and_stays_where_it_is(page: Page, tmp_path: Path):
    fill(tmp_path / "home", 10_000)
    with serving(tmp_path / "home", SPACE) as address:
        page.add_init_script(_AT_FIRST)
        page.goto(f"{address}/space-map")
        drawn(page)
        place, bar = page.evaluate("window.first")
        assert not bar, "the controls come after the map"
        expect(page.locator(".st-key-map-bar")).to_be_visible()
        box = page.locator(".st-key-map-place").bounding_box()
        assert box is not None and abs(box["y"] - place) <= 1
        before = on_map(page, "map.frames")
        page.get_by_text("3-D").click()
        expect(page).to_have_url(re.compile("dimensions=3"))
        drawn(page)
        assert on_map(page, "[map.points.dimensions, map.points.n]") == [3, 10_000]
        assert on_map(page, "map.frames") > before
