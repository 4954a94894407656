"""The page of the map in a real browser: look at items, draw around them, turn axes, come back by the address."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.benchmarks.searching import SPACE, fill
from tests.browser.acting import ask, settled
from tests.browser.mapping import (
    ON_PAGE,
    click_item,
    drawn,
    free_point,
    hover_item,
    lasso,
    on_map,
    on_screen,
    open_map,
    open_view_menu,
)
from tests.browser.serving import serving
from tests.browser.visiting import LAPTOP, expect, visiting
from tests.patience import limit, wait_until


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
    assert "window=" not in page.url, "a click has changed the view of the whole map"
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
    clicked = on_map(page, f"map.stage.unproject({x}, {y})")
    page.mouse.click(*on_screen(page, x, y))
    expect(page).to_have_url(re.compile("spot="))
    expect(page.locator(".st-key-map-side-head")).to_contain_text("what this place of the map stands for")
    expect(page.locator("[class*='st-key-item-row-spot-']")).to_have_count(10)
    drawn(page)
    assert len(on_map(page, "map.scene.near")) == 10
    assert on_map(page, "map.scene.place") == pytest.approx(clicked, abs=0.01)
    # The drawer opens where it lay: the whole map moves beside it.
    drawer = page.locator(".st-key-map-drawer").bounding_box()
    assert drawer
    assert wait_until(lambda: on_map(page, "map.stage.project(map.scene.place)[0]") < drawer["x"])


def test_axes_lead_from_one_phrase_to_another(page: Page, sample_address: str):
    open_map(page, sample_address, "?axis=text:an+animal>text:a+building&axis=text:food>text:music")
    assert on_map(page, "map.scene.axes.map((axis) => [axis.low, axis.high])") == [
        ["an animal", "a building"],
        ["food", "music"],
    ]
    open_view_menu(page)
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
    page.get_by_role("button", name="Results", exact=True).click()
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
    const roots = () => [...document.querySelectorAll("*")].map((each) => each.shadowRoot).filter(Boolean);
    const stage = () => roots().map((root) => root.querySelector(".stage")).find(Boolean);
    const top = () => Math.round(stage().getBoundingClientRect().top);
    const menu = () => Boolean(document.querySelector(".st-key-map-view-menu"));
    performance.mark = (name, ...rest) => {
        if (name === "nearspace map drawn") window.first = [top(), menu()];
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
        expect(page.locator(".st-key-map-view-menu")).to_be_visible()
        box = page.locator(".stage").bounding_box()
        assert box is not None and abs(box["y"] - place) <= 1
        before = on_map(page, "map.frames")
        open_view_menu(page)
        page.get_by_text("3-D").click()
        expect(page).to_have_url(re.compile("dimensions=3"))
        drawn(page)
        assert on_map(page, "[map.points.dimensions, map.points.n]") == [3, 10_000]
        assert on_map(page, "map.frames") > before


def overlapping(boxes: list[list[float]], others: list[list[float]]) -> list[tuple[list[float], list[float]]]:
    """The pairs of a box and another one, each [left, top, right, bottom], that share a part of the view."""
    return [
        (one, other)
        for one in boxes
        for other in others
        if one is not other
        and min(one[2], other[2]) - max(one[0], other[0]) > 0.5
        and min(one[3], other[3]) - max(one[1], other[1]) > 0.5
    ]


MARKS = """[...map.scene.hits, map.scene.star].map(({ at }) => map.stage.project(at))
    .map(([x, y]) => [x - 8, y - 8, x + 8, y + 8])"""


def named(page: Page, address: str, question: str) -> list[list[float]]:
    """The boxes of the topics' names; topics are found first where they have not been."""
    open_map(page, address, question)
    open_view_menu(page)
    page.get_by_role("button", name="List the topics").click()
    find = page.get_by_role("button", name="Find topics", exact=True)
    expect(find.or_(page.locator(".st-key-map-topics"))).to_be_visible()
    if find.count():
        find.click()
    expect(page.locator(".st-key-map-topics")).to_be_visible()
    page.keyboard.press("Escape")
    drawn(page)
    found: list[list[float]] = on_map(page, "map.names.map(({ box }) => box)")
    return found


def test_names_of_topics_cover_nothing_that_matters_and_grow_in_number_as_one_comes_closer(
    page: Page, sample_address: str
):
    boxes = named(page, sample_address, "?q=a+red+bird&projection=pca")
    assert len(boxes) > 2
    assert not overlapping(boxes, boxes)
    assert not overlapping(boxes, on_map(page, MARKS))
    assert not overlapping(boxes, on_map(page, "map.covered"))
    shown = on_map(page, "map.names.map(({ code }) => code)")
    assert len(shown) < len(on_map(page, "map.scene.topics")), "from afar not all of them have room"
    # Closer to a topic without a name, its name appears.
    hidden = on_map(page, f"map.scene.topics.find(({{ code }}) => !{shown}.includes(code))")
    on_map(page, f"map.stage.flyTo({hidden['at']}, 0.1)")
    page.wait_for_function(f"() => {ON_PAGE}.names.some(({{ code }}) => code === {hidden['code']})")


