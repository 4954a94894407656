"""How long the first result takes on the sample: from a cold shell, and in an app that has just been opened.

    python -m tests.benchmarks.starting

The app is measured in a Chromium, by the page's own clock: from the Enter key to the frame that shows the first card,
and to the one that shows the last in view; the first time since the app was started.
"""

import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from ingest.resources import sample_folder
from ingest.space import open_space
from tests.browser.serving import CHROMIUM, chromium, serving
from tests.command_line import nearspace

ROUNDS = 9
WAIT = 5.0  # seconds between a page's opening and a person's first question
# The browser itself says when it showed the heading of a card (the Element Timing API).
_CLOCK = """() => {
    window.asked = null;
    window.shown = {};  // by the number of the card; one is drawn again once its best sentence is known
    document.addEventListener("keydown", (event) => {
        if (event.key === "Enter") window.asked ??= performance.now();
    }, true);
    new PerformanceObserver((list) => {
        for (const { identifier, renderTime } of list.getEntries()) {
            window.shown[identifier] ??= renderTime - window.asked;
        }
    }).observe({ type: "element", buffered: true });
    new MutationObserver(() => {
        document.querySelectorAll(".ns-result h4:not([elementtiming])").forEach((heading) => {
            heading.setAttribute("elementtiming", heading.closest(".ns-result").dataset.rank);
        });
    }).observe(document.body, { subtree: true, childList: true });
}"""


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
            seen = [_first_result(home) for _ in range(ROUNDS)]
            print(f"in an app {WAIT:.0f} s after its page was opened, the first question's")
            print(f"  first result is seen after {_told([first for first, _ in seen])} s")
            print(f"  all in view are seen after {_told([last for _, last in seen])} s")


def _first_result(home: Path) -> tuple[float, float]:
    """Seconds from the Enter key until the first card is seen, and until all are."""
    with serving(home, "sample") as address, chromium() as browser:
        page = browser.new_page()
        page.set_default_timeout(240_000)
        page.goto(address)
        box = page.locator(".st-key-ask textarea")
        box.wait_for()
        time.sleep(WAIT)
        box.fill("a bird")
        page.evaluate(_CLOCK)
        box.press("Enter")
        page.wait_for_function("() => Object.keys(window.shown).length > 0")
        time.sleep(WAIT)
        shown = page.evaluate("() => Object.values(window.shown)")
        return min(shown) / 1000, max(shown) / 1000


def _told(seconds: Sequence[float]) -> str:
    return f"median {statistics.median(seconds):.2f}, least {min(seconds):.2f}, most {max(seconds):.2f}"


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
