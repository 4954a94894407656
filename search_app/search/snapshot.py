"""A space's vectors in memory, brought up to date whenever the ledger has changed."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ingest.readers.dominant_colours import COLOUR_NAMES
from ingest.readers.draft import MODALITIES, Modality
from ingest.space.ledger.search_index import SHAPES
from search_app.search.growing_array import Column
from search_app.search.modality_items import Facets, ModalityItems

if TYPE_CHECKING:
    from ingest.space import Ledger


@dataclass(frozen=True)
class OtherFolders:
    """Items, each with a folder that it is in beside its own, as a file of the same content is there."""

    ids: NDArray[np.int64]
    """An id comes as often as it has such folders."""
    folders: NDArray[np.int32]
    """For each of `ids`, the place of the folder in the snapshot's `folder_names`."""


_NO_OTHER_FOLDERS = OtherFolders(np.empty(0, np.int64), np.empty(0, np.int32))


@dataclass(frozen=True)
class FacetCounts:
    """How many items of a space have each value of a facet; values that none has are left out."""

    formats: dict[str, int]
    shapes: dict[str, int]
    colours: dict[str, int]
    captioned: int
    most_pixels: int
    """Of the largest picture."""


@dataclass(frozen=True)
class Snapshot:
    """A space's vectors at one revision; never changes."""

    revision: int
    dimension: int
    folder_names: tuple[str, ...]
    groups: dict[Modality, ModalityItems]
    format_names: tuple[str, ...] = ()
    other_folders: OtherFolders = _NO_OTHER_FOLDERS

    def __len__(self) -> int:
        return sum(len(group) for group in self.groups.values())

    def find(self, item_id: str) -> tuple[ModalityItems, int] | None:
        """The group and row of an item, or None when it is not there."""
        if not item_id.isdecimal() or len(item_id) > 18:
            return None
        wanted = np.array([int(item_id)], dtype=np.int64)
        for group in self.groups.values():
            rows = group.rows_of(wanted)
            if len(rows):
                return group, int(rows[0])
        return None

    def in_folders(self, group: ModalityItems, names: Sequence[str]) -> NDArray[np.bool_]:
        """Which items of the group are in one of these folders, shape (len(group),)."""
        wanted = frozenset(names)
        chosen = np.array([name in wanted for name in self.folder_names], np.bool_)
        if not chosen.any():
            return np.zeros(len(group), np.bool_)
        inside = chosen[group.folders]
        inside[group.rows_of(self.other_folders.ids[chosen[self.other_folders.folders]])] = True
        return np.asarray(inside)

    @cached_property
    def facet_counts(self) -> "FacetCounts":
        """What the items have of each facet."""
        facets = [group.facets for group in self.groups.values()]

        def together(name: str) -> NDArray[Any]:
            return np.concatenate([getattr(each, name) for each in facets]) if facets else np.empty(0, np.int64)

        formats = np.bincount(together("formats").astype(np.int64) + 1, minlength=len(self.format_names) + 1)[1:]
        shapes = np.bincount(together("shapes"), minlength=len(SHAPES))
        colours = together("colours")
        return FacetCounts(
            dict(sorted((name, int(n)) for name, n in zip(self.format_names, formats, strict=True) if n and name)),
            {name: int(n) for name, n in zip(SHAPES, shapes, strict=True) if n and name},
            {name: int(n) for bit, name in enumerate(COLOUR_NAMES) if (n := ((colours >> bit) & 1).sum())},
            int(together("captioned").sum()),
            int(together("pixels").max(initial=0)),
        )

    def folder_counts(self) -> dict[str, int]:
        """How many items each folder holds, folders without any left out, by name; an item may be in several."""
        counts = np.bincount(self.other_folders.folders, minlength=len(self.folder_names))
        for group in self.groups.values():
            counts += np.bincount(group.folders, minlength=len(counts))
        return dict(sorted((name, int(n)) for name, n in zip(self.folder_names, counts, strict=True) if n))


class LiveVectors:
    """Keeps the newest snapshot of one space; safe to share between threads.

    New vectors are appended to spare room behind the old ones, so that a refresh during an ingest copies only them.
    """

    def __init__(self, ledger: "Ledger") -> None:
        """Read nothing yet: the first `now` does."""
        self._ledger = ledger
        self._lock = threading.Lock()
        self._moves = self._facet_changes = -1
        self._formats: dict[str, int] = {}
        self._folders: dict[str, int] = {}
        self._columns: dict[Modality, Column] = {}
        self._snapshot = Snapshot(-1, ledger.dimension, (), {})

    def now(self) -> Snapshot:
        """The space's vectors as the ledger has them now."""
        if self._ledger.revision() == self._snapshot.revision:
            return self._snapshot
        with self._lock:
            # Read first: whatever is written from here on gives another revision, and so another refresh.
            revision, moves = self._ledger.revision(), self._ledger.moves()
            facet_changes = self._ledger.search_index.facet_changes()
            if revision != self._snapshot.revision:
                if moves != self._moves:
                    self._columns = {name: Column(self._ledger.dimension) for name in MODALITIES}
                self._drop_dead()
                newest = self._append_new()
                self._read_facets(after=newest if facet_changes == self._facet_changes else 0)
                self._moves, self._facet_changes = moves, facet_changes
                other_folders = self._read_other_folders()
                groups = {name: column.group(name) for name, column in self._columns.items()}
                self._snapshot = Snapshot(
                    revision, self._ledger.dimension, tuple(self._folders), groups, tuple(self._formats), other_folders
                )
            return self._snapshot

    def _drop_dead(self) -> None:
        live = self._ledger.items.ids()
        for column in self._columns.values():
            column.keep(np.isin(column.ids[: column.used], live, assume_unique=True))

    def _read_other_folders(self) -> OtherFolders:
        pairs = self._ledger.duplicates.other_folders()
        codes = [self._folders.setdefault(folder, len(self._folders)) for _, folder in pairs]
        return OtherFolders(np.array([number for number, _ in pairs], np.int64), np.array(codes, np.int32))

    def _append_new(self) -> int:
        """Append the items that are newer than all there are; returns the newest id before."""
        newest = max((int(column.ids[column.used - 1]) for column in self._columns.values() if column.used), default=0)
        batch = self._ledger.items.vectors(after=newest)
        modalities = np.array(batch.modalities, dtype=object)
        codes = np.array([self._folders.setdefault(name, len(self._folders)) for name in batch.folders], dtype=np.int32)
        for name, column in self._columns.items():
            chosen = modalities == name
            if chosen.any():
                column.append(batch.ids[chosen], codes[chosen], batch.vectors[chosen])
        return newest

    def _read_facets(self, after: int) -> None:
        batch = self._ledger.search_index.facets(after=after)
        codes = np.array([self._formats.setdefault(name, len(self._formats)) for name in batch.formats], dtype=np.int16)
        read = Facets(
            codes,
            batch.days,
            batch.bytes,
            batch.pixels,
            batch.shapes,
            batch.colours,
            batch.captioned,
            batch.qualities,
        )
        for column in self._columns.values():
            column.put_facets(after, batch.ids, read)
