"""The search page in a real browser: ask, look, go on from there, and come back by its address."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from ingest.resources import sample_folder
from tests.browser.acting import ask, cards, likes, settled, upload
from tests.browser.mapping import click_item, drawn, numbers_on_map, on_map, spot_of, stars
from tests.browser.serving import serving
from tests.browser.visiting import PHONE, expect, visiting
from tests.command_line import nearspace, nearspace_here
from tests.make_files import FAKE, picture, shades, text
from tests.patience import wait_until


def test_a_text_query_gives_cards_and_a_star_on_the_map(page: Page, sample_address: str):
    page.goto(sample_address)
    ask(page, "a bird")
    found = cards(page)
    assert len(found) >= 10
    assert any("birds" in card for card in found[:3])
    assert wait_until(lambda: len(stars(page)) == 1)  # the map follows the cards
    numbers = page.locator(".ns-result .ns-rank").all_inner_texts()
    assert wait_until(lambda: set(numbers) <= set(numbers_on_map(page)))
    expect(page).to_have_url(re.compile(r"[?&]text=a\+bird|[?&]text=a%20bird"))


def test_searching_from_a_result_excludes_it_from_the_results(page: Page, sample_address: str):
    page.goto(f"{sample_address}/?q=a+guitar&modality=image")
    first = cards(page)[0]
    page.locator(".ns-result[data-rank='1'] .ns-actions [data-action=from]").click()
    likes(page)
    expect(page.locator(".ns-bar .ns-token")).to_contain_text("like")
    name = re.search(r"\S+\.(?:webp|jpg|png)", first).group()
    expect(page.locator(".ns-result").filter(has_text=name)).to_have_count(0)
    assert sum("music" in card for card in cards(page)[:8]) >= 5


def test_an_uploaded_picture_finds_similar_items_and_its_url_reopens_it(
    browser: Browser, page: Page, sample_address: str
):
    page.goto(sample_address)
    settled(page)
    upload(page, sample_folder() / "pictures" / "music" / "classical_guitar.webp")
    expect(page).to_have_url(re.compile(r"[?&]image=[0-9a-f]{32}"))
    found = cards(page)
    assert sum("music" in card for card in found[:8]) >= 5
    with visiting(browser) as again:
        again.goto(page.url)
        assert cards(again) == found


def test_the_url_reopens_the_query_with_its_filters_and_map(browser: Browser, page: Page, sample_address: str):
    page.goto(f"{sample_address}/?q=red&modality=image&k=6&map=3d&colour=folder")
    found = cards(page)
    assert 0 < len(found) <= 6
    assert len(stars(page)[0]) == 3
    address = page.url
    with visiting(browser) as again:
        again.goto(address)
        assert cards(again) == found


def test_pictures_are_dense_and_nothing_covers_them(page: Page, sample_address: str):
    page.goto(f"{sample_address}/?q=a+photo+of+an+animal&modality=image&expanded=weaker")
    cards(page)
    whole = """() => [...document.querySelectorAll(".ns-result .ns-picture")].filter((picture) => {
        const box = picture.getBoundingClientRect();
        return box.width > 0 && box.top >= 0 && box.bottom <= innerHeight;
    }).length"""
    assert page.evaluate(whole) >= 20
    box, first = page.locator(".st-key-ask").bounding_box(), page.locator(".ns-result").first.bounding_box()
    assert box and first and first["y"] - (box["y"] + box["height"]) <= 200
    card = page.locator(".ns-result[data-rank='2']")
    card.hover()
    picture = card.locator(".ns-picture").bounding_box()
    for part in (".ns-actions", ".ns-facts", ".ns-rank"):
        over = card.locator(part).bounding_box()
        assert picture and over and over["y"] >= picture["y"] + picture["height"] - 1


def test_the_size_of_pictures_is_remembered(page: Page, sample_address: str):
    page.goto(f"{sample_address}/?q=a+bird&modality=image")
    cards(page)
    small = page.locator(".ns-result .ns-picture").first.bounding_box()
    page.locator(".ns-size").fill("2")
    page.reload()
    cards(page)
    large = page.locator(".ns-result .ns-picture").first.bounding_box()
    assert small and large and large["height"] > 1.5 * small["height"]


def test_more_results_keep_the_place_and_back_returns_to_it(page: Page, sample_address: str):
    page.goto(f"{sample_address}/?q=a+bird&expanded=weaker&k=12")
    cards(page)
    more = page.locator(".st-key-more-weaker button")
    more.scroll_into_view_if_needed()
    last = page.locator(".ns-result[data-rank='24']")
    before = last.bounding_box()
    expect(page).to_have_url(re.compile("pages=2"))  # asked for as one comes near
    expect(page.locator(".ns-result[data-rank='25']")).to_be_attached()
    settled(page)
    after = last.bounding_box()
    assert before and after and abs(after["y"] - before["y"]) < 60
    page.wait_for_timeout(500)
    scrolled = page.locator("[data-testid=stMain]").evaluate("(main) => main.scrollTop")
    assert scrolled > 300
    address = page.url
    page.locator(".ns-result[data-rank='24'] .ns-actions [data-action=from]").click()
    likes(page)
    settled(page)
    page.go_back()
    expect(page).to_have_url(address)
    main = page.locator("[data-testid=stMain]")
    assert wait_until(lambda: abs(main.evaluate("(main) => main.scrollTop") - scrolled) < 150)


@pytest.mark.parametrize("link", ["", "&map=3d"])
def test_a_click_on_a_numbered_point_searches_from_its_item(page: Page, sample_address: str, link: str):
    page.goto(f"{sample_address}/?q=a+castle{link}")
    cards(page)
    drawn(page)
    best = on_map(page, "map.scene.hits.find((hit) => hit.rank === '1').id")  # it lies above all others
    click_item(page, best)
    expect(page).to_have_url(re.compile(rf"[?&]like={best}"))
    expect(page.locator(".ns-bar .ns-token")).to_contain_text("like")


def test_a_point_and_its_card_light_up_together(page: Page, sample_address: str):
    page.goto(f"{sample_address}/?q=a+castle")
    cards(page)
    drawn(page)
    page.mouse.move(*spot_of(page, on_map(page, "map.scene.hits.find((hit) => hit.rank === '1').id")))
    expect(page.locator(".ns-result[data-rank='1'].ns-lit")).to_be_visible()
    expect(page.locator(".hover-card .title")).to_contain_text("1 · ")
    page.locator(".ns-result[data-rank='2']").hover()
    assert on_map(page, "map.pulse.rank") == "2"
    expect(page.locator(".ns-lit")).to_have_count(0)
    assert on_map(page, "map.pulse.share") != on_map(page, "map.pulse.share"), "it pulses, without a word from the app"


def test_the_map_leaves_the_results_most_of_the_width_and_says_how_far_to_trust_it(page: Page, sample_address: str):
    page.goto(f"{sample_address}/?q=a+castle")
    cards(page)
    drawn(page)
    panel, size = page.locator(".st-key-map-panel").bounding_box(), page.viewport_size
    assert panel is not None and size is not None and panel["width"] <= 0.4 * size["width"]
    assert on_map(page, "map.scene.numbered") == 5
    trust = page.locator(".ns-trust")
    expect(trust).to_contain_text("Dots that lie close often mean alike.")
    expect(trust).to_contain_text(re.compile("Trust: (low|fair|good)"))
    expect(trust.get_by_text("of the variance")).to_be_hidden()
    trust.locator("summary").click()
    expect(trust.get_by_text("of the variance")).to_be_visible()


def test_the_view_of_the_map_stays_while_it_contains_the_query(page: Page, sample_address: str):
    page.goto(sample_address)
    drawn(page)
    whole = on_map(page, "map.stage.camera.zoom")
    ask(page, "a bird")
    cards(page)
    [star] = stars(page)
    on_map(page, f"map.stage.flyTo({star}, 0.5)")
    near = on_map(page, "map.stage.camera.zoom")
    assert near > whole
    page.locator(".ns-result[data-rank='1'] .ns-actions [data-action=more]").click()
    expect(page).to_have_url(re.compile("like="))
    cards(page)
    drawn(page)
    assert on_map(page, "map.stage.camera.zoom") == near
    on_map(page, f"map.stage.flyTo([{star[0]} + 40, {star[1]}], 0.1)")
    ask(page, "a castle")
    expect(page).to_have_url(re.compile("castle"))
    cards(page)
    drawn(page)
    assert on_map(page, "map.stage.fitted"), "the whole map is shown, with the query and its results"
    for x, y, _ in on_map(page, "[map.scene.star, ...map.scene.hits].map(({ at }) => map.stage.project(at))"):
        assert 0 <= x <= on_map(page, "map.stage.width") and 0 <= y <= on_map(page, "map.stage.height")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("query", ["", "?q=a+bird", "?q=a+bird&term=text:-1:a+feeder+in+a+garden&like=12&unlike=40"])
def test_a_phone_never_scrolls_sideways(browser: Browser, sample_address: str, scheme: str, query: str):
    with visiting(browser, viewport=PHONE, color_scheme=scheme) as page:
        page.goto(f"{sample_address}/{query}")
        settled(page)
        drawn(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_missing_space_shows_the_command_that_creates_one(page: Page, tmp_path: Path):
    (tmp_path / "home").mkdir()
    with serving(tmp_path / "home", "nothing") as address:
        page.goto(address)
        expect(page.get_by_text("nearspace ingest").first).to_be_visible()


def test_text_from_files_is_never_shown_as_markup(page: Page, tmp_path: Path):
    wicked = "<img src=x onerror=\"document.title='broken'\"> <b>bold</b> **stars** $x^2$ :smile: ![p](http://127.0.0.1/p.png)"
    text(tmp_path / "files" / "<b>wicked.txt", wicked)
    picture(tmp_path / "files" / "**red** [x](y).png", "red")
    text(tmp_path / "files" / "**red** [x](y).txt", f"{wicked} again")  # of other content, so an item of its own
    done = nearspace_here(
        "ingest", tmp_path / "files", "--home", tmp_path / "home", "--space", "test", "--encoder", FAKE
    )
    assert done.returncode == 0, done.stderr
    with serving(tmp_path / "home", "test") as address:
        page.goto(f"{address}/?q=red&view=list&expanded=weaker")
        shown = " ".join(cards(page))
        assert wicked in " ".join(shown.split())
        assert "<b>wicked.txt" in shown
        results = page.locator(".ns-result")
        assert results.count() == 3
        assert results.locator("img[src='x'], b:text-is('bold'), strong, a[href^='http://127.0.0.1']").count() == 0
        assert "broken" not in page.title()


def test_the_running_app_finds_what_another_process_ingests(page: Page, tmp_path: Path):
    home, first, second = tmp_path / "home", tmp_path / "first", tmp_path / "second"
    shades(first, 30)
    assert nearspace_here("ingest", first, "--home", home, "--space", "test", "--encoder", FAKE).returncode == 0
    with serving(home, "test") as address:
        page.goto(f"{address}/?q=red&k=96&fold=off&layout=list&expanded=weaker")
        assert len(cards(page)) == 30
        names = {path.name for path in shades(second, 40, start=1000)}
        done = nearspace("ingest", second, "--home", home, "--space", "test", "--encoder", FAKE)
        assert done.returncode == 0, done.stderr
        ask(page, "red thing")
        expect(page.locator(".ns-bar")).to_have_attribute("data-question", "red thing")
        settled(page)
        page.get_by_role("button", name=re.compile("^[0-9]+ weaker ones")).click()
        expect(page.locator(".ns-result[data-rank='70']")).to_be_attached()
        shown = " ".join(cards(page))
        assert all(name in shown for name in names)
