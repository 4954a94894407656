"""The page of the map in Chromium: what is sent, how long until it is drawn, and how it moves.

    python -m tests.benchmarks.drawing --items 100000 --home FOLDER

keeps the space in FOLDER, so that a second run need not fill it.  Headless Chromium draws WebGL with the processor, so
the frames a second are those of a machine without a graphics card.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Page

from tests.benchmarks.searching import ITEMS, SPACE, fill
from tests.browser.mapping import drawn, on_map
from tests.browser.serving import answering, chromium, free_port, serving

MOVED = 5.0  # seconds
VISITS = 5
MAP = ".frame[data-drawn]"
_AROUND, _THERE = ".st-key-map-bar [data-testid=stSelectbox]", ".there"
_EMPTY = "import streamlit\nstreamlit.html('<p class=there>there</p>')\n"
_NAMES = {MAP: "map", _AROUND: "what is around it", _THERE: "there"}
# The map marks its first frame; what it has told the graphics library to draw is waited for.  Elements are noted once
# a frame has been made with them.
_NOTING = """(awaited) => {
    window.seen = {};
    const note = (what) => { window.seen[what] ??= performance.now(); };
    const mark = performance.mark.bind(performance);
    performance.mark = (name, ...rest) => {
        if (name === "nearspace map drawn") {
            const roots = [...document.querySelectorAll("*")].map((each) => each.shadowRoot).filter(Boolean);
            const drawn = roots.map((root) => root.querySelector(".frame")).find(Boolean).nearspace.stage.canvas;
            const gl = drawn.getContext("webgl2");
            gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
            note(".frame[data-drawn]");
        }
        return mark(name, ...rest);
    };
    const waiting = new Set(awaited.filter((what) => !what.startsWith(".frame")));
    new MutationObserver(() => {
        for (const what of [...waiting]) {
            if (!document.querySelector(what)) continue;
            waiting.delete(what);
            requestAnimationFrame(() => setTimeout(() => note(what)));
        }
    }).observe(document, { subtree: true, childList: true });
}"""
PAGES = {
    "flat, by modality": "",
    "flat, by folder": "?colour=folder",
    "scene, by modality": "?map=3d",
}


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=ITEMS)
    parser.add_argument("--home", type=Path, help="keep the space here and use it again")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        home = options.home or Path(temporary) / "home"
        if not (home / SPACE).exists():
            fill(home, options.items)
        print(f"the page of the map, {options.items:,} items, in headless Chromium without a graphics card")
        with serving(home, SPACE) as address, chromium() as browser:
            _first(browser, address)
            for name, query in PAGES.items():
                _measure(browser, f"{address}/space-map{query}", name)
            _empty(browser, Path(temporary))


def _first(browser: Browser, address: str) -> None:
    """The first visit of all opens the space and fits the map."""
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(address)
        page.locator(".st-key-ask").wait_for(timeout=300_000)
        began = time.perf_counter()
        page.goto(f"{address}/space-map")
        page.locator(MAP).wait_for(timeout=300_000)
        print(f"  the first map, with its fit: {time.perf_counter() - began:.1f} s")


def _empty(browser: Browser, folder: Path) -> None:
    """A page of Streamlit with one word, for comparison."""
    port, page = free_port(), folder / "empty.py"
    page.write_text(_EMPTY, encoding="utf-8")
    command = [sys.executable, "-m", "streamlit", "run", str(page), "--server.headless=true", f"--server.port={port}"]
    with answering(command, port, folder) as address:
        print(f"  a page of Streamlit with one word: {_visits(browser, address, _THERE)}")


def _visits(browser: Browser, address: str, *awaited: str) -> str:
    """How long until a page shows what is awaited, each time in a browser that has seen nothing; by its own clock."""
    taken: list[list[float]] = []
    work = 0.0
    for _ in range(VISITS):
        with browser.new_context(viewport={"width": 1280, "height": 800}) as context:
            page = context.new_page()
            page.add_init_script(f"({_NOTING})({list(awaited)!r})")
            worked = _processor()
            page.goto(address)
            page.wait_for_function(f"() => Object.keys(window.seen).length === {len(awaited)}", timeout=300_000)
            taken.append([page.evaluate("(what) => window.seen[what]", what) / 1e3 for what in awaited])
            work += (_processor() - worked) / VISITS
    told = [
        f"{_NAMES[what]} after {statistics.median(times):.2f} s ({min(times):.2f} to {max(times):.2f})"
        for what, times in zip(awaited, zip(*taken, strict=True), strict=True)
    ]
    return f"{', '.join(told)}, with {work:.2f} s of processor time (app, server and browser)"


def _measure(browser: Browser, address: str, name: str) -> None:
    print(f"  {name}: {_visits(browser, address, MAP, _AROUND)}")
    with browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        page = context.new_page()
        sent = {"socket": 0}
        page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: _count(sent, frame)))
        page.goto(address)
        page.locator(MAP).wait_for(timeout=300_000)
        drawn(page)
        points = on_map(page, "map.points.n")
        map_bytes = on_map(page, "map.points.ids.buffer.byteLength + map.colours.codes.buffer.byteLength")
        before, worked = sent["socket"], _processor()
        frames = _moved(page)
        each = (_processor() - worked) / max(frames * MOVED, 1)
        at_last = on_map(page, "Math.round(map.share * map.points.n)")
        print(f"    sent: {before / 1e6:.2f} MB, of which {map_bytes / 1e6:.2f} MB for {points:,} points")
        print(
            f"    moved: {frames:.1f} frames/s with {at_last:,} points at last, "
            f"{1000 * each:.0f} ms of processor time each, "
            f"{(sent['socket'] - before) / 1e3:.1f} kB more sent"
        )


def _processor() -> float:
    """Seconds of processor time that the app, its server and the browser have used so far."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            total += sum(process.cpu_times()[:2])
    return total


def _count(sent: dict[str, int], frame: str | bytes) -> None:
    sent["socket"] += len(frame)


def _moved(page: Page) -> float:
    """Frames a second while the map is moved and zoomed."""
    return float(
        page.evaluate(
            """(seconds) => new Promise((done) => {
                const roots = [...document.querySelectorAll("*")].map((each) => each.shadowRoot).filter(Boolean);
                const map = roots.map((root) => root.querySelector(".frame")).find(Boolean).nearspace;
                const began = performance.now(), first = map.frames;
                const step = () => {
                    const now = performance.now();
                    if (now - began > 1000 * seconds) return done(1000 * (map.frames - first) / (now - began));
                    const turn = (now - began) / 600;
                    map.stage.step(0.004 * Math.cos(turn), 0.004 * Math.sin(turn));
                    map.stage.zoom(0.02 * Math.sin(turn));
                    requestAnimationFrame(step);
                };
                step();
            })""",
            MOVED,
        )
    )


if __name__ == "__main__":
    main(sys.argv[1:])
