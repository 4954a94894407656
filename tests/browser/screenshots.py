"""Makes the README's pictures anew: `make screenshots`.  They show the sample collection in a real Chromium."""

import tempfile
from pathlib import Path

from playwright.sync_api import Browser

from ingest.packaged import sample_folder
from tests.browser.acting import GRAPH, cards, settled
from tests.browser.serving import chromium, nearspace, serving

FOLDER = Path(__file__).resolve().parents[2] / "data" / "screenshots"
LAPTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
_DRAWN = 1_500  # milliseconds for thumbnails to load and the map to come to rest

SHOTS = (
    ("search-light", "?q=making+music", "light", LAPTOP),
    ("search-dark", "?q=a+bird&map=3d", "dark", LAPTOP),
    ("search-phone", "?q=a+castle", "light", PHONE),
)


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        folders = [sample_folder() / "pictures", sample_folder() / "texts"]
        done = nearspace("ingest", *folders, "--home", home, "--space", "sample")
        if done.returncode:
            raise SystemExit(done.stderr)
        with serving(Path(home), "sample") as address, chromium() as browser:
            for name, query, scheme, size in SHOTS:
                shoot(browser, f"{address}/{query}", FOLDER / f"{name}.png", scheme, size)


def shoot(browser: Browser, address: str, file: Path, scheme: str, size: dict[str, int]) -> None:
    """Take one screenshot of what is seen without scrolling."""
    with browser.new_context(viewport=size, color_scheme=scheme) as context:  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(address)
        settled(page)
        if "q=" in address:
            cards(page)
        page.wait_for_selector(GRAPH)
        page.wait_for_timeout(_DRAWN)
        page.screenshot(path=file)


if __name__ == "__main__":
    main()
