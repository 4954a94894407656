"""UMAP (McInnes et al. 2018) by umap-learn, and t-SNE (van der Maaten & Hinton 2008) by openTSNE (Poličar et al. 2019).

Both are fitted in the first REDUCED principal components, on at most FIT_SAMPLE items: in a larger space on a steady
sample.  Every other item, and every later one, is placed at the mean of its PLACING_NEIGHBOURS nearest fitted items,
weighted by inverse distance.  A fit starts from the principal components, or from the former map, with a fixed seed: so
a map is the same between runs, and a refit keeps its orientation.  The fit itself runs in a process of its own (see
`fit_process`).
"""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass, field
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ingest.errors import SettingsError
from ingest.readers.draft import MODALITIES, Modality
from search_app.maps.fit_process import fit_elsewhere
from search_app.maps.layout import METHODS, Method, Trust
from search_app.search.array_cache import load_arrays, save_arrays
from search_app.search.background_tasks import Cancelled, Progress
from search_app.search.pca_reduction import Reduction, groups_of, reduction_of, sampled
from search_app.search.query_schema import Dimensions
from search_app.search.snapshot import Snapshot

if TYPE_CHECKING:
    from sklearn.neighbors import NearestNeighbors

FIT_SAMPLE = 10_000
"""Items at most that a fit uses."""
MIN_ITEMS = 12
"""Items that a fit needs at least."""
PLACING_NEIGHBOURS = 5
_NEIGHBOURS, _MIN_DISTANCE = 15, 0.1  # UMAP: `n_neighbors` and `min_dist`
_PERPLEXITY = 30  # of t-SNE
_EPOCHS, _EARLY_EPOCHS = 500, 250  # of both methods; of t-SNE before them, with early exaggeration
_SEED = 20_240_501
STARTED = 0.05
"""The share of a fit that is done when its process starts."""
_CHUNK = 8_192  # items placed at a time
SETTINGS = f"{FIT_SAMPLE} {PLACING_NEIGHBOURS} {_NEIGHBOURS} {_MIN_DISTANCE} {_PERPLEXITY} {_EPOCHS} {_SEED}"
"""Part of the key of a saved map: one that was fitted with other settings is fitted anew."""


