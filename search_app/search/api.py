"""A space for Python programs: open it, search it, look at its items and vectors.

    from search_app.search import Part, Space

    with Space("default") as space:
        for result in space.search("a beach", parts=[Part(text="people", weight=-1)]):
            print(result.rank, result.path)

What this module and `search_app.search` name is a promise to those programs; a test guards names and signatures.
"""

import threading
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Self, get_args

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import Encoder, Log
from ingest.errors import SettingsError
from ingest.readers.draft import Modality
from ingest.settings import home_folder, space_name
from ingest.space import Item, check_encoder, open_space
from search_app.search.export import Export, export
from search_app.search.neighbours import Measure, Neighbour, nearest
from search_app.search.originals import open_original
from search_app.search.query import DEFAULT_RESULTS, LARGEST_COUNT, Query
from search_app.search.query_builder import Part, build_query, item_not_found, require_filters, require_items
from search_app.search.query_schema import PLAIN, Filters, Listing
from search_app.search.results import Result, Results, results_of
from search_app.search.searcher import Searcher
from search_app.search.terms import is_item
from search_app.search.thumbnails import as_jpeg
from search_app.search.topics.model import Topic

if TYPE_CHECKING:
    from PIL.Image import Image


class Space:
    """An open space to search; safe to share between threads.  Use it as a context manager, or call `close`.

    The encoder is loaded when the first question needs it, which takes a second or more.
    """

    def __init__(
        self,
        name: str | None = None,
        *,
        home: str | Path | None = None,
        log: Log | None = None,
        say: Log | None = None,
    ) -> None:
        """Open the space `name` in the folder `home`, by default those that the command line uses.

        `log` receives a line about slow work; `say` is its old name.  Raises SpaceNotFound, or another SpaceError.
        """
        self._log = log or say
        self._space = open_space(home_folder(home), space_name(name), log=self._log)
        self._searcher = Searcher(self._space)
        self._lock = threading.Lock()
        self._encoder: Encoder | None = None

    @property
    def name(self) -> str:
        """The space's name."""
        return self._space.name

    @property
    def folder(self) -> Path:
        """The space's own folder."""
        return self._space.folder

    @property
    def encoder(self) -> str:
        """The id of the encoder that the space was made with."""
        return self._space.manifest.encoder.id

    @property
    def dimension(self) -> int:
        """How many numbers a vector has."""
        return self._space.manifest.encoder.dimension

    def counts(self) -> dict[Modality, int]:
        """How many images and passages (`text`) the space holds."""
        return self._space.ledger.items.counts()

    def search(
        self,
        text: str = "",
        *,
        image: "str | Path | bytes | Image | None" = None,
        parts: Sequence[Part] = (),
        like: Sequence[str] = (),
        unlike: Sequence[str] = (),
        filters: Filters | None = None,
        count: int = DEFAULT_RESULTS,
        listing: Listing = PLAIN,
    ) -> Results:
        """The `count` items (96 at most) closest in meaning to the question, best first, in one fair list.

        That list also has `good`, the number of good answers of each modality among all items, and more: see `Results`.
        `listing` asks for a later page of them, another order, more diversity, near-duplicates folded, passages
        grouped under their document, only good answers, or images and passages apart.

        `text` and `image` are parts of weight 1, combined with `parts`; `like` and `unlike` are the ids of
        items to find more, and less, like, or the id of one.  Items that the question names are not among the results.
        What stands in quotation marks in `text` results must say word for word, as with `Filters.exact`.

        Raises:
            SettingsError: there is nothing to look for, a picture cannot be read, or a filter names a folder or
                a topic that there is not.
            ItemNotFound: an item that the question names is not in the space.
            EncoderError: the space's encoder cannot be loaded.
            EncoderMismatch: the encoder installed here is another than the one the space was made with.
            ServerError: Chroma does not answer.
            SpaceChanged: the space was re-encoded: open it again.
        """
        simple = [Part(text=text)] if text.strip() else []
        simple += [Part(image=image)] if image is not None else []
        at_least = self._space.manifest.encoder.image_size
        query, pictures = build_query([*simple, *parts], like, unlike, at_least=at_least)
        require_items(query, self._space.ledger)
        return self._ask(query, filters, count, listing, pictures)

    def similar(
        self, item_id: str, *, filters: Filters | None = None, count: int = DEFAULT_RESULTS, listing: Listing = PLAIN
    ) -> Results:
        """The `count` items closest to an item of the space, best first, without itself.

        Raises ItemNotFound, and what `search` raises of space and encoder.
        """
        return self.search(like=[item_id], filters=filters, count=count, listing=listing)

    def neighbours(
        self, item_id: str, *, measure: Measure = "cosine", centred: bool = False, count: int = DEFAULT_RESULTS
    ) -> dict[Modality, list[Neighbour]]:
        """The `count` items of each modality that are nearest to an item, by their vectors alone, nearest first.

        Distances are true ones, in the full space; `centred` takes away the mean of each modality first.  Raises
        ItemNotFound, and SettingsError for another measure than `cosine` and `euclidean`.
        """
        if measure not in get_args(Measure):
            raise SettingsError(f"There is no measure {measure!r}. Choose of {', '.join(get_args(Measure))}.")
        self.show(item_id)
        snapshot = self._searcher.vectors.now()
        return nearest(snapshot, item_id, measure, centred=centred, count=min(max(count, 1), LARGEST_COUNT))

    def export(self, results: Sequence[Result], file: str | Path) -> Export:
        """Write results to a file, by its suffix: `.csv`, `.json`, or `.zip` with the originals.

        Raises SettingsError for another suffix, or where the file cannot be written.
        """
        return export(self._space, results, Path(file).expanduser())

    def show(self, item_id: str) -> Item:
        """An item: where it comes from, its text, and what else is known.  Raises ItemNotFound."""
        items = self._space.ledger.items.get([item_id]) if is_item(item_id) else []
        if not items:
            raise item_not_found(repr(item_id[:40]))
        return items[0]

    def thumbnail(self, item_id: str) -> bytes | None:
        """An image's thumbnail, upright, at most 320 pixels wide and high, as JPEG; None where there is none.

        Raises ItemNotFound.
        """
        path = self._space.thumbnail_path(self.show(item_id))
        try:
            return as_jpeg(path.read_bytes()) if path else None
        except OSError:  # it was deleted; `nearspace repair` makes it anew
            return None

    def original(self, item_id: str) -> BinaryIO | None:
        """The file that an item came from, open to be read; None where it is no longer the one that was read.

        What was put in its place since (another file, a link to one) was never chosen for the space.  Raises
        ItemNotFound.
        """
        return open_original(self._space, self.show(item_id))

    def status(self) -> dict[str, object]:
        """What the space holds and what came of its last ingest, as `nearspace status --json` prints it."""
        from ingest.space.status import space_status

        return space_status(self._space)

    def ingest_status(self) -> dict[str, object]:
        """Whether anybody writes to the space now, what came of the last ingest or has come of it so far, and the rest.

        `running`; `run` (None before the first): `started`, `finished` (None while it runs, or once interrupted),
        `roots`, `seconds`, `outcomes`; `settled`: the sources that it came to, by outcome; `not_indexed`: the items
        that Chroma has still to learn.
        """
        ledger = self._space.ledger
        run = ledger.runs.last()
        return {
            "running": self._space.is_being_written(),
            "run": asdict(run) if run else None,
            "settled": ledger.runs.settled_by_last(),
            "not_indexed": ledger.pending.count(),
        }

    def topics(self) -> list[Topic]:
        """What the space is about, the largest topic first; [] where it has too few items for any.

        They are found at the first call, which takes a second or two, up to a minute in a large space.
        Raises what `search` raises of space and encoder.
        """
        snapshot = self._searcher.vectors.now()
        topics = self._searcher.topics.current(snapshot)
        if topics is None:  # none at all are topics too, and need no encoder
            topics = self._searcher.topics.get_or_find(snapshot, self._loaded())
        return topics.describe(snapshot)

    def vector(self, item_id: str) -> NDArray[np.float32]:
        """An item's vector, unit length, shape (dimension,).  Raises ItemNotFound."""
        self.show(item_id)
        return np.asarray(self._space.ledger.items.vectors_of([item_id])[0])

    def vectors(self, modality: Modality) -> tuple[list[str], NDArray[np.float32]]:
        """The ids of all images, or all passages (`text`), and their vectors as unit rows, shape (n, dimension).

        The rows are not to be written to.
        """
        group = self._searcher.vectors.now().groups.get(modality)
        if group is None:
            return [], np.empty((0, self.dimension), np.float32)
        return [str(number) for number in group.ids.tolist()], group.vectors

    def close(self) -> None:
        """Close the space."""
        self._space.close()

    def __enter__(self) -> Self:
        """The space itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the space."""
        self.close()

    def _ask(
        self, query: Query, filters: Filters | None, count: int, listing: Listing, pictures: "dict[str, Image]"
    ) -> Results:
        count = min(max(count, 1), LARGEST_COUNT)
        query = replace(query, filters=filters or Filters(), count=count, listing=listing)
        encoder = self._loaded()
        require_filters(query.filters, self._searcher, encoder)
        return results_of(self._searcher.ask(query, encoder, pictures))

    def _loaded(self) -> Encoder:
        from ingest.encoders.registry import load_encoder

        with self._lock:
            if self._encoder is None:
                encoder = load_encoder(self._space.manifest.encoder.id, log=self._log)
                check_encoder(self._space.manifest, encoder.info)
                self._encoder = encoder
            return self._encoder
