"""A search beyond encoding, turn by turn: Nearspace's own, exact numpy, hnswlib in memory, and plain Chroma.

    python -m tests.benchmarks.searching --items 100000 --home FOLDER

keeps the space in FOLDER, so that a second run need not fill it.  hnswlib, which pip compiles, is measured where it is
installed.
"""

import argparse
import importlib
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import EncoderInfo
from ingest.readers.draft import MODALITIES, Draft, Modality
from ingest.space import Space, open_space, open_to_write
from ingest.space.ledger.records import SourceRecord
from search_app.search import candidates
from search_app.search.background_scores import PHRASES, modality_means
from search_app.search.filter_masks import Masks, item_masks
from search_app.search.query import Query
from search_app.search.query_schema import PLAIN, Filters
from search_app.search.query_vectors import PartVector, Probe
from search_app.search.searcher import Searcher
from search_app.search.snapshot import Snapshot

ITEMS, DIMENSION, QUERIES = 20_000, 384, 100
SPACE = "s"
INFO = EncoderInfo("benchmark", "0" * 64, DIMENSION, 32, 32, "none")
FILTERS = {
    "one of 20 folders": Filters(folder=("folder 3",)),
    "a colour, a shape and a date": Filters(
        dominant_colour=("red",), orientation=("landscape",), after=date(2018, 1, 1)
    ),
    "a filter that lets nearly all through": Filters(min_bytes=1_001),
    "a key of the metadata with a value": Filters(where=("camera=cam 3",)),
    "a phrase, word for word": Filters(exact=("w1 w1",)),
}

Ask = Callable[[Probe], object]
Masked = Mapping[Modality, NDArray[np.bool_]]


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=ITEMS)
    parser.add_argument("--home", type=Path, help="keep the space here and use it again")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        home = options.home or Path(temporary)
        if not (home / SPACE).exists():
            fill(home, options.items)
        with open_space(home, SPACE) as space:
            _measure(space)


class _Asker:
    """Asks a space what is already encoded."""

    info = INFO

    def __init__(self, space: Space) -> None:
        self.space, self.searcher = space, Searcher(space)
        self.snapshot = self.searcher.vectors.now()
        self.phrases = self.snapshot.groups["text"].vectors[: len(PHRASES)]
        self.vectors = self.phrases
        self.searcher.phrases(self)  # type: ignore[arg-type]

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.vectors

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return []

    def ask(self, probe: Probe, query: Query) -> list[str]:
        """Everything that a question costs, but for encoding it."""
        self.vectors = probe.raw[np.newaxis]
        self.searcher._masks = Masks(self.space.ledger)  # as if each question had other filters
        answer = self.searcher.ask(query, self)  # type: ignore[arg-type]
        return [hit.id for hit in answer.ranking.hits]


def _measure(space: Space) -> None:
    started = time.perf_counter()
    asker = _Asker(space)
    snapshot = asker.snapshot
    taken = time.perf_counter() - started
    print(f"search in {len(snapshot):,} items, {DIMENSION} dimensions, {QUERIES} queries, beyond encoding")
    print(f"  reading all vectors and facts from the ledger, once: {taken:.1f} s")
    probes = _probes(snapshot)
    words = "w17 IMG_2041 of a kind"
    contenders: dict[str, Ask] = {"Nearspace, the whole space": lambda probe: asker.ask(probe, Query(words))}
    contenders["Nearspace, as if it held too many to look at"] = lambda probe: _by_index(asker, probe, Query(words))
    for name, filters in FILTERS.items():
        contenders[f"Nearspace, {name}"] = lambda probe, chosen=filters: asker.ask(probe, Query(words, filters=chosen))  # type: ignore[misc]
    contenders["exact numpy, both collections"] = lambda probe: _exact(snapshot, probe)
    with suppress(ModuleNotFoundError):
        contenders["hnswlib (M 16, ef 200), 100 of each"] = _hnswlib(snapshot)
    contenders["plain Chroma, 24 of each"] = lambda probe: _chroma(space, probe, None)
    contenders["plain Chroma, with a metadata filter"] = lambda probe: _chroma(space, probe, {"folder": "folder 3"})
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for ask in contenders.values():
        ask(probes[0])  # warm
    for probe in probes:
        for name, ask in contenders.items():
            started = time.perf_counter()
            ask(probe)
            times[name].append(1000 * (time.perf_counter() - started))
    _show(times)
    _show_recall(asker, probes)


