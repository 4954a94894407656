"""The library in a real browser: drop a file, see it ingested, find it."""

import shutil
from pathlib import Path

from playwright.sync_api import Page

from ingest.encoders.lite.lite_encoder import LiteEncoder
from ingest.resources import sample_folder
from tests.browser.acting import cards, settled
from tests.browser.serving import serving
from tests.browser.visiting import expect
from tests.servers import end_server


def test_an_upload_creates_the_first_space_and_is_ingested_across_a_reload_and_found(
    page: Page, tmp_path: Path, lite: LiteEncoder
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(sample_folder() / "pictures" / "music" / "classical_guitar.webp", tmp_path / "a <b>guitar.webp")
    with serving(home, "new") as address:
        page.goto(f"{address}/space-library")
        expect(page.get_by_text("Add your first folder")).to_be_visible()
        settled(page)
        expect(page.get_by_text("Page not found")).to_have_count(0)
        page.locator(".st-key-add-files input[type=file]").set_input_files(tmp_path / "a <b>guitar.webp")
        page.get_by_role("button", name="Add 1 file").click()
        expect(page.locator(".st-key-job")).to_be_visible()
        page.reload()
        expect(page.locator(".st-key-job").get_by_text("Added a _b_guitar.webp"), 240).to_be_visible()
        expect(page.locator(".st-key-counts").get_by_text("1 picture")).to_be_visible()
        assert (home / "new" / "uploads" / "a _b_guitar.webp").exists()
        page.goto(f"{address}/?q=a+guitar")
        assert "a _b_guitar.webp" in cards(page)[0]
    end_server(home / "new")
