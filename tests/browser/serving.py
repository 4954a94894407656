"""Starts what a person starts: `nearspace app` on a free port, and a Chromium that visits it."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_START_SECONDS = 240.0


def nearspace(*arguments: str | Path, cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
    """Run the command line in a process of its own."""
    command = [sys.executable, "-m", "ingest.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=cwd)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(home: Path, space: str, *options: str, port: int = 0) -> Iterator[str]:
    """Serve the search page of `space`, at a free port if none is given; gives its address."""
    port = port or free_port()
    command = [sys.executable, "-m", "ingest.cli", "app", "--home", str(home), "--space", space, *options]
    with answering([*command, "--headless", "--port", str(port)], port, home.parent) as address:
        yield address


@contextmanager
def answering(command: Sequence[str], port: int, folder: Path) -> Iterator[str]:
    """Run a command that serves Streamlit at `port`, with its output in `folder`; gives the address once it answers."""
    log = folder / f"app-{port}.log"
    with log.open("wb") as output:
        app = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not _answers(f"http://127.0.0.1:{port}/_stcore/health"):
            if app.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the app does not answer: {log.read_text()}")
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        app.terminate()
        app.wait(120)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium that asks nothing of the internet."""
    options = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    options += ["--disable-component-update", "--disable-sync"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--no-sandbox")  # Chromium refuses to run as root with its sandbox
    expect.set_options(timeout=60_000)  # a busy machine draws a page more slowly than a person's
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        try:
            yield browser
        finally:
            browser.close()
