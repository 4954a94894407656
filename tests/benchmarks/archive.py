"""Many small files: the memory that an ingest takes, and how long it takes to see that nothing has changed.

    python -m tests.benchmarks.archive --files 100000

The encoder is the tests' own, which costs next to nothing, so that what is measured is everything else.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

FILES = 10_000
A_FOLDER = 250
PICTURES = 10
"""One file in so many is a picture; the others are short texts."""


def main(files: int = FILES) -> None:
    """Print the memory and the pace of a first ingest and of two that find everything as it was."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        folder = Path(place) / "files"
        make_files(folder, files)
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        print(f"{files:,} small files ({size / 1e6:.0f} MB), one in {PICTURES} a picture")
        for what in ("first ingest", "nothing changed", "nothing changed, again"):
            ran = _ingest(Path(place) / "home", folder)
            print(
                f"  {what:<24} {ran['seconds']:8.1f} s   processor {ran['processor']:7.1f} s   "
                f"{files / ran['seconds']:8.0f} files/s   {ran['memory'] / 1e6:6.0f} MB at most   "
                f"{', '.join(f'{count:,} {outcome}' for outcome, count in ran['counts'].items() if count)}"
            )


def make_files(folder: Path, count: int) -> None:
    """Write `count` small files, no two alike, A_FOLDER a folder."""
    from PIL import Image

    for number in range(count):
        where = folder / f"folder {number // A_FOLDER:04}"
        if number % A_FOLDER == 0:
            where.mkdir(parents=True)
        if number % PICTURES == 0:
            colour = (number % 251, number // 251 % 251, 7 * number % 251)
            Image.new("RGB", (64, 48), colour).save(where / f"picture {number:06}.png")
        else:
            words = (
                f"Note {number}: the {number % 97} boats of harbour {number % 1013} sail at {number % 24} o'clock.\n"
            )
            (where / f"note {number:06}.txt").write_text(words, encoding="utf-8")


def _ingest(home: Path, folder: Path) -> dict:
    """Run the ingest in a process of its own, so that its memory is nobody else's."""
    run = [sys.executable, "-m", "tests.benchmarks.archive", "--ingest", str(folder), "--home", str(home)]
    return json.loads(subprocess.run(run, check=True, capture_output=True, text=True).stdout)


def _ingest_here(home: Path, folder: Path) -> None:
    from ingest.run.pipeline import ingest
    from ingest.space import open_to_write
    from tests.fake_encoder import FakeEncoder

    with open_to_write(home, "archive", FakeEncoder.info) as space:
        processor, started = time.process_time(), time.perf_counter()
        report = ingest(space, FakeEncoder(), [folder])
        ran = {
            "seconds": time.perf_counter() - started,
            "processor": time.process_time() - processor,
            "memory": _most_memory(),
            "counts": report.counts(),
        }
    print(json.dumps(ran))


def _most_memory() -> int:
    """The most bytes of memory that this process has had at one time."""
    info = psutil.Process().memory_info()
    if hasattr(info, "peak_wset"):
        return int(info.peak_wset)
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=FILES)
    parser.add_argument("--ingest", type=Path)
    parser.add_argument("--home", type=Path)
    options = parser.parse_args()
    if options.ingest:
        _ingest_here(options.home, options.ingest)
    else:
        main(options.files)
