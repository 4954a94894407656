"""Where a plugged-in encoder computes."""

import subprocess
import sys

import pytest

from ingest.encoders.runtime import devices
from ingest.errors import SettingsError
from tests.patience import limit


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEARSPACE_DEVICE", raising=False)


def test_the_cpu_is_chosen_where_there_is_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "_torch_devices", list)
    assert devices.choose_device() == "cpu"


def test_the_fastest_device_is_chosen_unless_another_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "may_have_accelerator", lambda: True)
    monkeypatch.setattr(devices, "_torch_devices", lambda: ["cuda", "cuda:0", "cuda:1"])
    assert devices.choose_device() == "cuda"
    assert devices.choose_device("cuda:1") == "cuda:1"
    monkeypatch.setenv("NEARSPACE_DEVICE", "cpu")
    assert devices.choose_device() == "cpu"
    assert devices.choose_device("auto") == "cuda"


@pytest.mark.parametrize("name", ["gpu", "cuda:x", "cpu:1"])
def test_a_device_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match=r"no device .* Use cuda, cuda:1 and so on, mps, cpu or auto\."):
        devices.choose_device(name)


def test_a_device_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "_torch_devices", list)
    with pytest.raises(SettingsError, match=r"The device mps is not on this machine: torch finds cpu only"):
        devices.choose_device("mps")


def test_choosing_the_cpu_imports_no_torch() -> None:
    code = (
        "import sys; from ingest.encoders.runtime.devices import choose_device; choose_device('cpu');"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=limit(300)).returncode == 0
