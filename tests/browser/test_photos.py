"""Real photos at camera-like size, ingested by a second process while the page is in use."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page

from ingest.resources import sample_folder
from tests.browser.acting import ask, cards
from tests.browser.serving import serving
from tests.browser.visiting import expect
from tests.command_line import nearspace_here

PHOTOS = Path(__file__).resolve().parents[3] / "shared" / "data" / "photos" / "images"
ALBUM = 80  # one page of results holds an album
_PATIENT = ["nice", "-n", "5"] if shutil.which("nice") else []
QUESTIONS = ("an owl", "a small bird", "wings", "a hen", "a parrot")


@pytest.mark.skipif(not PHOTOS.is_dir(), reason="the 208 photos are not beside the repository (../shared/data/photos)")
def test_the_page_answers_while_photos_are_ingested_and_finds_them_all_afterwards(lite, page: Page, tmp_path: Path):
    home, library = tmp_path / "home", tmp_path / "library"
    photos = sorted(PHOTOS.iterdir())
    assert len(photos) == 208
    albums = [photos[start : start + ALBUM] for start in range(0, len(photos), ALBUM)]
    for number, album in enumerate(albums):
        (library / f"album {number}").mkdir(parents=True)
        for photo in album:
            shutil.copy(photo, library / f"album {number}")
    birds = sample_folder() / "pictures" / "birds"
    assert nearspace_here("ingest", birds, "--home", home, "--space", "test").returncode == 0
    with serving(home, "test") as address:
        page.goto(f"{address}/?q=a+bird&k=96")
        assert cards(page)
        # As a person would who goes on working: on few and busy cores the whole run takes no longer than some answers.
        command = [*_PATIENT, sys.executable, "-m", "ingest.cli", "ingest", library, "--home", home, "--space", "test"]
        ingest = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        answered, asked = 0, 0
        while ingest.poll() is None:
            words = QUESTIONS[asked % len(QUESTIONS)]
            ask(page, words)
            expect(page.locator(".ns-bar")).to_have_attribute("data-question", words)
            assert cards(page)
            asked += 1
            answered += ingest.poll() is None
        output = ingest.communicate(timeout=300)[0]
        assert ingest.returncode == 0, output
        assert answered
        for number, album in enumerate(albums):
            page.goto(
                f"{address}/?q=a+photo&k=96&fold=off&modality=image&expanded=weaker&folder=library%2Falbum+{number}"
            )
            expect(page.locator(".ns-result")).to_have_count(len(album))
            shown = " ".join(cards(page))
            assert [photo.name for photo in album if photo.name not in shown] == []
