"""Pages of a browser, which may take as long as the machine needs at the moment."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from playwright.sync_api import Browser, Page
from playwright.sync_api import expect as expect_in_time

from tests.patience import Patience, limit

_SECONDS = 60.0  # for whatever a person waits for on a page
LAPTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}


@contextmanager
def visiting(browser: Browser, **options: Any) -> Iterator[Page]:
    """A fresh page with nothing stored; the options are those of `Browser.new_context`."""
    with browser.new_context(**options) as context:
        context.set_default_timeout(1000 * limit(_SECONDS))
        yield context.new_page()


def expect(what: Any, seconds: float = _SECONDS) -> Any:
    """Playwright's assertions about a page or a part of it; `seconds` are those of an idle machine."""
    return _Expectation(expect_in_time(what), seconds)


class _Expectation:
    def __init__(self, assertions: Any, seconds: float) -> None:
        self._assertions = assertions
        self._seconds = seconds

    def __getattr__(self, name: str) -> Any:
        check = getattr(self._assertions, name)

        @wraps(check)
        def patiently(*arguments: Any, **options: Any) -> None:
            patience = Patience(self._seconds)
            while True:
                try:
                    check(*arguments, **options, timeout=1000 * patience.left())
                    return
                except AssertionError:
                    if patience.over():
                        raise

        return patiently
