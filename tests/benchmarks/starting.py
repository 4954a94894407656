"""How long the first result takes on the sample: from a cold shell, and in an app that has just been opened.

    python -m tests.benchmarks.starting

The app is measured in a Chromium: from the Enter key to the first card, the first time since the app was started.
"""

import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from ingest.packaged import sample_folder
from ingest.space import open_space
from tests.browser.serving import CHROMIUM, chromium, nearspace, serving

ROUNDS = 5
WAIT = 5.0  # seconds between a page's opening and a person's first question


def main(arguments: Sequence[str] = ()) -> None:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        home = Path(temporary) / "home"
        made = nearspace("ingest", sample_folder(), "--home", home, "--space", "sample")
        assert made.returncode == 0, made.stderr
        with open_space(home, "sample"):  # so that a server runs
            taken = []
            for _ in range(ROUNDS):
                started = time.perf_counter()
                answer = nearspace("search", "a bird", "--home", home, "--space", "sample", "--json")
                taken.append(time.perf_counter() - started)
                assert answer.returncode == 0, answer.stderr
        print(f"nearspace search from a cold shell while a server runs: {_told(taken)} s")
        if CHROMIUM is not None:
            first = [_first_result(home) for _ in range(ROUNDS)]
            print(f"the first result in an app {WAIT:.0f} s after its page was opened: {_told(first)} s")


def _first_result(home: Path) -> float:
    with serving(home, "sample") as address, chromium() as browser:
        page = browser.new_page()
        page.set_default_timeout(240_000)
        page.goto(address)
        box = page.locator(".st-key-ask textarea")
        box.wait_for()
        time.sleep(WAIT)
        box.fill("a bird")
        started = time.perf_counter()
        box.press("Enter")
        page.locator("[class*='st-key-card-']").first.wait_for()
        return time.perf_counter() - started


def _told(seconds: Sequence[float]) -> str:
    return f"median {statistics.median(seconds):.2f}, least {min(seconds):.2f}, most {max(seconds):.2f}"


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
