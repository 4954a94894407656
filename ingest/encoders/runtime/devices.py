"""The device that an external encoder computes on: a CUDA graphics card, Apple's MPS, or the CPU."""

import importlib.util
import os
import platform
import re
import sys
from pathlib import Path

from ingest.errors import SettingsError
from ingest.settings import DEVICE_VARIABLE

_DEVICE_PATTERN = re.compile(r"auto|cpu|mps|cuda(?::\d+)?")


def choose_device(name: str | None = None) -> str:
    """The device to compute on: `name`, else $NEARSPACE_DEVICE, else the fastest there is; such as `cuda:1` or `cpu`.

    torch, which takes seconds to import, is used only where the machine may have a device for it.

    Raises:
        SettingsError: there is no such device, or not on this machine.
    """
    device = device_name(name or os.environ.get(DEVICE_VARIABLE) or "auto")
    if device == "cpu" or (device == "auto" and not may_have_accelerator()):
        return "cpu"
    available = _torch_devices()
    if device == "auto":
        return available[0] if available else "cpu"
    if device not in available:
        raise SettingsError(
            f"The device {device} is not on this machine: torch finds {', '.join([*available, 'cpu'])} only. "
            f"Choose one of these with --device or {DEVICE_VARIABLE}."
        )
    return device


def device_name(name: str) -> str:
    """The device as torch writes it, or `auto`; raises SettingsError if there is no such device anywhere."""
    device = name.strip().lower()
    if not _DEVICE_PATTERN.fullmatch(device):
        raise SettingsError(f"There is no device {device!r}. Use cuda, cuda:1 and so on, mps, cpu or auto.")
    return device


def may_have_accelerator() -> bool:
    """Whether torch is installed, and the system shows signs of a device that it can use; cheap."""
    if importlib.util.find_spec("torch") is None:
        return False
    if sys.platform == "darwin":
        return platform.machine() == "arm64"
    if sys.platform == "win32":
        return Path(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32", "nvcuda.dll").is_file()
    return any(Path(sign).exists() for sign in ("/dev/nvidiactl", "/dev/nvidia0", "/dev/dxg", "/dev/kfd"))


def _torch_devices() -> list[str]:
    """Every device but the CPU that torch can use, best first."""
    if importlib.util.find_spec("torch") is None:
        return []
    import torch

    devices = []
    if torch.cuda.is_available():
        devices += ["cuda", *(f"cuda:{number}" for number in range(torch.cuda.device_count()))]
    if torch.backends.mps.is_available():
        devices.append("mps")
    return devices
