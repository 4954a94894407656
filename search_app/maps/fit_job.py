"""The process of one fit: what `fit_process` starts.

    python -m search_app.maps.fit_job FOLDER

reads the job in FOLDER, prints its progress, a share and a message a line, and writes the positions there.
"""

import os
import sys
import threading
from contextlib import suppress
from pathlib import Path

import numpy as np

from search_app.maps.fit_process import JOB, POSITIONS, SETTING
from search_app.maps.manifold import fit_and_place

_NICENESS = 15


def main(folder: Path) -> None:
    """Do the job in the folder."""
    with suppress(AttributeError, OSError):  # Windows lowers the priority when it starts the process
        os.nice(_NICENESS)
    with np.load(folder / JOB, allow_pickle=False) as job:
        settings = {key.removeprefix(SETTING): job[key].item() for key in job.files if key.startswith(SETTING)}
        fit_rows, start, others = job["fit_rows"], job["start"], job["others"]
    fitted, placed = fit_and_place(settings, fit_rows, start, others, _tell)
    np.savez(folder / POSITIONS, fitted=fitted, others=placed)


def _tell(share: float, message: str) -> None:
    sys.stdout.write(f"{share} {message}\n")
    sys.stdout.flush()


def _end_with_parent() -> None:
    """End this process once the one that started it has closed its pipe, or has ended."""

    def wait() -> None:
        os.read(sys.stdin.fileno(), 1)
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


if __name__ == "__main__":
    _end_with_parent()
    main(Path(sys.argv[1]))
