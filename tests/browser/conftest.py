"""A served sample collection and a Chromium, shared by the browser tests."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from search_app.components.shared.recovery import LOST
from tests.browser.serving import CHROMIUM, serving
from tests.browser.visiting import LAPTOP, visiting


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="Chromium is not installed (Debian: apt-get install chromium)"))


@pytest.fixture(scope="session")
def sample_address(sample_home: Path) -> Iterator[str]:
    """The address of an app that serves the sample collection."""
    with serving(sample_home, "sample") as address:
        yield address


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page of a laptop's size; no script may fail but by losing the page, which comes back (test_recovery)."""
    failures: list[str] = []
    with visiting(browser, viewport=LAPTOP) as page:
        page.on("pageerror", lambda error: failures.append(str(error)))
        yield page
    assert not [failure for failure in failures if not re.search(LOST, failure)]
