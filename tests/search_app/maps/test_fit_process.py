"""A fit in a process of its own: what it returns, how it is cancelled, and that it gives way to everything else."""

import os
import threading
from pathlib import Path

import numpy as np
import psutil
import pytest

from search_app.maps import manifold
from search_app.maps.fit_process import fit_elsewhere
from search_app.search.background_tasks import Cancelled
from tests.patience import wait_until

_SETTINGS = {"method": "tsne", "epochs": 120, "early": 60}
_ROWS = np.random.default_rng(5).normal(size=(90, 8)).astype(np.float32)
_START = _ROWS[:60, :2].astype(np.float64)


def fits() -> list[psutil.Process]:
    """The processes of fits that this one has started."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            if "search_app.maps.fit_job" in process.cmdline():
                found.append(process)
        except psutil.NoSuchProcess:
            continue
    return found


def test_a_fit_elsewhere_is_the_same_as_here_and_tells_how_far_it_is() -> None:
    told: list[float] = []
    fitted, placed = fit_elsewhere(_SETTINGS, _ROWS[:60], _START, _ROWS[60:], lambda share, words: told.append(share))
    here = manifold.fit_and_place(_SETTINGS, _ROWS[:60], _START, _ROWS[60:], lambda share, words: None)
    np.testing.assert_allclose(fitted, here[0], rtol=1e-4)
    np.testing.assert_allclose(placed, here[1], rtol=1e-4)
    assert told == sorted(told) and placed.shape == (30, 2)


def test_a_fit_that_is_cancelled_ends_its_process_and_one_that_runs_gives_way_to_everything_else() -> None:
    cancelled = threading.Event()

    def progress(share: float, words: str) -> None:
        if cancelled.is_set():
            raise Cancelled

    endless = {"method": "tsne", "epochs": 1_000_000, "early": 1}
    ended: list[BaseException] = []

    def fit() -> None:
        try:
            fit_elsewhere(endless, _ROWS[:60], _START, _ROWS[60:], progress)
        except Cancelled as stop:
            ended.append(stop)

    thread = threading.Thread(target=fit)
    thread.start()
    if hasattr(os, "nice"):
        assert wait_until(lambda: any(process.nice() > psutil.Process().nice() for process in fits()))
    cancelled.set()
    thread.join(60)
    assert ended and not fits()


def test_a_fit_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="KeyError: 'no such method'"):
        fit_elsewhere({**_SETTINGS, "method": "no such method"}, _ROWS[:60], _START, _ROWS[60:], lambda *_: None)
