"""A space that can be asked: its vectors, projections and reference phrases, shared by all that ask it."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import Encoder
from ingest.encoders.calibration import Calibration, calibration_of
from search_app.engine.background import PHRASES
from search_app.engine.candidates import Index
from search_app.engine.filters import Lookups, let_through
from search_app.engine.hits import Ranking
from search_app.engine.keywords import Sayings, said_rarely
from search_app.engine.projection import LiveProjections, Projections
from search_app.engine.query import Probe, Query, encode, with_quoted
from search_app.engine.ranking import rank
from search_app.engine.snapshot import LiveVectors, Snapshot, VectorSource

if TYPE_CHECKING:
    from PIL.Image import Image

    from ingest.space import Item, Manifest


_BEHIND = 0.02  # share of the items that Chroma may lack before its answers are not relied on


class ItemSource(VectorSource, Lookups, Sayings, Protocol):
    """What a searcher needs of a ledger; see `ingest.space.Ledger`."""

    def items(self, ids: Sequence[str]) -> "list[Item]":
        """The live items of `ids`, in the order asked."""
        ...

    def waiting(self) -> int:
        """How many items Chroma has still to learn or to forget."""
        ...


class AskableSpace(Index, Protocol):
    """What a searcher needs of a space; see `ingest.space.Space`."""

    folder: Path
    manifest: "Manifest"

    @property
    def ledger(self) -> ItemSource:
        """The space's ledger."""
        ...


@dataclass(frozen=True)
class Answer:
    """What a query found."""

    snapshot: Snapshot
    """The vectors that were searched."""
    probe: Probe | None = None
    """The query as vectors; None when nothing was left to ask."""
    ranking: Ranking = field(default_factory=Ranking)
    items: "dict[str, Item]" = field(default_factory=dict)
    """The item of each hit, by id."""


class Searcher:
    """Asks one open space; safe to share between threads."""

    def __init__(self, space: AskableSpace) -> None:
        """Ask `space`, which stays the caller's to close."""
        self.space = space
        self.vectors = LiveVectors(space.ledger)
        self._projections = LiveProjections(space.folder, space.manifest.encoder.fingerprint)
        self._lock = threading.Lock()
        self._phrases: NDArray[np.float32] | None = None
        self._calibration: tuple[str, Calibration | None] | None = None

    def ask(self, query: Query, encoder: Encoder, pictures: "Mapping[str, Image] | None" = None) -> Answer:
        """Search the space as it is now; `pictures` are the upright pictures that the query names, by name.

        `encoder` must be the space's own.  Raises ServerError when Chroma does not answer.
        """
        snapshot = self.vectors.now()
        probe = encode(query, encoder, snapshot, pictures)
        if probe is None:
            return Answer(snapshot)
        # After a re-encoding the index is filled anew, which may take minutes.
        exact = self.space.ledger.waiting() > _BEHIND * len(snapshot)
        filters = with_quoted(query)
        through = let_through(filters, snapshot, self.space.ledger) if filters.narrow else None
        ranking = rank(
            query,
            probe,
            snapshot,
            self.space,
            self._phrase_vectors(encoder),
            through=through,
            said=said_rarely(query.words, self.space.ledger, len(snapshot)),
            calibration=self._calibration_of(encoder),
            exact=exact,
        )
        items = {item.id: item for item in self.space.ledger.items([hit.id for hit in ranking.hits])}
        return Answer(snapshot, probe, ranking, items)

    def projections(self, snapshot: Snapshot) -> Projections:
        """The maps to draw `snapshot` with."""
        return self._projections.now(snapshot)

    def _calibration_of(self, encoder: Encoder) -> Calibration | None:
        with self._lock:
            if self._calibration is None or self._calibration[0] != encoder.info.fingerprint:
                self._calibration = encoder.info.fingerprint, calibration_of(encoder.info)
            return self._calibration[1]

    def _phrase_vectors(self, encoder: Encoder) -> NDArray[np.float32]:
        with self._lock:
            if self._phrases is None:
                self._phrases = encoder.encode_texts(PHRASES)
            return self._phrases
