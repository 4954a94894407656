"""UMAP (McInnes et al. 2018) by umap-learn, and t-SNE (van der Maaten & Hinton 2008) by openTSNE (Poličar et al. 2019).

Both look at the first REDUCED principal components, of at most FITTED items: of a larger space a steady sample.  Every
other item, and every later one, is placed at the mean of its NEAREST fitted neighbours, each weighed by its nearness.
They start from the principal components, or from the former map, with a fixed seed: so a map is the same between runs,
and a refit turns no corner.
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ingest.errors import SettingsError
from ingest.readers.draft import MODALITIES, Modality
from search_app.maps.layout import METHODS, Method, Trust
from search_app.search.array_cache import load_arrays, save_arrays
from search_app.search.background_tasks import Cancelled, Progress
from search_app.search.pca_reduction import Reduction, groups_of, reduction_of, sampled
from search_app.search.schema import Dimensions
from search_app.search.snapshot import Snapshot

if TYPE_CHECKING:
    from sklearn.neighbors import NearestNeighbors

FITTED = 10_000
"""Items at most that a fit looks at."""
FEWEST = 12
"""Items that a fit needs."""
NEAREST = 5
_NEIGHBOURS, _SPREAD = 15, 0.1  # UMAP: neighbours that count as near, and the least distance on the map
_PERPLEXITY = 30  # t-SNE: how many neighbours an item is held to have
_ROUNDS, _EXAGGERATED = 500, 250  # of both methods, and of t-SNE first with exaggerated attraction
_SEED = 20_240_501
SETTINGS = f"{FITTED} {NEAREST} {_NEIGHBOURS} {_SPREAD} {_PERPLEXITY} {_ROUNDS} {_SEED}"
"""A kept map that was fitted with others is fitted anew."""


@dataclass(frozen=True)
class Manifold:
    """A fitted map by UMAP or t-SNE."""

    method: Method
    reduction: Reduction
    seen: NDArray[np.float32]
    """The items that the fit looked at, reduced: shape (m, len(reduction.basis))."""
    seen_spots: NDArray[np.float32]
    """Where they lie, shape (m, dimensions)."""
    ids: Mapping[Modality, NDArray[np.int64]]
    """All items that the space had then, rising."""
    spots: Mapping[Modality, NDArray[np.float32]]
    """Where they lie: for each of `ids`, shape (n, dimensions)."""
    trust: Trust | None = field(default=None, compare=False)

    @property
    def of(self) -> int:
        """Items that the space had at the fit."""
        return sum(map(len, self.ids.values()))

    @cached_property
    def _tree(self) -> "NearestNeighbors":
        from sklearn.neighbors import NearestNeighbors

        return NearestNeighbors(n_neighbors=min(NEAREST, len(self.seen)), algorithm="brute").fit(self.seen)

    def place(self, modality: Modality, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Where vectors of one modality, shape (n, dimension), lie: the mean of their nearest fitted neighbours."""
        return self.place_reduced(self.reduction.apply(modality, vectors))

    def place_reduced(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """The same for vectors that are reduced already, shape (n, len(reduction.basis))."""
        if not len(rows):
            return np.empty((0, self.seen_spots.shape[1]), np.float32)
        distances, near = self._tree.kneighbors(rows)
        weights = 1.0 / np.maximum(distances, 1e-6)  # an item that was fitted lies where the fit put it
        weights /= weights.sum(axis=1, keepdims=True)
        return np.asarray(np.einsum("nk,nkd->nd", weights, self.seen_spots[near]), np.float32)


def fit_manifold(
    method: Method,
    dimensions: Dimensions,
    snapshot: Snapshot,
    means: Mapping[Modality, NDArray[np.float64]],
    progress: Progress,
    former: Manifold | None = None,
) -> Manifold:
    """Fit a map of `snapshot`, each modality without its mean of `means`.

    Raises:
        SettingsError: there are fewer than FEWEST items, or the extra `maps` is not installed.
        Cancelled: `progress` raised it.
    """
    if len(snapshot) < FEWEST:
        raise SettingsError(
            f"{METHODS[method]} needs at least {FEWEST} items, and the space has {len(snapshot):,}. Choose PCA, or "
            "ingest more."
        )
    progress(0.0, "reducing to principal components")
    reduction = reduction_of(snapshot, means)
    groups = groups_of(snapshot)
    chosen = {name: sampled(group, snapshot, FITTED) for name, group in groups}
    seen = np.concatenate([reduction.apply(name, group.vectors[chosen[name]]) for name, group in groups])
    start = former.place_reduced(_reduced_again(former, snapshot, chosen)) if former else seen[:, :dimensions]
    start = _start(start, dimensions)
    progress(0.05, f"fitting {METHODS[method]} on {len(seen):,} items")
    laid = (_umap if method == "umap" else _tsne)(seen, start, progress)
    progress(0.9, f"placing {len(snapshot) - len(seen):,} more items" if len(snapshot) > len(seen) else "placing")
    fitted = Manifold(method, reduction, seen, laid, {}, {})
    spots, done = {}, 0
    for name, group in groups:
        spots[name] = np.empty((len(group), dimensions), np.float32)
        others = np.setdiff1d(np.arange(len(group)), chosen[name])
        spots[name][chosen[name]] = laid[done : done + len(chosen[name])]
        done += len(chosen[name])
        for place in range(0, len(others), 8_192):
            rows = others[place : place + 8_192]
            spots[name][rows] = fitted.place(name, group.vectors[rows])
            progress(0.9 + 0.1 * place / len(snapshot), "")
    return Manifold(method, reduction, seen, laid, {name: group.ids.copy() for name, group in groups}, spots)


def _reduced_again(
    former: Manifold, snapshot: Snapshot, chosen: Mapping[Modality, NDArray[np.int64]]
) -> NDArray[np.float32]:
    """The chosen items as the former map's own reduction has them."""
    return np.concatenate(
        [former.reduction.apply(name, group.vectors[chosen[name]]) for name, group in groups_of(snapshot)]
    )


def _start(spots: NDArray[np.float32], dimensions: int) -> NDArray[np.float64]:
    """Where the items begin: `spots`, brought to a deviation of 1 along the first axis; axes that lack are noise."""
    random = np.random.default_rng(_SEED)
    start = random.normal(0.0, 1e-4, (len(spots), dimensions))
    start[:, : spots.shape[1]] += spots / max(float(spots[:, 0].std()), 1e-9)
    return start


def _umap(rows: NDArray[np.float32], start: NDArray[np.float64], progress: Progress) -> NDArray[np.float32]:
    require_umap()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its parts: that TensorFlow is not there, that a seed means one thread
        import umap

        near = min(_NEIGHBOURS, len(rows) - 1)
        fitting = umap.UMAP(
            n_components=start.shape[1],
            n_neighbors=near,
            precomputed_knn=(*_nearest(rows, near)[::-1], None),
            force_approximation_algorithm=True,  # with fewer than 4,096 items it would compute the neighbours again
            min_dist=_SPREAD,
            n_epochs=_ROUNDS,
            init=start * 5.0,  # umap-learn's own beginnings are about as wide
            random_state=_SEED,
            n_jobs=1,  # as a seed wants; it leaves the other cores to the page
            tqdm_kwds={"file": _Epochs(progress), "disable": False, "mininterval": 0.2, "bar_format": "{n_fmt}"},
        )
        return np.asarray(fitting.fit_transform(rows), np.float32)


def _nearest(rows: NDArray[np.float32], count: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The distances to the `count` nearest rows of each, itself first, and which they are; shapes (n, count)."""
    from sklearn.neighbors import NearestNeighbors

    distances, near = NearestNeighbors(n_neighbors=count, algorithm="brute").fit(rows).kneighbors(rows)
    itself = np.arange(len(rows))
    for place in np.flatnonzero(near[:, 0] != itself):  # one of several that are the same may stand before it
        other = int(np.argmax(near[place] == place)) if (near[place] == place).any() else count - 1
        near[place, other], near[place, 0] = near[place, 0], place
        distances[place, 0] = 0.0
    return distances.astype(np.float32), near


class _Epochs:
    """Takes what tqdm would print, the number of rounds done, and tells it to `progress`, which may raise."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def write(self, printed: str) -> None:
        done = printed.strip().lstrip("\r")
        if done.isdecimal():
            self._progress(0.3 + 0.6 * int(done) / _ROUNDS, "")

    def flush(self) -> None:
        """Nothing is held back."""


def _tsne(rows: NDArray[np.float32], start: NDArray[np.float64], progress: Progress) -> NDArray[np.float32]:
    unwanted: list[Cancelled] = []

    def heard(done: float) -> bool:
        """Whether to stop: openTSNE's own way to be cancelled."""
        try:
            progress(done, "")
        except Cancelled as stop:
            unwanted.append(stop)
        return bool(unwanted)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from openTSNE import TSNEEmbedding, affinity, nearest_neighbors

        perplexity = min(_PERPLEXITY, (len(rows) - 1) / 3)
        distances, near = _nearest(rows, int(3 * perplexity) + 1)
        known = nearest_neighbors.PrecomputedNeighbors(near[:, 1:], distances[:, 1:])
        nearby = affinity.PerplexityBasedNN(perplexity=perplexity, knn_index=known, n_jobs=1, random_state=_SEED)
        progress(0.2, "")
        laid = TSNEEmbedding(
            start * 1e-4,
            nearby,
            negative_gradient_method="bh" if start.shape[1] > 2 or len(rows) < 2_000 else "fft",
            n_jobs=1,  # sums in one order, so that a map is the same between runs
            random_state=_SEED,
        )
        # Early exaggeration pulls clusters together before they find their places.
        for rounds, exaggeration, begin, end in ((_EXAGGERATED, 12, 0.2, 0.45), (_ROUNDS, 1, 0.45, 0.9)):
            laid = laid.optimize(
                n_iter=rounds,
                exaggeration=exaggeration,
                momentum=0.5 if exaggeration > 1 else 0.8,
                callbacks=lambda n, *_, b=begin, e=end, r=rounds: heard(b + (e - b) * n / r),
                callbacks_every_iters=10,
            )
            if unwanted:
                raise unwanted[0]
    return np.asarray(laid, np.float32)


def require_umap() -> None:
    """Raises SettingsError where umap-learn is not installed."""
    if find_spec("umap") is None:
        raise SettingsError("UMAP needs umap-learn, which is not installed. Run: pip install 'nearspace[maps]'")


def save_manifold(path: Path, key: str, manifold: Manifold) -> None:
    """Keep the map in a file; a folder that cannot be written only costs the next start a fit."""
    arrays = {
        "basis": manifold.reduction.basis,
        "means": np.array([manifold.reduction.means[name] for name in MODALITIES]),
        "seen": manifold.seen,
        "seen_spots": manifold.seen_spots,
    }
    for name in manifold.ids:
        arrays |= {f"{name}_ids": manifold.ids[name], f"{name}_spots": manifold.spots[name]}
    trust = manifold.trust
    facts = {"method": manifold.method, "trust": [trust.trustworthiness, trust.kept, trust.sample] if trust else None}
    save_arrays(path, key, arrays, facts)


def load_manifold(path: Path, key: str) -> Manifold | None:
    """The map in that file; None when there is none under `key`, or the file is damaged."""
    file = load_arrays(path, key)
    if file is None:
        return None
    arrays = file.arrays
    try:
        present = [name for name in MODALITIES if f"{name}_ids" in arrays]
        trust = Trust(*file.facts["trust"]) if file.facts["trust"] else None
        means = dict(zip(MODALITIES, arrays["means"], strict=True))
        return Manifold(
            file.facts["method"],
            Reduction(means, arrays["basis"]),
            arrays["seen"],
            arrays["seen_spots"],
            {name: arrays[f"{name}_ids"] for name in present},
            {name: arrays[f"{name}_spots"] for name in present},
            trust,
        )
    except (KeyError, ValueError, TypeError):
        return None
