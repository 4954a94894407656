"""Documents end to end: the pace of the text tower, and what reading, cutting and writing leave of it.

    python -m tests.benchmarks.passages --documents 50

The documents are the sample's texts in another order each.  Tower and pipeline take turns on pieces of the same
documents, so that noise falls on both.
"""

import argparse
import random
import statistics
import tempfile
import time
from pathlib import Path

from ingest.encoders.registry import load_encoder
from ingest.readers.dispatch import read_document
from ingest.readers.passages import cut_passages
from ingest.readers.text import decode_text
from ingest.resources import sample_folder
from ingest.run.pipeline import ingest
from ingest.space import open_to_write

DOCUMENTS = 50
PARAGRAPHS = 60
ROUNDS = 5


def main(documents: int = DOCUMENTS) -> None:
    """Print the passages a second of the text tower and of the pipeline."""
    encoder = load_encoder("lite")
    tower: list[float] = []
    whole: list[float] = []
    processor = [0.0, 0.0]
    passages = 0
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place,
        open_to_write(Path(place) / "home", "passages", encoder.info) as space,
    ):
        for number, piece in enumerate(_documents(Path(place) / "files", documents)):
            texts = [
                draft.encoded_text or draft.text
                for path in sorted(piece.iterdir())
                for draft in cut_passages(read_document(path), encoder.token_spans, encoder.info.text_window)
            ]
            if number == 0:
                encoder.encode_texts(texts[:32])
            passages += len(texts)
            wall, busy = time.perf_counter(), time.process_time()
            for start in range(0, len(texts), 128):
                encoder.encode_texts(texts[start : start + 128])
            tower.append(len(texts) / (time.perf_counter() - wall))
            processor[0] += time.process_time() - busy
            wall, busy = time.perf_counter(), time.process_time()
            report = ingest(space, encoder, [piece])
            whole.append(len(texts) / (time.perf_counter() - wall))
            processor[1] += time.process_time() - busy
            assert report.encoded_texts == len(texts)
    fast, slow = statistics.median(tower), statistics.median(whole)
    print(f"ingest of {documents} documents, {passages:,} passages, medians of {ROUNDS} rounds")
    print(f"  the text tower fed from memory             {fast:6.1f} passages/s  1.00 x")
    print(f"  the pipeline, written to a space           {slow:6.1f} passages/s {slow / fast:5.2f} x")
    print(
        f"  processor time of a passage, in milliseconds: the tower {1e3 * processor[0] / passages:.1f}, the pipeline "
        f"{1e3 * processor[1] / passages:.1f} ({processor[0] / processor[1]:.0%} of it is the tower)"
    )


def _documents(folder: Path, count: int) -> list[Path]:
    chance = random.Random(7)
    paragraphs = [
        paragraph
        for path in sorted((sample_folder() / "texts").rglob("*.*"))
        if path.suffix in (".txt", ".md")
        for paragraph in decode_text(path.read_bytes()).split("\n\n")
        if len(paragraph) > 200
    ]
    pieces = [folder / f"piece {number}" for number in range(ROUNDS)]
    for number in range(count):
        pieces[number % ROUNDS].mkdir(parents=True, exist_ok=True)
        words = "\n\n".join(chance.sample(paragraphs, min(PARAGRAPHS, len(paragraphs))))
        (pieces[number % ROUNDS] / f"{number:04}.txt").write_text(words, encoding="utf-8")
    return pieces


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=DOCUMENTS)
    main(parser.parse_args().documents)
