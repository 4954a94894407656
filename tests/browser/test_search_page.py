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
    assert len(found) == 24
    assert any("birds" in card for card in found[:3])
    assert wait_until(lambda: len(stars(page)) == 1)  # the map follows the cards
    numbers = [str(number) for number in range(1, 25)]
    assert wait_until(lambda: sorted(numbers_on_map(page), key=int) == numbers)
    expect(page).to_have_url(re.compile(r"[?&]text=a\+bird|[?&]text=a%20bird"))


def test_searching_from_a_result_excludes_it_from_the_results(page: Page, sample_address: str):
    page.goto(f"{sample_address}/?q=a+guitar&modality=image")
    first = cards(page)[0]
    page.locator(".ns-result[data-rank='1'] .ns-actions [data-action=from]").click()
    likes(page)
    expect(page.locator(".st-key-query-item")).to_be_visible()
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
    assert len(found) == 6
    assert len(stars(page)[0]) == 3
    address = page.url
    with visiting(browser) as again:
        again.goto(address)
        assert cards(again) == found


@pytest.mark.parametrize("link", ["", "&map=3d"])
def test_a_click_on_a_numbered_point_searches_from_its_item(page: Page, sample_address: str, link: str):
    page.goto(f"{sample_address}/?q=a+castle{link}")
    cards(page)
    drawn(page)
    best = on_map(page, "map.scene.hits.find((hit) => hit.rank === '1').id")  # it lies above all others
    click_item(page, best)
    expect(page).to_have_url(re.compile(rf"[?&]like={best}"))
    expect(page.locator(".st-key-query-item")).to_be_visible()


def test_a_point_and_its_card_light_up_together(page: Page, sample_address: str):
    page.goto(f"{sample_address}/?q=a+castle")
    cards(page)
    drawn(page)
    page.mouse.move(*spot_of(page, on_map(page, "map.scene.hits.find((hit) => hit.rank === '1').id")))
    expect(page.locator(".ns-result[data-rank='1'].ns-lit")).to_be_visible()
    expect(page.locator(".hover-card .title")).to_contain_text("1 · ")
    page.locator(".ns-result[data-rank='2']").hover()
    assert on_map(page, "map.highlighted") == "2"
    expect(page.locator(".ns-lit")).to_have_count(0)


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
    assert on_map(page, "map.stage.camera.zoom") == whole


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
        page.goto(f"{address}/?q=red")
        shown = " ".join(cards(page))
        assert wicked in " ".join(shown.split())
        assert "<b>wicked.txt" in shown
        results = page.locator(".st-key-results")
        assert results.locator("img[src='x'], b:text-is('bold'), strong, a[href^='http://127.0.0.1']").count() == 0
        assert "broken" not in page.title()


def test_the_running_app_finds_what_another_process_ingests(page: Page, tmp_path: Path):
    home, first, second = tmp_path / "home", tmp_path / "first", tmp_path / "second"
    shades(first, 30)
    assert nearspace_here("ingest", first, "--home", home, "--space", "test", "--encoder", FAKE).returncode == 0
    with serving(home, "test") as address:
        page.goto(f"{address}/?q=red&k=96&fold=off")
        assert len(cards(page)) == 30
        names = {path.name for path in shades(second, 40, start=1000)}
        done = nearspace("ingest", second, "--home", home, "--space", "test", "--encoder", FAKE)
        assert done.returncode == 0, done.stderr
        ask(page, "red thing")
        expect(page.locator(".ns-result[data-rank='70']")).to_be_attached()
        shown = " ".join(cards(page))
        assert all(name in shown for name in names)
