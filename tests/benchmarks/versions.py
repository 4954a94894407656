"""`python -m tests.benchmarks.versions CHECKOUT`: whole commands of this checkout beside those of another one.

Both run in this environment, turn by turn: an ingest of new files, the same ingest again, and a search, each as a
process of its own with the tests' encoder, so that what is measured is Nearspace and not a model.
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

ENCODER = "python:tests.fake_encoder:FakeEncoder"
WORDS = ("red", "green", "blue", "boat", "tree", "sea", "house", "winter", "dog", "chair")
FOLDERS = 20


def main() -> None:
    """Compare the two checkouts and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkout", type=Path, help="the other checkout, such as a clone of an earlier version")
    parser.add_argument("--files", type=int, default=1_200, help="half pictures, half texts (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="(default: %(default)s)")
    options = parser.parse_args()
    trees = {"this": Path(__file__).resolve().parents[2], "other": options.checkout.resolve()}
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder, "files")
        make_files(files, options.files)
        cache = Path(folder, "bytecode")
        seconds: dict[tuple[str, str], list[float]] = {}
        for number in range(options.rounds + 1):
            for name in sorted(trees, reverse=bool(number % 2)):
                home = Path(folder, f"{name}-{number}")
                where = ["--home", str(home), "--space", "bench"]
                ingest = ["ingest", str(files), *where, "--encoder", ENCODER, "--quiet"]
                for what, command in (
                    ("ingest of new files", ingest),
                    ("the same again", ingest),
                    ("search", ["search", "red", *where, "--json"]),
                    ("--help", ["--help"]),
                ):
                    took = run(trees[name], command, cache)
                    if number:  # the first round compiles Python's bytecode
                        seconds.setdefault((what, name), []).append(took)
    print(f"medians of {options.rounds} rounds, {options.files} files, seconds of wall time\n")
    print("| command | this checkout | the other | this / other |\n|---|---|---|---|")
    for what in dict.fromkeys(what for what, _ in seconds):
        here, there = (statistics.median(seconds[what, name]) for name in ("this", "other"))
        print(f"| {what} | {here:.2f} | {there:.2f} | {here / there:.2f} |")


def run(tree: Path, arguments: list[str], cache: Path) -> float:
    """Run `nearspace` from the checkout `tree`, its bytecode kept in `cache`; returns the seconds it took."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    python = {"PYTHONPATH": str(tree), "PYTHONPYCACHEPREFIX": str(cache)}
    started = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "ingest.cli", *arguments],
        cwd=tree,
        env={**inherited, **python, "NEARSPACE_SERVER_LINGER": "0.1"},
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.monotonic() - started


def make_files(folder: Path, count: int) -> None:
    """Draw `count` files, half of them pictures of one colour, half of them texts of 200 words."""
    chance = random.Random(1)
    for number in range(count // 2):
        inside = folder / f"folder {number % FOLDERS}"
        inside.mkdir(parents=True, exist_ok=True)
        colour = (chance.randrange(256), chance.randrange(256), chance.randrange(256))
        Image.new("RGB", (160 + number % 40, 120), colour).save(inside / f"{number}.png")
        words = " ".join(chance.choices(WORDS, k=200))
        (inside / f"{number}.md").write_text(f"# Title {number}\n\n{words}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