@dataclass(frozen=True)
class Manifold:
    """A fitted map by UMAP or t-SNE."""

    method: Method
    reduction: Reduction
    fit_rows: NDArray[np.float32]
    """The reduced vectors that the fit used, shape (m, len(reduction.basis))."""
    fit_positions: NDArray[np.float32]
    """Their positions on the map, shape (m, dimensions)."""
    ids: Mapping[Modality, NDArray[np.int64]]
    """All items that the space had at the fit, rising."""
    positions: Mapping[Modality, NDArray[np.float32]]
    """The position of each of `ids`, shape (n, dimensions)."""
    trust: Trust | None = field(default=None, compare=False)

    @property
    def items_at_fit(self) -> int:
        """Items that the space had at the fit."""
        return sum(map(len, self.ids.values()))

    @cached_property
    def _neighbours(self) -> "NearestNeighbors":
        return _fitted_neighbours(self.fit_rows)

    def place(self, modality: Modality, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """The positions of vectors of one modality, shape (n, dimension): the mean of their nearest fitted items."""
        return self.place_reduced(self.reduction.apply(modality, vectors))

    def place_reduced(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """The same for reduced vectors, shape (n, len(reduction.basis))."""
        if not len(rows):
            return np.empty((0, self.fit_positions.shape[1]), np.float32)
        return _mean_of_nearest(self._neighbours, self.fit_positions, rows)


def _fitted_neighbours(fit_rows: NDArray[np.float32]) -> "NearestNeighbors":
    from sklearn.neighbors import NearestNeighbors

    return NearestNeighbors(n_neighbors=min(PLACING_NEIGHBOURS, len(fit_rows)), algorithm="brute").fit(fit_rows)


def _mean_of_nearest(
    neighbours: "NearestNeighbors", fit_positions: NDArray[np.float32], rows: NDArray[np.float32]
) -> NDArray[np.float32]:
    distances, near = neighbours.kneighbors(rows)
    weights = 1.0 / np.maximum(distances, 1e-6)  # a fitted item keeps the position of the fit
    weights /= weights.sum(axis=1, keepdims=True)
    return np.asarray(np.einsum("nk,nkd->nd", weights, fit_positions[near]), np.float32)


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
        SettingsError: there are fewer than MIN_ITEMS items, or the extra `maps` is not installed.
        Cancelled: `progress` raised it.
    """
    if len(snapshot) < MIN_ITEMS:
        raise SettingsError(
            f"{METHODS[method]} needs at least {MIN_ITEMS} items, and the space has {len(snapshot):,}. Choose PCA, or "
            "ingest more."
        )
    if method == "umap":
        require_umap()
    progress(0.0, "reducing to principal components")
    reduction = reduction_of(snapshot, means)
    groups = groups_of(snapshot)
    chosen = {name: sampled(group, snapshot, FIT_SAMPLE) for name, group in groups}
    fit_rows = np.concatenate([reduction.apply(name, group.vectors[chosen[name]]) for name, group in groups])
    start = former.place_reduced(_reduced_by(former, snapshot, chosen)) if former else fit_rows[:, :dimensions]
    start = _initial_positions(start, dimensions)
    progress(STARTED, f"fitting {METHODS[method]} on {len(fit_rows):,} items")
    left = {name: np.setdiff1d(np.arange(len(group)), chosen[name]) for name, group in groups}
    other_rows = np.concatenate([reduction.apply(name, group.vectors[left[name]]) for name, group in groups])
    settings = {"method": method, "epochs": _EPOCHS, "early": _EARLY_EPOCHS}
    fit_positions, other_positions = fit_elsewhere(settings, fit_rows, start, other_rows, progress)
    positions: dict[Modality, NDArray[np.float32]] = {}
    fitted, placed = iter(fit_positions), iter(other_positions)
    for name, group in groups:
        positions[name] = np.empty((len(group), dimensions), np.float32)
        for rows, source in ((chosen[name], fitted), (left[name], placed)):
            positions[name][rows] = np.fromiter(source, (np.float32, dimensions), len(rows))
    ids = {name: group.ids.copy() for name, group in groups}
    return Manifold(method, reduction, fit_rows, fit_positions, ids, positions)


def fit_and_place(
    settings: Mapping[str, Any],
    fit_rows: NDArray[np.float32],
    start: NDArray[np.float64],
    others: NDArray[np.float32],
    progress: Progress,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The positions of reduced vectors: `fit_rows`, which are fitted from `start` on, and `others`, placed by them.

    `settings` are the `method` and its numbers of rounds: `epochs`, and of t-SNE `early` ones before them.
    """
    rounds = _Rounds(settings["epochs"], settings["early"])
    fit_positions = _FITS[settings["method"]](fit_rows, start, rounds, progress)
    progress(0.9, f"placing {len(others):,} more items" if len(others) else "placing")
    neighbours = _fitted_neighbours(fit_rows)
    placed = np.empty((len(others), start.shape[1]), np.float32)
    for first in range(0, len(others), _CHUNK):
        placed[first : first + _CHUNK] = _mean_of_nearest(neighbours, fit_positions, others[first : first + _CHUNK])
        progress(0.9 + 0.1 * first / len(others), "")
    return fit_positions, placed


@dataclass(frozen=True)
class _Rounds:
    epochs: int
    early: int


def _reduced_by(
    former: Manifold, snapshot: Snapshot, chosen: Mapping[Modality, NDArray[np.int64]]
) -> NDArray[np.float32]:
    """The chosen items, by the former map's own reduction."""
    return np.concatenate(
        [former.reduction.apply(name, group.vectors[chosen[name]]) for name, group in groups_of(snapshot)]
    )


def _initial_positions(positions: NDArray[np.float32], dimensions: int) -> NDArray[np.float64]:
    """`positions` scaled to a deviation of 1 along the first axis; axes that they lack are noise."""
    random = np.random.default_rng(_SEED)
    start = random.normal(0.0, 1e-4, (len(positions), dimensions))
    start[:, : positions.shape[1]] += positions / max(float(positions[:, 0].std()), 1e-9)
    return start


def _umap(
    rows: NDArray[np.float32], start: NDArray[np.float64], rounds: _Rounds, progress: Progress
) -> NDArray[np.float32]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # from its parts: no TensorFlow, one thread because of the seed
        import umap

        count = min(_NEIGHBOURS, len(rows) - 1)
        model = umap.UMAP(
            n_components=start.shape[1],
            n_neighbors=count,
            precomputed_knn=(*_nearest(rows, count)[::-1], None),
            force_approximation_algorithm=True,  # with fewer than 4,096 items it would compute the neighbours again
            min_dist=_MIN_DISTANCE,
            n_epochs=rounds.epochs,
            init=start * 5.0,  # about as wide as umap-learn's own initialisation
            random_state=_SEED,
            n_jobs=1,  # required by a seed; it leaves the other cores to the page
            tqdm_kwds={
                "file": _EpochReader(rounds.epochs, progress),
                "disable": False,
                "mininterval": 0.2,
                "bar_format": "{n_fmt}",
            },
        )
        return np.asarray(model.fit_transform(rows), np.float32)


def _nearest(rows: NDArray[np.float32], count: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The distances to the `count` nearest rows of each, itself first, and which they are; shapes (n, count)."""
    from sklearn.neighbors import NearestNeighbors

    distances, near = NearestNeighbors(n_neighbors=count, algorithm="brute").fit(rows).kneighbors(rows)
    itself = np.arange(len(rows))
    for place in np.flatnonzero(near[:, 0] != itself):  # of identical rows another may come first
        other = int(np.argmax(near[place] == place)) if (near[place] == place).any() else count - 1
        near[place, other], near[place, 0] = near[place, 0], place
        distances[place, 0] = 0.0
    return distances.astype(np.float32), near


class _EpochReader:
    """A file for tqdm: reports the number of epochs done, as tqdm prints it, to `progress`, which may raise."""

    def __init__(self, epochs: int, progress: Progress) -> None:
        self._epochs, self._progress = epochs, progress

    def write(self, printed: str) -> None:
        done = printed.strip().lstrip("\r")
        if done.isdecimal():
            self._progress(0.3 + 0.6 * int(done) / self._epochs, "")

    def flush(self) -> None:
        """Nothing is buffered."""


def _tsne(
    rows: NDArray[np.float32], start: NDArray[np.float64], rounds: _Rounds, progress: Progress
) -> NDArray[np.float32]:
    cancelled: list[Cancelled] = []

    def should_stop(done: float) -> bool:
        """Whether to stop: openTSNE's callback for cancelling."""
        try:
            progress(done, "")
        except Cancelled as stop:
            cancelled.append(stop)
        return bool(cancelled)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from openTSNE import TSNEEmbedding, affinity, nearest_neighbors

        perplexity = min(_PERPLEXITY, (len(rows) - 1) / 3)
        distances, near = _nearest(rows, int(3 * perplexity) + 1)
        known = nearest_neighbors.PrecomputedNeighbors(near[:, 1:], distances[:, 1:])
        nearby = affinity.PerplexityBasedNN(perplexity=perplexity, knn_index=known, n_jobs=1, random_state=_SEED)
        progress(0.2, "")
        embedding = TSNEEmbedding(
            start * 1e-4,
            nearby,
            negative_gradient_method="bh" if start.shape[1] > 2 or len(rows) < 2_000 else "fft",
            n_jobs=1,  # a fixed order of sums, so that a map is the same between runs
            random_state=_SEED,
        )
        # Early exaggeration pulls clusters together before they find their places.
        for epochs, exaggeration, begin, end in ((rounds.early, 12, 0.2, 0.45), (rounds.epochs, 1, 0.45, 0.9)):
            embedding = embedding.optimize(
                n_iter=epochs,
                exaggeration=exaggeration,
                momentum=0.5 if exaggeration > 1 else 0.8,
                callbacks=lambda n, *_, b=begin, e=end, r=epochs: should_stop(b + (e - b) * n / r),
                callbacks_every_iters=10,
            )
            if cancelled:
                raise cancelled[0]
    return np.asarray(embedding, np.float32)


_Fit = Callable[[NDArray[np.float32], NDArray[np.float64], _Rounds, Progress], NDArray[np.float32]]
_FITS: dict[Method, _Fit] = {
    "umap": _umap,
    "tsne": _tsne,
}
"""Each takes the reduced rows, their initial positions, its rounds and where to report; it returns positions."""


def neighbours_method() -> Method:
    """The layout of neighbours that this installation can fit: UMAP where the extra is there, else t-SNE."""
    return "umap" if find_spec("umap") else "tsne"


def require_umap() -> None:
    """Raises SettingsError where umap-learn is not installed."""
    if find_spec("umap") is None:
        raise SettingsError("UMAP needs umap-learn, which is not installed. Run: pip install 'nearspace[maps]'")


def save_manifold(path: Path, key: str, manifold: Manifold) -> None:
    """Save the map; in a folder that cannot be written nothing is saved, and the next start fits anew."""
    arrays = {
        "basis": manifold.reduction.basis,
        "means": np.array([manifold.reduction.means[name] for name in MODALITIES]),
        "seen": manifold.fit_rows,
        "seen_spots": manifold.fit_positions,
    }
    for name in manifold.ids:
        arrays |= {f"{name}_ids": manifold.ids[name], f"{name}_spots": manifold.positions[name]}
    trust = manifold.trust
    facts = {"method": manifold.method, "trust": astuple(trust) if trust else None}
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
