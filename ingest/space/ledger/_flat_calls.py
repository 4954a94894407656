"""The calls of a ledger as they were before it was composed of parts, until every caller names the part it means."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from ingest.readers.draft import Modality
from ingest.space.ledger.duplicates import Content, Duplicates
from ingest.space.ledger.item import Item
from ingest.space.ledger.items import Items
from ingest.space.ledger.near_duplicates import HashedItems, NearDuplicates
from ingest.space.ledger.pending import Pending
from ingest.space.ledger.records import FacetRows, Source, SourceRecord, Vectors
from ingest.space.ledger.runs import Runs
from ingest.space.ledger.search_index import SearchIndex
from ingest.space.ledger.sources import Sources


class FlatCalls:
    """Delegates to the parts."""

    sources: Sources
    items: Items
    duplicates: Duplicates
    near_duplicates: NearDuplicates
    search_index: SearchIndex
    pending: Pending
    runs: Runs

    def counts(self) -> dict[Modality, int]:
        return self.items.counts()

    def item_count(self) -> int:
        return self.items.count()

    def folders(self) -> list[str]:
        return self.items.folders()

    def items_of(self, path: str) -> list[Item]:
        return self.items.of_source(path)

    def live_ids(self, modality: Modality | None = None) -> NDArray[np.int64]:
        return self.items.ids(modality)

    def vectors(self, after: int = 0) -> Vectors:
        return self.items.vectors(after)

    def vectors_of(self, ids: Sequence[str]) -> NDArray[np.float32]:
        return self.items.vectors_of(ids)

    def paths_of(self, ids: Sequence[str]) -> dict[str, str]:
        return self.items.paths(ids)

    def texts(self, ids: Sequence[int]) -> dict[int, str]:
        return self.items.texts(ids)

    def untitled_texts(self, ids: Sequence[int]) -> dict[int, str]:
        return self.items.texts_without_titles(ids)

    def holdings(self) -> dict[int, list[tuple[int, Modality]]]:
        return self.items.by_source()

    def source(self, path: str) -> Source | None:
        return self.sources.get(path)

    def sources_at(self, paths: Sequence[str]) -> dict[str, Source]:
        return self.sources.get_many(paths)

    def sources_with_hash(self, sha256: str) -> list[Source]:
        return self.sources.with_hash(sha256)

    def sources_not_seen(self, run: int) -> list[Source]:
        return self.sources.not_seen(run)

    def outcome_counts(self) -> dict[str, int]:
        return self.sources.outcome_counts()

    def held_count(self) -> int:
        return self.sources.count_in_space()

    def touch(self, run: int, seen: Iterable[tuple[int, int, int]]) -> None:
        self.sources.touch(run, seen)

    def keep(self, run: int, source: int, outcome: str, reason: str) -> None:
        self.sources.set_outcome(run, source, outcome, reason)

    def write_copy(self, run: int, record: SourceRecord, holder: int) -> None:
        self.write_duplicate(run, record, holder)

    def write_duplicate(self, run: int, record: SourceRecord, holder: int) -> None:
        raise NotImplementedError

    def holder(self, content: Content) -> Source | None:
        return self.duplicates.holder(content)

    def source_of_pictures(self, sha256: str, choices: str) -> Source | None:
        return self.duplicates.source_of_pictures(sha256, choices)

    def copies(self) -> dict[int, list[Source]]:
        return self.duplicates.by_holder()

    def copy_count(self) -> int:
        return self.duplicates.count()

    def other_folders(self) -> list[tuple[int, str]]:
        return self.duplicates.other_folders()

    def fold(self) -> int:
        return self.duplicates.merge()

    def begin_run(self, roots: Sequence[str]) -> int:
        return self.runs.begin(roots)

    def end_run(self, run: int) -> None:
        self.runs.end(run)

    def twin_groups(self, ids: Sequence[str]) -> dict[str, str]:
        return self.near_duplicates.leaders(ids)

    def twin_counts(self) -> tuple[int, int]:
        return self.near_duplicates.counts()

    def unmarked_count(self) -> int:
        return self.near_duplicates.uncompared_count()

    def forget_lost_twins(self) -> None:
        self.near_duplicates.drop_stale()

    def unhashed(self, modality: Modality, limit: int) -> list[tuple[int, str, str]]:
        return self.near_duplicates.without_hash(modality, limit)

    def put_hashes(self, hashes: Iterable[tuple[int, int]]) -> None:
        self.near_duplicates.put_hashes(hashes)

    def unmarked(self, modality: Modality, limit: int) -> HashedItems:
        return self.near_duplicates.uncompared(modality, limit)

    def leaders(self, modality: Modality, after: int, limit: int) -> HashedItems:
        return self.near_duplicates.leading_items(modality, after, limit)

    def leaders_with_hash(self, modality: Modality, hashes: Sequence[int]) -> dict[int, int]:
        return self.near_duplicates.leaders_with_hash(modality, hashes)

    def mark_twins(self, leaders: Iterable[tuple[int, int]]) -> None:
        self.near_duplicates.put_leaders(leaders)

    def derived_due(self) -> int:
        return self.search_index.due_count()

    def facet_changes(self) -> int:
        return self.search_index.facet_changes()

    def facets(self, after: int = 0) -> FacetRows:
        return self.search_index.facets(after)

    def items_saying(self, expression: str) -> NDArray[np.int64]:
        return self.search_index.matching(expression)

    def items_with(self, key: str, value: str | None = None) -> NDArray[np.int64]:
        return self.search_index.with_metadata(key, value)

    def some_saying(self, expression: str, most: int) -> list[int]:
        return self.search_index.some_matching(expression, most)

    def metadata_keys(self) -> dict[str, int]:
        return self.search_index.metadata_keys()

    def metadata_values(self, key: str) -> list[tuple[int, str]]:
        return self.search_index.metadata_values(key)

    def waiting(self) -> int:
        return self.pending.count()