def test_the_map_fills_the_window_and_shows_what_all_but_outliers_span(page: Page, sample_address: str):
    open_map(page, sample_address, "?projection=pca")
    size = page.viewport_size
    box = page.locator(".stage").bounding_box()
    assert size is not None and box is not None
    assert box["x"] == 0 and box["width"] == size["width"]
    assert box["y"] + box["height"] == size["height"] and box["height"] > 0.85 * size["height"]
    assert page.locator(".st-key-map-drawer").count() == 0
    low, high = on_map(page, "map.points.fit")
    (left, bottom), (right, top) = (on_map(page, f"map.stage.project({at}).slice(0, 2)") for at in (low, high))
    assert left >= 0 and top >= 0 and right <= box["width"] and bottom <= box["height"]
    assert max((right - left) / box["width"], (bottom - top) / box["height"]) > 0.6


def test_pictures_take_the_place_of_dots_as_one_comes_closer_and_do_not_overlap(page: Page, sample_address: str):
    open_map(page, sample_address, "?names=off&projection=pca")
    assert on_map(page, "map.pictured.length") == 0
    picture = on_map(page, "map.at(map.points.kinds.findIndex((kind) => kind === 0)).slice(0, 2)")
    on_map(page, f"map.stage.flyTo({picture}, 0.4)")
    page.wait_for_function(f"() => {ON_PAGE}.pictured.length > 5")
    boxes = on_map(
        page,
        """map.pictured.map((row) => map.stage.project(map.at(row))).map(([x, y]) =>
            [x - map.side / 2, y - map.side / 2, x + map.side / 2, y + map.side / 2])""",
    )
    assert not overlapping(boxes, boxes)
    side = on_map(page, "map.side")
    on_map(page, f"map.stage.flyTo({picture}, 0.15)")
    page.wait_for_function(f"() => {ON_PAGE}.side > {side}")


_GLIDES = "window.glides = 0; const glide = map.glide.bind(map); map.glide = () => { window.glides++; glide(); }"


def test_straight_axes_stay_until_neighbours_are_fitted_and_then_the_points_glide_over(
    browser: Browser, page: Page, sample_address: str
):
    open_map(page, sample_address, "?projection=tsne&names=off")
    assert on_map(page, "map.points.n") > 100
    page.evaluate(f"() => {{ const map = {ON_PAGE}; {_GLIDES}; }}")
    straight = on_map(page, "map.scene.axes[0].title")
    if straight:  # unless another test has fitted it
        expect(page.locator(".st-key-map-fitting")).to_contain_text("Sorting by neighbours")
        page.wait_for_function(f"() => {ON_PAGE}.scene.axes[0].title === ''", timeout=1000 * limit(120))
        drawn(page)
        assert page.evaluate("window.glides") > 1
    expect(page.locator(".st-key-map-fitting")).to_have_count(0)
    assert on_map(page, "map.stage.fitted"), "the view goes with the points"
    with visiting(browser, viewport=LAPTOP, reduced_motion="reduce") as calm:
        open_map(calm, sample_address, "?projection=tsne&names=off")
        calm.evaluate(f"() => {{ const map = {ON_PAGE}; {_GLIDES}; }}")
        open_view_menu(calm)
        calm.locator(".st-key-space-method").get_by_text("Straight axes", exact=True).click()
        calm.wait_for_function(f"() => {ON_PAGE}.scene.axes[0].title !== ''")
        drawn(calm)
        assert calm.evaluate("window.glides") == 0


def test_a_selection_stays_on_another_layout_and_on_the_search_page(page: Page, sample_address: str):
    open_map(page, sample_address, "?names=off")
    lasso(page, [(0.45, 0.2), (0.7, 0.2), (0.7, 0.8), (0.45, 0.8)])
    heading = page.locator(".st-key-map-side-head h4")
    expect(heading).to_have_text(re.compile(r"^\d+ items selected$"))
    selected = heading.inner_text()
    page.goto(re.sub(r"dimensions=\d&?|area=[^&]*&?|window=[^&]*&?", "", page.url) + "&gap=open")
    expect(heading).to_have_text(selected)
    page.get_by_role("link", name="Search").click()
    expect(page.locator(".st-key-map-panel")).to_be_visible()
    drawn(page)
    count = int(selected.split()[0])
    assert on_map(page, "map.alpha.filter((alpha) => alpha === 255).length") == count