def _show(times: Mapping[str, Sequence[float]]) -> None:
    first = statistics.median(next(iter(times.values())))
    print(f"    {'':<46} {'p50 ms':>8} {'p95 ms':>8}")
    for name, taken in times.items():
        middle, late = statistics.median(taken), sorted(taken)[int(0.95 * len(taken))]
        print(f"    {name:<46} {middle:8.1f} {late:8.1f} {middle / first:6.2f} x")


def _show_recall(asker: _Asker, probes: Sequence[Probe]) -> None:
    def recall(filters: Filters, ask: Callable[[Probe, Query], list[str]]) -> float:
        masks = item_masks(filters, asker.snapshot, asker.space.ledger)
        shares = []
        for probe in probes:
            truth = _exact(asker.snapshot, probe, masks)
            for name in MODALITIES:
                chosen = Filters(**{**vars(filters), "modalities": (name,)})
                found = ask(probe, Query("x", filters=chosen, count=10, listing=PLAIN))
                shares.append(len(truth[name] & set(found)) / max(len(truth[name]), 1) if truth[name] else 1.0)
        return float(np.mean(shares))

    print("  recall@10 in each collection against exact numpy")
    print(f"    {'the whole space':<46} {recall(Filters(), asker.ask):8.4f}")
    asks_chroma = recall(Filters(), lambda probe, query: _by_index(asker, probe, query))
    print(f"    {'as if it held too many to look at':<46} {asks_chroma:8.4f}")
    for name, filters in FILTERS.items():
        print(f"    {name:<46} {recall(filters, asker.ask):8.4f}")


def _by_index(asker: _Asker, probe: Probe, query: Query) -> list[str]:
    with _none_scanned():
        return asker.ask(probe, query)


@contextmanager
def _none_scanned() -> Iterator[None]:
    usual, candidates.SCANNED = candidates.SCANNED, 0
    try:
        yield
    finally:
        candidates.SCANNED = usual


def _exact(snapshot: Snapshot, probe: Probe, masks: Masked | None = None) -> dict[Modality, set[str]]:
    means = modality_means(snapshot, snapshot.groups["text"].vectors[: len(PHRASES)])
    centred = probe.centred(means)
    best: dict[Modality, set[str]] = {}
    for name, group in snapshot.groups.items():
        mean = means[name]
        closeness = (group.vectors @ centred - float(mean @ centred)) / group.lengths_without(mean)
        rows = np.arange(len(group)) if masks is None else np.flatnonzero(masks[name])
        if len(rows) > 10:
            rows = rows[np.argpartition(-closeness[rows], 10)[:10]]
        best[name] = {str(group.ids[row]) for row in rows}
    return best


def _hnswlib(snapshot: Snapshot) -> Ask:
    hnswlib = importlib.import_module("hnswlib")
    means = modality_means(snapshot, None)
    indexes = []
    for group in snapshot.groups.values():
        index = hnswlib.Index("cosine", DIMENSION)
        index.init_index(len(group), ef_construction=200, M=16)
        index.add_items(group.vectors)
        index.set_ef(200)
        index.set_num_threads(1)
        indexes.append(index)
    return lambda probe: [index.knn_query(probe.centred(means)[np.newaxis], 100) for index in indexes]


