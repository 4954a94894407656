"""Latency of a search beyond encoding: through Chroma, and narrowed to a folder, in one run."""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ingest.encoders.base import EncoderInfo
from ingest.readers.draft import Draft
from ingest.space import open_to_write
from ingest.space.records import SourceRecord
from search_app.engine.filters import Filters, let_through
from search_app.engine.query import Part, Probe, Query
from search_app.engine.ranking import rank
from search_app.engine.snapshot import LiveVectors

ITEMS = 20_000
DIMENSION = 384
FOLDERS = 20
QUERIES = 100


def main() -> None:
    chance = np.random.default_rng(0)
    # A low-dimensional cloud, since the neighbours of evenly spread points mean nothing and mislead an index.
    vectors = chance.standard_normal((ITEMS, 24)).astype(np.float32) @ chance.standard_normal((24, DIMENSION))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    info = EncoderInfo("benchmark", "0" * 64, DIMENSION, 32, 32, "none")
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home,
        open_to_write(Path(home), "search", info) as space,
    ):
        for start in range(0, ITEMS, 1000):
            space.ledger.write(1, [_record(row, vectors[row]) for row in range(start, start + 1000)])
        started = time.perf_counter()
        space.index()
        print(
            f"search in {ITEMS:,} items ({DIMENSION} dimensions); indexing took {time.perf_counter() - started:.0f} s"
        )
        started = time.perf_counter()
        live = LiveVectors(space.ledger)
        snapshot = live.now()
        print(f"  reading all vectors from the ledger     {1000 * (time.perf_counter() - started):7.1f} ms")
        probes = [Probe((Part("text", vectors[row]),)) for row in chance.integers(0, ITEMS, QUERIES)]
        whole = _median(lambda probe: rank(Query("q"), probe, snapshot, space), probes)
        folder = Query("q", filters=Filters(folders=("folder 3",)))
        narrowed = _median(
            lambda probe: rank(
                folder, probe, snapshot, space, through=let_through(folder.filters, snapshot, space.ledger)
            ),
            probes,
        )
        print(f"  the whole space, through Chroma         {whole:7.1f} ms  1.0 x")
        print(f"  one of {FOLDERS} folders, scanned               {narrowed:7.1f} ms  {whole / narrowed:3.1f} x")


def _median(ask: Callable[[Probe], object], probes: list[Probe]) -> float:
    times = []
    for probe in probes:
        started = time.perf_counter()
        ask(probe)
        times.append(1000 * (time.perf_counter() - started))
    return statistics.median(times)


def _record(row: int, vector: np.ndarray) -> SourceRecord:
    draft = Draft("image" if row % 2 else "text", text=f"item {row}")
    folder = f"folder {row % FOLDERS}"
    path = f"/{folder}/{row}"
    return SourceRecord(
        path, "/", folder, 1, 1, str(row), "added", drafts=[draft], thumbnails=[""], vectors=vector[None]
    )
