"""The map of a large space, step by step: projections with their trust, topics, decoding, selections and exports.

    python -m tests.benchmarks.projecting --items 100000 --methods pca,tsne,umap

The items are synthetic: 60 clusters of 384 dimensions with a modality gap, half of them pictures, half passages that
say a few words of their cluster's own; words are encoded at no cost, so that what is measured is the map's own work.
"""

import argparse
import hashlib
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from ingest.encoders.base import EncoderInfo
from ingest.readers.draft import MODALITIES, Modality
from ingest.space import Item
from search_app.maps.contrast import contrast
from search_app.maps.decoding import decode
from search_app.maps.html_export import export_html
from search_app.maps.layout import AxisEnd, Layout, MapSpec, Method, SemanticAxis
from search_app.maps.projector_export import export_projector
from search_app.maps.space_maps import SpaceMaps
from search_app.search.growing_array import Column
from search_app.search.projection import LiveProjections
from search_app.search.snapshot import Snapshot
from search_app.search.topics.space_topics import SpaceTopics
from search_app.search.topics.vocabulary import WordVectors

ITEMS, DIMENSION, CLUSTERS = 20_000, 384, 60
Result = TypeVar("Result")


class FreeWords:
    """An encoder whose words cost nothing: each has a random direction."""

    info = EncoderInfo("python:tests.benchmarks.projecting:FreeWords", "free-words-1", DIMENSION, 64, 64, "MIT")

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        seeds = [int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") for text in texts]
        return _unit(np.array([np.random.default_rng(seed).standard_normal(DIMENSION) for seed in seeds]))

    def encode_images(self, images: Sequence[Image]) -> NDArray[np.float32]:
        raise NotImplementedError

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return [(0, len(text))]


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=ITEMS)
    parser.add_argument("--methods", default="pca,tsne,umap", help="which projections to fit (default: all)")
    options = parser.parse_args(arguments)
    snapshot, clusters = _space(options.items)
    print(f"the map of {len(snapshot):,} items, {DIMENSION} dimensions, {CLUSTERS} clusters")
    with tempfile.TemporaryDirectory() as folder:
        _measure(snapshot, clusters, Path(folder), options.methods.split(","))
    print(f"  most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


def _measure(snapshot: Snapshot, clusters: NDArray[np.int64], folder: Path, methods: Sequence[str]) -> None:
    encoder = FreeWords()
    maps = SpaceMaps(folder, "free-words-1", LiveProjections(folder, "free-words-1"))

    class Texts:
        def texts(self, ids: Sequence[int]) -> dict[int, str]:
            return {number: _text(number, clusters[number]) for number in ids}

    def positions(spec: MapSpec) -> Layout:
        layout = maps.layout(snapshot, spec, encoder)
        assert layout is not None
        return layout

    _timed("PCA of both maps: fitting", lambda: maps.means(snapshot, gap=False))
    pca = _timed("PCA: all items placed, trust on a sample", lambda: positions(MapSpec()))
    _told(pca)
    _timed("PCA: the same map again", lambda: positions(MapSpec()))
    meaning = SemanticAxis(AxisEnd("text", "day"), AxisEnd("text", "night"))
    _timed("an axis with a meaning by a component", lambda: positions(MapSpec(axes=(meaning, 1))))
    slow: tuple[Method, ...] = ("tsne", "umap")
    for spec in (MapSpec(method) for method in slow if method in methods):
        _timed(
            f"{spec.method}: fitting a sample, placing the rest", lambda spec=spec: maps.start(snapshot, spec).result()
        )
        _told(positions(spec))
    topics = SpaceTopics(folder, "free-words-1", Texts(), lambda now: maps.means(now, gap=False), maps.tasks)
    topics.words = WordVectors("free-words-1", folder)  # not into the user's cache
    found = _timed("topics: found and named", lambda: topics.find(snapshot, encoder))
    agreement = _agreement(found.labels(snapshot), snapshot, clusters)
    print(f"    {'':<8}{len(found)} topics, adjusted mutual information with the clusters {agreement:.3f}")
    _timed("topics: sizes, spread and representatives", lambda: found.describe(snapshot))
    vocabulary = topics.vocabulary(encoder, snapshot)
    projection = maps.projection(snapshot, gap=False)
    _timed("an empty place decoded", lambda: decode(pca, (0.1, 0.1), snapshot, projection, vocabulary))
    chosen_ids = snapshot.groups["image"].ids[:2_000]
    means = maps.means(snapshot, gap=False)
    _timed(
        "2,000 items set apart from the rest", lambda: contrast(snapshot, chosen_ids, means, Texts().texts, vocabulary)
    )

    def read(ids: Sequence[str]) -> list[Item]:
        images = set(snapshot.groups["image"].ids.tolist())
        return [_item(int(each), "image" if int(each) in images else "text", clusters) for each in ids]

    page = _timed("exported as a page", lambda: export_html(pca, snapshot, "s", read, lambda item: None, found))
    print(f"    {'':<8}{len(page.content) / 1e6:.1f} MB, {page.points:,} items")
    packed = _timed(
        "exported for the Projector", lambda: export_projector(pca, snapshot, "s", read, lambda item: None, found)
    )
    print(f"    {'':<8}{len(packed.content) / 1e6:.1f} MB, {packed.points:,} items")


def _timed(name: str, work: Callable[[], Result]) -> Result:
    started, used = time.perf_counter(), time.process_time()
    result = work()
    taken, used = time.perf_counter() - started, time.process_time() - used
    print(f"    {name:<46} {taken:8.2f} s, processor {used:8.2f} s", flush=True)
    return result


def _told(layout: Layout) -> None:
    if layout.trust:
        trust = layout.trust
        told = f"trustworthiness {trust.trustworthiness:.3f}, {trust.neighbours_kept:.3f} of neighbours kept"
        print(f"    {'':<8}fitted on {layout.fitted_on:,}, {told}")


def _space(items: int) -> tuple[Snapshot, NDArray[np.int64]]:
    """The space, and the cluster of each item by id."""
    random = np.random.default_rng(0)
    centres = _unit(random.standard_normal((CLUSTERS, DIMENSION)))
    clusters = random.integers(0, CLUSTERS, items + 1)
    groups, first = {}, 1
    for place, name in enumerate(MODALITIES):
        count = items // 2 if place else items - items // 2
        ids = np.arange(first, first + count)
        rows = centres[clusters[ids]] + random.standard_normal((count, DIMENSION)).astype(np.float32) * 0.045
        rows[:, place] += 0.8  # the modality gap
        column = Column(DIMENSION)
        column.append(ids, np.zeros(count, np.int32), _unit(rows))
        column.put_facets(0, np.empty(0, np.int64), column.facets)
        groups[name] = column.group(name)
        first += count
    return Snapshot(1, DIMENSION, ("home",), groups), clusters


def _agreement(labels: NDArray[np.int16], snapshot: Snapshot, clusters: NDArray[np.int64]) -> float:
    from sklearn.metrics import adjusted_mutual_info_score

    ids = np.concatenate([snapshot.groups[name].ids for name in MODALITIES])
    return float(adjusted_mutual_info_score(clusters[ids], labels))


def _text(number: int, cluster: int) -> str:
    return f"the item about word{'abcdefghij'[cluster % 10]}{'klmnopqrst'[cluster // 10]} and some more of it {number}"


def _item(number: int, modality: Modality, clusters: NDArray[np.int64]) -> Item:
    text = _text(number, clusters[number]) if modality == "text" else ""
    return Item(str(number), modality, f"/x/{number}", "/x", f"folder {clusters[number]}", text)


def _unit(rows: NDArray[np.floating]) -> NDArray[np.float32]:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