def _chroma(space: Space, probe: Probe, where: dict | None) -> object:
    return [
        space._collections._collections[name].query(
            query_embeddings=[probe.raw], n_results=24, where=where, include=["distances"]
        )
        for name in MODALITIES
    ]


def _probes(snapshot: Snapshot) -> list[Probe]:
    """Questions near texts of the space, and no item of it."""
    chance = np.random.default_rng(9)
    texts = snapshot.groups["text"].vectors
    probes = []
    for row in chance.integers(0, len(texts), QUERIES):
        near = texts[row] + chance.standard_normal(DIMENSION).astype(np.float32) * np.float32(0.6 / DIMENSION**0.5)
        probes.append(Probe((PartVector("text", near / np.linalg.norm(near)),)))
    return probes


def fill(home: Path, items: int) -> None:
    """Make the space SPACE with so many items, half of them images, without any files."""
    vectors = {"image": _cloud(items // 2, 1), "text": _cloud(items // 2, 2)}
    chance = np.random.default_rng(3)
    started = time.perf_counter()
    home.mkdir(parents=True, exist_ok=True)
    with open_to_write(home, SPACE, INFO) as space:
        for start in range(0, items // 2, 1_000):
            rows = range(start, min(start + 1_000, items // 2))
            space.ledger.write(
                1, [_record(name, row, vectors[name][row], chance) for row in rows for name in MODALITIES]
            )
        written = time.perf_counter()
        space.index()
    print(f"writing {items:,} items took {written - started:.0f} s, and Chroma {time.perf_counter() - written:.0f} s")


def _cloud(count: int, seed: int) -> NDArray[np.float32]:
    """Unit vectors about a mean of their own, in topics of very different sizes, which both modalities share.

    Their principal components fall off, and the cosines of unrelated pairs spread (0.1), as those of `lite` do.
    """
    shared, chance = np.random.default_rng(5), np.random.default_rng(seed)
    falling = np.arange(1, DIMENSION + 1) ** -0.35
    turn = np.linalg.qr(shared.standard_normal((DIMENSION, DIMENSION)))[0].astype(np.float32)
    themes, topics = _directions(shared, 60, falling), _directions(shared, 1_500, falling)
    topic = np.minimum(chance.zipf(1.2, count) - 1, 10**6) * 7_919 % len(topics)
    cloud = 0.45 * themes[topic % len(themes)] + 0.55 * topics[topic] + 0.7 * _directions(chance, count, falling)
    offset = chance.standard_normal(DIMENSION)
    cloud = cloud @ turn + np.float32(0.3) * (offset / np.linalg.norm(offset)).astype(np.float32)
    return np.asarray(cloud / np.linalg.norm(cloud, axis=1, keepdims=True), dtype=np.float32)


def _directions(chance: np.random.Generator, count: int, falling: NDArray[np.float64]) -> NDArray[np.float32]:
    drawn = (chance.standard_normal((count, DIMENSION)) * falling).astype(np.float32)
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True))


def _record(name: Modality, row: int, vector: NDArray[np.float32], chance: np.random.Generator) -> SourceRecord:
    folder = f"folder {row % 20}"
    path = f"/{folder}/IMG_{row}.{'jpg' if name == 'image' else 'txt'}"
    text = " ".join(f"w{number}" for number in (chance.zipf(1.3, 20) - 1) % 20_000)
    meta = {
        "width": 400 + row % 1000,
        "height": 500,
        "camera": f"cam {row % 7}",
        "keywords": f"k{row % 50}, z{row % 9}",
        "colours": "red" if row % 5 else "blue, red",
    }
    changed = 1_500_000_000_000_000_000 + row * 10**12
    draft = Draft(name, text=text, meta=meta)
    return SourceRecord(
        path,
        "/",
        folder,
        1_000 + row,
        changed,
        f"{row}{name}",
        "added",
        drafts=[draft],
        thumbnails=[""],
        vectors=vector[None],
    )


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
