"""The topics of one open space: found when they are first asked for, kept beside it, and found anew only when asked."""

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import Encoder
from ingest.readers.draft import MODALITIES, Modality
from search_app.maps.array_cache import PROJECTION_FOLDER, keep, kept
from search_app.maps.background_jobs import Job, Jobs, Progress
from search_app.maps.pca_reduction import Reduction
from search_app.maps.topic_names import named
from search_app.maps.topics import FEWEST, FITTED, JUDGED, MOST, Name, Topics, find_clusters
from search_app.maps.vocabulary import Vocabulary, WordVectors
from search_app.search.snapshot import Snapshot

_SETTINGS = f"{FITTED} {JUDGED} {MOST} 1"
_ANOTHER_SPACE = 4  # times as many items as there were, or half of them gone: the old topics tell nothing of it

Means = Callable[[Snapshot], Mapping[Modality, NDArray[np.float64]]]
"""What a vector of each modality loses before topics are looked for."""


class Texts(Protocol):
    """What topics ask of a ledger; see `ingest.space.ledger.lookup.Lookup`."""

    def texts(self, ids: Sequence[int]) -> dict[int, str]:
        """What each live item says: its title and text; of an image its caption."""
        ...


class LiveTopics:
    """Keeps the topics of one space; safe to share between threads."""

    def __init__(self, folder: Path, fingerprint: str, ledger: Texts, means: Means, jobs: Jobs) -> None:
        """`folder` is the space's, `fingerprint` its encoder's."""
        self.words = WordVectors(fingerprint)
        self._path = folder / PROJECTION_FOLDER / "topics.npz"
        self._key = f"{fingerprint} {_SETTINGS}"
        self._ledger = ledger
        self._means = means
        self._jobs = jobs
        self._lock = threading.Lock()
        self._finding = threading.Lock()
        self._current: Topics | None = None

    def now(self, snapshot: Snapshot) -> Topics | None:
        """The topics as they were found; None where none have been, or the space has become another: `start` then."""
        with self._lock:
            if self._current is None:
                self._current = _load(self._path, self._key)
            if self._current is None or _outgrown(self._current, snapshot):
                return None
            return self._current

    def found(self, snapshot: Snapshot, encoder: Encoder, progress: Progress | None = None) -> Topics:
        """The topics, found now where they have not been: a second or two, up to a minute in a large space."""
        with self._finding:  # whoever comes meanwhile waits for those that are being found
            topics = self.now(snapshot)
            return self.find(snapshot, encoder, progress) if topics is None else topics

    def start(self, snapshot: Snapshot, encoder: Encoder) -> Job[Topics]:
        """Find topics anew in the background; while that goes on, the same job is returned."""
        return self._jobs.start("topics", lambda progress: self.find(snapshot, encoder, progress))

    def job(self) -> Job | None:
        """The last finding that was started, if any."""
        return self._jobs.get("topics")

    def vocabulary(self, encoder: Encoder, snapshot: Snapshot, progress: Progress | None = None) -> Vocabulary:
        """The words that name topics and places: English ones, and those that the space's topics say."""
        topics = self.now(snapshot)
        own = dict.fromkeys(word for name in topics.names for word in name.said) if topics else ()
        return self.words.vocabulary(encoder, tuple(own), progress)

    def find(self, snapshot: Snapshot, encoder: Encoder, progress: Progress | None = None) -> Topics:
        """The topics, found anew now."""
        progress = progress or _unheard
        topics = find_clusters(snapshot, self._means(snapshot), progress)
        topics = named(topics, snapshot, self._ledger.texts, self.words, encoder, progress)
        _save(self._path, self._key, topics)
        with self._lock:
            self._current = topics
        return topics


def _unheard(share: float, words: str) -> None:
    """Tells nobody."""


def _outgrown(topics: Topics, snapshot: Snapshot) -> bool:
    if topics.fitted_on < FEWEST <= len(snapshot):
        return True
    moved = topics.drift(snapshot)
    return 2 * moved.gone > topics.fitted_on or len(snapshot) > _ANOTHER_SPACE * topics.fitted_on


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
    keep(path, key, arrays, facts)


def _load(path: Path, key: str) -> Topics | None:
    file = kept(path, key)
    if file is None:
        return None
    try:
        names = tuple(Name(name, tuple(said), tuple(near)) for name, said, near in file.facts["names"])
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
