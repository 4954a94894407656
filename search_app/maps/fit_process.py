"""A fit in a process of its own (`fit_job`), at low priority: whatever else the machine does comes first."""

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search_app.search.background_tasks import Progress

JOB, POSITIONS = "job.npz", "positions.npz"
"""What the process reads, and what it writes, in the folder that it is given."""
SETTING = "setting "
"""In the job, before the name of each setting."""

_POLL_EVERY = 0.1  # seconds
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")

Fitted = tuple[NDArray[np.float32], NDArray[np.float32]]
"""The positions of the rows that were fitted, and those of the others."""


def fit_elsewhere(
    settings: dict[str, Any],
    fit_rows: NDArray[np.float32],
    start: NDArray[np.float64],
    others: NDArray[np.float32],
    progress: Progress,
) -> Fitted:
    """What `manifold.fit_and_place` returns for the same arguments, from a process that is ended with this one.

    Raises Cancelled where `progress` does, and RuntimeError when the process fails.
    """
    with tempfile.TemporaryDirectory(prefix="nearspace-fit-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        arrays = {f"{SETTING}{key}": np.array(value) for key, value in settings.items()}
        np.savez(folder / JOB, fit_rows=fit_rows, start=start, others=others, **arrays)  # type: ignore[arg-type]
        _run(folder, progress)
        with np.load(folder / POSITIONS, allow_pickle=False) as found:
            return found["fitted"], found["others"]


def _run(folder: Path, progress: Progress) -> None:
    package = str(Path(__file__).resolve().parents[2])
    search_path = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")]))
    with (folder / "errors.txt").open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "search_app.maps.fit_job", str(folder)],
            stdin=subprocess.PIPE,  # it ends when this one closes, as it does when this process ends
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, "PYTHONPATH": search_path, **dict.fromkeys(_THREADS, "1")},
            creationflags=getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0),
        )
    told: list[str] = []
    reader = threading.Thread(target=_read, args=(process, told), name="fit", daemon=True)
    reader.start()
    try:
        while process.poll() is None:
            _report(told, progress)
            time.sleep(_POLL_EVERY)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        reader.join()
        if process.stdin:
            process.stdin.close()
    if process.returncode:
        lines = (folder / "errors.txt").read_text("utf-8", "replace").strip().splitlines() or ["nothing was said"]
        raise RuntimeError(f"the fit ended with status {process.returncode}: {lines[-1]}")


def _read(process: "subprocess.Popen[bytes]", told: list[str]) -> None:
    assert process.stdout
    with process.stdout as output:
        told.extend(line.decode("utf-8", "replace").strip() for line in output)


def _report(told: list[str], progress: Progress) -> None:
    share, _, message = (told[-1] if told else "").partition(" ")
    told[:-1] = []
    progress(float(share or 0.0), message)
