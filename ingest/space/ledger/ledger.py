"""The ledger: a space's own durable record of every source, its outcome, and every vector (SQLite, WAL).

The ledger is the truth and Chroma is the index.  An item is first committed here as pending, then upserted to Chroma,
then marked as indexed; a removed item is first marked here, then deleted from Chroma, then deleted here.  So whatever
is interrupted can be finished from the ledger alone.
"""

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from ingest.encoders.base import EncoderInfo
from ingest.sources.read_state import ReadState
from ingest.space.ledger.database import Database
from ingest.space.ledger.duplicates import Duplicates
from ingest.space.ledger.exclusions import Exclusions, Removal
from ingest.space.ledger.items import Items
from ingest.space.ledger.near_duplicates import NearDuplicates
from ingest.space.ledger.overview import Overview
from ingest.space.ledger.passage_qualities import PassageQualities
from ingest.space.ledger.pending import Pending
from ingest.space.ledger.records import SourceRecord
from ingest.space.ledger.reencoding import attached, put_staged
from ingest.space.ledger.runs import Runs
from ingest.space.ledger.search_index import SearchIndex
from ingest.space.ledger.sources import Sources


class Ledger:
    """An open ledger; safe to share between threads, and readable while another process writes.

    Each part owns its tables.  The methods that write are for the holder of the space's write lock; those of the
    ledger itself are the changes that concern several tables, each in one transaction.
    """

    def __init__(self, path: Path, dimension: int) -> None:
        """Open the ledger at `path`, or create it, for vectors of `dimension` unless it records another encoder.

        Raises:
            SpaceError: the file is damaged or cannot be opened.
        """
        self.database = Database(path, dimension)
        self.path = path
        self.sources = Sources(self.database)
        self.items = Items(self.database)
        self.duplicates = Duplicates(self.database, self.items)
        self.near_duplicates = NearDuplicates(self.database)
        self.exclusions = Exclusions(self.database, self.sources)
        self.search_index = SearchIndex(self.database)
        self.passage_qualities = PassageQualities(self.database)
        self.pending = Pending(self.database)
        self.runs = Runs(self.database)
        self.overview = Overview(self.database, self.duplicates)

    @property
    def dimension(self) -> int:
        """The dimension of the vectors."""
        return self.database.dimension

    def encoder(self) -> EncoderInfo | None:
        """The encoder recorded in the ledger when it was opened; None where only the manifest names it."""
        return self.database.encoder()

    def require_same_encoder(self) -> None:
        """Raise SpaceChanged if another encoder's vectors have replaced those there were when this was opened."""
        self.database.require_same_encoder()

    def revision(self) -> int:
        """A number that rises whenever items or sources change; cheap."""
        return self.database.counter("revision")

    def moves(self) -> int:
        """A number that rises whenever existing items get another folder; cheap."""
        return self.database.counter("moves")

    def transaction(self, *, changes: bool = True) -> AbstractContextManager[None]:
        """Everything inside is written, or nothing is; `changes` tells readers that items changed.

        Nested transactions are committed together when the outermost ends.

        Raises:
            SpaceError: the disk is full, or the file cannot be written.
        """
        return self.database.transaction(changes=changes)

    def close(self) -> None:
        """Close the file; the ledger cannot be used afterwards."""
        self.database.close()

    # ---- changes that concern several tables ------------------------------------------------------------------------

    def write(self, run: int, records: Sequence[SourceRecord]) -> list[str]:
        """Write sources with their items in one transaction; returns the new items' ids.

        The items that a source had before are removed.  When this returns, the items are durable.
        """
        new: list[str] = []
        with self.transaction():
            for record in records:
                source = self.sources.put(run, record)
                self.duplicates.release([source])
                ids = self.items.insert(source, record)
                hashes = zip(ids, (draft.hash for draft in record.drafts), strict=bool(ids))
                self.near_duplicates.put_hashes([(item, number) for item, number in hashes if number is not None])
                new.extend(map(str, ids))
        return new

    def write_duplicate(self, run: int, record: SourceRecord, holder: int) -> None:
        """Write a source that shares the items of the source `holder`, which it may be itself.

        The items that it had before pass to their other sources, or are removed.
        """
        with self.transaction():
            source = self.sources.put(run, record)
            if source != holder:
                self.duplicates.release([source])
                self.duplicates.link(source, holder)

    def move(self, run: int, source: int, record: SourceRecord) -> None:
        """Give `source` the path, root and folder of `record`; its items keep their ids and vectors."""
        with self.transaction():
            replaced = self.sources.get(record.path)
            if replaced and replaced.id != source:
                self.remove([replaced.id])
            self.sources.relocate(run, source, record)
            self.database.increment("moves")
            self.items.index_again(source)

    def set_caption(self, run: int, source: int, state: ReadState, caption: str) -> None:
        """Give the image of `source` another caption; its vector stays, and its duplicates keep their caption."""
        path = self.sources.by_id(source).path
        same = all(item.text == caption for item in self.items.of_source(path))
        with self.transaction(changes=not same):
            self.sources.set_caption_state(run, source, state)
            if not same:
                self.duplicates.separate(source)
                self.items.set_caption(source, caption)
                self.items.index_again(source)

    def remove(self, sources: Sequence[int]) -> None:
        """Forget these sources; items that no other source shares are to be deleted from Chroma."""
        with self.transaction():
            self.duplicates.release(sources)
            self.sources.delete(sources)

    def exclude(self, paths: Collection[str]) -> Removal:
        """Remove the sources at and below `paths` and exclude the paths from later ingests; returns how many.

        Their files are not touched.  Paths that the space has nothing of are not excluded.
        """
        removal = self.exclusions.preview(paths)
        with self.transaction():
            for path in paths:
                if sources := self.exclusions.sources_at_or_below(path):
                    self.exclusions.add(path)
                    self.remove(sources)
        return removal

    def replace_vectors(self, staged: Path, encoder: EncoderInfo, *, dropped: Sequence[int], keep_texts: bool) -> None:
        """Replace all vectors by those of `encoder` that are staged in the file `staged`, in one transaction.

        The sources `dropped` leave with their items, staged passages replace the passages of their sources, every
        item is to be upserted to Chroma again, and the ledger records the encoder.

        Raises:
            ValueError: an item would be left without a vector of `encoder`; nothing is written.
        """
        with attached(self.database, staged), self.database.recording_encoder(encoder):
            self.remove(dropped)
            put_staged(self.database, encoder, keep_texts=keep_texts)
            self.near_duplicates.clear()
            self.database.increment("moves")
