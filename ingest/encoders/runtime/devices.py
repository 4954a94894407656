"""Where a plugged-in encoder computes: a CUDA graphics card, Apple's MPS, or the CPU."""

import importlib.util
import os
import platform
import re
import sys
from pathlib import Path

from ingest.errors import SettingsError
from ingest.settings import DEVICE_VARIABLE

_DEVICE = re.compile(r"auto|cpu|mps|cuda(?::\d+)?")


def choose_device(given: str | None = None) -> str:
    """The device to compute on: `given`, else $NEARSPACE_DEVICE, else the fastest there is; such as `cuda:1` or `cpu`.

    torch, which takes seconds to import, is asked only where the machine may have a device for it.

    Raises:
        SettingsError: the device asked for does not exist, or is not there.
    """
    wanted = device_name(given or os.environ.get(DEVICE_VARIABLE) or "auto")
    if wanted == "cpu" or (wanted == "auto" and not may_have_accelerator()):
        return "cpu"
    there = _devices_of_torch()
    if wanted == "auto":
        return there[0] if there else "cpu"
    if wanted not in there:
        raise SettingsError(
            f"The device {wanted} was asked for, and torch finds {', '.join([*there, 'cpu'])} only. "
            f"Choose one of these with --device or {DEVICE_VARIABLE}."
        )
    return wanted


def device_name(given: str) -> str:
    """The device as torch writes it, or `auto`; raises SettingsError if there is no such device anywhere."""
    wanted = given.strip().lower()
    if not _DEVICE.fullmatch(wanted):
        raise SettingsError(f"There is no device {wanted!r}. Use cuda, cuda:1 and so on, mps, cpu or auto.")
    return wanted


def may_have_accelerator() -> bool:
    """Whether it is worth asking torch: torch is installed, and the system shows signs of a device that it can use."""
    if importlib.util.find_spec("torch") is None:
        return False
    if sys.platform == "darwin":
        return platform.machine() == "arm64"
    if sys.platform == "win32":
        return Path(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32", "nvcuda.dll").is_file()
    return any(Path(sign).exists() for sign in ("/dev/nvidiactl", "/dev/nvidia0", "/dev/dxg", "/dev/kfd"))


def _devices_of_torch() -> list[str]:
    """Every device but the CPU that torch can use, best first."""
    if importlib.util.find_spec("torch") is None:
        return []
    import torch

    there = []
    if torch.cuda.is_available():
        there += ["cuda", *(f"cuda:{number}" for number in range(torch.cuda.device_count()))]
    if torch.backends.mps.is_available():
        there.append("mps")
    return there
