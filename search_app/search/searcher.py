"""What searches an open space: its vectors, projections and reference phrases, shared by all searches of it."""

import hashlib
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import Encoder
from ingest.encoders.calibration import Calibration
from ingest.encoders.registry import calibration_of
from search_app.search.array_cache import PROJECTION_FOLDER, load_arrays, save_arrays
from search_app.search.background_scores import PHRASES, modality_means
from search_app.search.background_tasks import TaskQueue
from search_app.search.diversity import Means
from search_app.search.filter_masks import Masks, with_quoted_phrases
from search_app.search.full_text import everyday_words, rare_words_of
from search_app.search.hits import Ranking
from search_app.search.pagination import Page, PageContext, results_page
from search_app.search.projection import LiveProjections, Projections
from search_app.search.query import Query
from search_app.search.query_dates import with_date_of_words
from search_app.search.query_vectors import Probe, encode
from search_app.search.ranking import rank
from search_app.search.result_groups import PASSAGES_SHOWN, Entry, with_numbers
from search_app.search.selections import open_selection
from search_app.search.snapshot import LiveVectors, Snapshot
from search_app.search.topics.space_topics import SpaceTopics

if TYPE_CHECKING:
    from PIL.Image import Image

    from ingest.space import Item, Space


_BEHIND = 0.02  # share of the items that Chroma may lack before its answers are not relied on


@dataclass(frozen=True)
class Answer:
    """What a query found."""

    snapshot: Snapshot
    """The vectors that were searched."""
    probe: Probe | None = None
    """The query as vectors; None when nothing was left to ask."""
    question: "NDArray[np.float32] | None" = None
    """The query without the mean of its modality, unit length, shape (dimension,)."""
    means: Means = field(default_factory=dict)
    """The mean of each modality, that its vectors lose."""
    page: Page = field(default_factory=Page)
    """The results that are shown of it."""
    items: "dict[str, Item]" = field(default_factory=dict)
    """The item of each hit that is shown, by id."""

    @property
    def ranking(self) -> Ranking:
        """The hit of each result, with its place in the list."""
        return Ranking(tuple(entry.hit for entry in self.page.entries), self.page.searched, self.page.method)


class Searcher:
    """Asks one open space; safe to share between threads."""

    def __init__(self, space: "Space") -> None:
        """Ask `space`, which stays the caller's to close."""
        self.space = space
        self.vectors = LiveVectors(space.ledger)
        fingerprint = space.manifest.encoder.fingerprint
        self.tasks = TaskQueue()
        self.live_projections = LiveProjections(space.folder, fingerprint)
        self.topics = SpaceTopics(
            space.folder,
            fingerprint,
            space.ledger.items,
            lambda now: self.projections(now).of(gap=False).means,
            self.tasks,
        )
        self._masks = Masks(space.ledger)
        self._lock = threading.Lock()
        self._phrases: NDArray[np.float32] | None = None
        self._calibration: tuple[str, Calibration | None] | None = None

    def ask(self, query: Query, encoder: Encoder, pictures: "Mapping[str, Image] | None" = None) -> Answer:
        """Search the space as it is now; `pictures` are the upright pictures that the query names, by name.

        `encoder` must be the space's own.  Raises ServerError when Chroma does not answer.
        """
        query = with_date_of_words(query)
        snapshot = self.vectors.now()
        probe = encode(query, encoder, snapshot, pictures)
        if probe is None:
            return Answer(snapshot)
        # After a re-encoding the index is filled anew, which may take minutes.
        exact = self.space.ledger.pending.count() > _BEHIND * len(snapshot)
        filters = with_quoted_phrases(query)
        topics = self.topics.get_or_find(snapshot, encoder) if filters.topic else None
        selected = open_selection(self.space.folder, filters.selection) if filters.selection else None
        masks = self._masks.of(filters, snapshot, topics, selected) if filters.narrow else None
        phrases = self.phrases(encoder)
        everyday = everyday_words(encoder, len(snapshot.groups.get("text", ())))
        rare_words = rare_words_of(query.words, self.space.ledger, len(snapshot), everyday)
        calibration = self.calibration(encoder)

        def ranked(count: int, every: bool) -> Ranking:
            return rank(
                replace(query, count=count),
                probe,
                snapshot,
                self.space,
                phrases,
                masks=masks,
                rare_words=rare_words,
                calibration=calibration,
                measure_qualities=self.space.ledger.passage_qualities.measure,
                exact=exact or every,
            )

        means = modality_means(snapshot, phrases)
        by = PageContext(snapshot, probe.centred(means), means, self.space.ledger)
        page = results_page(query, ranked, by)
        items = self.space.ledger.items.get(list(_shown(page.entries, query.display.unfolded)))
        return Answer(snapshot, probe, by.question, means, page, {item.id: item for item in items})

    def projections(self, snapshot: Snapshot) -> Projections:
        """The maps to draw `snapshot` with."""
        return self.live_projections.now(snapshot)

    def calibration(self, encoder: Encoder) -> Calibration | None:
        """What the numbers of `encoder`, the space's own, mean, as far as that is known."""
        with self._lock:
            if self._calibration is None or self._calibration[0] != encoder.info.fingerprint:
                self._calibration = encoder.info.fingerprint, calibration_of(encoder.info)
            return self._calibration[1]

    def phrases(self, encoder: Encoder) -> NDArray[np.float32]:
        """The vectors of PHRASES, shape (len(PHRASES), dimension)."""
        with self._lock:
            if self._phrases is None:
                self._phrases = _phrase_vectors(self.space.folder, encoder)
            return self._phrases


def _phrase_vectors(folder: Path, encoder: Encoder) -> NDArray[np.float32]:
    """The vectors of PHRASES, kept beside the space: encoding them would take longer than its first question."""
    path = folder / PROJECTION_FOLDER / "phrases.npz"
    key = hashlib.sha256("\n".join([encoder.info.fingerprint, *PHRASES]).encode()).hexdigest()
    known = load_arrays(path, key)
    if known is not None and known.arrays["vectors"].shape == (len(PHRASES), encoder.info.dimension):
        return np.asarray(known.arrays["vectors"], np.float32)
    vectors = encoder.encode_texts(PHRASES)
    save_arrays(path, key, {"vectors": vectors}, {})
    return vectors


def _shown(entries: Iterable[Entry], unfolded: Sequence[str]) -> Iterable[str]:
    """The ids of the items that are shown of results: not of what stays folded."""
    for _, entry in with_numbers(entries, unfolded):
        yield entry.hit.id
        yield from (hit.id for hit in entry.passages[:PASSAGES_SHOWN])
