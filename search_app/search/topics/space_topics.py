"""The topics of one open space: found on first use, kept beside the space, and found anew only on request."""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import Encoder
from ingest.readers.draft import MODALITIES, Modality
from search_app.search.array_cache import PROJECTION_FOLDER, load_arrays, save_arrays
from search_app.search.background_tasks import Progress, Task, TaskQueue
from search_app.search.pca_reduction import Reduction
from search_app.search.snapshot import Snapshot
from search_app.search.topics.clustering import FIT_SAMPLE, MAX_TOPICS, SILHOUETTE_SAMPLE, find_clusters
from search_app.search.topics.model import MIN_ITEMS, TopicName, Topics
from search_app.search.topics.naming import name_topics
from search_app.search.topics.vocabulary import Vocabulary, WordVectors

if TYPE_CHECKING:
    from ingest.space.ledger.items import Items

_SETTINGS = f"{FIT_SAMPLE} {SILHOUETTE_SAMPLE} {MAX_TOPICS} 1"
_OUTGROWN = 4  # times as many items as at the fit, or half of them gone: the old topics no longer describe the space

Means = Callable[[Snapshot], Mapping[Modality, NDArray[np.float64]]]
"""Gives the mean that is subtracted from the vectors of each modality before clustering."""


class SpaceTopics:
    """The topics of one space, computed once and kept in a file; safe to share between threads."""

    def __init__(self, folder: Path, fingerprint: str, items: "Items", means: Means, tasks: TaskQueue) -> None:
        """`folder` is the space's, `fingerprint` its encoder's, `items` those of its ledger."""
        self.words = WordVectors(fingerprint)
        self._path = folder / PROJECTION_FOLDER / "topics.npz"
        self._key = f"{fingerprint} {_SETTINGS}"
        self._items = items
        self._means = means
        self._tasks = tasks
        self._lock = threading.Lock()
        self._find_lock = threading.Lock()
        self._current: Topics | None = None

    def current(self, snapshot: Snapshot) -> Topics | None:
        """The topics as they were found; None before they were, and once the space has outgrown them: then `start`."""
        with self._lock:
            if self._current is None:
                self._current = _load(self._path, self._key)
            if self._current is None or _outgrown(self._current, snapshot):
                return None
            return self._current

    def get_or_find(self, snapshot: Snapshot, encoder: Encoder, progress: Progress | None = None) -> Topics:
        """The topics, found now if there are none: a second or two, up to a minute in a large space."""
        with self._find_lock:  # whoever comes meanwhile waits for the topics that are being found
            topics = self.current(snapshot)
            return self.find(snapshot, encoder, progress) if topics is None else topics

    def find(self, snapshot: Snapshot, encoder: Encoder, progress: Progress | None = None) -> Topics:
        """Find the topics anew, now."""
        progress = progress or _ignore_progress
        topics = find_clusters(snapshot, self._means(snapshot), progress)
        topics = name_topics(topics, snapshot, self._items.texts, self.words, encoder, progress)
        _save(self._path, self._key, topics)
        with self._lock:
            self._current = topics
        return topics

    def start(self, snapshot: Snapshot, encoder: Encoder) -> Task[Topics]:
        """Find the topics anew in the background; while that runs, the same task is returned."""
        return self._tasks.start("topics", lambda progress: self.find(snapshot, encoder, progress))

    def task(self) -> Task[Topics] | None:
        """The last task that `start` began, if any."""
        return self._tasks.get("topics")

    def vocabulary(self, encoder: Encoder, snapshot: Snapshot, progress: Progress | None = None) -> Vocabulary:
        """The words that name topics and places: English ones, and the distinctive words of the space's topics."""
        topics = self.current(snapshot)
        own = dict.fromkeys(word for name in topics.names for word in name.said) if topics else ()
        return self.words.vocabulary(encoder, tuple(own), progress)


def _ignore_progress(share: float, message: str) -> None:
    """A `Progress` that does nothing."""


def _outgrown(topics: Topics, snapshot: Snapshot) -> bool:
    if topics.fitted_on < MIN_ITEMS <= len(snapshot):
        return True
    drift = topics.drift(snapshot)
    return 2 * drift.gone > topics.fitted_on or len(snapshot) > _OUTGROWN * topics.fitted_on


def _save(path: Path, key: str, topics: Topics) -> None:
    arrays = {
        "basis": topics.reduction.basis,
        "means": np.array([topics.reduction.means[name] for name in MODALITIES]),
        "centres": topics.centres,
    }
    facts = {
        "names": [[name.name, name.said, name.near] for name in topics.names],
        "silhouettes": {str(number): score for number, score in topics.silhouettes.items()},
        "fitted_on": topics.fitted_on,
        "newest": topics.newest,
    }
    save_arrays(path, key, arrays, facts)


def _load(path: Path, key: str) -> Topics | None:
    file = load_arrays(path, key)
    if file is None:
        return None
    try:
        names = tuple(TopicName(name, tuple(said), tuple(near)) for name, said, near in file.facts["names"])
        means = dict(zip(MODALITIES, file.arrays["means"], strict=True))
        topics = Topics(
            Reduction(means, file.arrays["basis"]),
            file.arrays["centres"],
            names,
            {int(number): float(score) for number, score in file.facts["silhouettes"].items()},
            int(file.facts["fitted_on"]),
            int(file.facts["newest"]),
        )
    except (KeyError, ValueError, TypeError, AttributeError):
        return None
    return topics if len(names) == len(topics) else None
