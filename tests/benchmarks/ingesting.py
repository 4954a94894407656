"""The pipeline against a plain loop over the same files with the same encoder, in one run."""

import tempfile
import time
from pathlib import Path

from ingest.encoders.base import Encoder
from ingest.encoders.registry import load_encoder
from ingest.examine import Examiner, Fresh
from ingest.files import Found, walk
from ingest.packaged import sample_folder
from ingest.pipeline import ingest
from ingest.space import open_to_write

PHOTOS = Path(__file__).resolve().parents[3] / "shared" / "data" / "photos" / "images"


def main(folder: Path | None = None) -> None:
    folder = folder or (PHOTOS if PHOTOS.is_dir() else sample_folder() / "pictures")
    encoder = load_encoder("lite")
    files = [found for found in walk(folder, on_error=_raise) if found.kind == "image"]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        _read_once(files)  # so that no side pays for a cold disk
        plain = _plain_loop(Path(home), files, encoder)
        with open_to_write(Path(home), "pipeline", encoder.info) as space:
            started = time.perf_counter()
            ingest(space, encoder, [folder])
            pipeline = time.perf_counter() - started
            started = time.perf_counter()
            ingest(space, encoder, [folder])
            again = time.perf_counter() - started
    print(f"ingest of {len(files)} pictures from {folder.name}")
    print(f"  one after another, one an encoder call  {plain:6.1f} s  {len(files) / plain:6.1f} files/s   1.0 x")
    rate, ratio = len(files) / pipeline, plain / pipeline
    print(f"  the pipeline, written to a space        {pipeline:6.1f} s  {rate:6.1f} files/s  {ratio:4.1f} x")
    print(f"  the same again, nothing to encode       {again:6.2f} s  {len(files) / again:6.0f} files/s")


def _plain_loop(home: Path, files: list[Found], encoder: Encoder) -> float:
    """Read and encode one file after the other, and write nothing at all."""
    with open_to_write(home, "plain", encoder.info) as space:
        examiner = Examiner(space.ledger, encoder)
        started = time.perf_counter()
        for found in files:
            examined = examiner.examine(found)
            if isinstance(examined, Fresh):
                encoder.encode_images([draft.image for draft in examined.drafts if draft.image])
        return time.perf_counter() - started


def _read_once(files: list[Found]) -> None:
    for found in files:
        found.path.read_bytes()


def _raise(path: Path, error: OSError) -> None:
    raise error
