"""Tests wait longer on a busy machine, and no longer than they must on an idle one."""

import time

import pytest

from tests import patience
from tests.patience import Patience, limit, slowness, wait_until


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine as busy as a test says: nothing is measured."""
    monkeypatch.setattr(patience, "_measure", lambda: 1.0)
    monkeypatch.setattr(patience._Last, "at", -float("inf"))
    return monkeypatch


def busy(machine: pytest.MonkeyPatch, times: float) -> None:
    machine.setattr(patience, "_measure", lambda: times)


def test_on_an_idle_machine_a_wait_ends_at_its_limit(machine: pytest.MonkeyPatch) -> None:
    began = time.monotonic()
    assert not wait_until(lambda: False, 0.2)
    assert 0.2 <= time.monotonic() - began < 0.2 * limit(1) + 5


def test_a_wait_lasts_as_many_times_longer_as_the_machine_is_slower(machine: pytest.MonkeyPatch) -> None:
    waiting = Patience(0.1)
    busy(machine, 8.0)
    while not waiting.over():
        time.sleep(0.01)
    assert waiting.left() <= 0
    assert waiting._limit == pytest.approx(0.8)


def test_a_machine_that_becomes_busy_during_a_wait_is_noticed_before_it_ends(machine: pytest.MonkeyPatch) -> None:
    began = time.monotonic()
    assert slowness() == 1.0
    busy(machine, 10.0)
    machine.setattr(patience._Last, "at", patience._Last.at - 5)
    assert limit(1.0) == 1.0, "a measurement is not taken anew for every limit"
    assert wait_until(lambda: time.monotonic() - began > 0.5, 0.2)


def test_limits_have_a_limit(machine: pytest.MonkeyPatch) -> None:
    busy(machine, 1_000.0)
    assert limit(1.0) == patience._MOST


def test_this_machine_is_measured() -> None:
    assert 1.0 <= slowness(fresh=0) <= patience._MOST
