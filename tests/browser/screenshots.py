"""Makes the README's pictures anew: `make screenshots`.  They show the sample collection in a real Chromium."""

import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from ingest.resources import sample_folder
from ingest.space import open_space
from tests.browser.acting import cards, settled
from tests.browser.mapping import drawn, lasso, on_map, on_screen, open_map
from tests.browser.serving import chromium, serving
from tests.browser.visiting import LAPTOP, PHONE, visiting
from tests.command_line import nearspace

FOLDER = Path(__file__).resolve().parents[2] / "data" / "screenshots"
_DRAWN = 1_500  # milliseconds for thumbnails to load and the map to come to rest

MAP_SHOTS = (
    ("map-topics", "?colour=topic&pictures=shown", "light"),
    ("map-item", "?colour=folder&item={elephant}", "dark"),
    ("map-selection", "", "light"),
    ("map-place", "?pictures=shown", "dark"),
    ("map-axes", "?axis=text:an+animal>text:a+building&axis=text:old>text:modern&pictures=shown", "light"),
)
LAB_SHOTS = (
    ("closeness-light", "?part=pairs", "light"),
    ("closeness-dark", "?part=walk", "dark"),
)
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
        topics = nearspace("topics", "--home", home, "--space", "sample")
        if done.returncode or topics.returncode:
            raise SystemExit(done.stderr + topics.stderr)
        with open_space(Path(home), "sample") as space:
            elephant = space.ledger.items.of_source(str(sample_folder() / "pictures" / "animals" / "elephant.webp"))[
                0
            ].id
        with serving(Path(home), "sample") as address, chromium() as browser:
            for name, query, scheme, size in SHOTS:
                shoot(browser, f"{address}/{query}", FOLDER / f"{name}.png", scheme, size)
            for name, query, scheme in MAP_SHOTS:
                shoot_map(browser, address, query.format(elephant=elephant), FOLDER / f"{name}.webp", scheme)
            for name, query, scheme in LAB_SHOTS:
                shoot_lab(browser, f"{address}/closeness-lab{query}", FOLDER / f"{name}.webp", scheme)


def shoot_map(browser: Browser, address: str, query: str, file: Path, scheme: str) -> None:
    """Take one screenshot of the page of the map, after what its name tells has been done there."""
    with visiting(browser, viewport=LAPTOP, color_scheme=scheme) as page:
        open_map(page, address, query)
        if file.stem == "map-selection":
            lasso(page, [(0.55, 0.12), (0.82, 0.12), (0.86, 0.55), (0.6, 0.66), (0.5, 0.4)])
            page.wait_for_url("**area=**")
        if file.stem == "map-place":
            page.mouse.click(*on_screen(page, *on_map(page, "[map.stage.width * 0.5, map.stage.height * 0.72]")))
            page.wait_for_url("**spot=**")
        drawn(page)
        page.wait_for_timeout(2 * _DRAWN)
        keep(page, file)


def shoot_lab(browser: Browser, address: str, file: Path, scheme: str) -> None:
    """Take one screenshot of a section of the closeness lab."""
    with visiting(browser, viewport=LAPTOP, color_scheme=scheme) as page:
        page.goto(address)
        page.wait_for_selector(".st-key-lab-previous-next", timeout=120_000)
        settled(page)
        page.wait_for_timeout(_DRAWN)
        keep(page, file)


def keep(page: Page, file: Path) -> None:
    """Write what is seen of a page as WebP."""
    with Image.open(io.BytesIO(page.screenshot())) as picture:
        picture.convert("RGB").save(file, "WEBP", quality=80, method=6)


def shoot(browser: Browser, address: str, file: Path, scheme: str, size: dict[str, int]) -> None:
    """Take one screenshot of what is seen without scrolling."""
    with visiting(browser, viewport=size, color_scheme=scheme) as page:
        page.goto(address)
        settled(page)
        if "q=" in address:
            cards(page)
        drawn(page)
        page.wait_for_timeout(_DRAWN)
        page.screenshot(path=file)


if __name__ == "__main__":
    main()
