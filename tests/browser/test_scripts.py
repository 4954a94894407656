"""Names and texts of any script are shown in their own direction, on every page that shows them."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from ingest.encoders.lite.lite_encoder import LiteEncoder
from ingest.resources import sample_folder
from tests.browser.acting import settled
from tests.browser.serving import nearspace, serving
from tests.browser.visiting import expect
from tests.servers import end_server

NAMES = {
    "طائر أحمر على غصن شجرة في الحديقة العامة": "rtl",
    "ציפור אדומה על ענף ארוך בגן הציבורי": "rtl",
    "赤い鳥が枝にとまっている": "ltr",
    "🐦‍🔥👩‍👩‍👧‍👦 a party of birds": "ltr",
}
_DIRECTIONS = """(shown) => shown.map((each) => [each.textContent.trim(), getComputedStyle(each).direction])"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, lite: LiteEncoder) -> Iterator[str]:
    """The address of an app whose space has a picture of each name and a caption as long, in folders so named."""
    folder = tmp_path_factory.mktemp("scripts")
    home, files = folder / "home", folder / "files" / "صور الطيور"
    files.mkdir(parents=True)
    birds = sorted((sample_folder() / "pictures" / "birds").glob("*.jpg"))
    for name, bird in zip(NAMES, birds, strict=False):
        shutil.copy(bird, files / f"{name}.jpg")
        (files / f"{name}.txt").write_text(f"{name}.", encoding="utf-8")
    done = nearspace("ingest", folder / "files", "--home", home, "--space", "test")
    assert done.returncode == 0, done.stderr
    with serving(home, "test") as served:
        yield served
    end_server(home / "test")


def directions(page: Page, selector: str) -> dict[str, str]:
    """The direction of each element's text; of one that begins as one of NAMES, by that name."""
    settled(page)
    found = page.locator(selector).evaluate_all(_DIRECTIONS)
    return {name: way for text, way in found for name in NAMES if text[:6] == name[:6]}


def test_titles_and_captions_run_as_their_letters_do(page: Page, address: str) -> None:
    page.goto(f"{address}/?q=a+bird&view=list&modality=image&k=12")
    expect(page.locator(".ns-result").first).to_be_visible()
    assert directions(page, ".ns-result h4") == NAMES
    page.locator(".ns-result", has_text="طائر").locator("[data-action=details]").first.click()
    title = page.locator("h4:not(.ns-result h4)", has_text="طائر")
    expect(title.first).to_be_visible()
    assert title.first.evaluate("(shown) => getComputedStyle(shown).direction") == "rtl"


def test_the_lab_and_the_library_show_any_script(page: Page, address: str) -> None:
    page.goto(address)
    settled(page)
    page.goto(f"{address}/closeness-lab?part=pairs")
    expect(page.locator(".ns-lab-chip").first).to_be_visible()
    chips = directions(page, ".ns-lab-chip b")
    assert chips and chips == {name: NAMES[name] for name in chips}
    page.get_by_placeholder("Add words, then Enter").fill("ציפור")
    expect(page.get_by_placeholder("Add words, then Enter")).to_have_attribute("dir", "auto")
    page.goto(f"{address}/space-library")
    expect(page.locator(".ns-bar-list bdi").first).to_be_visible()
    assert page.locator(".ns-bar-list bdi").filter(has_text="صور الطيور").count() == 1
