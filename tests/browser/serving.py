"""Starts what a person starts: `nearspace app` on a free port, and a Chromium that visits it."""

import os
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.patience import limit, wait_until

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_START_SECONDS = 240.0


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
        health = f"http://127.0.0.1:{port}/_stcore/health"
        wait_until(lambda: app.poll() is not None or _answers(health), _START_SECONDS)
        if not _answers(health):
            raise RuntimeError(f"the app does not answer: {log.read_text()}")
        yield f"http://127.0.0.1:{port}"
    finally:
        app.terminate()
        app.wait(limit(120))


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=limit(5)) as response:
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
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        try:
            yield browser
        finally:
            browser.close()
