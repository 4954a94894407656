"""Encoders are tuned and spaces re-encoded from the library page, from the first click to the last word."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from ingest.encoders.lite.lite_encoder import LiteEncoder
from tests.browser.acting import cards, settled
from tests.browser.serving import serving
from tests.browser.visiting import expect
from tests.command_line import nearspace_here
from tests.ingest.encoders.tuning.conftest import THINGS, draw, draw_all
from tests.servers import end_server

_JOB_SECONDS = 240


@pytest.fixture
def address(tmp_path: Path, lite: LiteEncoder, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of an app whose space of lite has three pictures of each thing, with names that tell nothing."""
    monkeypatch.setenv("NEARSPACE_DATA", str(tmp_path / "data"))
    home, files = tmp_path / "home", tmp_path / "files"
    files.mkdir()
    for number, name in enumerate(THINGS):
        for further in range(200, 203):
            draw(name, further).save(files / f"{number} {further}.png")
    done = nearspace_here("ingest", files, "--home", home, "--space", "test")
    assert done.returncode == 0, done.stderr
    with serving(home, "test") as served:
        yield served
    end_server(home / "test")


def test_lite_is_tuned_and_the_space_re_encoded_with_it(page: Page, address: str, tmp_path: Path) -> None:
    page.goto(address)
    settled(page)
    page.goto(f"{address}/space-library?tab=encoder")
    page.get_by_label("Folder or table of captioned pictures").fill(str(draw_all(tmp_path / "things")))
    page.get_by_label("Name of the new encoder").fill("ours")
    page.get_by_role("button", name="Tune", exact=False).click()
    job = page.locator(".st-key-job")
    expect(job.get_by_text("Tuning lite:ours")).to_be_visible()
    expect(job.get_by_text("Tuned lite:ours"), _JOB_SECONDS).to_be_visible()
    settled(page)
    page.get_by_role("button", name="Re-encode").click()
    expect(job.get_by_text("Re-encoded with lite:ours"), _JOB_SECONDS).to_be_visible()
    expect(page.locator(".ns-card h4")).to_have_text("lite:ours")
    before, after = page.locator(".ns-table tr", has_text="text to image").locator(".ns-number").all_inner_texts()
    assert float(after.split()[0]) > float(before.split()[0])
    page.goto(f"{address}/?q=a+quindle&k=3&fold=off")
    place = [*THINGS].index("quindle")
    assert all(re.search(rf"\b{place} 20\d\.png", card) for card in cards(page))


def test_a_missing_encoder_is_named_and_the_space_stays_unchanged(page: Page, address: str) -> None:
    page.goto(address)
    settled(page)
    page.goto(f"{address}/space-library?tab=encoder")
    page.get_by_label(re.compile("Id of the encoder|by its id")).fill("python:nowhere:Nothing")
    page.get_by_role("button", name="Re-encode").click()
    job = page.locator(".st-key-job")
    refusal = job.get_by_text(re.compile("no module named .nowhere.+ Install that module"))
    expect(refusal, _JOB_SECONDS).to_be_visible()
    settled(page)
    expect(page.locator(".ns-card h4")).to_have_text("lite")
    page.goto(f"{address}/?q=a+red+thing&k=3&fold=off")
    assert len(cards(page)) == 3
