"""A ledger and an index in memory, small enough to predict."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ingest.readers.draft import Modality
from ingest.space.ledger.records import FacetRows
from search_app.search.snapshot import LiveVectors, Snapshot
from tests.fake_encoder import COLOURS, DIMENSION, FakeEncoder

ENCODER = FakeEncoder()


@dataclass(frozen=True)
class Batch:
    ids: NDArray[np.int64]
    modalities: list[Modality]
    folders: list[str]
    vectors: NDArray[np.float32]


@dataclass(frozen=True)
class Facts:
    """What filters ask of an item; see `ingest.space.ledger.records.FacetRows`."""

    format: str = "jpg"
    day: int = 0
    bytes: int = 0
    pixels: int = 0
    shape: int = 0
    colours: int = 0
    captioned: bool = False
    quality: float = 1.0


@dataclass
class MemoryLedger:
    """Does what the real ledger promises: rising ids, a revision, and moves; it is each of its own parts."""

    dimension: int = DIMENSION
    rows: dict[int, tuple[Modality, str, NDArray[np.float32]]] = field(default_factory=dict)
    elsewhere: list[tuple[int, str]] = field(default_factory=list)
    asked_after: list[int] = field(default_factory=list)
    facts: dict[int, Facts] = field(default_factory=dict)
    said: dict[str, list[int]] = field(default_factory=dict)
    """The items that each full-text expression finds."""
    having: dict[tuple[str, str | None], list[int]] = field(default_factory=dict)
    """The items that have each metadata key and value."""
    written: dict[int, str] = field(default_factory=dict)
    """What items say."""
    told: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    """The items that have each metadata key, with their values."""
    _next: int = 1
    _revision: int = 0
    _moves: int = 0
    _facet_changes: int = 0

    @property
    def items(self) -> Self:
        return self

    @property
    def duplicates(self) -> Self:
        return self

    @property
    def search_index(self) -> Self:
        return self

    def add(self, modality: Modality, vectors: NDArray[np.float32], folder: str = "home") -> list[str]:
        new = []
        for vector in vectors:
            self.rows[self._next] = (modality, folder, vector)
            new.append(str(self._next))
            self._next += 1
        self._revision += 1
        return new

    def remove(self, item_id: str) -> None:
        del self.rows[int(item_id)]
        self._revision += 1

    def move(self, item_id: str, folder: str) -> None:
        modality, _, vector = self.rows[int(item_id)]
        self.rows[int(item_id)] = (modality, folder, vector)
        self._revision += 1
        self._moves += 1

    def revision(self) -> int:
        return self._revision

    def moves(self) -> int:
        return self._moves

    def tell(self, item_id: str, facts: Facts) -> None:
        """Give an item other facts than it had."""
        self.facts[int(item_id)] = facts
        self._revision += 1
        self._facet_changes += 1

    def facet_changes(self) -> int:
        return self._facet_changes

    def facets(self, after: int = 0) -> FacetRows:
        ids = [number for number in sorted(self.rows) if number > after]
        known = [self.facts.get(number, Facts()) for number in ids]
        return FacetRows(
            np.array(ids, np.int64),
            [facts.format for facts in known],
            np.array([facts.day for facts in known], np.int32),
            np.array([facts.bytes for facts in known], np.int64),
            np.array([facts.pixels for facts in known], np.int32),
            np.array([facts.shape for facts in known], np.int8),
            np.array([facts.colours for facts in known], np.int32),
            np.array([facts.captioned for facts in known], np.bool_),
            np.array([facts.quality for facts in known], np.float32),
        )

    def matching(self, expression: str) -> NDArray[np.int64]:
        return np.array(self.said.get(expression, []), np.int64)

    def with_metadata(self, key: str, value: str | None = None) -> NDArray[np.int64]:
        return np.array(self.having.get((key, value), []), np.int64)

    def texts(self, ids: Sequence[int]) -> dict[int, str]:
        return {number: self.written[number] for number in ids if number in self.written}

    def metadata_values(self, key: str) -> list[tuple[int, str]]:
        return self.told.get(key, [])

    def some_matching(self, expression: str, most: int) -> list[int]:
        return self.said.get(expression, [])[:most]

    def ids(self) -> NDArray[np.int64]:
        return np.array(sorted(self.rows), dtype=np.int64)

    def share(self, item_id: str, folder: str) -> None:
        self.elsewhere.append((int(item_id), folder))
        self._revision += 1

    def other_folders(self) -> list[tuple[int, str]]:
        return self.elsewhere

    def vectors(self, after: int = 0) -> Batch:
        self.asked_after.append(after)
        ids = [number for number in sorted(self.rows) if number > after]
        rows = [self.rows[number] for number in ids]
        return Batch(
            np.array(ids, dtype=np.int64),
            [row[0] for row in rows],
            [row[1] for row in rows],
            np.array([row[2] for row in rows], np.float32).reshape(-1, self.dimension),
        )


@dataclass
class ExactIndex:
    """Answers as Chroma does, by a scan; counts what it was asked."""

    ledger: MemoryLedger
    asked: list[tuple[Modality, int]] = field(default_factory=list)

    def query(self, modality: Modality, vectors: NDArray[np.float32], count: int) -> list[list[tuple[str, float]]]:
        self.asked.append((modality, count))
        rows = [(number, row[2]) for number, row in self.ledger.rows.items() if row[0] == modality]
        answers = []
        for vector in vectors:
            scored = sorted(((float(vector @ other), number) for number, other in rows), key=lambda row: -row[0])
            answers.append([(str(number), cosine) for cosine, number in scored[:count]])
        return answers


def snapshot_of(ledger: MemoryLedger) -> Snapshot:
    return LiveVectors(ledger).now()


def texts(*words: str) -> NDArray[np.float32]:
    return ENCODER.encode_texts(words)


def pictures(*colours: str) -> NDArray[np.float32]:
    return ENCODER.encode_images([Image.new("RGB", (32, 32), COLOURS[colour]) for colour in colours])


def colourful(copies: int = 6) -> MemoryLedger:
    """A space of pictures and passages about each of the ten colours, `copies` of each."""
    ledger = MemoryLedger()
    for number in range(copies):
        ledger.add("image", pictures(*COLOURS), f"pictures/{number % 2}")
        ledger.add("text", texts(*(f"{colour} thing {number}" for colour in COLOURS)), f"notes/{number % 2}")
    return ledger


def named(ledger: MemoryLedger, ids: Sequence[str]) -> list[str]:
    """`modality colour` of each item of a `colourful` space."""
    colours = list(COLOURS)
    return [f"{ledger.rows[int(item)][0]} {colours[(int(item) - 1) % len(colours)]}" for item in ids]
