"""Photos end to end: the pace of the encoder, and what reading, thumbnails and writing leave of it.

    python -m tests.benchmarks.ingesting --photos 2000
    python -m tests.benchmarks.ingesting --photos 300 --megapixels 12
    python -m tests.benchmarks.ingesting --photos 600 --openclip

The photos are cuts of those in ../shared/data/photos (else of the sample), no two alike, saved as JPEG in qualities
that cameras use.  Encoder and pipeline take turns on pieces of the same photos, so that noise falls on both.
"""

import argparse
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import psutil
from PIL import Image

from ingest.encoders.base import Encoder
from ingest.encoders.external.preprocessing import Preprocessing
from ingest.encoders.registry import load_encoder
from ingest.readers import images
from ingest.readers.reading_options import DEFAULT_READING
from ingest.resources import sample_folder
from ingest.run.classified import New
from ingest.run.classify import Classifier
from ingest.run.engines.workload import Workload
from ingest.run.pipeline import ingest
from ingest.run.writer import Writer
from ingest.sources.found import FoundSource
from ingest.sources.walk import walk
from ingest.space import Space, open_to_write
from ingest.space.chroma.local_server import read_server_info

PHOTOS = Path(__file__).resolve().parents[3] / "shared" / "data" / "photos" / "images"
COUNT = 300
ROUNDS = 5


@dataclass
class Costs:
    """Where the time of an ingest goes, in seconds, added up over its threads."""

    wall: float = 0.0
    processor: float = 0.0
    server: float = 0.0
    """Processor time of the Chroma server."""
    writes: float = 0.0
    """How long the encoder waited for the ledger and Chroma."""
    thumbnails: float = 0.0
    """Processor time."""
    reading: float = 0.0
    """Processor time: hashing, decoding and thumbnails."""


@dataclass
class Figures:
    """Pictures a second of each round, and the costs of all."""

    ceiling: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    ceiling_processor: float = 0.0
    costs: Costs = field(default_factory=Costs)


def main(folder: Path | None = None, *, count: int = COUNT, megapixels: float = 0.0, openclip: bool = False) -> None:
    """Print the pace of the pipeline as a share of the encoder's, and where the rest goes."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        home, made = Path(place) / "home", Path(place) / "photos"
        encoder = _openclip(Path(place)) if openclip else load_encoder("lite")
        originals = folder or (PHOTOS if PHOTOS.is_dir() else sample_folder() / "pictures")
        size = make_photos(originals, made, count, megapixels)
        pieces = [made / f"piece {number}" for number in range(ROUNDS)]
        figures = Figures()
        with open_to_write(home, "pipeline", encoder.info) as space:
            for piece in pieces:
                files = list(walk(piece, on_error=_raise))
                _read_once(files)  # so that no side pays for a cold disk
                _ceiling(figures, encoder, files)
                _whole(figures, space, encoder, piece, len(files))
        plain = _plain_loop(home, list(walk(pieces[0], on_error=_raise)), encoder)
    _show(figures, count, size, plain)


def make_photos(originals: Path, target: Path, count: int, megapixels: float = 0.0) -> int:
    """Write `count` photos, no two alike, into ROUNDS folders under `target`; gives their bytes.

    Each is a cut of 80 to 100 % of an original's sides, enlarged to `megapixels` if that is given.
    """
    files = sorted(path for path in originals.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".webp"))
    chance = random.Random(4)
    total = 0
    for number in range(count):
        folder = target / f"piece {number % ROUNDS}"
        folder.mkdir(parents=True, exist_ok=True)
        with Image.open(files[number % len(files)]) as opened:
            picture = opened.convert("RGB")
        width, height = (max(1, int(side * chance.uniform(0.8, 1.0))) for side in picture.size)
        left, top = chance.randint(0, picture.width - width), chance.randint(0, picture.height - height)
        picture = picture.crop((left, top, left + width, top + height))
        if megapixels:
            scale = (megapixels * 1e6 / (width * height)) ** 0.5
            picture = picture.resize((round(width * scale), round(height * scale)), Image.Resampling.BICUBIC)
        path = folder / f"{number:05}.jpg"
        picture.save(path, "JPEG", quality=chance.randint(85, 95))
        total += path.stat().st_size
    return total


def _openclip(folder: Path) -> Encoder:
    """OpenCLIP's ViT-B-32 with random weights, as slow as any."""
    from tests.benchmarks.openclip import random_weights

    os.environ["NEARSPACE_CACHE"] = str(folder / "cache")
    weights = random_weights(folder / "model")
    return load_encoder(f"openclip:local-dir:{weights.parent}", log=print, device="cpu")


