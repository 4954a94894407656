"""Reads the drafts of a source whose content is new."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from ingest.encoders.base import Encoder
from ingest.errors import ReadError, SkipSource
from ingest.readers.dispatch import read_document, read_pictures
from ingest.readers.draft import Draft
from ingest.readers.formats import is_table
from ingest.readers.passages import cut_passages
from ingest.readers.reading_options import DEFAULT_READING, ReadingOptions
from ingest.run.classified import New
from ingest.sources.captions import find_sidecar
from ingest.sources.found import FoundSource
from ingest.sources.read_state import ReadState
from ingest.space.ledger import Ledger
from ingest.space.ledger.item import Item
from ingest.space.ledger.records import Source

ReadSource = Callable[[FoundSource, Path, str, Source | None], New]
"""Reads a source from a local file with its bytes, given their SHA-256 and what the ledger has of the source.

Raises ReadError or SkipSource.
"""


class SourceReader:
    """Reads sources for one run as an encoder needs them; safe to share between threads."""

    def __init__(self, ledger: Ledger, encoder: Encoder, reading: ReadingOptions = DEFAULT_READING) -> None:
        """Read for `encoder` with the options `reading`; what `ledger` has of the same pictures is taken from there."""
        self._ledger = ledger
        self._encoder = encoder
        self._reading = reading
        # Of one content there may be thousands of files, all broken.
        self._broken_pictures: set[tuple[str, str]] = set()

    def read(self, found: FoundSource, file: Path, sha256: str, source: Source | None) -> New:
        """Read `found`, whose content is in `file`; raises ReadError or SkipSource (see `ReadSource`)."""
        is_update = source is not None and source.in_the_space
        if found.kind in ("image", "video"):
            return self._read_pictures(found, file, sha256, is_update=is_update)
        reading = self._reading.for_table(found.path, source.read_state.options if source else "")
        read_state = ReadState(options=reading.options_for(found.path))
        if is_table(found.path) and reading.image_column and not reading.text_column:
            # Its pictures are sources of their own, and have the texts of their rows.
            from ingest.readers.tables import named_pictures

            named_pictures(file, reading)
            no_vectors = np.empty((0, self._encoder.info.dimension), np.float32)
            return New(found, sha256, read_state, [], is_update, vectors=no_vectors, gaps=found.gaps)
        document = read_document(file, reading)
        drafts = cut_passages(document, self._encoder.token_spans, self._encoder.info.text_window)
        if not drafts:
            raise SkipSource("There is no text in it. Leave it out, or put words in it.")
        gaps = ", ".join(filter(None, (found.gaps, document.gaps)))
        return New(found, sha256, read_state, drafts, is_update, gaps=gaps)

    def _read_pictures(self, found: FoundSource, file: Path, sha256: str, *, is_update: bool) -> New:
        row, options = found.row, self._reading.options_for(found.path)
        if row:
            caption, read_state = row.caption, ReadState(row=row.digest, options=options)
        else:
            sidecar = find_sidecar(found.location) if found.kind == "image" else None
            caption = sidecar.caption() if sidecar else ""
            read_state = ReadState(sidecar.state if sidecar else "", options=options)
        same, items = self._same_pictures(sha256, options)
        if same and not row and not same.read_state.row:
            drafts = [
                Draft("image", caption or own_caption(item), title=item.title, page=item.page, meta=item.meta)
                for item in items
            ]
            vectors = self._ledger.items.vectors_of([item.id for item in items])
            thumbnails = [item.thumbnail for item in items]
            return New(found, sha256, read_state, drafts, is_update, items[0], thumbnails, vectors)
        try:
            pictures = read_pictures(
                file, caption=caption, image_size=self._encoder.info.image_size, reading=self._reading
            )
        except ReadError:
            self._broken_pictures.add((sha256, options))
            raise
        drafts = list(pictures.drafts)
        if row:
            drafts = [replace(draft, meta={**row.facts, **draft.meta}) for draft in drafts]
        if same and len(items) == len(drafts):
            # What a table says of a picture is another matter than what is in it.
            drafts = [replace(draft, image=None) for draft in drafts]
            vectors = self._ledger.items.vectors_of([item.id for item in items])
            same_as = items[0] if same.path != found.ledger_path else None
            thumbnails = [item.thumbnail for item in items]
            return New(found, sha256, read_state, drafts, is_update, same_as, thumbnails, vectors, pictures.gaps)
        return New(found, sha256, read_state, drafts, is_update, gaps=pictures.gaps)

    def _same_pictures(self, sha256: str, options: str) -> tuple[Source | None, list[Item]]:
        if (sha256, options) in self._broken_pictures:
            return None, []
        return same_pictures(self._ledger, sha256, options)


def same_pictures(ledger: Ledger, sha256: str, options: str) -> tuple[Source | None, list[Item]]:
    """A source of `ledger` with the same pictures, read with the same options, and its items; None without one."""
    source = ledger.duplicates.source_of_pictures(sha256, options)
    return source, ledger.items.of_source(source.path) if source else []


def own_caption(item: Item) -> str:
    """The caption in the picture's own file; '' without one."""
    return str(item.meta.get("caption", ""))
