"""How well each way to merge images and texts ranks: Flickr8k's `val` split, which nothing was fitted on.

The collection holds 1,000 pictures and four of the five captions of each as texts; the fifth caption asks.  Relevant
are its picture and its four captions.  The pictures are not part of the project, and are looked for in ../shared/data.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import Encoder
from ingest.encoders.registry import calibration_of, load_encoder
from ingest.readers.draft import Modality
from ingest.readers.images import open_upright
from search_app.search.background_scores import PHRASES
from search_app.search.fusion import METHODS
from search_app.search.hits import Hit
from search_app.search.query import Query
from search_app.search.query_schema import Listing
from search_app.search.query_vectors import PartVector, Probe
from search_app.search.ranking import rank
from search_app.search.snapshot import LiveVectors, Snapshot
from tests.search_app.search.memory_ledger import ExactIndex, MemoryLedger

FLICKR = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "flickr8k"
DEPTH = 10
CAPTIONS = 5
BALANCES = (-0.5, -0.2, 0.2, 0.5)


@dataclass(frozen=True)
class Pairs:
    """Pictures and their captions as vectors."""

    images: NDArray[np.float32]
    """Shape (n, dimension)."""
    captions: NDArray[np.float32]
    """Shape (n, CAPTIONS, dimension)."""


@dataclass(frozen=True)
class Figures:
    """Means over all queries."""

    image_found: float
    """In how many of the first ten hits the query's picture is, in per cent."""
    caption_recall: float
    """How many of its four captions are among the first ten hits, 0 to 1."""
    gain: float
    """nDCG at 10, 0 to 1, where the five relevant items are worth the same."""
    images: float
    """Per cent of the hits that are images."""


def main() -> None:
    """Print the figures of every method, then those of the default at other balances."""
    if not FLICKR.is_dir():
        print(f"ranking: skipped, since the captioned pictures are not in {FLICKR}")
        return
    encoder = load_encoder("lite", log=print)
    pairs = read_pairs(encoder, "val")
    print(f"ranking, {len(pairs.images):,} queries to {5 * len(pairs.images):,} items of Flickr8k val")
    print(f"  {'':<32} image in top 10  caption recall@10  nDCG@10  images")
    for name, method in METHODS.items():
        _show(method.title, measure(pairs, encoder, Query("q", listing=Listing(method=name))))
    for balance in BALANCES:
        _show(f"Calibrated, balance {balance:+}", measure(pairs, encoder, Query("q", listing=Listing(balance=balance))))


def _show(title: str, figures: Figures) -> None:
    print(
        f"  {title:<32} {figures.image_found:13.1f} %  {figures.caption_recall:17.3f}  {figures.gain:7.4f}  "
        f"{figures.images:4.1f} %"
    )


def read_pairs(encoder: Encoder, split: str, most: int = 1_000) -> Pairs:
    """Encode the first `most` pictures of a split with their captions."""
    lines = (FLICKR / "captions.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if row["split"] == split and len(row["captions"]) == CAPTIONS][:most]
    images = []
    for start in range(0, len(rows), 16):
        files = [FLICKR / row["image"] for row in rows[start : start + 16]]
        images.append(encoder.encode_images([open_upright(file, at_least=encoder.info.image_size) for file in files]))
    captions = encoder.encode_texts([caption for row in rows for caption in row["captions"]])
    return Pairs(np.concatenate(images), captions.reshape(len(rows), CAPTIONS, -1))


def measure(pairs: Pairs, encoder: Encoder, query: Query) -> Figures:
    """Ask with the last caption of every picture, as `query` says."""
    snapshot, index = space_of(pairs)
    phrases = encoder.encode_texts(PHRASES)
    calibration = calibration_of(encoder.info)
    count = len(pairs.images)
    found = []
    for number in range(count):
        probe = Probe((PartVector("text", pairs.captions[number, -1]),))
        asked = replace(query, count=DEPTH)
        hits = rank(asked, probe, snapshot, index, phrases, calibration=calibration, exact=True).hits
        found.append(_of_one(hits, number, count))
    image_found, recall, gain, images = np.mean(found, axis=0)
    return Figures(100.0 * image_found, recall, gain, 100.0 * images)


def space_of(pairs: Pairs) -> tuple[Snapshot, ExactIndex]:
    """A space in memory: the pictures first, then their captions but the last, four by four."""
    ledger = MemoryLedger(dimension=pairs.images.shape[1])
    ledger.add("image", pairs.images)
    ledger.add("text", pairs.captions[:, :-1].reshape(-1, pairs.images.shape[1]))
    return LiveVectors(ledger).now(), ExactIndex(ledger)


def _of_one(hits: Sequence[Hit], number: int, count: int) -> tuple[float, float, float, float]:
    kept = CAPTIONS - 1
    relevant = [_owner(int(hit.id), hit.modality, count) == number for hit in hits]
    is_image = [hit.modality == "image" for hit in hits]
    discounts = 1.0 / np.log2(np.arange(2, DEPTH + 2))
    gain = float(np.sum(discounts[: len(hits)] * relevant) / discounts[: kept + 1].sum())
    image_found = float(any(here and image for here, image in zip(relevant, is_image, strict=True)))
    captions = sum(here and not image for here, image in zip(relevant, is_image, strict=True))
    return image_found, captions / kept, gain, float(np.mean(is_image))


def _owner(item_id: int, modality: Modality, count: int) -> int:
    """The picture that an item is or tells of; ids count from 1."""
    return item_id - 1 if modality == "image" else (item_id - 1 - count) // (CAPTIONS - 1)


if __name__ == "__main__":
    main()