def _ceiling(figures: Figures, encoder: Encoder, files: list[FoundSource]) -> None:
    """The encoder fed from memory with pixels that need no more work."""
    side = encoder.info.image_size
    pixels = np.random.default_rng(0).integers(0, 255, (16, side, side, 3), np.uint8)
    blank = [Image.new("RGB", (side, side))] * len(files)
    with (
        patch("ingest.encoders.lite.pixels.pixel_batch", lambda pictures: pixels[: len(pictures)]),
        patch.object(Preprocessing, "batch", lambda preprocessing, pictures: pixels[: len(pictures)]),
    ):
        started, processor = time.perf_counter(), time.process_time()
        encoder.encode_images(blank)
        figures.ceiling.append(len(files) / (time.perf_counter() - started))
        figures.ceiling_processor += time.process_time() - processor


def _whole(figures: Figures, space: Space, encoder: Encoder, piece: Path, count: int) -> None:
    costs = figures.costs
    with (
        _timed(images, "small_copy", costs, "thumbnails", time.thread_time),
        _timed(images, "as_jpeg", costs, "thumbnails", time.thread_time),
        _timed(Classifier, "classify", costs, "reading", time.thread_time),
        _timed(Writer, "put", costs, "writes", time.perf_counter),
    ):
        started, processor, server = time.perf_counter(), time.process_time(), _server_time(space)
        ingest(space, encoder, [piece])
        wall = time.perf_counter() - started
        costs.wall += wall
        costs.processor += time.process_time() - processor
        costs.server += _server_time(space) - server
        figures.whole.append(count / wall)


@contextmanager
def _timed(owner: Any, name: str, costs: Costs, part: str, clock: Callable[[], float]) -> Iterator[None]:
    """Add to a part of `costs` what the function `name` of `owner` takes by `clock`."""
    real = getattr(owner, name)

    def timed(*given: object, **options: object) -> object:
        started = clock()
        try:
            return real(*given, **options)
        finally:
            setattr(costs, part, getattr(costs, part) + clock() - started)

    with patch.object(owner, name, timed):
        yield


def _server_time(space: Space) -> float:
    note = read_server_info(space.folder)
    return sum(psutil.Process(note.chroma_pid).cpu_times()[:2]) if note else 0.0


def _plain_loop(home: Path, files: list[FoundSource], encoder: Encoder) -> float:
    """Photos a second of a plain loop: read and encode one after the other, and write nothing at all."""
    with open_to_write(home, "plain", encoder.info) as space:
        classifier = Workload((), space.ledger, encoder, DEFAULT_READING).classifier()
        started = time.perf_counter()
        for found in files:
            classified = classifier.classify(found)
            if isinstance(classified, New):
                encoder.encode_images([draft.image for draft in classified.drafts if draft.image])
        return len(files) / (time.perf_counter() - started)


def _show(figures: Figures, count: int, size: int, plain: float) -> None:
    costs, each = figures.costs, 1e3 / count
    ceiling, whole = statistics.median(figures.ceiling), statistics.median(figures.whole)
    print(f"ingest of {count:,} photos of {size / count / 1e3:,.0f} kB each, medians of {ROUNDS} rounds")
    print(f"  the encoder fed from memory                {ceiling:6.1f} photos/s  1.00 x")
    print(f"  the pipeline, written to a space           {whole:6.1f} photos/s {whole / ceiling:5.2f} x")
    print(f"  a plain loop, nothing written              {plain:6.1f} photos/s {plain / ceiling:5.2f} x")
    print("  processor time of a photo, in milliseconds")
    print(f"    the encoder fed from memory              {figures.ceiling_processor * each:6.1f}")
    print(f"    the pipeline, all of it                  {(costs.processor + costs.server) * each:6.1f}", end="")
    print(f"  ({figures.ceiling_processor / (costs.processor + costs.server):.0%} of it is the encoder)")
    print(f"      reading: hash, decoding, thumbnail     {costs.reading * each:6.1f}")
    share = costs.thumbnails / (costs.processor + costs.server)
    print(f"        of which thumbnails                  {costs.thumbnails * each:6.1f}  ({share:.0%} of the pipeline)")
    print(f"      Chroma's server                        {costs.server * each:6.1f}")
    print(f"  cores at work {(costs.processor + costs.server) / costs.wall:.2f}, ", end="")
    print(f"and {costs.writes / costs.wall:.1%} of the time spent waiting for the ledger and Chroma")


def _read_once(files: list[FoundSource]) -> None:
    for found in files:
        found.path.read_bytes()


def _raise(path: Path, error: OSError) -> None:
    raise error


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="photos to make the others of")
    parser.add_argument("--photos", type=int, default=COUNT)
    parser.add_argument("--megapixels", type=float, default=0.0, help="enlarge the photos (default: as they are)")
    parser.add_argument("--openclip", action="store_true", help="OpenCLIP's ViT-B-32 in place of lite")
    options = parser.parse_args()
    main(options.folder, count=options.photos, megapixels=options.megapixels, openclip=options.openclip)
