"""`python -m tests.benchmarks.first_answers CHECKOUT`: this checkout's search page beside another one's, in Chromium.

Each has its own space of the sample collection and its own app; both are visited turn by turn with the same links, each
time by a browser that has seen nothing.  By the page's own clock: from the start of the visit until the frame that
shows the first result.  The bytes are all that the visit received, over HTTP and the web socket.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from playwright.sync_api import Browser

from ingest.resources import sample_folder
from tests.browser.serving import chromium, free_port

QUESTIONS = ("?q=a+bird", "?q=making+music&only=image", "?q=how+volcanoes+form&only=text")
SETTLING = 4.0  # seconds in which what follows the first answer arrives
# The first result: once it is in the page, the next frame shows it.
_CLOCK = """() => {
    window.shown = null;
    const look = () => {
        if (window.shown === null && document.querySelector(".ns-result")) {
            requestAnimationFrame(() => setTimeout(() => { window.shown ??= performance.now(); }));
        }
    };
    new MutationObserver(look).observe(document, { subtree: true, childList: true });
}"""


def main() -> None:
    """Compare the two checkouts and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkout", type=Path, help="the other checkout, such as a clone of an earlier version")
    parser.add_argument("--rounds", type=int, default=7, help="(default: %(default)s)")
    options = parser.parse_args()
    trees = {"this": Path(__file__).resolve().parents[2], "other": options.checkout.resolve()}
    seconds: dict[tuple[str, str], list[float]] = {}
    received: dict[tuple[str, str], list[int]] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        apps = {name: stack.enter_context(_serving(tree, folder / name)) for name, tree in trees.items()}
        browser = stack.enter_context(chromium())
        for number in range(options.rounds + 1):
            for question in QUESTIONS:
                for name in sorted(trees, reverse=bool(number % 2)):
                    took, size = _visit(browser, f"{apps[name]}/{question}")
                    if number:  # the first round loads the encoder and draws the map
                        seconds.setdefault((question, name), []).append(took)
                        received.setdefault((question, name), []).append(size)
    print(f"medians of {options.rounds} visits\n")
    print("| link | first result: this | the other | this / other | kB received: this | the other |")
    print("|---|---|---|---|---|---|")
    for question in QUESTIONS:
        here, there = (statistics.median(seconds[question, name]) for name in ("this", "other"))
        sizes = [statistics.median(received[question, name]) / 1000 for name in ("this", "other")]
        ratio = f"{here / there:.2f}"
        print(f"| `{question}` | {here:.2f} s | {there:.2f} s | {ratio} | {sizes[0]:,.0f} | {sizes[1]:,.0f} |")


def _visit(browser: Browser, address: str) -> tuple[float, int]:
    """Seconds until the first result is shown, and the bytes that the visit received."""
    with browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        page = context.new_page()
        page.add_init_script(f"({_CLOCK})()")
        size = 0

        def add(count: float) -> None:
            nonlocal size
            size += int(count)

        network = context.new_cdp_session(page)
        network.on("Network.loadingFinished", lambda event: add(event["encodedDataLength"]))
        network.on("Network.webSocketFrameReceived", lambda event: add(_length(event["response"])))
        network.send("Network.enable")
        page.goto(address)
        page.wait_for_function("() => window.shown !== null", timeout=240_000)
        took = page.evaluate("() => window.shown") / 1000
        page.wait_for_timeout(1000 * SETTLING)
        return took, size


def _length(frame: dict[str, object]) -> float:
    """The length of a frame's payload, which is base64 where it is binary."""
    payload = str(frame["payloadData"])
    return len(payload) * (0.75 if frame["opcode"] == 2 else 1.0)


@contextmanager
def _serving(tree: Path, home: Path) -> Iterator[str]:
    """An app of the checkout `tree`, whose space holds the sample collection; gives its address."""
    port = free_port()
    nearspace = [sys.executable, "-m", "ingest.cli"]
    where = ["--home", str(home), "--space", "sample"]
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    subprocess.run(
        [*nearspace, "ingest", str(sample_folder()), *where, "--quiet"], cwd=tree, env=environment, check=True
    )
    command = [*nearspace, "app", *where, "--headless", "--port", str(port)]
    quiet = subprocess.DEVNULL
    app = subprocess.Popen(command, cwd=tree, env=environment, stdout=quiet, stderr=quiet)
    address = f"http://127.0.0.1:{port}"
    try:
        while not _answers(f"{address}/_stcore/health"):
            if app.poll() is not None:
                raise RuntimeError(f"the app of {tree} has ended")
            time.sleep(0.2)
        yield address
    finally:
        app.terminate()
        app.wait(120)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


if __name__ == "__main__":
    main()
